//! Decisions in words.
//!
//! Does not know where threads were. Invariant: whoever tells of a decision uses these words, with the names of threads that it has.

use photofinish_sim::choice::{Candidate, Kind, Pick};
use photofinish_sim::plan::Answer;
use photofinish_sim::thread::ThreadId;

/// A pick of a run, or the decision of a plan that gave it, if one did.
pub(crate) fn words(pick: &Pick, planned: Option<&Answer>, name: &dyn Fn(ThreadId) -> String) -> String {
    let thread = name(pick.thread);
    if planned == Some(&Answer::Hold) {
        return format!("{thread} is held while anything else can happen");
    }
    match (pick.kind, pick.to) {
        (Kind::Preempt, Some(Candidate::Thread(to))) => format!("{thread} is preempted by {}", name(to)),
        (Kind::Preempt, _) => format!("{thread} is descheduled while time passes"),
        (Kind::Next, Some(Candidate::Thread(to))) => {
            format!("{thread} stops, and {} follows before the next in line", name(to))
        }
        (Kind::Next, _) => format!("{thread} stops, and time passes before another follows"),
        (kind, _) => format!("{kind:?}: answer {} of {}, while {thread} runs", pick.pick, pick.bound),
    }
}

/// A thread by its number.
pub(crate) fn by_number(thread: ThreadId) -> String {
    format!("thread {}", thread.0)
}
