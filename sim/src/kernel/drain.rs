//! Threads that are left when the main function has returned: they may run on to their own ends, so that nothing is left in the
//! middle of something.
//!
//! Does not know why anybody wants that. Invariant: what happens here is no part of the run, whose ending, figures and events were
//! told before.

use super::{Kernel, Next};
use crate::choice::Pick;
use crate::chooser::Boring;
use crate::ending::Ending;
use crate::event::{Event, Recorder, Stamp};
use crate::fault::Nemesis;
use crate::thread::ThreadId;

/// Scheduling points for which threads may run on.
const POINTS: u64 = 10_000;
/// Virtual nanoseconds that may pass meanwhile: less than anybody would sleep who is not about to end.
const VIRTUAL_NS: u64 = 10_000_000;

/// Keeps nothing.
struct Deaf;

impl Recorder for Deaf {
    fn pick(&mut self, _pick: &Pick) {}

    fn born(&mut self, _parent: ThreadId) {}

    fn event(&mut self, _stamp: &Stamp, _event: &Event) {}
}

impl Kernel {
    /// Whether a thread lives besides the running one.
    #[must_use]
    pub fn others_live(&self) -> bool {
        self.alive > 1
    }

    /// The run is over, and its main thread, which runs, leaves it to the others to come to their ends.
    pub fn drain(&mut self) -> Next {
        self.ending = None;
        self.draining = true;
        self.chooser = Box::new(Boring);
        self.recorder = Box::new(Deaf);
        self.nemesis = Nemesis::default();
        self.limits.points_max = self.step.saturating_add(POINTS);
        self.limits.virtual_ns_max = self.now_ns().saturating_add(VIRTUAL_NS);
        self.plan_questions();
        self.end_thread()
    }

    /// The last thread of a run that is drained has ended.
    pub(super) fn is_drained(&self) -> bool {
        self.draining && self.alive == 0
    }
}

/// What ends a drained run.
pub(super) const DRAINED: Ending = Ending::Returned;
