//! What is asked of a run besides what its program asks.
//!
//! Does not know the program's own oracle. Invariant: an oracle that was not asked for looks at nothing and leaves no event.

use super::{Detail, Kernel};
use crate::ending::Ending;
use crate::event::{Event, Pass};
use crate::fd::Object;
use crate::oracle::{Finding, Leaks, Left, LeftKind, Oracles, Stuck, role};
use crate::process::Pid;
use crate::thread::{State, ThreadId};

/// Calls that bring bytes, connections or children from one place to another if they answer more than nothing.
const MOVES: [&str; 18] = [
    "read", "readv", "pread64", "preadv", "recv", "recvfrom", "recvmsg", "write", "writev", "pwrite64",
    "pwritev", "send", "sendto", "sendmsg", "sendfile", "accept4", "connect", "waitpid",
];

/// What is asked of a run, and what was seen of it so far.
#[derive(Debug, Default)]
pub(super) struct AskedOf {
    pub(super) oracles: Oracles,
    /// The first thread that ran too late, if that is asked for.
    late: Option<Finding>,
    /// The step at which the run last got anywhere; kept only if that is asked for.
    pub(super) advanced_at: u64,
}

impl Kernel {
    /// Asks this of the run that is about to begin.
    pub fn look_for(&mut self, oracles: Oracles) {
        self.asked_of.oracles = oracles;
        self.attention = 0;
    }

    /// Whether anything is asked of the run.
    #[must_use]
    pub fn oracles(&self) -> Oracles {
        self.asked_of.oracles
    }

    /// Whether it is noted who seems to hold which lock: the driver need not tell what nobody wants to know.
    #[must_use]
    #[inline]
    pub fn notes_holders(&self) -> bool {
        self.detail == Detail::Events || self.asked_of.oracles.stuck == Stuck::Forbidden
    }

