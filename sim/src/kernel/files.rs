//! The kernel's side of open files: their numbers, who keeps them, and how they end.
//!
//! Does not know what a file does. Invariant: an open file that nothing refers to any more is closed at once, and no instance
//! of `epoll(7)` watches it.

use super::Kernel;
use crate::call::differ;
use crate::errno::Errno;
use crate::fd::{Blocking, DescriptionId, Descriptor, FdTable, Files, Object, OnExec};
use crate::file::record::Owner;
use crate::process::{Life, Pid};
use crate::ready::Mask;
use crate::thread::ThreadId;
use crate::wait::WaitOn;

/// The descriptors every run begins with: standard input, output and error.
pub(super) fn standard(files: &mut Files) -> FdTable {
    let mut fds = FdTable::default();
    for number in 0..3_u8 {
        let description = files.open(Object::Standard(number), Blocking::Yes);
        files.hold(description);
        let descriptor = Descriptor { description, on_exec: OnExec::Keep };
        fds.put(i32::from(number), descriptor).expect("the first numbers are free");
    }
    fds
}

impl Kernel {
    /// The process of the running thread.
    #[must_use]
    pub fn process(&self) -> Pid {
        self.threads.get(self.current).process
    }

    /// What a number of the running process refers to, if anything.
    #[must_use]
    pub fn object(&self, fd: i32) -> Option<Object> {
        let id = self.lookup(self.process(), fd).ok()?;
        Some(self.files.object(id))
    }

