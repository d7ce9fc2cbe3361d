//! Which of the runs that pass are made again, and which of all that are made again are so in an image of their own.
//!
//! Does not run anything. Invariant: whether a run is drawn depends on its program and its seed alone, so that a sweep makes the same runs
//! whatever its jobs.

use std::fmt;
use std::str::FromStr;

use photofinish_sim::seed::Seed;

use crate::client::Image;

/// How many of a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(u8);

impl Percent {
    /// What is drawn unless somebody says otherwise.
    pub const USUAL: Self = Self(5);
    /// All of them.
    pub const ALL: Self = Self(100);
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether the run of a program at a seed is among them.
    #[must_use]
    pub fn draws(self, program: &str, seed: Seed) -> bool {
        mixed(program, seed) % 100 < u64::from(self.0)
    }

    /// In which image the run of a program at a seed is made again, if it passed and is among them.
    pub(crate) fn image(self, program: &str, seed: Seed) -> Option<Image> {
        let image = if is_apart(program, seed) { Image::Forked } else { Image::PutBack };
        self.draws(program, seed).then_some(image)
    }
}

/// Of so many runs that are made again one is in a forked image, whatever was seen before.
const APART_ONE_IN: u64 = 16;

/// Whether the run of a program at a seed is one of these.
pub(super) fn is_apart(program: &str, seed: Seed) -> bool {
    // The upper half: what a remainder by a hundred leaves must say nothing of this one.
    (mixed(program, seed) >> 32).is_multiple_of(APART_ONE_IN)
}

/// FNV-1a over the name, then the finalizer of SplitMix64: neighbouring seeds are drawn independently.
fn mixed(program: &str, seed: Seed) -> u64 {
    let name = program.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    let mut mixed = name ^ seed.0.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').unwrap_or(text).parse().ok().filter(|number| *number <= 100);
        number.map(Self).ok_or_else(|| String::from("a whole number from 0 to 100; try `--guard 5`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(percent: &str, program: &str) -> usize {
        let percent: Percent = percent.parse().expect("a percentage");
        (0..10_000).filter(|seed| percent.draws(program, Seed(*seed))).count()
    }

    #[test]
    fn as_many_are_drawn_as_was_said() {
        assert_eq!((drawn("0", "a/b"), drawn("100%", "a/b")), (0, 10_000));
        for program in ["a/b", "late-listener/buggy", "sync/park"] {
            assert!((430..570).contains(&drawn("5", program)), "{program}: {}", drawn("5", program));
        }
        let both = (0..10_000).filter(|seed| {
            Percent::USUAL.draws("a/b", Seed(*seed)) && Percent::USUAL.draws("a/c", Seed(*seed))
        });
        assert!(both.count() < 60, "programs are drawn on their own");
    }

    #[test]
    fn a_sixteenth_of_them_has_an_image_of_its_own() {
        for percent in [Percent::USUAL, Percent::ALL] {
            let images = |image| {
                let is_so = move |seed: &u64| percent.image("a/b", Seed(*seed)) == Some(image);
                (0..40_000).filter(is_so).count()
            };
            let (forked, others) = (images(Image::Forked), images(Image::PutBack));
            assert!((12..20).contains(&((forked + others) / forked)), "{percent}: {forked}, {others}");
        }
        assert_eq!(Percent::NONE.image("a/b", Seed(0)), None);
    }

    #[test]
    fn what_is_no_percentage_is_refused() {
        for text in ["", "-1", "101", "5.5", "%", "five"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }
}
