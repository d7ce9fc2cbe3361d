//! The kernel's side of open files: numbers, readiness, and who hears of a change.
//!
//! Does not know what a file does. Invariant: whoever waits for a file, by a call of its own, by `poll(2)` or through
//! `epoll(7)`, is woken by every change that its wait may be about.

use super::Kernel;
use crate::errno::Errno;
use crate::fd::{Blocking, DescriptionId, Descriptor, FdTable, Files, Object, OnExec};
use crate::process::{Life, Pid};
use crate::ready::Mask;
use crate::thread::ThreadId;
use crate::wait::{WaitOn, Woken};

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
            self.let_go(before);
        }
        Ok(())
    }

    /// Keeps open files for a thread that begins to wait in a call on them.
    pub(crate) fn hold_for(&mut self, thread: ThreadId, ids: &[DescriptionId]) {
        ids.iter().for_each(|&id| self.files.hold(id));
        self.threads.get_mut(thread).held.extend(ids);
    }

    /// Lets the open files go that a thread kept.
    pub(crate) fn let_go_of(&mut self, thread: ThreadId) {
        for id in core::mem::take(&mut self.threads.get_mut(thread).held) {
            self.let_go(id);
        }
    }

    /// Bytes that can be read at once: `FIONREAD`.
    ///
    /// # Errors
    /// `EINVAL` for a listener, `ENOTTY` for a file without a count.
    pub(crate) fn unread(&self, object: Object) -> Result<usize, Errno> {
        match object {
            Object::Socket(socket) => self.net.unread(socket),
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
        let _ = id;
        match object {
            Object::Socket(socket) => self.net.close(socket),
            Object::Unix(socket) => self.unix.close(socket),
            Object::Real(real) => self.closed_real.push(real),
            _ => {}
        }
    }

    /// Descriptors of the real kernel that nothing refers to any more: whoever drives the kernel closes them.
    pub fn take_closed_real(&mut self) -> Vec<i32> {
        core::mem::take(&mut self.closed_real)
    }

    /// What a file is ready for.
    #[must_use]
    pub fn readiness(&self, object: Object) -> Mask {
        match object {
            Object::Socket(socket) => self.net.readiness(socket).mask(),
            Object::Unix(socket) => self.unix.readiness(socket),
            Object::Process(pid) => {
                let running = self.processes.get(pid).life == Life::Running;
                (Mask::IN | Mask::RDNORM).when(!running)
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

    /// Sends off what the sockets transmitted, and wakes who waited for what changed.
    pub fn settle(&mut self) {
        loop {
            self.send_packets();
            while let Some(change) = self.net.pop_change() {
                self.file_changed(Object::Socket(change.of), change.key);
            }
            while let Some(change) = self.unix.pop_change() {
                self.file_changed(Object::Unix(change.of), change.key);
            }
            // What nobody will receive is let go of, which may close further files.
            match self.unix.pop_orphan() {
                Some(right) => self.let_go(right),
                None => break,
            }
        }
    }

    /// A file changed: who waits for it looks again.
    pub(super) fn file_changed(&mut self, object: Object, key: Mask) {
        const READ: Mask = Mask(Mask::READERS.0 | Mask::RDHUP.0 | Mask::HUP.0 | Mask::ERR.0);
        const WRITE: Mask = Mask(Mask::WRITERS.0 | Mask::HUP.0 | Mask::ERR.0);
        if key.is_empty() || key.meets(READ) {
            self.wake_all(WaitOn::Readable(object));
        }
        if key.is_empty() || key.meets(WRITE) {
            self.wake_all(WaitOn::Writable(object));
        }
        for thread in self.pollers.get(&object).cloned().unwrap_or_default() {
            self.wake(thread, Woken::Cause);
        }
    }

    /// The running thread is about to wait for changes of these files.
    pub(crate) fn watch(&mut self, objects: Vec<Object>) {
        for object in &objects {
            self.pollers.entry(*object).or_default().push(self.current);
        }
        self.threads.get_mut(self.current).polls = objects;
    }

    /// A thread does not wait for changes any more.
    pub(super) fn unwatch(&mut self, thread: ThreadId) {
        for object in core::mem::take(&mut self.threads.get_mut(thread).polls) {
            if let Some(pollers) = self.pollers.get_mut(&object) {
                pollers.retain(|poller| *poller != thread);
                if pollers.is_empty() {
                    self.pollers.remove(&object);
                }
            }
        }
    }
}
