//! Descriptors and the open files behind them.
//!
//! Does not know what an open file does, nor which number is lowest and free: the boundary reserves a real descriptor and
//! brings its number. Invariant: an open file lives exactly as long as a descriptor, or a call that waits on it, refers to it.

use crate::errno::Errno;
use crate::net::SocketId;

/// An open file description, as `open(2)` defines it: shared by `dup(2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DescriptionId(u32);

/// What an open file is. Pipes, eventfds, timerfds and epolls will be further variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A socket.
    Socket(SocketId),
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

#[derive(Clone, Copy, Debug)]
struct Descriptor {
    description: DescriptionId,
    on_exec: OnExec,
}

/// The descriptors of one process. The open files stand apart within, for the day that processes share them.
#[derive(Debug, Default)]
pub struct FdTable {
    /// By number, like the kernel's own table: numbers are small and dense.
    descriptors: Vec<Option<Descriptor>>,
    descriptions: Descriptions,
}

#[derive(Debug, Default)]
struct Descriptions {
    all: Vec<Option<Description>>,
    free: Vec<u32>,
}

impl FdTable {
    /// Opens a file that no descriptor refers to yet: install it, or [`FdTable::discard`] it.
    pub fn open(&mut self, object: Object, blocking: Blocking) -> DescriptionId {
        let description = Some(Description { object, blocking, references: 0 });
        let Descriptions { all, free } = &mut self.descriptions;
        if let Some(index) = free.pop() {
            all[index as usize] = description;
            return DescriptionId(index);
        }
        all.push(description);
        DescriptionId(u32::try_from(all.len() - 1).expect("open files are limited far below 2^32"))
    }

    /// Gives a number to an open file. Returns what must be closed because the number referred to it last (`dup2(2)`).
    ///
    /// # Errors
    /// `EBADF` for a negative number.
    pub fn install(&mut self, fd: i32, id: DescriptionId, on_exec: OnExec) -> Result<Option<Object>, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.hold(id);
        if self.descriptors.len() <= index {
            self.descriptors.resize(index + 1, None);
        }
        let before = self.descriptors[index].replace(Descriptor { description: id, on_exec });
        Ok(before.and_then(|before| self.release(before.description)))
    }

    /// Whether a number is one of ours.
    #[must_use]
    pub fn is_simulated(&self, fd: i32) -> bool {
        self.descriptor(fd).is_ok()
    }

    /// The open file behind a number.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn lookup(&self, fd: i32) -> Result<DescriptionId, Errno> {
        self.descriptor(fd).map(|descriptor| descriptor.description)
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

    /// What becomes of a descriptor at `execve(2)`.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn on_exec(&self, fd: i32) -> Result<OnExec, Errno> {
        self.descriptor(fd).map(|descriptor| descriptor.on_exec)
    }

    /// Changes what becomes of a descriptor at `execve(2)`.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn set_on_exec(&mut self, fd: i32, on_exec: OnExec) -> Result<(), Errno> {
        let id = self.lookup(fd)?;
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.descriptors[index] = Some(Descriptor { description: id, on_exec });
        Ok(())
    }

    /// Takes a number back. Returns what must be closed because nothing refers to it any more.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn close(&mut self, fd: i32) -> Result<Option<Object>, Errno> {
        let id = self.lookup(fd)?;
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.descriptors[index] = None;
        Ok(self.release(id))
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
        self.descriptions.all[id.0 as usize] = None;
        self.descriptions.free.push(id.0);
        Some(object)
    }

    /// The numbers in use, lowest first.
    pub fn numbers(&self) -> impl Iterator<Item = i32> + '_ {
        (0..).zip(&self.descriptors).filter(|(_, descriptor)| descriptor.is_some()).map(|(fd, _)| fd)
    }

    fn descriptor(&self, fd: i32) -> Result<Descriptor, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        self.descriptors.get(index).copied().flatten().ok_or(Errno::EBADF)
    }

    fn description(&self, id: DescriptionId) -> &Description {
        self.descriptions.all[id.0 as usize].as_ref().expect("a reference keeps its open file")
    }

    fn description_mut(&mut self, id: DescriptionId) -> &mut Description {
        self.descriptions.all[id.0 as usize].as_mut().expect("a reference keeps its open file")
    }
}