    /// What the oracles that were asked for find wrong with the run, which is over.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        match self.ending()? {
            Ending::Returned => self.stuck().or_else(|| self.leak()).or_else(|| self.asked_of.late.clone()),
            Ending::Exited(0) => self.asked_of.late.clone(),
            Ending::OutOfTime { .. } | Ending::Livelock { .. } | Ending::Idle { .. } => self.vain(),
            _ => None,
        }
    }

    /// What the first process leaves behind that is forbidden: those first that explain others.
    fn leak(&self) -> Option<Finding> {
        if self.asked_of.oracles.leaks == Leaks::NONE {
            return None;
        }
        let left = self.left();
        let forbidden: Vec<&Left> =
            left.iter().filter(|left| self.asked_of.oracles.leaks.forbid(left.kind)).collect();
        let first = LeftKind::ALL.iter().find_map(|kind| forbidden.iter().find(|left| left.kind == *kind))?;
        let lines: Vec<String> = forbidden.iter().map(ToString::to_string).collect();
        Some(Finding {
            signature: first.signature(),
            detail: format!("the main function returned and left behind\n{}", lines.join("\n")),
        })
    }

    /// The main thread has returned: which of the others of its process can never go on.
    fn stuck(&self) -> Option<Finding> {
        if self.asked_of.oracles.stuck == Stuck::Allowed {
            return None;
        }
        let others =
            self.threads.iter().filter(|(id, thread)| *id != ThreadId::MAIN && thread.state != State::Ended);
        let left: Vec<ThreadId> = others.map(|(id, _)| id).collect();
        let mut stuck = self.stuck_of(&left);
        stuck.retain(|id| self.threads.get(*id).process == Pid::FIRST);
        let first = self.threads.get(*stuck.first()?);
        let lines: Vec<String> =
            stuck.iter().filter_map(|id| self.wait_of(*id)).map(|wait| wait.to_string()).collect();
        Some(Finding {
            signature: format!("stuck: thread {}", role(&self.name_of(first))),
            detail: format!(
                "the main function returned, and nobody is left who could end these waits\n{}",
                lines.join("\n")
            ),
        })
    }

    /// The run was given up while the main thread waited for what nobody brought about.
    fn vain(&self) -> Option<Finding> {
        let wait = self.awaited_in_vain()?;
        let who = match wait.thread {
            ThreadId::MAIN => String::from("the main thread"),
            _ => format!("thread {}", role(&wait.name)),
        };
        let (points, seconds) = (self.step, self.now_ns() / 1_000_000_000);
        let mut lines = vec![
            format!(
                "others went on for {points} scheduling points and {seconds} s of virtual time, and nothing ended this wait"
            ),
            wait.to_string(),
            String::from("all that waits in the end"),
        ];
        lines.extend(self.waits().iter().map(ToString::to_string));
        // A task that waits is on no thread: that it is not over is all there is to see of it.
        lines.extend(self.left_tasks().map(|task| format!("{task} is not over")));
        Some(Finding { signature: format!("stuck: {who}"), detail: lines.join("\n") })
    }

    /// The step up to which the run may go on without getting anywhere.
    pub(super) fn idle_until(&self) -> u64 {
        match self.asked_of.oracles.idle_points {
            None => u64::MAX,
            Some(points) => self.asked_of.advanced_at.saturating_add(points),
        }
    }

    /// The run got somewhere, if this event says so: time was waited for, something arrived or was moved, threads and processes
    /// began or ended, or the program said something. Switches, wakes and waits are what a livelock is made of.
    pub(super) fn note_advance(&mut self, event: &Event) {
        let advances = match event {
            Event::Switched { .. }
            | Event::Blocked { .. }
            | Event::Woke { .. }
            | Event::Named { .. }
            | Event::Passed { why: Pass::Stalled | Pass::Spun, .. }
            | Event::Late { .. } => false,
            Event::Called { name, arg, result } => {
                let counter = || {
                    let fd = i32::try_from(*arg).unwrap_or(-1);
                    matches!(self.object(fd), Some(Object::EventFd(_)))
                };
                *result > 0 && MOVES.contains(&&**name) && !counter()
            }
            _ => true,
        };
        if advances {
            self.asked_of.advanced_at = self.step;
        }
    }

    /// A timer that was due at `due_ns` made a thread runnable.
    pub(super) fn note_due(&mut self, thread: ThreadId, due_ns: u64) {
        if self.asked_of.oracles.late_ns.is_some() {
            self.threads.get_mut(thread).due = Some((due_ns, self.stalled_ns));
        }
    }

    /// As [`Kernel::note_due`], of all threads that are in the run queue behind its first `before`.
    pub(super) fn note_all_due(&mut self, before: usize) {
        if self.asked_of.oracles.late_ns.is_none() {
            return;
        }
        let woken = self.ready.get(before..).unwrap_or_default().to_vec();
        for candidate in woken {
            if let crate::choice::Candidate::Thread(thread) = candidate {
                self.note_due(thread, self.now_ns());
            }
        }
    }

    /// The current thread is about to run: whether its timer was long ago, and not because the chooser let time pass.
    pub(super) fn note_lateness(&mut self) {
        let Some(most_ns) = self.asked_of.oracles.late_ns else { return };
        let Some((due_ns, stalled_ns)) = self.threads.get_mut(self.current).due.take() else { return };
        let by_ns = (self.now_ns() - due_ns).saturating_sub(self.stalled_ns - stalled_ns);
        if by_ns <= most_ns {
            return;
        }
        let name = self.name_of(self.threads.get(self.current));
        self.emit(&Event::Late { due_ns, by_ns });
        if self.asked_of.late.is_none() {
            self.asked_of.late = Some(Finding {
                signature: format!("late: thread {}", role(&name)),
                detail: format!(
                    "thread {} ({name}) could run from {} ns on, when its timer was due, and ran {by_ns} ns later; the most \
                     that is allowed is {most_ns} ns",
                    self.current.0, due_ns
                ),
            });
        }
    }
}
