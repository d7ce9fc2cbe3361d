//! Who the program becomes: `setuid(2)`, `setgid(2)` and their kin.
//!
//! Does not know who may become whom. Invariant: no call here changes the user of the real process, whose other runs and other simulated
//! processes would change with it, and no id is in an event.

use core::ffi::{c_int, c_void};

use photofinish_sim::call::user::{Whose, become_all, become_one, set_groups};

use super::fail;
use crate::own::owned;
use crate::run::{call, with_kernel};

fn all(name: &'static str, whose: Whose, ids: &[u32]) -> c_int {
    call(name, 0, |kernel, _| become_all(kernel, name, whose, ids)).map_or_else(fail, |()| 0)
}

fn one(name: &'static str, whose: Whose, id: u32) -> c_int {
    call(name, 0, |kernel, _| become_one(kernel, name, whose, id)).map_or_else(fail, |()| 0)
}

/// Looks at files as this one, and says as whom before: there is no error (`setfsuid(2)`).
fn look_as(name: &'static str, whose: Whose, id: u32) -> c_int {
    let _ = all(name, whose, &[id]);
    with_kernel(|kernel| whose.of(kernel.user)).cast_signed()
}

owned! {
    /// `setuid(2)`.
    fn setuid(id: libc::uid_t) -> c_int {
        one("setuid", Whose::User, id)
    }

    /// `seteuid(2)`.
    fn seteuid(id: libc::uid_t) -> c_int {
        one("seteuid", Whose::User, id)
    }

    /// `setreuid(2)`.
    fn setreuid(real: libc::uid_t, effective: libc::uid_t) -> c_int {
        all("setreuid", Whose::User, &[real, effective])
    }

    /// `setresuid(2)`.
    fn setresuid(real: libc::uid_t, effective: libc::uid_t, saved: libc::uid_t) -> c_int {
        all("setresuid", Whose::User, &[real, effective, saved])
    }

    /// `setfsuid(2)`.
    fn setfsuid(id: libc::uid_t) -> c_int {
        look_as("setfsuid", Whose::User, id)
    }

    /// `setgid(2)`.
    fn setgid(id: libc::gid_t) -> c_int {
        one("setgid", Whose::Group, id)
    }

    /// `setegid(2)`.
    fn setegid(id: libc::gid_t) -> c_int {
        one("setegid", Whose::Group, id)
    }

    /// `setregid(2)`.
    fn setregid(real: libc::gid_t, effective: libc::gid_t) -> c_int {
        all("setregid", Whose::Group, &[real, effective])
    }

    /// `setresgid(2)`.
    fn setresgid(real: libc::gid_t, effective: libc::gid_t, saved: libc::gid_t) -> c_int {
        all("setresgid", Whose::Group, &[real, effective, saved])
    }

    /// `setfsgid(2)`.
    fn setfsgid(id: libc::gid_t) -> c_int {
        look_as("setfsgid", Whose::Group, id)
    }

    /// `setgroups(2)`.
    fn setgroups(count: usize, groups: *const c_void) -> c_int {
        let _ = groups;
        call("setgroups", 0, |kernel, _| set_groups(kernel, count)).map_or_else(fail, |()| 0)
    }
}
