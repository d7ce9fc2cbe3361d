//! System calls made past every owned symbol: for ourselves.
//!
//! Does not know what a call means. Invariant: the arguments reach the kernel as they are, and `errno` is left alone.

use core::arch::asm;
use core::ffi::{c_long, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::own::Real;

type Door = unsafe extern "C" fn(c_long, c_long, c_long, c_long, c_long, c_long, c_long) -> c_long;

/// The C library's own `syscall(2)`, once [`open_door`] has found it.
static DOOR: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());

/// Makes our calls go through the C library's text from here on, the one place from which the escape guard lets calls pass
/// whatever the phase. Returns an address in that text.
pub(crate) fn open_door() -> usize {
    static REAL: Real = Real::new(c"syscall");
    DOOR.store(REAL.address(), Ordering::Relaxed);
    REAL.address() as usize
}

/// Makes a system call; a negative answer is an error number negated, as the kernel gives it.
pub(crate) fn syscall(number: i64, arguments: [i64; 6]) -> i64 {
    let door = DOOR.load(Ordering::Relaxed);
    if door.is_null() { directly(number, arguments) } else { through(door, number, arguments) }
}

/// Through the C library's `syscall(2)`, without leaving a trace in `errno`.
fn through(door: *mut c_void, number: i64, [a, b, c, d, e, f]: [i64; 6]) -> i64 {
    // SAFETY: `open_door` stored the address of syscall(2), which takes its arguments in registers whether declared variadic
    // or not, on x86-64 as on aarch64.
    let door: Door = unsafe { core::mem::transmute(door) };
    let errno = super::errno_place();
    // SAFETY: it is the running thread's own errno.
    let before = unsafe { *errno };
    // SAFETY: what the call does to memory is in the arguments, which our callers vouch for.
    let answer = unsafe { door(number, a, b, c, d, e, f) };
    if answer != -1 {
        return answer;
    }
    // SAFETY: as above.
    let failed = unsafe { core::mem::replace(&mut *errno, before) };
    -i64::from(failed)
}

#[cfg(target_arch = "x86_64")]
fn directly(number: i64, arguments: [i64; 6]) -> i64 {
    let answer;
    // SAFETY: the x86-64 system call convention: rcx and r11 are overwritten, everything else is kept. What the call does to
    // memory is in the arguments, which our callers vouch for.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => answer,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    answer
}

#[cfg(target_arch = "aarch64")]
fn directly(number: i64, arguments: [i64; 6]) -> i64 {
    let answer;
    // SAFETY: the aarch64 system call convention keeps every register but x0. What the call does to memory is in the
    // arguments, which our callers vouch for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") arguments[0] => answer,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") arguments[4],
            in("x5") arguments[5],
            options(nostack),
        );
    }
    answer
}
