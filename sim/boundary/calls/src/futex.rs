//! `futex(2)` through `syscall(2)`.
//!
//! Does not know locks. Invariant: a word outlives every wait on it.

use core::sync::atomic::AtomicU32;

use crate::Failed;
use crate::failed::word;
use crate::time::Time;

fn place(at: &AtomicU32) -> i64 {
    at.as_ptr().expose_provenance().cast_signed() as i64
}

/// A wait: which, on what it must hold, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// `FUTEX_WAIT` or `FUTEX_WAIT_BITSET`, with flags.
    pub operation: i32,
    /// What the word must hold.
    pub expected: u32,
    /// An interval, or for `FUTEX_WAIT_BITSET` a point on a clock.
    pub timeout: Option<Time>,
    /// The bits of `FUTEX_WAIT_BITSET`.
    pub bits: u32,
}

/// Waits on a word.
pub fn wait(at: &AtomicU32, how: Wait) -> Result<i64, Failed> {
    let Wait { operation, expected, timeout, bits } = how;
    let timeout = timeout.map(Time::timespec);
    let timeout = timeout.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    // SAFETY: futex(2): an aligned word that lives as long as its borrow, and a valid time-out or none.
    word(unsafe { libc::syscall(libc::SYS_futex, place(at), operation, expected, timeout, 0_usize, bits) })
}

/// `FUTEX_WAKE` or, with bits, `FUTEX_WAKE_BITSET`.
pub fn wake(at: &AtomicU32, most: i32, bits: Option<u32>) -> Result<i64, Failed> {
    let operation = if bits.is_some() { libc::FUTEX_WAKE_BITSET } else { libc::FUTEX_WAKE };
    let bits = bits.unwrap_or(0);
    // SAFETY: futex(2): an aligned word; no time-out.
    word(unsafe { libc::syscall(libc::SYS_futex, place(at), operation, most, 0_usize, 0_usize, bits) })
}

/// A requeue: how many wake, how many move, and what the first word must hold.
#[derive(Clone, Copy, Debug)]
pub struct Requeue {
    /// How many wake.
    pub wake_max: i32,
    /// How many of the rest move.
    pub move_max: i32,
    /// What the first word must hold.
    pub expected: u32,
}

/// `FUTEX_CMP_REQUEUE`.
pub fn requeue(from: &AtomicU32, to: &AtomicU32, how: Requeue) -> Result<i64, Failed> {
    let Requeue { wake_max, move_max, expected } = how;
    let (operation, to, moved) = (libc::FUTEX_CMP_REQUEUE, place(to), i64::from(move_max));
    // SAFETY: futex(2): two aligned words; no time-out.
    word(unsafe { libc::syscall(libc::SYS_futex, place(from), operation, wake_max, moved, to, expected) })
}
