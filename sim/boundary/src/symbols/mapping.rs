//! `munmap(2)`, `mprotect(2)`, `mremap(2)`: made for real, whatever the phase.
//!
//! Does not know what lies where, but for one stack that nobody needs. Invariant: whoever changes what is mapped in this process
//! through here, it is noted (`rewind`).

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicUsize, Ordering};

use super::{fail, raw};
use crate::disk::sys::sys;
use crate::rewind;

/// The stack for signals that std made for the main thread, with the page that guards it.
static STACK: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Finds the stack for signals that the calling thread has from std, which unmaps it when the program leaves. Nobody touches it
/// behind that, so it is left where it is: to unmap and to map it again would be among the dearest of what a short run does.
pub(crate) fn note_stack() {
    // SAFETY: a struct of integers and a pointer.
    let mut stack: libc::stack_t = unsafe { core::mem::zeroed() };
    raw::syscall(libc::SYS_sigaltstack, [0, (&raw mut stack) as i64, 0, 0, 0, 0]);
    // SAFETY: sysconf(3) has no preconditions.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(0);
    if stack.ss_flags & libc::SS_DISABLE == 0 {
        STACK[0].store((stack.ss_sp as usize).saturating_sub(page), Ordering::Relaxed);
        STACK[1].store(stack.ss_size + page, Ordering::Relaxed);
    }
}

/// Makes a call that changes what is mapped.
fn change(number: i64, arguments: &[i64]) -> i64 {
    rewind::note_change();
    sys(number, arguments).unwrap_or_else(|errno| i64::from(fail(errno)))
}

fn bytes(length: usize) -> i64 {
    length.cast_signed() as i64
}

/// `munmap(2)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn munmap(address: *mut c_void, length: usize) -> c_int {
    let known = STACK.each_ref().map(|word| word.load(Ordering::Relaxed));
    if length != 0 && known == [address as usize, length] {
        return 0;
    }
    change(libc::SYS_munmap, &[address as i64, bytes(length)]) as c_int
}

/// `mprotect(2)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mprotect(address: *mut c_void, length: usize, protection: c_int) -> c_int {
    change(libc::SYS_mprotect, &[address as i64, bytes(length), i64::from(protection)]) as c_int
}

/// `pkey_mprotect(2)`.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pkey_mprotect(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    key: c_int,
) -> c_int {
    let arguments = [address as i64, bytes(length), i64::from(protection), i64::from(key)];
    change(libc::SYS_pkey_mprotect, &arguments) as c_int
}

/// `mremap(2)`, which has its last argument where the flags say so.
///
/// # Safety
/// The C library's contract.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mremap(
    old: *mut c_void,
    old_length: usize,
    length: usize,
    flags: c_int,
    new: *mut c_void,
) -> *mut c_void {
    let arguments = [old as i64, bytes(old_length), bytes(length), i64::from(flags), new as i64];
    change(libc::SYS_mremap, &arguments) as *mut c_void
}
