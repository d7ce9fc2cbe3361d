//! A chooser that is asked at every point, around one that is not: so that whoever drives the kernel sees them all go by.
//!
//! Answers nothing itself. Invariant: the run is the run of the chooser inside, which must be one that finds its answers by the place of
//! the question, as replays do, not by how often it was asked.

use crate::choice::{Attention, Chooser, Divergence, Moment, Notice, Question};

/// A replay that is asked at every point.
pub struct Attentive {
    replay: Box<dyn Chooser>,
}

impl Attentive {
    /// Asks this replay.
    #[must_use]
    pub fn new(replay: Box<dyn Chooser>) -> Self {
        Self { replay }
    }
}

impl Chooser for Attentive {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        // What it promises holds, and is not used.
        let _ = self.replay.quiet_points(at);
        0
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        self.replay.choose(question)
    }

    fn notice(&mut self, notice: Notice) {
        self.replay.notice(notice);
    }

    fn attention(&self) -> Attention {
        self.replay.attention()
    }

    fn finish(&mut self, at: &Moment) -> Result<(), Divergence> {
        self.replay.finish(at)
    }
}
