//! Machines begin, crash, come back, pause and go on.
//!
//! Knows the programs of a host by name only; whoever drives the kernel runs them. Invariant: a host that is down has no process and
//! no socket, nothing leaves it and nothing reaches it; threads of a paused host are never in the run queue.

use super::{Kernel, Next};
use crate::choice::Candidate;
use crate::errno::Errno;
use crate::event::Event;
use crate::fault::FaultKind;
use crate::fd::{Descriptor, FdTable, Object, OnExec};
use crate::host::{Host, HostChange, HostClock, HostId, HostProgram, HostSpec, Power, Refused};
use crate::personality::Os;
use crate::process::signal::SIGKILL;
use crate::process::{Life, Pid, Process, Status};
use crate::ready::Mask;
use crate::thread::ThreadId;

/// A program that began because its host has power again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The host.
    pub host: HostId,
    /// Its number among the programs of the host.
    pub nth: usize,
    /// Its process.
    pub process: Pid,
    /// The thread that runs its main function.
    pub main: ThreadId,
}

impl Kernel {
    /// The host of the running thread.
    #[must_use]
    pub fn host_id(&self) -> HostId {
        self.processes.get(self.process()).host
    }

    /// What the host of the running thread is.
    #[must_use]
    pub fn host(&self) -> &Host {
        self.net.hosts.get(self.host_id())
    }

    /// What the host of a thread is.
    pub(crate) fn host_at(&self, thread: ThreadId) -> &Host {
        self.net.hosts.get(self.host_of(thread))
    }

    /// The operating system whose answers the running thread gets.
    #[must_use]
    pub fn os(&self) -> Os {
        self.host().spec.os
    }

    /// How the clocks of the running thread's host go.
    #[must_use]
    pub fn clock(&self) -> HostClock {
        self.host().spec.clock
    }

    /// What the running thread's host takes for nanoseconds since the run began.
    #[must_use]
    pub fn elapsed_ns(&self) -> u64 {
        self.clock().elapsed_ns(self.now_ns())
    }

    /// The virtual time at which the running thread's host takes so many nanoseconds to have passed from now on.
    #[must_use]
    pub fn after_ns(&self, ns: u64) -> u64 {
        self.clock().after_ns(self.now_ns(), ns)
    }

    /// Another machine.
    ///
    /// # Errors
    /// A name or an address that cannot be its.
    pub fn add_host(&mut self, spec: HostSpec) -> Result<HostId, Refused> {
        let name = spec.name.clone();
        let host = self.net.add_host(spec)?;
        self.emit(&Event::Host { host, change: HostChange::Added { name } });
        Ok(host)
    }

    /// A program begins on a host that is up: a process of its own, whose main thread is returned.
    ///
    /// # Errors
    /// [`Next::End`] when the limit on threads is reached.
    pub fn start(&mut self, host: HostId, program: &str) -> Result<(Pid, ThreadId), Next> {
        self.start_by(self.current, host, program)
    }

    fn start_by(&mut self, parent: ThreadId, host: HostId, program: &str) -> Result<(Pid, ThreadId), Next> {
        self.check_room_for_thread()?;
        let mut fds = FdTable::default();
        for number in 0..3 {
            // Output goes where that of the first process goes.
            let Ok(Descriptor { description, .. }) = self.processes.get(Pid::FIRST).fds.get(number) else {
                continue;
            };
            self.files.hold(description);
            fds.put(number, Descriptor { description, on_exec: OnExec::Keep })
                .expect("the first numbers are free");
        }
        let process = self.processes.start(host, program, fds);
        self.emit(&Event::Host {
            host,
            change: HostChange::Started { process, program: program.to_owned() },
        });
        let main = self.threads.add(Some(parent), process);
        self.begin(main, parent);
        Ok((process, main))
    }

    /// A program begins on a host that is up, now and each time the host gets power again.
    ///
    /// # Errors
    /// As [`Kernel::start`].
    pub fn start_kept(&mut self, host: HostId, program: &str) -> Result<(Pid, ThreadId), Next> {
        let (process, first) = self.start(host, program)?;
        let program = HostProgram { name: program.to_owned(), process, first };
        self.net.hosts.get_mut(host).programs.push(program);
        Ok((process, first))
    }

    /// A host that is down comes back, and its programs begin anew, in order: see [`Kernel::take_begun`].
    ///
    /// # Errors
    /// `EALREADY` if it is up.
    pub fn restart(&mut self, host: HostId) -> Result<(), Errno> {
        self.power_on(host)?;
        for nth in 0..self.net.hosts.get(host).programs.len() {
            let HostProgram { name, first, .. } = self.net.hosts.get(host).programs[nth].clone();
            // A run that has no thread left is over.
            let Ok((process, main)) = self.start_by(first, host, &name) else { break };
            let before = core::mem::replace(&mut self.net.hosts.get_mut(host).programs[nth].process, process);
            // Whoever waits for the program goes on waiting, for its next life.
            self.file_changed(Object::Process(before), Mask::NONE);
            self.begun.push(Begun { host, nth, process, main });
        }
        Ok(())
    }

    /// Programs that began by themselves, in the order in which they did: whoever drives the kernel runs them.
    pub fn take_begun(&mut self) -> Vec<Begun> {
        core::mem::take(&mut self.begun)
    }

