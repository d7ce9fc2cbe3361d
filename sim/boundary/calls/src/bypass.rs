//! System calls by an instruction of our own, past the C library: what crates such as rustix do.
//!
//! Does not know who answers. Invariant: a function makes exactly the system call it is named after, once.

use core::arch::asm;
use core::sync::atomic::AtomicU32;

use crate::Failed;
use crate::time::Time;

#[cfg(target_arch = "x86_64")]
fn syscall(number: i64, arguments: [i64; 6]) -> Result<i64, Failed> {
    let answer: i64;
    // SAFETY: the x86-64 system call convention: rcx and r11 are overwritten, everything else is kept. The functions of this file
    // give each call what its contract asks for.
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
    result(answer)
}

#[cfg(target_arch = "aarch64")]
fn syscall(number: i64, arguments: [i64; 6]) -> Result<i64, Failed> {
    let answer: i64;
    // SAFETY: the aarch64 system call convention keeps every register but x0. The functions of this file give each call what its
    // contract asks for.
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
    result(answer)
}

/// The kernel answers with an error number negated.
fn result(answer: i64) -> Result<i64, Failed> {
    match i32::try_from(answer) {
        Ok(errno @ -4095..=-1) => Err(Failed(-errno)),
        _ => Ok(answer),
    }
}

fn place<T>(of: *const T) -> i64 {
    of.expose_provenance().cast_signed() as i64
}

fn size(of: usize) -> i64 {
    of.cast_signed() as i64
}

/// `getpid(2)`.
pub fn getpid() -> Result<i64, Failed> {
    syscall(libc::SYS_getpid, [0; 6])
}

/// `gettid(2)`.
pub fn gettid() -> Result<i64, Failed> {
    syscall(libc::SYS_gettid, [0; 6])
}

/// `sched_yield(2)`.
pub fn sched_yield() -> Result<i64, Failed> {
    syscall(libc::SYS_sched_yield, [0; 6])
}

/// `clock_gettime(2)`.
pub fn clock_gettime(clock: i32) -> Result<Time, Failed> {
    let mut at = Time { seconds: 0, fraction: 0 }.timespec();
    syscall(libc::SYS_clock_gettime, [i64::from(clock), place(&raw mut at), 0, 0, 0, 0])?;
    Ok(Time::of(at))
}

/// `nanosleep(2)`.
pub fn nanosleep(request: Time) -> Result<(), Failed> {
    let request = request.timespec();
    syscall(libc::SYS_nanosleep, [place(&raw const request), 0, 0, 0, 0, 0]).map(|_| ())
}

/// `clock_nanosleep(2)`.
pub fn clock_nanosleep(clock: i32, flags: i32, request: Time) -> Result<(), Failed> {
    let request = request.timespec();
    let arguments = [i64::from(clock), i64::from(flags), place(&raw const request), 0, 0, 0];
    syscall(libc::SYS_clock_nanosleep, arguments).map(|_| ())
}

/// `read(2)`.
pub fn read(fd: i32, into: &mut [u8]) -> Result<i64, Failed> {
    syscall(libc::SYS_read, [i64::from(fd), place(into.as_mut_ptr()), size(into.len()), 0, 0, 0])
}

/// `write(2)`.
pub fn write(fd: i32, bytes: &[u8]) -> Result<i64, Failed> {
    syscall(libc::SYS_write, [i64::from(fd), place(bytes.as_ptr()), size(bytes.len()), 0, 0, 0])
}

/// `fcntl(2)` with `F_GETFL`.
pub fn flags(fd: i32) -> Result<i64, Failed> {
    syscall(libc::SYS_fcntl, [i64::from(fd), i64::from(libc::F_GETFL), 0, 0, 0, 0])
}

/// `getrandom(2)`.
pub fn getrandom(into: &mut [u8]) -> Result<i64, Failed> {
    syscall(libc::SYS_getrandom, [place(into.as_mut_ptr()), size(into.len()), 0, 0, 0, 0])
}

/// `futex(2)`: waits while the word holds `expected`.
pub fn futex_wait(at: &AtomicU32, expected: u32) -> Result<(), Failed> {
    let operation = i64::from(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG);
    let arguments = [place(at.as_ptr()), operation, i64::from(expected), 0, 0, 0];
    syscall(libc::SYS_futex, arguments).map(|_| ())
}

/// `futex(2)`: wakes at most so many.
pub fn futex_wake(at: &AtomicU32, most: i32) -> Result<i64, Failed> {
    let operation = i64::from(libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG);
    syscall(libc::SYS_futex, [place(at.as_ptr()), operation, i64::from(most), 0, 0, 0])
}

/// `mmap(2)` and `munmap(2)` of a page: whether it could be written between the two.
pub fn map_a_page() -> Result<bool, Failed> {
    const PAGE: i64 = 4096;
    let protection = i64::from(libc::PROT_READ | libc::PROT_WRITE);
    let flags = i64::from(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    let page = syscall(libc::SYS_mmap, [0, PAGE, protection, flags, -1, 0])?;
    let word = core::ptr::with_exposed_provenance_mut::<u64>(page.cast_unsigned() as usize);
    // SAFETY: the call gave a page that can be written and is nobody else's.
    unsafe { word.write_volatile(7) };
    // SAFETY: as above.
    let kept = unsafe { word.read_volatile() } == 7;
    syscall(libc::SYS_munmap, [page, PAGE, 0, 0, 0, 0]).map(|_| kept)
}

/// `io_uring_setup(2)` without a place for its answer, which fails.
pub fn io_uring_setup() -> Result<i64, Failed> {
    syscall(libc::SYS_io_uring_setup, [1, 0, 0, 0, 0, 0])
}

/// `ptrace(2)` of nobody, which fails.
pub fn ptrace() -> Result<i64, Failed> {
    syscall(libc::SYS_ptrace, [i64::from(libc::PTRACE_CONT.cast_signed()), -1, 0, 0, 0, 0])
}

/// A number that is no system call.
pub fn nonsense() -> Result<i64, Failed> {
    syscall(9_999, [0; 6])
}

/// `exit_group(2)`: does not return.
pub fn exit_group(status: i32) {
    let _: Result<i64, Failed> = syscall(libc::SYS_exit_group, [i64::from(status), 0, 0, 0, 0, 0]);
}

/// `write(2)` of nothing to no descriptor, with every register that it must keep full: whether it kept them, the vector
/// registers included.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn keeps_registers() -> bool {
    let (low, high): (u64, u64);
    let mut kept = [1_u64, 2, 3, 4, 5, 6, 7, 8];
    // SAFETY: a failing system call; every register that is written is an operand.
    unsafe {
        asm!(
            "movq xmm7, {x}",
            "movq xmm15, {y}",
            "syscall",
            "movq {x}, xmm7",
            "movq {y}, xmm15",
            x = inout(reg) 0x1234_5678_9abc_def0_u64 => low,
            y = inout(reg) 0x0fed_cba9_8765_4321_u64 => high,
            inout("rax") libc::SYS_write => _,
            inout("rdi") -1_i64 => _,
            inout("rsi") kept[0],
            inout("rdx") kept[1],
            inout("r8") kept[2],
            inout("r9") kept[3],
            inout("r10") kept[4],
            inout("r12") kept[5],
            inout("r13") kept[6],
            inout("r15") kept[7],
            out("rcx") _,
            out("r11") _,
            out("xmm7") _,
            out("xmm15") _,
        );
    }
    (low, high, kept) == (0x1234_5678_9abc_def0, 0x0fed_cba9_8765_4321, [1, 2, 3, 4, 5, 6, 7, 8])
}
