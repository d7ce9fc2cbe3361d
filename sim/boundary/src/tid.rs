//! The number of a thread in the C library's own record of it.
//!
//! Does not know what runs on a thread. Invariant: what is written is the number that the program sees.

use crate::symbols::identity::PID;

/// Bytes above a thread pointer in which the C library keeps a thread's number.
const THREAD_RECORD: usize = 2304;

/// Finds where the C library keeps a thread's number, relative to its thread pointer: the one place where each of these threads, by
/// pointer and number, has its own.
pub(crate) fn find_offset(threads: &[(usize, i32)]) -> Result<usize, String> {
    let holds = |offset: usize, &(pointer, tid): &(usize, i32)| {
        let place = pointer + offset;
        // SAFETY: inside `struct pthread` of a live thread, which is at least so long on x86-64 and aarch64 glibc.
        let number = unsafe { core::ptr::read_volatile(place as *const i32) };
        number == tid
    };
    let mut found =
        (0..THREAD_RECORD).step_by(4).filter(|offset| threads.iter().all(|thread| holds(*offset, thread)));
    match (found.next(), found.next()) {
        (Some(offset), None) if threads.len() > 1 => Ok(offset),
        _ => Err(String::from("this C library keeps a thread's number where we cannot find it; use --baton")),
    }
}

/// Gives the thread of a carrier the number that the program sees, since fork(2) has set it to 0 (`__nptl_reclaim_stacks`), and
/// a read-write lock or a recursive mutex would take every thread for its owner.
pub(crate) fn write(place: usize, index: usize) {
    let number = PID + 1 + i32::try_from(index).expect("a pool is small");
    // SAFETY: found by `find_offset` in the same image; the thread does not run.
    unsafe { core::ptr::write_volatile(place as *mut i32, number) };
}
