//! Descriptors and the open files behind them.
//!
//! Does not know what an open file does. Invariant: an open file lives exactly as long as a descriptor of some process, a
//! message on its way, or a call that waits on it, refers to it.

use serde::{Deserialize, Serialize};

use crate::errno::Errno;
use crate::file::epoll::EpollId;
use crate::file::eventfd::EventFdId;
use crate::file::pipe::{End, PipeId};
use crate::file::timerfd::TimerFdId;
use crate::net::SocketId;
use crate::process::Pid;
use crate::unix::UnixId;

/// An open file description, as `open(2)` defines it: shared by `dup(2)`, by children and by `SCM_RIGHTS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DescriptionId(u32);

/// What an open file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Object {
    /// A socket of `ip(7)`.
    Socket(SocketId),
    /// A socket of `unix(7)`.
    Unix(UnixId),
    /// An end of a pipe.
    Pipe(PipeId, End),
    /// `eventfd(2)`.
    EventFd(EventFdId),
    /// `timerfd_create(2)`.
    TimerFd(TimerFdId),
    /// `epoll_create(2)`.
    Epoll(EpollId),
    /// `pidfd_open(2)`.
    Process(Pid),
    /// The program's standard input, output or error as the run gives it: 0, 1 or 2.
    Standard(u8),
    /// A file of the real kernel; the number is the boundary's own descriptor.
    Real(i32),
}

/// `O_NONBLOCK` of an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    /// Off: calls wait.
    Yes,
    /// On: calls answer `EAGAIN`.
    No,
}

/// `FD_CLOEXEC` of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExec {
    /// Off: a new program inherits it.
    Keep,
    /// On.
    Close,
}

#[derive(Clone, Debug)]
struct Description {
    object: Object,
    blocking: Blocking,
    references: u32,
}

/// All open files of a run.
#[derive(Debug, Default)]
pub struct Files {
    all: Vec<Option<Description>>,
    free: Vec<u32>,
}

impl Files {
    /// Opens a file that nothing refers to yet: install it, or [`Files::discard`] it.
    pub fn open(&mut self, object: Object, blocking: Blocking) -> DescriptionId {
        let description = Some(Description { object, blocking, references: 0 });
        if let Some(index) = self.free.pop() {
            self.all[index as usize] = description;
            return DescriptionId(index);
        }
        self.all.push(description);
        DescriptionId(u32::try_from(self.all.len() - 1).expect("open files are limited far below 2^32"))
    }

    /// What an open file is.
    #[must_use]
    pub fn object(&self, id: DescriptionId) -> Object {
        self.description(id).object
    }

    /// Whether calls on an open file wait.
    #[must_use]
    pub fn blocking(&self, id: DescriptionId) -> Blocking {
        self.description(id).blocking
    }

    /// Changes whether calls on an open file wait.
    pub fn set_blocking(&mut self, id: DescriptionId, blocking: Blocking) {
        self.description_mut(id).blocking = blocking;
    }

    /// Closes an open file that was never installed; returns what must be closed.
    #[must_use]
    pub fn discard(&mut self, id: DescriptionId) -> Option<Object> {
        self.hold(id);
        self.release(id)
    }

    /// Refers to an open file once more.
    pub fn hold(&mut self, id: DescriptionId) {
        self.description_mut(id).references += 1;
    }

    /// How often an open file is referred to.
    #[must_use]
    pub fn references(&self, id: DescriptionId) -> u32 {
        self.description(id).references
    }

    /// Whether some open file is of the real kernel.
    #[must_use]
    pub fn any_real(&self) -> bool {
        self.all.iter().flatten().any(|description| matches!(description.object, Object::Real(_)))
    }

    /// Refers to an open file once less. Returns what must be closed because nothing refers to it any more.
    #[must_use]
    pub fn release(&mut self, id: DescriptionId) -> Option<Object> {
        let description = self.description_mut(id);
        assert!(description.references > 0, "an open file is released once per reference");
        description.references -= 1;
        if description.references > 0 {
            return None;
        }
        let object = description.object;
        self.all[id.0 as usize] = None;
        self.free.push(id.0);
        Some(object)
    }

    fn description(&self, id: DescriptionId) -> &Description {
        self.all[id.0 as usize].as_ref().expect("a reference keeps its open file")
    }

    fn description_mut(&mut self, id: DescriptionId) -> &mut Description {
        self.all[id.0 as usize].as_mut().expect("a reference keeps its open file")
    }
}

/// What a number of one process refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The open file.
    pub description: DescriptionId,
    /// What becomes of the number at `execve(2)`.
    pub on_exec: OnExec,
}

/// `RLIMIT_NOFILE` of every process.
pub const DESCRIPTORS_MAX: i32 = 1024;

/// The descriptors of one process.
#[derive(Clone, Debug, Default)]
pub struct FdTable {
    /// By number, like the kernel's own table: numbers are small and dense.
    descriptors: Vec<Option<Descriptor>>,
}

impl FdTable {
    /// The lowest free number that is not below `least`.
    ///
    /// # Errors
    /// `EINVAL` for a number to start from that no descriptor can have (`F_DUPFD`), `EMFILE`.
    pub fn lowest_free(&self, least: i32) -> Result<i32, Errno> {
        let from = usize::try_from(least).map_err(|_| Errno::EINVAL)?;
        if least >= DESCRIPTORS_MAX {
            return Err(Errno::EINVAL);
        }
        let used = self.descriptors.iter().skip(from).take_while(|descriptor| descriptor.is_some()).count();
        let number = i32::try_from(from + used).map_err(|_| Errno::EMFILE)?;
        if number < DESCRIPTORS_MAX { Ok(number) } else { Err(Errno::EMFILE) }
    }

    /// Gives a number to an open file that was held for it. Returns what the number referred to before (`dup2(2)`).
    ///
    /// # Errors
    /// `EBADF` for a number that no descriptor can have.
    pub fn put(&mut self, fd: i32, descriptor: Descriptor) -> Result<Option<DescriptionId>, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        if fd >= DESCRIPTORS_MAX {
            return Err(Errno::EBADF);
        }
        if self.descriptors.len() <= index {
            self.descriptors.resize(index + 1, None);
        }
        Ok(self.descriptors[index].replace(descriptor).map(|before| before.description))
    }

    /// What a number refers to.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn get(&self, fd: i32) -> Result<Descriptor, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.descriptors.get(index).copied().flatten().ok_or(Errno::EBADF)
    }

    /// Changes what becomes of a descriptor at `execve(2)`.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn set_on_exec(&mut self, fd: i32, on_exec: OnExec) -> Result<(), Errno> {
        let descriptor = self.get(fd)?;
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.descriptors[index] = Some(Descriptor { on_exec, ..descriptor });
        Ok(())
    }

    /// Takes a number back and returns what it referred to.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn take(&mut self, fd: i32) -> Result<DescriptionId, Errno> {
        let descriptor = self.get(fd)?;
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.descriptors[index] = None;
        Ok(descriptor.description)
    }

    /// The numbers in use, lowest first, with what they refer to.
    pub fn iter(&self) -> impl Iterator<Item = (i32, Descriptor)> + '_ {
        (0..).zip(&self.descriptors).filter_map(|(fd, descriptor)| Some((fd, (*descriptor)?)))
    }
}
