//! Processes begin, are signalled, end and are waited for.
//!
//! Does not know programs or address spaces. Between `fork(2)` and `execve(2)` the forking thread itself runs as the child,
//! as after `vfork(2)`. Invariant: a process that is over has no thread and no descriptor, and its parent is told once.

use super::{Kernel, Next};
use crate::call::Stop;
use crate::choice::Candidate;
use crate::ending::Ending;
use crate::errno::Errno;
use crate::event::{Event, Why};
use crate::fd::{Object, OnExec};
use crate::file::record::Owner;
use crate::futex::Word;
use crate::process::signal::{self, Action, Disposition, Effect, Handler};
use crate::process::{Life, Pid, Process, Status};
use crate::ready::Mask;
use crate::thread::{State, ThreadId};
use crate::wait::{WaitOn, Woken};

/// A signal that a thread takes now, and the function that takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number.
    pub signal: i32,
    /// The function.
    pub handler: Handler,
    /// What the thread blocks once the function has returned.
    pub blocked_after: u64,
}

impl Kernel {
    /// `fork(2)`: the running thread goes on as the child until it executes a program or leaves.
    ///
    /// # Errors
    /// `EAGAIN` past the limit on threads, which processes share.
    pub fn fork(&mut self) -> Result<Pid, Errno> {
        let running = self.processes.iter().filter(|process| process.life == Life::Running).count();
        if running >= self.limits.threads_max as usize {
            return Err(Errno::EAGAIN);
        }
        let parent = self.process();
        let child = self.processes.fork(parent);
        let descriptors: Vec<_> = self.processes.get(child).fds.iter().map(|(_, entry)| entry).collect();
        descriptors.into_iter().for_each(|entry| self.files.hold(entry.description));
        self.emit(&Event::Forked { child });
        let thread = self.threads.get_mut(self.current);
        thread.forked_from.push((parent, thread.blocked_signals));
        thread.process = child;
        self.attention = 0;
        Ok(child)
    }

