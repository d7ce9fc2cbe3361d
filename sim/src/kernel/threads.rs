//! Threads begin, wait, wake and end.
//!
//! Does not know what a thread waits for, beyond where to look it up. Invariant: a thread is runnable, blocked or ended, and
//! only a wake makes a blocked one runnable.

use std::collections::BTreeSet;

use super::{Kernel, Next, drain};
use crate::call::Stop;
use crate::choice::{Kind, Notice};
use crate::ending::Ending;
use crate::event::{Event, Why};
use crate::futex::{Waiter, Word};
use crate::process::{Pid, Status};
use crate::thread::{State, ThreadId};
use crate::timer::Due;
use crate::wait::{Wait, WaitOn, Woken};

impl Kernel {
    /// The running thread creates another, which can run from now on: `pthread_create(3)`.
    ///
    /// # Errors
    /// [`Next::End`] when the limit on threads is reached.
    pub fn spawn(&mut self) -> Result<ThreadId, Next> {
        self.check_room_for_thread()?;
        let process = self.threads.get(self.current).process;
        let child = self.threads.add(Some(self.current), process);
        // `copy_process`: a thread blocks what its creator does.
        self.threads.get_mut(child).blocked_signals = self.threads.get(self.current).blocked_signals;
        self.begin(child, self.current);
        Ok(child)
    }

    /// Whether one more thread may live; if not, the run is over.
    pub(super) fn check_room_for_thread(&mut self) -> Result<(), Next> {
        let threads = self.limits.threads_max;
        if self.alive < threads { Ok(()) } else { Err(self.end(Ending::OutOfThreads { threads })) }
    }

    /// A thread that `parent` created can run from now on.
    pub(super) fn begin(&mut self, child: ThreadId, parent: ThreadId) {
        self.alive += 1;
        let process = self.threads.get(child).process;
        self.processes.get_mut(process).threads += 1;
        self.emit(&Event::Spawned { child });
        self.recorder.born(parent);
        self.chooser.notice(Notice::Spawned { thread: child, parent: Some(parent) });
        self.make_ready(child);
        self.changed();
    }

    /// The running thread has a name from now on: `pthread_setname_np(3)`.
    pub fn name_thread(&mut self, thread: ThreadId, name: &str) {
        self.threads.get_mut(thread).name = name.to_owned();
        self.emit(&Event::Named { name: name.to_owned() });
    }

    /// A thread runs on these processors alone from now on.
    pub(crate) fn bind_thread(&mut self, thread: ThreadId, cores: BTreeSet<u32>) {
        self.threads.get_mut(thread).bound_to = Some(cores);
    }

    /// Nobody will join this thread: `pthread_detach(3)`.
    pub fn detach(&mut self, thread: ThreadId) {
        self.threads.get_mut(thread).detached = true;
    }

    /// The running thread is over.
    pub fn end_thread(&mut self) -> Next {
        let ended = self.current;
        // No point belongs to it, so that no other point's address must enter a pick.
        self.place.pc = 0;
        self.alive -= 1;
        let process = self.threads.get(ended).process;
        self.processes.get_mut(process).threads -= 1;
        self.threads.get_mut(ended).state = State::Ended;
        self.tracing.end(ended);
        self.emit(&Event::Ended);
        self.wake_all(WaitOn::Join(ended));
        if process != Pid::FIRST && self.processes.get(process).threads == 0 {
            // `do_exit` of the last thread of a group.
            self.end_process(process, Status::Exited(0));
        }
        if self.is_drained() {
            return self.end(drain::DRAINED);
        }
        self.dispatch(Why::Ended)
    }

    /// Waits for a thread to be over: `pthread_join(3)`.
    ///
    /// # Errors
    /// [`Stop::Block`] until it is.
    pub fn join(&mut self, thread: ThreadId) -> Result<(), Stop> {
        match self.threads.get(thread).state {
            State::Ended => Ok(()),
            _ => Err(Stop::Block(Wait { on: WaitOn::Join(thread), deadline_ns: None })),
        }
    }

