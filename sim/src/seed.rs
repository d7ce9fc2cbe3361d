//! A seed and the independent streams of draws split from it.
//!
//! Does not know what is drawn for. Invariant: drawing from one stream never moves another, so that a new question in one
//! part of the kernel leaves the answers of all others as they were.

use core::fmt;
use core::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::choice::Odds;

/// The number from which every decision of a run follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seed(pub u64);

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => text.parse(),
        };
        parsed.map(Self).map_err(|_| {
            format!(
                "a seed is a whole number from 0 to {}, or 0x and hexadecimal digits; this is {text:?}",
                u64::MAX
            )
        })
    }
}

/// What a stream of draws is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The strategy and its knobs.
    Config = 1,
    /// Who runs.
    Schedule = 2,
    /// How long segments take.
    Network = 3,
    /// What `getrandom(2)` returns.
    Entropy = 4,
    /// Wake order, ties, spurious wake-ups.
    Aside = 5,
    /// How long work on files takes.
    Files = 6,
    /// Which calls on streams move less than they could, and which are interrupted.
    Calls = 7,
    /// Which fault points of the program strike.
    Marks = 8,
    /// Which packets between hosts are lost, doubled and late.
    Links = 9,
    /// Which faults strike hosts, when and for how long.
    Faults = 10,
    /// What the program lets the search choose.
    Workload = 11,
    /// Which of a program's words a search is about.
    Words = 12,
}

/// Words that are generated at a time: what the generator makes at once.
const WORDS: usize = 32;

/// A stream of integers that only its seed and purpose decide.
#[derive(Clone, Debug)]
pub struct Draws {
    rng: ChaCha8Rng,
    words: [u64; WORDS],
    /// The first of the words that was not drawn.
    next: usize,
}

impl Draws {
    /// The stream of `seed` for one purpose.
    #[must_use]
    pub fn new(seed: Seed, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed.0);
        rng.set_stream(stream as u64);
        Self { rng, words: [0; WORDS], next: WORDS }
    }

    /// Any 64-bit number, all equally likely.
    #[inline]
    pub fn word(&mut self) -> u64 {
        if self.next == WORDS {
            self.generate();
        }
        self.next += 1;
        self.words[self.next - 1]
    }

    #[cold]
    fn generate(&mut self) {
        let mut bytes = [0; 8 * WORDS];
        self.rng.fill_bytes(&mut bytes);
        let (words, _) = bytes.as_chunks();
        self.words.iter_mut().zip(words).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        self.next = 0;
    }

    /// A number from 0 to `bound - 1`, all equally likely.
    ///
    /// # Panics
    /// If `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing to draw from");
        // Lemire (2019): the high word of a product, with the few biased low words rejected: those below 2^64 mod `bound`, which is
        // below `bound`, so that most draws divide nothing.
        loop {
            let product = u128::from(self.word()) * u128::from(bound);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the two halves of the product are what is wanted"
            )]
            let (high, low) = ((product >> 64) as u64, product as u64);
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return high;
            }
        }
    }

    /// Whether a thing that happens once in `n` happens now.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Whether something with these odds happens now.
    pub fn strikes(&mut self, odds: Odds) -> bool {
        odds.certain().unwrap_or_else(|| self.below(u64::from(odds.of)) < u64::from(odds.strikes))
    }

    /// A number of any magnitude up to `2^bits_max`: every power of two is as likely as the next.
    pub fn magnitude(&mut self, bits_min: u32, bits_max: u32) -> u64 {
        let bits = u64::from(bits_min) + self.below(u64::from(bits_max - bits_min) + 1);
        let low = 1_u64 << bits;
        low + self.below(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_decimal_or_hexadecimal() {
        for (text, seed) in [("0", 0), ("17", 17), ("0x10", 16), ("18446744073709551615", u64::MAX)] {
            assert_eq!(text.parse(), Ok(Seed(seed)), "{text}");
        }
        for text in ["", "x", "-1", "1.5", "0xg", "18446744073709551616", " 1"] {
            assert!(text.parse::<Seed>().is_err(), "{text:?} was taken for a seed");
        }
    }

    #[test]
    fn streams_do_not_move_each_other() {
        let mut alone = Draws::new(Seed(7), Stream::Schedule);
        let mut beside = Draws::new(Seed(7), Stream::Schedule);
        let mut other = Draws::new(Seed(7), Stream::Network);
        for _ in 0..100 {
            other.below(3);
            assert_eq!(alone.word(), beside.word());
        }
        assert_ne!(Draws::new(Seed(7), Stream::Network).word(), Draws::new(Seed(7), Stream::Schedule).word());
    }

    #[test]
    fn words_are_the_generator_s_one_after_another() {
        let mut draws = Draws::new(Seed(7), Stream::Schedule);
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        rng.set_stream(Stream::Schedule as u64);
        for nth in 0..1_000 {
            assert_eq!(draws.word(), rng.next_u64(), "word {nth}");
        }
    }

    #[test]
    fn draws_stay_below_their_bound_and_reach_all_of_it() {
        let mut draws = Draws::new(Seed(1), Stream::Aside);
        let mut seen = [false; 7];
        for _ in 0..1_000 {
            seen[usize::try_from(draws.below(7)).unwrap()] = true;
        }
        assert_eq!(seen, [true; 7]);
    }
}