    /// Whether [`Kernel::take_begun`] or [`Kernel::take_killed`] has anything for whoever drives the kernel: to be asked whenever it
    /// has said who runs next, and before that is done.
    #[must_use]
    pub fn has_chores(&self) -> bool {
        !(self.begun.is_empty() && self.killed.is_empty())
    }

    /// A host loses its power: its processes end where they stand, its sockets are gone, and nobody is told.
    ///
    /// # Errors
    /// `EPERM` for the first host, and for the running thread's own; `EALREADY` if it is down.
    pub fn crash(&mut self, host: HostId) -> Result<(), Errno> {
        self.check_other(host)?;
        if self.net.hosts.get(host).power == Power::Down {
            return Err(Errno::EALREADY);
        }
        self.lose_power(host);
        Ok(())
    }

    /// As [`Kernel::crash`], of any host but the first that is up; the running thread may be over afterwards.
    pub(super) fn lose_power(&mut self, host: HostId) {
        self.resume(host);
        self.emit(&Event::Host { host, change: HostChange::Crashed });
        // From here on what its processes' ends send is lost.
        self.net.hosts.get_mut(host).power = Power::Down;
        let running: Vec<Pid> = self
            .processes
            .iter()
            .filter(|process| process.host == host && process.life == Life::Running)
            .map(|process| process.pid)
            .collect();
        running.into_iter().for_each(|process| self.end_process(process, Status::Signalled(SIGKILL)));
        self.net.lose_host(host);
        self.lose_recoveries(host);
        self.suspect_all_of(host);
    }

    /// A host that is down comes back, without a process.
    ///
    /// # Errors
    /// `EALREADY` if it is up.
    pub fn power_on(&mut self, host: HostId) -> Result<(), Errno> {
        if self.net.hosts.get(host).power == Power::Up {
            return Err(Errno::EALREADY);
        }
        let machine = self.net.hosts.get_mut(host);
        machine.power = Power::Up;
        machine.boot += 1;
        self.is_undone(FaultKind::Crash, host);
        self.emit(&Event::Host { host, change: HostChange::Restarted });
        Ok(())
    }

    /// The threads of a host do not run until it is resumed; its kernel goes on taking what arrives.
    ///
    /// # Errors
    /// `EPERM` for the first host, and for the running thread's own; `EHOSTDOWN` for one that is down.
    pub fn pause(&mut self, host: HostId) -> Result<(), Errno> {
        self.check_other(host)?;
        if self.net.hosts.get(host).power == Power::Down {
            return Err(Errno::EHOSTDOWN);
        }
        self.stand_still(host);
        Ok(())
    }

    /// As [`Kernel::pause`], of any host but the first; the running thread is not held back.
    pub(super) fn stand_still(&mut self, host: HostId) {
        if self.net.hosts.get(host).paused {
            return;
        }
        self.net.hosts.get_mut(host).paused = true;
        self.emit(&Event::Host { host, change: HostChange::Paused });
        let (ready, rested) = (core::mem::take(&mut self.ready), core::mem::take(&mut self.rested));
        self.ready = self.hold_back(ready, host);
        self.rested = self.hold_back(rested, host);
    }

    /// Holds the threads of a host back, and returns the others.
    fn hold_back(&mut self, waiting: Vec<Candidate>, host: HostId) -> Vec<Candidate> {
        let mut others = Vec::new();
        for candidate in waiting {
            match candidate {
                Candidate::Thread(thread) if self.host_of(thread) == host => self.held_back.push(thread),
                candidate => others.push(candidate),
            }
        }
        others
    }

    /// The threads of a paused host go on.
    pub fn resume(&mut self, host: HostId) {
        if self.net.hosts.get(host).paused {
            self.net.hosts.get_mut(host).paused = false;
            self.is_undone(FaultKind::Pause, host);
            self.emit(&Event::Host { host, change: HostChange::Resumed });
            for thread in core::mem::take(&mut self.held_back) {
                // It could not run, so that it is not late.
                self.threads.get_mut(thread).due = None;
                self.make_ready(thread);
            }
            self.changed();
        }
    }

    /// The run returns: which programs of hosts failed, though nobody asked. One that its host's crash ended did not fail.
    pub(super) fn tell_unattended(&mut self) {
        let failed = |process: &Process| match process.ended? {
            Status::Exited(0) | Status::Signalled(SIGKILL) => None,
            status => Some(Event::Unattended { host: process.host, process: process.pid, status }),
        };
        let is_unasked = |process: &&Process| !process.asked;
        let unattended: Vec<Event> = self.processes.iter().filter(is_unasked).filter_map(failed).collect();
        unattended.iter().for_each(|event| self.emit(event));
    }

    fn check_other(&self, host: HostId) -> Result<(), Errno> {
        if host == HostId::FIRST || host == self.host_id() { Err(Errno::EPERM) } else { Ok(()) }
    }

    pub(super) fn host_of(&self, thread: ThreadId) -> HostId {
        self.processes.get(self.threads.get(thread).process).host
    }

    /// A thread that could run may: at once, or when its host is resumed.
    pub(super) fn make_ready(&mut self, thread: ThreadId) {
        // The first host is never paused, which spares it the question.
        let paused = self.net.hosts.count() > 1 && self.net.hosts.get(self.host_of(thread)).paused;
        if paused { self.held_back.push(thread) } else { self.ready.push(Candidate::Thread(thread)) }
    }
}