    /// The open file behind a number.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn lookup(&self, process: Pid, fd: i32) -> Result<DescriptionId, Errno> {
        Ok(self.processes.get(process).fds.get(fd)?.description)
    }

    /// Opens a file and gives it the lowest free number.
    ///
    /// # Errors
    /// `EMFILE`; the file is closed again.
    pub fn install(
        &mut self,
        process: Pid,
        object: Object,
        blocking: Blocking,
        on_exec: OnExec,
    ) -> Result<i32, Errno> {
        let description = self.files.open(object, blocking);
        self.files.hold(description);
        let number = self.number(process, description, on_exec, 0);
        self.let_go(description);
        number
    }

    /// Gives an open file the lowest free number from `least` on.
    ///
    /// # Errors
    /// `EMFILE`, `EINVAL` for a number to start from that no descriptor can have.
    pub(crate) fn number(
        &mut self,
        process: Pid,
        description: DescriptionId,
        on_exec: OnExec,
        least: i32,
    ) -> Result<i32, Errno> {
        let fds = &mut self.processes.get_mut(process).fds;
        let fd = fds.lowest_free(least)?;
        fds.put(fd, Descriptor { description, on_exec })?;
        self.files.hold(description);
        Ok(fd)
    }

    /// Makes a number refer to something else, and closes what it referred to.
    ///
    /// # Errors
    /// `EBADF` for a number that no descriptor can have.
    pub(crate) fn replace(&mut self, process: Pid, fd: i32, descriptor: Descriptor) -> Result<(), Errno> {
        let before = self.processes.get_mut(process).fds.put(fd, descriptor)?;
        self.files.hold(descriptor.description);
        if let Some(before) = before {
            self.release_records_of_closed(process, before);
            self.let_go(before);
        }
        Ok(())
    }

    /// Keeps open files for a thread that begins to wait in a call on them.
    pub(crate) fn hold_for(&mut self, thread: ThreadId, ids: &[DescriptionId]) {
        ids.iter().for_each(|&id| self.files.hold(id));
        self.threads.get_mut(thread).held.extend_from_slice(ids);
    }

    /// Lets the open files go that a thread kept.
    pub(crate) fn let_go_of(&mut self, thread: ThreadId) {
        let mut held = core::mem::take(&mut self.threads.get_mut(thread).held);
        held.drain(..).for_each(|id| self.let_go(id));
        // Its room is for the next call.
        self.threads.get_mut(thread).held = held;
    }

    /// Bytes that can be read at once: `FIONREAD`.
    ///
    /// # Errors
    /// `EINVAL` for a listener, `ENOTTY` for a file without a count.
    pub(crate) fn unread(&self, object: Object) -> Result<usize, Errno> {
        match object {
            Object::Socket(socket) => self.net.unread(socket),
            Object::Pipe(pipe, _) => Ok(self.pipes.unread(pipe)),
            // `ep_eventpoll_ioctl`.
            Object::Epoll(_) => Err(Errno::EINVAL),
            Object::Unix(socket) => self.unix.unread(socket),
            _ => Err(Errno::ENOTTY),
        }
    }

    /// Refers to an open file once less, and closes it if nothing else refers to it.
    pub(crate) fn let_go(&mut self, id: DescriptionId) {
        if let Some(object) = self.files.release(id) {
            self.close_object(id, object);
        }
    }

    fn close_object(&mut self, id: DescriptionId, object: Object) {
        self.epolls.forget(id);
        self.release_all_records(Owner::Open(id));
        for file in self.locks.release_all(id) {
            self.wake_all(WaitOn::Lock(file.0));
        }
        differ::closing(self, object);
        match object {
            Object::Socket(socket) => self.net.close(socket),
            Object::Pipe(pipe, end) => self.pipes.close_end(pipe, end),
            Object::EventFd(counter) => self.eventfds.close(counter),
            Object::TimerFd(timer) => self.close_timer(timer),
            Object::Epoll(epoll) => self.epolls.close(epoll),
            Object::Unix(socket) => self.unix.close(socket),
            Object::Real(real) => self.closed_real.push(real),
            _ => {}
        }
    }

    /// Descriptors of the real kernel that nothing refers to any more: whoever drives the kernel closes them.
    pub fn take_closed_real(&mut self) -> Vec<i32> {
        core::mem::take(&mut self.closed_real)
    }

    /// Whether nothing of the run is outside of this value and its threads: one process on one host, and no file of the real kernel.
    #[must_use]
    pub fn is_self_contained(&self) -> bool {
        self.processes.iter().count() == 1
            && self.net.hosts.count() == 1
            && !self.files.any_real()
            && self.closed_real.is_empty()
    }

    /// What a file is ready for, asked by `poll(2)`, `select(2)` or `epoll(7)`.
    #[must_use]
    pub fn poll(&mut self, object: Object) -> Mask {
        match object {
            Object::Socket(socket) => self.net.readiness(socket).mask(),
            Object::Pipe(pipe, end) => self.pipes.poll(pipe, end),
            Object::EventFd(counter) => self.eventfds.readiness(counter),
            Object::TimerFd(timer) => self.timerfds.readiness(timer),
            Object::Epoll(epoll) => self.with_epolls(|epolls, poll| epolls.readiness(epoll, poll)),
            Object::Unix(socket) => self.unix.readiness(socket),
            Object::Process(pid) => {
                // `pidfd_poll`.
                match self.processes.get(pid).life {
                    Life::Running => Mask::NONE,
                    Life::Zombie(_) => Mask::IN | Mask::RDNORM,
                    Life::Gone => Mask::IN | Mask::RDNORM | Mask::HUP,
                }
            }
            // `DEFAULT_POLLMASK`: what a file without a `poll` operation answers.
            _ => Mask::IN | Mask::OUT | Mask::RDNORM | Mask::WRNORM,
        }
    }

    /// A file as a person reads it in a deadlock or an event.
    pub(super) fn describe_file(&self, object: Object) -> String {
        match object {
            Object::Socket(socket) => self.net.describe(socket),
            Object::Unix(socket) => self.unix.describe(socket),
            Object::Pipe(pipe, _) => format!("pipe {}", pipe.0),
            Object::EventFd(counter) => format!("event counter {}", counter.0),
            Object::TimerFd(timer) => format!("timer {}", timer.0),
            Object::Epoll(epoll) => format!("epoll {}", epoll.0),
            Object::Process(pid) => format!("the end of process {}", pid.0),
            Object::Standard(number) => format!("descriptor {number}"),
            Object::Real(_) => String::from("a real file"),
        }
    }
}
