//! The kernel's side of the one door.
//!
//! Does not know what an answer means. Invariant: every pick that is not 0 is recorded before it takes effect.

use super::Kernel;
use crate::choice::{Kind, Moment, Odds, Pick, Question};
use crate::ending::Ending;
use crate::fd::Object;
use crate::process::Pid;
use crate::ready::Mask;
use crate::seed::{Draws, Seed, Stream};

/// Where a thread is at a point; all zeros at a system call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// The address after the instruction.
    pub(super) pc: u64,
    /// The word that the instruction is about to touch.
    pub(super) word: u64,
}

/// How often something was let happen of which the limits allow so much.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Used {
    shorts: u64,
    interrupts: u64,
}

impl Kernel {
    /// Puts a question with `bound` answers; one with a single answer is answered here.
    #[inline(never)]
    pub(super) fn choose(&mut self, kind: Kind, bound: u64) -> u64 {
        self.pose(kind, bound, None)
    }

    /// Whether a fault strikes that should do so with these odds.
    pub fn strikes(&mut self, kind: Kind, odds: Odds) -> bool {
        odds.certain().unwrap_or_else(|| self.pose(kind, 2, Some(odds)) == 1)
    }

    /// A copy of its own for whoever asks at points: what is known there falls away.
    #[inline(always)]
    pub(super) fn pose(&mut self, kind: Kind, bound: u64, odds: Option<Odds>) -> u64 {
        if bound < 2 || self.ending.is_some() {
            return 0;
        }
        let at = self.moment();
        let nth = self.threads.get_mut(at.thread).asked.next(at.thread_points, kind);
        let question = Question { kind, bound, at, nth, candidates: &self.candidates, odds };
        match self.chooser.choose(&question) {
            Ok(0) => 0,
            Ok(pick) => {
                assert!(pick < bound, "a chooser answered {pick} to a question with {bound} answers");
                let Moment { step, thread, thread_points, pc, .. } = at;
                let to = question.chosen(pick);
                self.recorder.pick(&Pick { step, nth, kind, bound, pick, to, thread, thread_points, pc });
                pick
            }
            Err(divergence) => {
                let _ = self.end(Ending::Diverged(divergence));
                0
            }
        }
    }

    /// Where the run is.
    #[must_use]
    #[inline]
    pub fn moment(&self) -> Moment {
        let thread_points = self.threads.get(self.current).points + self.step - self.switched_at;
        let Place { pc, word } = self.place;
        Moment { step: self.step, now_ns: self.now_ns(), thread: self.current, thread_points, pc, word }
    }

    /// Fills a buffer with the run's random bytes: `getrandom(2)`.
    pub fn random(&mut self, buffer: &mut [u8]) {
        if self.entropy.is_none() {
            let seed = self.choose(Kind::Entropy, u64::MAX);
            self.entropy = Some(Draws::new(Seed(seed), Stream::Entropy));
        }
        let draws = self.entropy.as_mut().expect("made above");
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&draws.word().to_le_bytes()[..chunk.len()]);
        }
    }

    /// How many bytes a call on a stream moves that could move so many: as if the others came, or found room, right after. Of that
    /// whoever waits for the file hears, as of any segment: a program may take a short move for the end of what there is, until
    /// `epoll(7)` tells it of more (there under "Questions and answers").
    pub(crate) fn short(&mut self, object: Object, key: Mask, count: usize) -> usize {
        if count < 2 || self.used.shorts >= self.limits.shorts_max {
            return count;
        }
        match self.choose(Kind::Short, count as u64) {
            0 => count,
            part => {
                self.used.shorts += 1;
                self.file_changed(object, key);
                usize::try_from(part).expect("less than the count")
            }
        }
    }

    /// Whether a call that begins to wait is interrupted instead, as a signal could do.
    pub(crate) fn interrupts(&mut self, process: Pid) -> bool {
        if self.used.interrupts >= self.limits.interrupts_max
            || !self.processes.get(process).signals.any_interrupting_handler()
        {
            return false;
        }
        let interrupted = self.choose(Kind::Interrupt, 2) == 1;
        self.used.interrupts += u64::from(interrupted);
        interrupted
    }

    /// Whether a futex wait returns without a cause.
    pub(crate) fn spurious_wake(&mut self) -> Spurious {
        if self.choose(Kind::Spurious, 2) == 1 { Spurious::Yes } else { Spurious::No }
    }
}

/// Whether a wait ends without a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spurious {
    Yes,
    No,
}
