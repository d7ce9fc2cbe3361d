//! System calls made past every owned symbol: for ourselves.
//!
//! Does not know what a call means. Invariant: the arguments reach the kernel as they are, and `errno` is left alone.

use core::arch::asm;

/// Makes a system call; a negative answer is an error number negated, as the kernel gives it.
#[cfg(target_arch = "x86_64")]
pub(crate) fn syscall(number: i64, arguments: [i64; 6]) -> i64 {
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

/// Makes a system call; a negative answer is an error number negated, as the kernel gives it.
#[cfg(target_arch = "aarch64")]
pub(crate) fn syscall(number: i64, arguments: [i64; 6]) -> i64 {
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
