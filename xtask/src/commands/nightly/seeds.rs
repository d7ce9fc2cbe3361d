//! Which seeds a night searches.
//!
//! Knows the calendar, and no runs. Invariant: two nights of different numbers have no seed in common, and the same number means the same
//! seeds on every machine and on every day.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::NightlyArgs;

/// So many seeds has a night: more than any number of machines can run of one variant.
const SEEDS: u64 = 1 << 32;

/// After so many nights they begin anew. The seeds of all stay below 2^53, so that what reads JSON with floats reads them right.
const NIGHTS: u64 = 1 << 21;

/// A night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Night {
    /// Its number, unless it was asked for by its first seed.
    pub(super) number: Option<u64>,
    /// Its first seed.
    pub(super) from: u64,
}

impl Night {
    /// The night that is asked for, or today.
    pub(super) fn of(args: &NightlyArgs) -> Result<Self, String> {
        if let Some(from) = args.from {
            return Ok(Self { number: None, from });
        }
        if let Some(seeds) = args.seeds.filter(|seeds| *seeds > SEEDS) {
            return Err(format!(
                "a night has {SEEDS} seeds, not {seeds}\nnext: a smaller --seeds, or --from"
            ));
        }
        Ok(Self::number(args.night.unwrap_or_else(today)))
    }

    fn number(number: u64) -> Self {
        Self { number: Some(number), from: number % NIGHTS * SEEDS }
    }
}

impl fmt::Display for Night {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => {
                write!(f, "night {number}: seeds from {} on (again: --night {number})", self.from)
            }
            None => write!(f, "seeds from {} on", self.from),
        }
    }
}

/// Days since 1970, as the clock has it.
pub(crate) fn today() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs() / (24 * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_have_no_seed_in_common() {
        let froms = [0, 1, 2, 20_779, 20_780, NIGHTS - 1].map(|number| Night::number(number).from);
        assert!(froms.is_sorted_by(|one, next| next - one >= SEEDS), "{froms:?}");
        assert_eq!(Night::number(NIGHTS + 7).from, Night::number(7).from);
        assert!(froms[5] + (SEEDS - 1) < 1 << 53, "a float holds the last seed of the last night");
    }

    #[test]
    fn today_is_a_night_that_can_be_named() {
        // 2026, which is when this was written, and a thousand years.
        assert!((20_454..400_000).contains(&today()), "{}", today());
    }
}
