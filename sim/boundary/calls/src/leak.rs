//! What a program can come by past every guard: functions of the C library that ask the kernel themselves, looked up past those of the same
//! name that refuse to; instructions that nothing traps; memory that the kernel changes.
//!
//! Programs that are not deterministic are made of these. Does not know who watches. Invariant: nothing is written but what the caller
//! gave.

use core::ffi::{CStr, c_int};
use core::sync::atomic::{AtomicU8, Ordering};

use crate::failed::{Failed, done, number};

/// The C library's own function of this name: `dlsym(3)`.
///
/// # Safety
/// The function takes one pointer to an `A` and returns an `int`.
unsafe fn past<A>(name: &CStr) -> unsafe extern "C" fn(*mut A) -> c_int {
    // SAFETY: a string.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    assert!(!found.is_null(), "the C library has no {name:?}");
    // SAFETY: the caller says that the function has this type, and it was found.
    unsafe { core::mem::transmute(found) }
}

/// `adjtimex(2)` without a change: the real time in microseconds.
///
/// # Errors
/// The kernel's.
pub fn adjtimex() -> Result<i64, Failed> {
    // SAFETY: a struct of integers.
    let mut at: libc::timex = unsafe { core::mem::zeroed() };
    // SAFETY: the C library's function of this name has this type.
    let adjtimex = unsafe { past::<libc::timex>(c"adjtimex") };
    // SAFETY: a place for the answer; modes of 0 change nothing.
    number(unsafe { adjtimex(&raw mut at) })?;
    Ok(at.time.tv_sec * 1_000_000 + at.time.tv_usec)
}

/// `sysinfo(2)`: bytes of memory that nobody uses, and processes of the machine.
///
/// # Errors
/// The kernel's.
pub fn sysinfo() -> Result<(u64, u16), Failed> {
    // SAFETY: a struct of integers.
    let mut info: libc::sysinfo = unsafe { core::mem::zeroed() };
    // SAFETY: the C library's function of this name has this type.
    let sysinfo = unsafe { past::<libc::sysinfo>(c"sysinfo") };
    // SAFETY: a place for the answer.
    done(unsafe { sysinfo(&raw mut info) })?;
    Ok((info.freeram, info.procs))
}

/// `rdrand`: 64 random bits of the processor's; `None` if it has no such instruction.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn rdrand() -> Option<u64> {
    #[target_feature(enable = "rdrand")]
    fn draw() -> Option<u64> {
        let mut bits = 0;
        // The processor may have to be asked again: Intel SDM, volume 1, 7.3.17.
        (0..10).any(|_| core::arch::x86_64::_rdrand64_step(&mut bits) == 1).then_some(bits)
    }
    if !std::arch::is_x86_feature_detected!("rdrand") {
        return None;
    }
    // SAFETY: the processor has the instruction.
    unsafe { draw() }
}

/// Reads a byte of a file by `aio_read(3)`, whose work a thread of the C library does; returns how often it had to be asked whether it
/// was done.
///
/// # Errors
/// The request cannot be made.
pub fn aio_read(fd: i32) -> Result<u64, Failed> {
    let mut byte = 0_u8;
    // SAFETY: a struct of integers and pointers.
    let mut request: libc::aiocb = unsafe { core::mem::zeroed() };
    request.aio_fildes = fd;
    request.aio_buf = (&raw mut byte).cast();
    request.aio_nbytes = 1;
    request.aio_sigevent.sigev_notify = libc::SIGEV_NONE;
    // SAFETY: the C library's function of this name has this type.
    let aio_read = unsafe { past::<libc::aiocb>(c"aio_read") };
    // SAFETY: the request and its buffer outlive the wait for its end below.
    done(unsafe { aio_read(&raw mut request) })?;
    let mut asked = 0;
    // SAFETY: the request was made.
    while unsafe { libc::aio_error(&raw const request) } == libc::EINPROGRESS {
        asked += 1;
        core::hint::spin_loop();
    }
    Ok(asked)
}

/// The page that the kernel keeps its clocks in for the vDSO, `[vvar]` of `proc_pid_maps(5)`, hashed (FNV-1a) as soon as the kernel has
/// written to it; `None` if it is not to be found, or nobody writes to it, as in a time namespace. It waits for that writing because the page stands still from one tick to the next,
/// in which two runs have room: each of two calls one after the other sees a tick of its own.
#[must_use]
pub fn clock_page() -> Option<u64> {
    const PAGE: usize = 4096;
    /// Within a tick of the kernel's there is time for a thousand.
    const LOOKS_MAX: u32 = 100_000;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with("[vvar]"))?;
    let from = usize::from_str_radix(line.split('-').next()?, 16).ok()?;
    // SAFETY: so many bytes from there on are one mapping, by the line of `maps`, that can be read as long as the process lives; they are
    // changed by the kernel alone, and looked at by relaxed loads of bytes, which memory that cannot be written allows.
    let page = unsafe { core::slice::from_raw_parts(from as *const AtomicU8, PAGE) };
    let first = hash(page);
    (0..LOOKS_MAX).map(|_| hash(page)).find(|now| *now != first)
}

/// FNV-1a of `bytes`.
fn hash(bytes: &[AtomicU8]) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let byte = |at: &AtomicU8| u64::from(at.load(Ordering::Relaxed));
    bytes.iter().fold(BASIS, |hash, at| (hash ^ byte(at)).wrapping_mul(PRIME))
}
