//! A chooser that tells what it is asked, around one that does not: so that somebody knows which other answers a run could have had.
//!
//! Answers nothing itself. Invariant: the run is the run of the chooser inside, and each question that somebody wants to know of is told once, up
//! to so many.

use crate::choice::{Attention, Chooser, Divergence, Kind, Moment, Notice, Posed, Question};

/// Who is told.
pub type Tell = Box<dyn FnMut(Posed)>;

/// A chooser whose first questions of some kinds are told.
pub struct Telling {
    chooser: Box<dyn Chooser>,
    wanted: fn(Kind) -> bool,
    /// So many are still told.
    left: u64,
    tell: Tell,
}

impl Telling {
    /// Asks this chooser, and tells of the first `most` questions of the kinds that are wanted.
    #[must_use]
    pub fn new(chooser: Box<dyn Chooser>, (most, wanted): (u64, fn(Kind) -> bool), tell: Tell) -> Self {
        Self { chooser, wanted, left: most, tell }
    }
}

impl Chooser for Telling {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        self.chooser.quiet_points(at)
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        if self.left > 0 && (self.wanted)(question.kind) {
            self.left -= 1;
            let Question { kind, bound, nth, at: Moment { thread, thread_points, .. }, .. } = *question;
            (self.tell)(Posed { thread, thread_points, kind, nth, bound });
        }
        self.chooser.choose(question)
    }

    fn notice(&mut self, notice: Notice) {
        self.chooser.notice(notice);
    }

    fn attention(&self) -> Attention {
        self.chooser.attention()
    }

    fn finish(&mut self, at: &Moment) -> Result<(), Divergence> {
        self.chooser.finish(at)
    }
}
