//! What calls on real files need of the kernel: the virtual time that they take, and `flock(2)`.
//!
//! Does not know files: the boundary makes the calls for real, and says which file a descriptor is of. Invariant: work on a
//! file is done when its time has passed, and no signal interrupts it.

use super::{Caller, Stop, attempt};
use crate::errno::Errno;
use crate::fd::{DescriptionId, Object};
use crate::file::lock::{FileNumber, Mode};
use crate::kernel::Kernel;
use crate::limits::{FOLDER_LEAST_NS, SYNC_LEAST_NS};
use crate::wait::{Wait, WaitOn, Woken};

/// Work on a file that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// None: reading, asking, and what only changes memory.
    Nothing,
    /// Writing, or changing the length.
    Write,
    /// Creating, renaming or removing a name.
    Folder,
    /// `fsync(2)` and its kin.
    Sync,
    /// `flock(2)`.
    Lock,
}

impl Work {
    fn least_ns(self) -> u64 {
        match self {
            Self::Nothing | Self::Write | Self::Lock => 0,
            Self::Folder => FOLDER_LEAST_NS,
            Self::Sync => SYNC_LEAST_NS,
        }
    }
}

/// The time that work takes.
///
/// # Errors
/// [`Stop::Block`] until it has passed. Between `fork(2)` and `execve(2)` nothing waits, and work takes no time.
pub fn take_time(kernel: &mut Kernel, caller: &mut Caller, work: Work) -> Result<(), Stop> {
    if caller.deadline_ns.is_none() {
        if work == Work::Nothing || kernel.is_forked() {
            return Ok(());
        }
        let ns = work.least_ns() + kernel.file_step_ns();
        caller.deadline_ns = Some(kernel.after_ns(ns));
    }
    match caller.deadline_ns {
        Some(at_ns) if kernel.now_ns() < at_ns => {
            Err(Stop::Block(Wait { on: WaitOn::Sleep, deadline_ns: Some(at_ns) }))
        }
        _ => Ok(()),
    }
}

/// Work on the file behind a number: what the number referred to when the work began. A real file stays open until the boundary
/// next asks for what is to be closed.
///
/// # Errors
/// `EBADF`; [`Stop::Block`] until the time of the work has passed.
pub fn work_on(kernel: &mut Kernel, caller: &mut Caller, fd: i32, work: Work) -> Result<Object, Stop> {
    attempt::on_file(kernel, caller, fd, |kernel, caller, target| {
        take_time(kernel, caller, work)?;
        Ok(target.object)
    })
}

/// `LOCK_*` of `flock(2)`.
const LOCK_SH: i32 = 1;
const LOCK_EX: i32 = 2;
const LOCK_NB: i32 = 4;
const LOCK_UN: i32 = 8;
const LOCK_MAND: i32 = 32;

/// What a `flock(2)` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockAsk {
    /// A lock.
    Take(Mode),
    /// None any more.
    GiveUp,
    /// A lock of a kind that Linux had once: nothing happens.
    Nothing,
}

impl LockAsk {
    /// What an operation asks for, apart from `LOCK_NB`.
    ///
    /// # Errors
    /// `EINVAL`, which comes before anything about the descriptor.
    pub fn of(operation: i32) -> Result<Self, Errno> {
        match operation & !LOCK_NB {
            operation if operation & LOCK_MAND != 0 => Ok(Self::Nothing),
            LOCK_SH => Ok(Self::Take(Mode::Shared)),
            LOCK_EX => Ok(Self::Take(Mode::Exclusive)),
            LOCK_UN => Ok(Self::GiveUp),
            _ => Err(Errno::EINVAL),
        }
    }
}

/// `flock(2)` on the open file behind a number, which is of the given file. A lock is converted by giving it up first, so that
/// a conversion that fails or waits has lost it (`flock_lock_inode`).
///
/// # Errors
/// `EBADF`, `EINVAL`, `EAGAIN` with `LOCK_NB`, `EINTR`; [`Stop::Block`] until the lock is free.
pub fn flock(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    file: FileNumber,
    operation: i32,
) -> Result<(), Stop> {
    let ask = LockAsk::of(operation)?;
    let holder = match caller.held.first() {
        Some(&id) => id,
        None => kernel.lookup(caller.process, fd)?,
    };
    attempt::on_file(kernel, caller, fd, |kernel, caller, _| {
        let mode = match ask {
            LockAsk::Take(mode) => mode,
            LockAsk::GiveUp => {
                unlock(kernel, file, holder);
                return Ok(());
            }
            LockAsk::Nothing => return Ok(()),
        };
        if caller.done == 0 {
            take_time(kernel, caller, Work::Lock)?;
            (caller.done, caller.deadline_ns, caller.woken) = (1, None, None);
        }
        if kernel.locks.mode(file, holder) == Some(mode) {
            return Ok(());
        }
        unlock(kernel, file, holder);
        if kernel.locks.take(file, holder, mode) {
            return Ok(());
        }
        if operation & LOCK_NB != 0 {
            return Err(Errno::EAGAIN.into());
        }
        if caller.woken == Some(Woken::Signal) {
            return Err(Errno::EINTR.into());
        }
        Err(Stop::Block(Wait { on: WaitOn::Lock(file.0), deadline_ns: None }))
    })
}

fn unlock(kernel: &mut Kernel, file: FileNumber, holder: DescriptionId) {
    if kernel.locks.release(file, holder) {
        kernel.wake_all(WaitOn::Lock(file.0));
    }
}
