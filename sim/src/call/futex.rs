//! `futex(2)`: the operations that std, `parking_lot` and glibc's users reach us with.
//!
//! Does not read memory: whoever calls says what the word holds now. Invariant: a wait that finds its word changed never
//! blocks, and a wake that finds nobody changes nothing.

use super::{Caller, Stop};
use crate::errno::Errno;
use crate::futex::Word;
use crate::kernel::{Kernel, Spurious};
use crate::wait::{Wait, WaitOn, Woken};

/// A wait on a futex word.
#[derive(Clone, Copy, Debug)]
pub struct FutexWait {
    /// The word's address: only its identity matters.
    pub address: u64,
    /// What it holds now.
    pub value: u32,
    /// What it must hold for the thread to wait.
    pub expected: u32,
    /// The bits a wake must share: all ones but for `FUTEX_WAIT_BITSET`.
    pub bits: u32,
    /// When the wait ends by itself.
    pub deadline_ns: Option<u64>,
}

/// `FUTEX_WAIT` and `FUTEX_WAIT_BITSET`.
///
/// # Errors
/// `EINVAL` without bits, `EAGAIN` if the word holds something else, `ETIMEDOUT` at the deadline.
pub fn wait(kernel: &mut Kernel, caller: &mut Caller, call: &FutexWait) -> Result<(), Stop> {
    match caller.woken {
        Some(Woken::Cause) => {
            kernel.note_acquired(call.address);
            return Ok(());
        }
        Some(Woken::Spurious) => return Ok(()),
        Some(Woken::Deadline) => return Err(Stop::Fail(Errno::ETIMEDOUT)),
        Some(Woken::Signal) => return Err(Stop::Fail(Errno::EINTR)),
        None => {}
    }
    if call.bits == 0 {
        return Err(Stop::Fail(Errno::EINVAL));
    }
    if call.value != call.expected {
        return Err(Stop::Fail(Errno::EAGAIN));
    }
    if kernel.spurious_wake() == Spurious::Yes {
        return Ok(());
    }
    let Word(word) = kernel.futex_word(call.address);
    Err(Stop::Block(Wait { on: WaitOn::Futex { word, bits: call.bits }, deadline_ns: call.deadline_ns }))
}

/// `FUTEX_WAKE` and `FUTEX_WAKE_BITSET`: returns how many were woken.
///
/// # Errors
/// `EINVAL` without bits.
pub fn wake(kernel: &mut Kernel, address: u64, most: u32, bits: u32) -> Result<u32, Stop> {
    if bits == 0 {
        return Err(Stop::Fail(Errno::EINVAL));
    }
    let word = kernel.futex_word(address);
    Ok(kernel.wake_futex(word, bits, most))
}

/// A requeue from one word to another.
#[derive(Clone, Copy, Debug)]
pub struct FutexRequeue {
    /// The word waited on.
    pub from: u64,
    /// The word waited on afterwards.
    pub to: u64,
    /// How many are woken.
    pub wake_max: u32,
    /// How many of the rest are moved.
    pub move_max: u32,
    /// For `FUTEX_CMP_REQUEUE`: what the first word holds, and what it must hold.
    pub compare: Option<(u32, u32)>,
}

/// `FUTEX_REQUEUE` and `FUTEX_CMP_REQUEUE`: returns how many were woken, and with a comparison also those moved.
///
/// # Errors
/// `EAGAIN` if the comparison fails.
pub fn requeue(kernel: &mut Kernel, call: &FutexRequeue) -> Result<u32, Stop> {
    if call.compare.is_some_and(|(value, expected)| value != expected) {
        return Err(Stop::Fail(Errno::EAGAIN));
    }
    let (from, to) = (kernel.futex_word(call.from), kernel.futex_word(call.to));
    let woken = kernel.wake_futex(from, u32::MAX, call.wake_max);
    let moved = kernel.requeue_futex(from, to, call.move_max);
    Ok(if call.compare.is_some() { woken + moved } else { woken })
}
