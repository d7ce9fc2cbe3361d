//! `kill(2)`, `raise(3)`, `sigaltstack(2)`.
//!
//! Sends no signal that could end anything. Invariant: the process goes on.

use crate::Failed;
use crate::failed::done;

/// `kill(2)` of a process with signal 0, which only asks whether it is there.
pub fn exists(pid: i32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::kill(pid, 0) })
}

/// `sigaltstack(2)`: whether the running thread has an alternate signal stack.
pub fn has_alternate_stack() -> Result<bool, Failed> {
    let mut old = libc::stack_t { ss_sp: core::ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: sigaltstack(2) allows the new stack to be null; the old one is a place for the answer.
    done(unsafe { libc::sigaltstack(core::ptr::null(), &raw mut old) })?;
    Ok(old.ss_flags & libc::SS_DISABLE == 0)
}
