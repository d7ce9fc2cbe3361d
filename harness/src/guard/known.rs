//! Failures that were looked at again before, and how the next one of their kind is.
//!
//! Does not make runs. Invariant: in which image a failure is made again depends on what the seeds of its batch before it showed, and on its
//! own, so that it is the same whoever makes the batch, and when.

use std::collections::BTreeSet;

use photofinish_sim::seed::Seed;

use super::draw::is_apart;
use crate::client::Image;

/// The failures of one program, by what the first look at them said.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Of which one was made again with its events.
    told: BTreeSet<String>,
    /// Of which one was made again in a forked image since the batch began.
    apart: BTreeSet<String>,
}

impl Known {
    /// Begins a batch: seeds that are examined by one after another whatever others do.
    pub fn begin_batch(&mut self) {
        self.apart.clear();
    }

    /// In which image a failure of this signature is made again: the first of a batch, and a drawn part of the others, in a forked one.
    pub(crate) fn image(&mut self, signature: &str, program: &str, seed: Seed) -> Image {
        let is_first = self.apart.insert(signature.to_owned());
        if is_first || is_apart(program, seed) { Image::Forked } else { Image::PutBack }
    }

    /// Whether the events of such a failure were looked at.
    pub(crate) fn is_told(&self, signature: &str) -> bool {
        self.told.contains(signature)
    }

    /// Notes that they were.
    pub(crate) fn tell(&mut self, signature: String) {
        self.told.insert(signature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forked(known: &mut Known, signature: &str, seeds: core::ops::Range<u64>) -> Vec<u64> {
        seeds.filter(|seed| known.image(signature, "a/b", Seed(*seed)) == Image::Forked).collect()
    }

    #[test]
    fn the_first_of_each_batch_is_forked_and_drawn_ones_of_the_others() {
        let drawn: Vec<u64> = (0..400).filter(|seed| is_apart("a/b", Seed(*seed))).collect();
        assert!((10..50).contains(&drawn.len()), "{drawn:?}");
        let mut known = Known::default();
        let next =
            drawn.iter().copied().find(|seed| !drawn.contains(&(seed + 1))).expect("most are not drawn") + 1;
        assert_eq!(forked(&mut known, "x", next..next + 1), [next], "the first");
        assert_eq!(forked(&mut known, "x", 0..400), drawn, "the others");
        assert_eq!(forked(&mut known, "y", next..next + 1), [next], "the first of another signature");
        assert_eq!(forked(&mut known, "y", next..next + 1), [0; 0]);
        known.begin_batch();
        assert_eq!(forked(&mut known, "x", next..next + 1), [next], "the first of another batch");
    }

    #[test]
    fn what_was_told_stays_known_in_the_next_batch() {
        let mut known = Known::default();
        assert!(!known.is_told("x"));
        known.tell(String::from("x"));
        known.begin_batch();
        assert!(known.is_told("x") && !known.is_told("y"));
    }
}
