//! Random walk: at drawn intervals, something else happens.
//!
//! Knows neither threads nor priorities. Invariant: between two of its own points it never preempts.

use super::aside::Aside;
use crate::choice::{Chooser, Divergence, Kind, Moment, Question};
use crate::seed::{Draws, Seed, Stream};

/// Switches to a uniformly drawn candidate every `gap` points on average.
#[derive(Debug)]
pub struct Walk {
    gap: u64,
    schedule: Draws,
    aside: Aside,
}

impl Walk {
    /// A walk that switches once in `gap` points on average; `gap` of 1 asks at every point.
    ///
    /// # Panics
    /// If `gap` is 0.
    #[must_use]
    pub fn new(seed: Seed, gap: u64) -> Self {
        assert!(gap > 0, "a walk cannot switch more often than at every point");
        Self { gap, schedule: Draws::new(seed, Stream::Schedule), aside: Aside::new(seed) }
    }
}

impl Chooser for Walk {
    fn quiet_points(&mut self, _at: &Moment) -> u64 {
        self.schedule.below(2 * self.gap - 1)
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        Ok(match question.kind {
            Kind::Preempt | Kind::Next => self.schedule.below(question.bound),
            _ => self.aside.choose(question),
        })
    }
}
