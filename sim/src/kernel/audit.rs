//! What must hold between two reports of whoever drives the kernel.
//!
//! Does not mend anything. Invariant: no thread is lost: each is running, in the run queue, blocked with one wait, or ended.

use std::collections::BTreeMap;

use super::Kernel;
use crate::choice::Candidate;
use crate::fault::{FaultKind, On};
use crate::fd::Object;
use crate::futex::Word;
use crate::host::Power;
use crate::process::{Life, Process};
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
        self.processes.iter().try_for_each(|process| self.audit_process(process))?;
        self.audit_files()?;
        self.audit_recoveries()?;
        self.audit_probes()?;
        self.audit_faults()?;
        self.audit_queues()
    }

    /// When the next timer or packet is due.
    #[must_use]
    pub fn next_due_ns(&self) -> Option<u64> {
        self.timers.next_ns()
    }

    fn audit_thread(&self, id: ThreadId, thread: &Thread) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("thread {}, {:?}, {what}", id.0, thread.state));
        let waiting = self.ready.iter().chain(&self.rested);
        let waiting = waiting.filter(|waiting| **waiting == Candidate::Thread(id)).count();
        let queued = waiting + self.held_back.iter().filter(|held| **held == id).count();
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

    /// A thread that runs as a forked child counts for the process that it comes from.
    fn audit_process(&self, process: &Process) -> Result<(), String> {
        let home = |thread: &Thread| thread.forked_from.first().map_or(thread.process, |(home, _)| *home);
        let alive = |thread: &Thread| thread.state != State::Ended && home(thread) == process.pid;
        let alive = self.threads.iter().filter(|(_, thread)| alive(thread)).count();
        let wrong = |what: String| Err(format!("process {}, {:?}, {what}", process.pid.0, process.life));
        if alive != process.threads as usize {
            return wrong(format!("has {alive} threads, {} are counted", process.threads));
        }
        if process.life != Life::Running && (process.fds.iter().next().is_some() || alive != 0) {
            return wrong(format!("has {alive} threads and descriptors {:?}", process.fds));
        }
        Ok(())
    }

    /// Whatever is open is referred to as often as there are descriptors and waiting calls; messages of `unix(7)` may add to that.
    fn audit_files(&self) -> Result<(), String> {
        let mut counts = BTreeMap::new();
        let numbers = self.processes.iter().flat_map(|process| process.fds.iter());
        let held = self.threads.iter().flat_map(|(_, thread)| thread.held.iter().copied());
        for id in numbers.map(|(_, descriptor)| descriptor.description).chain(held) {
            *counts.entry(id).or_insert(0) += 1;
        }
        let unix = counts.keys().any(|id| matches!(self.files.object(*id), Object::Unix(_)));
        for (id, count) in counts {
            let references = self.files.references(id);
            if references < count || references > count && !unix {
                return Err(format!("{id:?} is referred to {count} times, {references} are counted"));
            }
        }
        Ok(())
    }

    /// What struck and is not undone is as it left its victim.
    fn audit_faults(&self) -> Result<(), String> {
        for On { kind, victim, .. } in self.nemesis.on() {
            let host = self.net.hosts.get(*victim);
            let is_hit = match kind {
                FaultKind::Crash => host.power == Power::Down,
                FaultKind::Pause => host.power == Power::Up && host.paused,
                // Whoever opens a link again does not ask who closed it.
                FaultKind::Partition | FaultKind::Hold => true,
                FaultKind::Reset => false,
            };
            if !is_hit {
                return Err(format!("{kind} have hit {victim:?}, which is {:?}", host.power));
            }
        }
        Ok(())
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
