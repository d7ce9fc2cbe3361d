//! What must hold between two reports of whoever drives the kernel.
//!
//! Does not mend anything. Invariant: no thread is lost: each is running, in the run queue, blocked with one wait, or ended.

use super::Kernel;
use crate::choice::Candidate;
use crate::futex::Word;
use crate::thread::{State, Thread, ThreadId};
use crate::wait::WaitOn;

impl Kernel {
    /// Checks the kernel's books against each other: for tests, after every report.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn audit(&self) -> Result<(), String> {
        if self.stalled_ns > self.limits.stall_ns {
            return Err(format!("stalled for {} of {} ns", self.stalled_ns, self.limits.stall_ns));
        }
        let alive = self.threads.iter().filter(|(_, thread)| thread.state != State::Ended).count();
        if alive != self.alive as usize {
            return Err(format!("{alive} threads are alive, {} are counted", self.alive));
        }
        self.threads.iter().try_for_each(|(id, thread)| self.audit_thread(id, thread))?;
        self.audit_queues()
    }

    /// When the next timer or packet is due.
    #[must_use]
    pub fn next_due_ns(&self) -> Option<u64> {
        self.timers.next_ns()
    }

    fn audit_thread(&self, id: ThreadId, thread: &Thread) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("thread {}, {:?}, {what}", id.0, thread.state));
        let ready = self.ready.iter().filter(|ready| **ready == Candidate::Thread(id)).count();
        let queued = ready + self.rested.iter().filter(|rested| **rested == id).count();
        let runs = usize::from(id == self.current && thread.state == State::Runnable);
        let in_futexes = self.futexes.waiters().filter(|(_, waiter)| waiter.thread == id).count();
        let in_waiters = self.waiters.values().flatten().filter(|waiter| **waiter == id).count();
        match &thread.state {
            // A run that ends while it looks for the next thread leaves nobody in charge.
            State::Runnable if queued + runs != 1 && self.ending.is_none() => {
                wrong("is not either running or in the run queue once")
            }
            State::Blocked(_) | State::Ended if queued != 0 => wrong("is in the run queue"),
            State::Runnable | State::Ended if in_futexes + in_waiters != 0 => {
                wrong("is in a queue of waiters")
            }
            State::Runnable | State::Ended if thread.timer.is_some() => wrong("has a deadline"),
            State::Blocked(wait) => {
                let expected = match wait.on {
                    WaitOn::Futex { .. } => (1, 0),
                    WaitOn::Sleep => (0, 0),
                    _ => (0, 1),
                };
                if (in_futexes, in_waiters) != expected {
                    return wrong("does not have exactly one wait");
                }
                if thread.timer.map(|(at_ns, _)| at_ns) != wait.deadline_ns {
                    return wrong("has another timer than its wait");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn audit_queues(&self) -> Result<(), String> {
        let waits_on = |id: ThreadId, is_it: &dyn Fn(WaitOn) -> bool| match &self.threads.get(id).state {
            State::Blocked(wait) => is_it(wait.on),
            _ => false,
        };
        for (Word(word), waiter) in self.futexes.waiters() {
            let on = WaitOn::Futex { word, bits: waiter.bits };
            if !waits_on(waiter.thread, &|other| other == on) {
                return Err(format!("thread {} is queued for {on:?} and waits for another", waiter.thread.0));
            }
        }
        for (on, waiting) in &self.waiters {
            if let Some(lost) = waiting.iter().find(|id| !waits_on(**id, &|other| other == *on)) {
                return Err(format!("thread {} is queued for {on:?} and does not wait for it", lost.0));
            }
        }
        for (key, thread) in self.timers.deadlines() {
            if self.threads.get(thread).timer != Some(key) {
                return Err(format!("the deadline {key:?} of thread {} is not its own any more", thread.0));
            }
        }
        Ok(())
    }
}
