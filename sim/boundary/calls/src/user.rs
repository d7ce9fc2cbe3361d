//! `setuid(2)`, `setgid(2)` and their kin.
//!
//! Does not know whose process it is. Invariant: an id is passed as it is given.

use crate::failed::{Failed, done};

/// Effective user and group: `geteuid(2)`, `getegid(2)`.
#[must_use]
pub fn me() -> (u32, u32) {
    // SAFETY: no pointers.
    let user = unsafe { libc::geteuid() };
    // SAFETY: no pointers.
    let group = unsafe { libc::getegid() };
    (user, group)
}

/// `setuid(2)`.
pub fn setuid(id: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::setuid(id) })
}

/// `seteuid(2)`.
pub fn seteuid(id: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::seteuid(id) })
}

/// `setreuid(2)`.
pub fn setreuid(real: u32, effective: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::setreuid(real, effective) })
}

/// `setresuid(2)`.
pub fn setresuid(real: u32, effective: u32, saved: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::setresuid(real, effective, saved) })
}

/// `setfsuid(2)`: the one before.
#[must_use]
pub fn setfsuid(id: u32) -> u32 {
    // SAFETY: no pointers.
    unsafe { libc::setfsuid(id) }.cast_unsigned()
}

/// `setgid(2)`.
pub fn setgid(id: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::setgid(id) })
}

/// `setegid(2)`.
pub fn setegid(id: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::setegid(id) })
}

/// `setregid(2)`.
pub fn setregid(real: u32, effective: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::setregid(real, effective) })
}

/// `setresgid(2)`.
pub fn setresgid(real: u32, effective: u32, saved: u32) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::setresgid(real, effective, saved) })
}

/// `setfsgid(2)`: the one before.
#[must_use]
pub fn setfsgid(id: u32) -> u32 {
    // SAFETY: no pointers.
    unsafe { libc::setfsgid(id) }.cast_unsigned()
}
