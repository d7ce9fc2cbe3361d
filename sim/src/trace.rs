//! What was decided in a run: the picks that were not boring, in order.
//!
//! Does not know what happened (that is the events) nor how it is stored (the harness). Invariant: picks are in the order in
//! which they were asked, and replaying them strictly gives the same run or names the first that does not fit.

use serde::{Deserialize, Serialize};

use crate::choice::{Candidate, Kind, Pick};
use crate::thread::{Family, ThreadId};

/// The non-boring picks of a run, and what names them elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// In the order in which they were asked.
    pub picks: Vec<Pick>,
    /// Whose child each thread was.
    pub family: Family,
}

/// Why a list of picks is no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The index of the pick that is wrong.
    pub index: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Trace {
    /// Checks what every recorded trace satisfies, so that a damaged file is told from one that does not fit.
    ///
    /// # Errors
    /// The first pick that no run could have recorded.
    pub fn check(&self) -> Result<(), Malformed> {
        let known = |thread: ThreadId| thread.index() < self.family.count();
        if !self.family.is_sound() {
            return Err(Malformed { index: 0, why: "a thread was created by a later one" });
        }
        let mut step = 0;
        for (index, pick) in self.picks.iter().enumerate() {
            let malformed = |why| Err(Malformed { index, why });
            if pick.pick == 0 {
                return malformed("pick 0 is never recorded");
            }
            if pick.pick >= pick.bound {
                return malformed("the pick is not below its bound");
            }
            if pick.step < step {
                return malformed("steps go backwards");
            }
            if pick.thread_points > pick.step {
                return malformed("a thread passed more points than the run");
            }
            let scheduling = matches!(pick.kind, Kind::Preempt | Kind::Next);
            if scheduling != pick.to.is_some() {
                return malformed("what it let happen does not go with what was asked");
            }
            let runs = match pick.to {
                Some(Candidate::Thread(thread)) => Some(thread),
                Some(Candidate::Clock) | None => None,
            };
            if !known(pick.thread) || !runs.is_none_or(known) {
                return malformed("it names a thread that was never created");
            }
            let same = |other: &&Pick| other.step == pick.step;
            if self.picks[..index].iter().rev().take_while(same).any(|other| is_repeat(*other, *pick)) {
                return malformed("a question was answered twice, or out of order");
            }
            step = pick.step;
        }
        Ok(())
    }
}

/// Whether a later pick of the same step answers a question put no later than that of an earlier one.
fn is_repeat(earlier: Pick, later: Pick) -> bool {
    earlier.thread == later.thread && earlier.kind == later.kind && later.nth <= earlier.nth
}
