//! The C library's locks, as C code has them: `pthread_mutex_lock(3)`, `pthread_rwlock_rdlock(3)`, `pthread_cond_wait(3)`, `sem_wait(3)`.
//!
//! Who waits for which, and who is woken. Does not know what a lock holds: whoever calls tries it. Invariant: nobody is owed a lock; who is
//! woken tries again, and waits again if another was faster.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::futex::Word;
use crate::kernel::{Change, Kernel, Spurious};
use crate::wait::{Wait, WaitOn, Woken};

/// What trying came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It is over, with this answer.
    Answered(i32),
    /// Others have it: the thread waits, until this virtual time at most.
    Held {
        /// In nanoseconds since the run began.
        deadline_ns: Option<u64>,
    },
}

/// What a handler of a signal does to a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signals {
    /// The call fails with `EINTR`.
    Interrupt,
    /// It goes on.
    Pass,
}

/// Takes a lock: tries, and waits as often as others have it.
///
/// # Errors
/// `ETIMEDOUT` at the deadline, `EINTR` after a handler where that counts, and what trying fails with.
pub fn take(
    kernel: &mut Kernel,
    caller: &Caller,
    address: u64,
    signals: Signals,
    attempt: impl FnOnce(&mut Kernel) -> Result<Tried, Errno>,
) -> Result<i32, Stop> {
    match caller.woken {
        Some(Woken::Deadline) => return Err(Errno::ETIMEDOUT.into()),
        Some(Woken::Signal) if signals == Signals::Interrupt => return Err(Errno::EINTR.into()),
        _ => {}
    }
    match attempt(kernel)? {
        Tried::Answered(answer) => Ok(answer),
        Tried::Held { deadline_ns } => Err(wait_at(kernel, address, deadline_ns)),
    }
}

/// The running thread has a lock that one thread has at a time: a deadlock is explained with it.
pub fn note_taken(kernel: &mut Kernel, address: u64) {
    kernel.note_change(address, Change::Taken);
}

/// A lock was given back: up to so many of those who wait for it try again.
pub fn give(kernel: &mut Kernel, address: u64, most: u32) {
    kernel.note_change(address, Change::Cleared);
    let word = kernel.futex_word(address);
    kernel.wake_futex(word, u32::MAX, most);
}

/// Waits for a condition whose lock was just given back: once, and whoever is woken, even by a signal's handler, goes on.
///
/// # Errors
/// `ETIMEDOUT` at the deadline.
pub fn wait(
    kernel: &mut Kernel,
    caller: &Caller,
    address: u64,
    deadline_ns: Option<u64>,
) -> Result<(), Stop> {
    match caller.woken {
        Some(Woken::Deadline) => Err(Errno::ETIMEDOUT.into()),
        Some(_) => Ok(()),
        // As pthread_cond_wait(3) may.
        None if kernel.spurious_wake() == Spurious::Yes => Ok(()),
        None => Err(wait_at(kernel, address, deadline_ns)),
    }
}

/// Waits for whoever gives back what is at an address.
pub fn wait_at(kernel: &mut Kernel, address: u64, deadline_ns: Option<u64>) -> Stop {
    let Word(word) = kernel.futex_word(address);
    Stop::Block(Wait { on: WaitOn::Futex { word, bits: u32::MAX }, deadline_ns })
}
