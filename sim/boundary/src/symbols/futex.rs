//! `futex(2)`, and `syscall(2)`: the door through which std and `parking_lot` reach it, and some crates other calls.
//!
//! A definition with fixed arguments sees the variadic calls of Rust and C on x86-64 and aarch64, where integers travel in the
//! same registers either way. Invariant: a call that is not modelled is noted, and fails.

use core::ffi::c_long;
use core::sync::atomic::{AtomicU32, Ordering};

use libc::timespec;
use photofinish_sim::call::Caller;
use photofinish_sim::call::futex::{self, FutexRequeue, FutexWait};
use photofinish_sim::call::time::{Clock, virtual_ns};
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::Kernel;

use super::{bypass, clock, fail};
use crate::own::owned;
use crate::private;
use crate::run::{call, unmodelled};

owned! {
    /// `syscall(2)`.
    fn syscall(
        number: c_long, a: c_long, b: c_long, c: c_long, d: c_long, e: c_long, f: c_long,
    ) -> c_long {
        let answer = bypass::answer_called(number, [a, b, c, d, e, f]);
        // `MAX_ERRNO` of the kernel: what lies above is an error number negated.
        match u16::try_from(answer.wrapping_neg()) {
            Ok(errno @ 1..=4095) => c_long::from(fail(Errno(errno))),
            _ => answer,
        }
    }
}

/// What a futex call says, decoded.
struct Call {
    operation: i32,
    realtime: bool,
    address: u64,
    value: u32,
    timeout: *const timespec,
    /// The same register as `timeout`, for the operations that take a number there.
    second_value: u32,
    second_address: u64,
    third_value: u32,
}

/// `futex(2)`, answered as the kernel does.
///
/// # Safety
/// The system call's contract.
#[expect(clippy::cast_possible_truncation, reason = "futex(2): the operation and the values are 32 bits")]
pub(super) unsafe fn answer(a: c_long, b: c_long, c: c_long, d: c_long, e: c_long, f: c_long) -> c_long {
    let call = Call {
        operation: b as i32 & libc::FUTEX_CMD_MASK,
        realtime: b as i32 & libc::FUTEX_CLOCK_REALTIME != 0,
        address: a.cast_unsigned(),
        value: c as u32,
        timeout: d as *const timespec,
        second_value: d as u32,
        second_address: e.cast_unsigned(),
        third_value: f as u32,
    };
    match dispatch(&call) {
        Ok(answer) => answer,
        Err(errno) => -c_long::from(errno.0),
    }
}

fn dispatch(futex: &Call) -> Result<c_long, Errno> {
    if futex.realtime && !matches!(futex.operation, libc::FUTEX_WAIT_BITSET | libc::FUTEX_WAIT) {
        // `do_futex`: only waits that name a point in time may choose its clock.
        return Err(Errno::ENOSYS);
    }
    match futex.operation {
        libc::FUTEX_WAIT => wait(futex, u32::MAX),
        libc::FUTEX_WAIT_BITSET => wait(futex, futex.third_value),
        libc::FUTEX_WAKE => wake(futex, u32::MAX),
        libc::FUTEX_WAKE_BITSET => wake(futex, futex.third_value),
        libc::FUTEX_REQUEUE => requeue(futex, None),
        libc::FUTEX_CMP_REQUEUE => requeue(futex, Some(futex.third_value)),
        operation => {
            unmodelled(format!("futex(2) operation {operation}"));
            Err(Errno::ENOSYS)
        }
    }
}

fn load(address: u64) -> u32 {
    // SAFETY: futex(2)'s caller gives the address of an aligned 32-bit word that is only touched atomically.
    unsafe { AtomicU32::from_ptr(address as *mut u32) }.load(Ordering::SeqCst)
}

fn wait(futex: &Call, bits: u32) -> Result<c_long, Errno> {
    let request = if futex.timeout.is_null() {
        None
    } else {
        // SAFETY: futex(2)'s caller gives a valid time-out.
        Some(clock::from_timespec(unsafe { &*futex.timeout })?)
    };
    if futex.realtime && futex.operation == libc::FUTEX_WAIT {
        return Err(Errno::ENOSYS);
    }
    let mut deadline_ns = None;
    call("futex wait", futex.operation, |kernel: &mut Kernel, caller: &mut Caller| {
        if let (None, Some(request)) = (deadline_ns, request) {
            // futex(2): FUTEX_WAIT takes an interval, FUTEX_WAIT_BITSET a point on a clock.
            deadline_ns = Some(match (futex.operation, futex.realtime) {
                (libc::FUTEX_WAIT, _) => kernel.after_ns(request),
                (_, true) => virtual_ns(kernel, Clock::Realtime, request),
                (_, false) => virtual_ns(kernel, Clock::Monotonic, request),
            });
        }
        let value = load(futex.address);
        let wait = FutexWait {
            address: private::name(kernel, futex.address),
            value,
            expected: futex.value,
            bits,
            deadline_ns,
        };
        futex::wait(kernel, caller, &wait)
    })
    .map(|()| 0)
}

fn wake(futex: &Call, bits: u32) -> Result<c_long, Errno> {
    // `futex_wake` counts a waiter before it compares: who asks for none, or fewer, wakes one.
    let most = if futex.value.cast_signed() < 1 { 1 } else { futex.value };
    call("futex wake", futex.operation, |kernel, _| {
        let address = private::name(kernel, futex.address);
        futex::wake(kernel, address, most, bits)
    })
    .map(c_long::from)
}

fn requeue(futex: &Call, expected: Option<u32>) -> Result<c_long, Errno> {
    if futex.value.cast_signed() < 0 || futex.second_value.cast_signed() < 0 {
        return Err(Errno::EINVAL);
    }
    call("futex requeue", futex.operation, |kernel, _| {
        let compare = expected.map(|expected| (load(futex.address), expected));
        let requeue = FutexRequeue {
            from: private::name(kernel, futex.address),
            to: private::name(kernel, futex.second_address),
            wake_max: futex.value,
            move_max: futex.second_value,
            compare,
        };
        futex::requeue(kernel, &requeue)
    })
    .map(c_long::from)
}
