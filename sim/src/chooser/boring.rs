//! Always pick 0: the schedule nobody would call a race.
//!
//! Knows nothing. Invariant: its trace is empty.

use crate::choice::{Chooser, Divergence, Moment, Question};

/// Answers every question with 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Boring;

impl Chooser for Boring {
    fn quiet_points(&mut self, _at: &Moment) -> u64 {
        u64::MAX
    }

    fn choose(&mut self, _question: &Question<'_>) -> Result<u64, Divergence> {
        Ok(0)
    }
}