    /// The running thread waits.
    pub fn block(&mut self, wait: Wait) -> Next {
        let thread = self.current;
        match wait.on {
            WaitOn::Futex { word, bits } => self.futexes.wait(Word(word), Waiter { thread, bits }),
            WaitOn::Sleep => {}
            on => {
                self.waiters.entry(on).or_default().push(thread);
                self.count_sleepers(on);
            }
        }
        self.emit(&Event::Blocked { on: wait.on, deadline_ns: wait.deadline_ns });
        let blocked_at = (self.step, self.now_ns());
        let timer = wait.deadline_ns.map(|at_ns| self.timers.set(at_ns, Due::Deadline(thread)));
        let blocked = self.threads.get_mut(thread);
        blocked.timer = timer;
        blocked.blocked_at = blocked_at;
        blocked.state = State::Blocked(wait);
        self.dispatch(Why::Blocked)
    }

    /// How the running thread's wait ended, once.
    pub fn take_woken(&mut self) -> Option<Woken> {
        self.threads.get_mut(self.current).woken.take()
    }

    /// Ends a thread's wait; nothing happens to one that does not wait.
    pub(super) fn wake(&mut self, thread: ThreadId, how: Woken) {
        let sleeper = self.threads.get_mut(thread);
        let State::Blocked(wait) = &sleeper.state else { return };
        let on = wait.on;
        sleeper.state = State::Runnable;
        sleeper.woken = Some(how);
        if let Some(key) = sleeper.timer.take() {
            self.timers.cancel(key);
        }
        // A futex wake took it out of its queue already.
        if !(how == Woken::Cause && matches!(on, WaitOn::Futex { .. })) {
            self.forget_wait(thread, on);
        }
        self.make_ready(thread);
        self.emit(&Event::Woke { thread, how });
        self.changed();
    }

    /// Wakes everybody who waits for this, in the order in which they began to.
    pub(crate) fn wake_all(&mut self, on: WaitOn) {
        for thread in self.waiters.remove(&on).unwrap_or_default() {
            self.wake(thread, Woken::Cause);
        }
    }

    /// Wakes up to `most` waiters of a futex word that share a bit with `bits`, and says how many.
    pub(crate) fn wake_futex(&mut self, word: Word, bits: u32, most: u32) -> u32 {
        let mut woken = 0;
        while woken < most {
            let waiting = self.futexes.matching(word, bits);
            // When all are taken, the order in which they are does not matter here: the run queue's is a choice later on.
            let all = waiting as u64 <= u64::from(most - woken);
            let nth = if all { 0 } else { self.choose(Kind::FutexWake, waiting as u64) };
            let nth = usize::try_from(nth).expect("below the number of waiters");
            let Some(waiter) = self.futexes.take(word, bits, nth) else { break };
            self.wake(waiter.thread, Woken::Cause);
            woken += 1;
        }
        woken
    }

    /// Moves waiters from one word to another without waking them: `FUTEX_REQUEUE`.
    pub(crate) fn requeue_futex(&mut self, from: Word, to: Word, most: u32) -> u32 {
        // Each at most once, also when the two words are one.
        let most = u64::from(most).min(self.futexes.matching(from, u32::MAX) as u64);
        let mut moved = 0;
        while u64::from(moved) < most {
            let Some(waiter) = self.futexes.take(from, u32::MAX, 0) else { break };
            if let State::Blocked(wait) = &mut self.threads.get_mut(waiter.thread).state {
                wait.on = WaitOn::Futex { word: to.0, bits: waiter.bits };
            }
            self.futexes.wait(to, waiter);
            moved += 1;
        }
        moved
    }

    /// The futex word at an address.
    pub(crate) fn futex_word(&mut self, address: u64) -> Word {
        self.futexes.word(address)
    }

    /// An instrumented operation changed a word. Kept only for replays with events: a word that a compare-and-exchange takes
    /// from 0 is taken to be a lock, held by whoever did so until somebody sets it to 0; a deadlock is explained with it.
    pub fn note_change(&mut self, address: u64, change: Change) {
        if !self.notes_holders() {
            return;
        }
        match change {
            Change::Taken => {
                self.holders.insert(address, Some(self.current));
            }
            Change::Cleared => {
                if let Some(holder) = self.holders.get_mut(&address) {
                    *holder = None;
                }
            }
        }
    }

    /// The running thread came out of a wait on this word because it was woken: if the word is a lock, it is about to have it.
    pub(crate) fn note_acquired(&mut self, address: u64) {
        if let Some(holder) = self.holders.get_mut(&address) {
            *holder = Some(self.current);
        }
    }
}

/// What an instrumented operation did to a word that may be a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A compare-and-exchange took it from 0 to something else.
    Taken,
    /// Any operation set it to 0.
    Cleared,
}