    /// Whether the running thread runs as a child that has not executed a program yet.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        !self.threads.get(self.current).forked_from.is_empty()
    }

    /// `execve(2)` of a forked child: its program begins on a thread of its own, and the running thread is its parent's again.
    ///
    /// # Errors
    /// [`Next::End`] when the limit on threads is reached.
    pub fn exec(&mut self, program: &str) -> Result<ThreadId, Next> {
        self.check_room_for_thread()?;
        let child = self.process();
        let process = self.processes.get_mut(child);
        program.clone_into(&mut process.program);
        process.executed = true;
        process.signals.executed();
        let closing: Vec<i32> = process
            .fds
            .iter()
            .filter(|(_, descriptor)| descriptor.on_exec == OnExec::Close)
            .map(|(fd, _)| fd)
            .collect();
        for fd in closing {
            self.close_fd(child, fd).expect("it was in the table");
        }
        self.emit(&Event::Executed { process: child, program: program.to_owned() });
        let blocked = self.threads.get(self.current).blocked_signals;
        let main = self.threads.add(Some(self.current), child);
        self.threads.get_mut(main).blocked_signals = blocked;
        self.begin(main, self.current);
        self.return_to_parent();
        self.settle();
        Ok(main)
    }

    /// `_exit(2)` of a forked child that executed nothing: the running thread is its parent's again.
    pub fn exit_forked(&mut self, status: Status) {
        let child = self.process();
        self.return_to_parent();
        self.end_process(child, status);
    }

    fn return_to_parent(&mut self) {
        let thread = self.threads.get_mut(self.current);
        if let Some((parent, blocked)) = thread.forked_from.pop() {
            thread.process = parent;
            thread.blocked_signals = blocked;
            if self.processes.get(parent).life != Life::Running {
                // The child killed its parent, which took all threads with it but the one that was away.
                self.kill_thread(self.current);
            }
        }
        self.changed();
    }

    /// A number of a process is closed.
    pub(crate) fn close_fd(&mut self, process: Pid, fd: i32) -> Result<(), Errno> {
        let id = self.processes.get_mut(process).fds.take(fd)?;
        self.release_records_of_closed(process, id);
        self.let_go(id);
        Ok(())
    }

    /// The running thread's process is over: `exit_group(2)`.
    pub fn exit_process(&mut self, status: Status) -> Next {
        self.end_process(self.process(), status);
        self.dispatch(Why::Ended)
    }

    /// Whether the running thread is over: its process was ended, by itself or by another.
    #[must_use]
    pub fn current_is_over(&self) -> bool {
        self.threads.get(self.current).state == State::Ended
    }

    /// The running thread is over; who runs next.
    pub fn after_end(&mut self) -> Next {
        self.dispatch(Why::Ended)
    }

    /// A process is over: its threads are gone where they stand, its descriptors are closed, its parent is told.
    pub(super) fn end_process(&mut self, pid: Pid, status: Status) {
        let threads: Vec<ThreadId> = self
            .threads
            .iter()
            .filter(|(_, thread)| thread.process == pid && thread.state != State::Ended)
            .map(|(id, _)| id)
            .collect();
        threads.into_iter().for_each(|thread| self.kill_thread(thread));
        self.release_all_records(Owner::Process(pid));
        let numbers: Vec<i32> = self.processes.get(pid).fds.iter().map(|(fd, _)| fd).collect();
        for fd in numbers {
            self.close_fd(pid, fd).expect("it was in the table");
        }
        self.emit(&Event::Exited { process: pid, status });
        self.orphan_children(pid);
        let parent = self.processes.get(pid).parent;
        let unasked = parent.is_none_or(|parent| {
            let parent = self.processes.get(parent);
            parent.life != Life::Running || parent.signals.reaps_children()
        });
        let process = self.processes.get_mut(pid);
        process.ended = Some(status);
        process.life = if unasked { Life::Gone } else { Life::Zombie(status) };
        self.file_changed(Object::Process(pid), Mask::NONE);
        if let Some(parent) = parent {
            self.wake_all(WaitOn::Child(parent));
            // Nobody can be ended by it: its default is to do nothing.
            let _: Result<(), Stop> = self.signal(parent, signal::SIGCHLD);
        }
        self.settle();
    }

    /// A process that is over was waited for.
    pub(crate) fn reap(&mut self, pid: Pid) {
        self.processes.get_mut(pid).life = Life::Gone;
        // `__change_pid`: whoever looks at its end is told.
        self.file_changed(Object::Process(pid), Mask::NONE);
    }

    /// `forget_original_parent`: nobody waits for the children of a process that is over.
    fn orphan_children(&mut self, pid: Pid) {
        for child in self.processes.iter_mut().filter(|process| process.parent == Some(pid)) {
            child.parent = None;
            if matches!(child.life, Life::Zombie(_)) {
                child.life = Life::Gone;
            }
        }
    }

    fn kill_thread(&mut self, thread: ThreadId) {
        let victim = self.threads.get_mut(thread);
        let state = core::mem::replace(&mut victim.state, State::Ended);
        let process = victim.process;
        if let Some(key) = victim.timer.take() {
            self.timers.cancel(key);
        }
        if let State::Blocked(wait) = state {
            self.forget_wait(thread, wait.on);
        }
        self.ready.retain(|ready| *ready != Candidate::Thread(thread));
        self.rested.retain(|rested| *rested != Candidate::Thread(thread));
        self.held_back.retain(|held| *held != thread);
        for id in core::mem::take(&mut self.threads.get_mut(thread).held) {
            self.let_go(id);
        }
        self.tracing.end(thread);
        self.alive -= 1;
        self.processes.get_mut(process).threads -= 1;
        self.killed.push(thread);
    }

    /// Takes a thread out of the queue it waits in.
    pub(super) fn forget_wait(&mut self, thread: ThreadId, on: WaitOn) {
        match on {
            WaitOn::Futex { word, .. } => self.futexes.forget(Word(word), thread),
            WaitOn::Sleep => {}
            on => {
                if let Some(waiting) = self.waiters.get_mut(&on) {
                    waiting.retain(|waiter| *waiter != thread);
                }
                self.count_sleepers(on);
                self.unwatch(thread);
            }
        }
    }

    /// Threads that were ended by the end of their process: whoever drives the kernel forgets their contexts.
    pub fn take_killed(&mut self) -> Vec<ThreadId> {
        core::mem::take(&mut self.killed)
    }

    /// A signal arrives at a process. The running thread may be over afterwards: see [`Kernel::current_is_over`].
    ///
    /// # Errors
    /// `ESRCH` for a process that there is not, or that was waited for; `EINVAL` for a number that is no signal; stopping is
    /// unmodelled.
    pub fn signal(&mut self, target: Pid, signal: i32) -> Result<(), Stop> {
        let process = self.processes.find(target).filter(|process| process.life != Life::Gone);
        // `kill_pid_info`: whether there is such a process is asked first.
        let Some(process) = process else { return Err(Errno::ESRCH.into()) };
        if !(0..=signal::SIGNALS_MAX).contains(&signal) {
            return Err(Errno::EINVAL.into());
        }
        if signal == 0 || process.life != Life::Running {
            return Ok(());
        }
        let disposition = process.signals.disposition(signal);
        let embryo = process.threads == 0;
        self.emit(&Event::Signalled { process: target, signal });
        let taker = self.taker(target, signal);
        match (disposition, signal::default_action(signal)) {
            (Disposition::Default, Action::Stop) => {
                let what = format!("stopping a process with signal {signal}");
                return Err(Stop::Unmodelled(what, Errno::EPERM));
            }
            // The thread that runs as the child leaves when it takes the signal: it is its parent's.
            (Disposition::Default, Action::Terminate)
                if !embryo && (taker.is_some() || signal == signal::SIGKILL) =>
            {
                self.end_by_signal(target, signal);
                return Ok(());
            }
            // `sig_ignored`: what is blocked waits, since it may be handled by the time it is unblocked.
            (Disposition::Ignore, _) | (Disposition::Default, Action::Nothing) if taker.is_some() => {
                return Ok(());
            }
            _ => {}
        }
        self.processes.get_mut(target).signals.pending |= signal::bit(signal);
        if let Some(thread) = taker {
            self.interrupt(thread);
        }
        Ok(())
    }

    fn end_by_signal(&mut self, target: Pid, signal: i32) {
        if target == Pid::FIRST {
            let _ = self.end(Ending::Signalled(signal));
        } else {
            self.end_process(target, Status::Signalled(signal));
        }
    }

    /// The thread that takes a signal: the first of the process that does not block it (`complete_signal`).
    fn taker(&self, target: Pid, signal: i32) -> Option<ThreadId> {
        self.threads
            .iter()
            .find(|(_, thread)| {
                thread.process == target
                    && thread.state != State::Ended
                    && thread.blocked_signals & signal::bit(signal) == 0
            })
            .map(|(id, _)| id)
    }

    fn interrupt(&mut self, thread: ThreadId) {
        // Also a wait for a thread: its call goes on after the handler.
        self.wake(thread, Woken::Signal);
        self.changed();
    }

    /// The signal that ends the child as which the running thread runs, before it has executed a program.
    #[must_use]
    pub fn fatal_to_forked(&self) -> Option<i32> {
        let thread = self.threads.get(self.current);
        let signals = &self.processes.get(thread.process).signals;
        (1..=signal::SIGNALS_MAX)
            .filter(|_| self.is_forked())
            .filter(|signal| signals.pending & !thread.blocked_signals & signal::bit(*signal) != 0)
            .find(|signal| signals.effect(*signal) == Effect::Ends)
    }

    /// Whether the running thread has anything to do before it goes on: a signal to take, or its own end.
    #[must_use]
    #[inline]
    pub fn is_interrupted(&self) -> bool {
        let thread = self.threads.get(self.current);
        let pending = self.processes.get(thread.process).signals.pending & !thread.blocked_signals;
        pending != 0 || thread.state == State::Ended || self.ending.is_some()
    }

    /// The next signal that the running thread takes now, if any: the boundary calls the handler, then
    /// [`Kernel::signal_taken`].
    pub fn take_signal(&mut self) -> Option<Taken> {
        let (process, blocked) = {
            let thread = self.threads.get(self.current);
            (thread.process, thread.blocked_signals)
        };
        let deliverable = self.processes.get(process).signals.pending & !blocked;
        if deliverable == 0 || self.ending.is_some() {
            return None;
        }
        let signal = deliverable.trailing_zeros().cast_signed() + 1;
        let signals = &mut self.processes.get_mut(process).signals;
        signals.pending &= !signal::bit(signal);
        match signals.disposition(signal) {
            Disposition::Handler(handler) => {
                if handler.flags & signal::SA_RESETHAND != 0 {
                    signals.set(signal, Disposition::Default).expect("it has a handler");
                }
                let own = if handler.flags & signal::SA_NODEFER == 0 { signal::bit(signal) } else { 0 };
                self.threads.get_mut(self.current).blocked_signals |= handler.mask | own;
                Some(Taken { signal, handler, blocked_after: blocked })
            }
            Disposition::Default if signal::default_action(signal) == Action::Terminate => {
                self.end_by_signal(process, signal);
                None
            }
            Disposition::Default | Disposition::Ignore => self.take_signal(),
        }
    }

    /// Whether a signal has arrived that the running thread does not block, so that no call of it may begin to wait. One that is
    /// ignored interrupts nothing: the kernel makes the call again (`ERESTARTNOHAND`).
    #[must_use]
    pub fn signal_is_due(&self) -> bool {
        let thread = self.threads.get(self.current);
        let signals = &self.processes.get(thread.process).signals;
        let due = signals.pending & !thread.blocked_signals;
        (1..=signal::SIGNALS_MAX)
            .filter(|signal| due & signal::bit(*signal) != 0)
            .any(|signal| signals.effect(signal) != Effect::Nothing)
    }

    /// What has arrived and is blocked by the running thread: `sigpending(2)`.
    #[must_use]
    pub fn waiting_signals(&self) -> u64 {
        let thread = self.threads.get(self.current);
        self.processes.get(thread.process).signals.pending & thread.blocked_signals
    }

    /// The handler of a signal has returned.
    pub fn signal_taken(&mut self, taken: &Taken) {
        self.threads.get_mut(self.current).blocked_signals = taken.blocked_after;
    }

    /// Changes which signals the running thread blocks, and returns those it did: `pthread_sigmask(3)`.
    pub fn set_blocked_signals(&mut self, blocked: u64) -> u64 {
        let never = signal::bit(signal::SIGKILL) | signal::bit(signal::SIGSTOP);
        core::mem::replace(&mut self.threads.get_mut(self.current).blocked_signals, blocked & !never)
    }

    /// The children of a process that a `waitpid(2)` with this argument means.
    pub(crate) fn children(&self, parent: Pid, which: i32) -> impl Iterator<Item = &Process> {
        let group = self.processes.get(parent).group;
        self.processes.iter().filter(move |process| {
            process.parent == Some(parent)
                && process.life != Life::Gone
                && match which {
                    -1 => true,
                    0 => process.group == group,
                    ..-1 => which.checked_neg() == Some(process.group),
                    pid => process.pid == Pid(pid),
                }
        })
    }
}
