//! Clocks that are read without a system call: the processor's time-stamp counter, and the vDSO's `clock_gettime`.
//!
//! Does not know how fast the counter counts. Invariant: nothing here calls the C library's own clock.

use core::ffi::c_int;

use crate::time::Time;

/// `rdtsc`.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn rdtsc() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { core::arch::x86_64::_rdtsc() }
}

/// `rdtscp`, and the processor it says it ran on.
#[cfg(target_arch = "x86_64")]
#[must_use]
pub fn rdtscp() -> (u64, u32) {
    let mut processor = 0;
    // SAFETY: a place for the answer; processors that run this Linux have had the instruction since 2006.
    (unsafe { core::arch::x86_64::__rdtscp(&raw mut processor) }, processor)
}

/// The vDSO's own `clock_gettime`, as programs find it that look for themselves; `None` if there is none.
#[must_use]
pub fn vdso_clock_gettime(clock: i32) -> Option<Time> {
    type Function = unsafe extern "C" fn(c_int, *mut libc::timespec) -> c_int;
    let name = if cfg!(target_arch = "x86_64") { c"__vdso_clock_gettime" } else { c"__kernel_clock_gettime" };
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD;
    // SAFETY: dlopen(3) with a NUL-terminated name; nothing is loaded.
    let vdso = unsafe { libc::dlopen(c"linux-vdso.so.1".as_ptr(), flags) };
    if vdso.is_null() {
        return None;
    }
    // SAFETY: dlsym(3) with a handle and a NUL-terminated name.
    let found = unsafe { libc::dlsym(vdso, name.as_ptr()) };
    if found.is_null() {
        return None;
    }
    // SAFETY: vdso(7): the function has this signature.
    let function: Function = unsafe { core::mem::transmute(found) };
    let mut at = Time { seconds: 0, fraction: 0 }.timespec();
    // SAFETY: a place for the answer.
    (unsafe { function(clock, &raw mut at) } == 0).then(|| Time::of(at))
}
