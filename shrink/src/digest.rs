//! Plans told apart by 128 bits: thousands of plans of thousands of decisions are too many to keep.
//!
//! Does not know what a plan means. Invariant: equal plans have equal digests, in every process.

use core::hash::{Hash, Hasher};

use photofinish_sim::plan::Plan;

/// What stands for a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Digest(u128);

impl Digest {
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut mixer = Mixer(OFFSET);
        plan.hash(&mut mixer);
        Self(mixer.0)
    }
}

/// The offset and the prime of FNV-1a for 128 bits.
const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// FNV-1a by words instead of bytes, with the upper half folded into the lower one.
struct Mixer(u128);

impl Mixer {
    fn mix(&mut self, word: u64) {
        let mixed = (self.0 ^ u128::from(word)).wrapping_mul(PRIME);
        self.0 = mixed ^ (mixed >> 67);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn finish(&self) -> u64 {
        u64::try_from(self.0 & u128::from(u64::MAX)).expect("masked")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use photofinish_sim::choice::Kind;
    use photofinish_sim::plan::{Answer, Decision};
    use photofinish_sim::thread::Pedigree;

    use super::*;

    #[test]
    fn plans_that_differ_a_little_have_different_digests() {
        let mut digests = BTreeSet::new();
        let mut plans = 0;
        for points in 0..100 {
            for nth in 0..10 {
                for answer in [Answer::Clock, Answer::Pick(1), Answer::Thread(Pedigree(vec![0]))] {
                    let kind = Kind::Preempt;
                    let decision = Decision { thread: Pedigree(vec![]), points, kind, nth, answer };
                    for count in 1..4 {
                        plans += 1;
                        digests.insert(Digest::of(&Plan { decisions: vec![decision.clone(); count] }));
                    }
                }
            }
        }
        assert_eq!(digests.len(), plans);
    }
}
