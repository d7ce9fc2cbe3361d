//! Who the program becomes: `setuid(2)`, `setgid(2)` and their kin.
//!
//! Does not know what a user may do: that is the real kernel's matter. Invariant: no call here changes the user of the real process, whose
//! other runs and other simulated processes would change with it; a process may become who it is, as on Linux, and anything else is noted.

use core::ffi::c_int;

use photofinish_sim::call::Stop;
use photofinish_sim::errno::Errno;
use photofinish_sim::kernel::User;

use super::fail;
use crate::own::owned;
use crate::run::{call, with_kernel};

/// An id that stands for none: where several are given, that one stays.
const NONE: u32 = u32::MAX;

/// Becomes all of these.
fn become_all(name: &'static str, own: fn(User) -> u32, ids: &[u32]) -> c_int {
    let arg = ids.first().copied().unwrap_or(NONE).cast_signed();
    let answer = call(name, arg, |kernel, _| {
        let own = own(kernel.user);
        match ids.iter().all(|id| [own, NONE].contains(id)) {
            true => Ok(()),
            false => Err(Stop::Unmodelled(format!("{name}(2) to become somebody else"), Errno::EPERM)),
        }
    });
    answer.map_or_else(fail, |()| 0)
}

/// Becomes this one, which must be one.
fn become_one(name: &'static str, own: fn(User) -> u32, id: u32) -> c_int {
    match id {
        NONE => call(name, -1, |_, _| Err::<(), _>(Stop::Fail(Errno::EINVAL))).map_or_else(fail, |()| 0),
        _ => become_all(name, own, &[id]),
    }
}

/// Looks at files as this one, and says as whom before: there is no error (`setfsuid(2)`).
fn look_as(name: &'static str, own: fn(User) -> u32, id: u32) -> c_int {
    let _ = become_all(name, own, &[id]);
    with_kernel(|kernel| own(kernel.user)).cast_signed()
}

fn uid(user: User) -> u32 {
    user.uid
}

fn gid(user: User) -> u32 {
    user.gid
}

owned! {
    /// `setuid(2)`.
    fn setuid(id: libc::uid_t) -> c_int {
        become_one("setuid", uid, id)
    }

    /// `seteuid(2)`.
    fn seteuid(id: libc::uid_t) -> c_int {
        become_one("seteuid", uid, id)
    }

    /// `setreuid(2)`.
    fn setreuid(real: libc::uid_t, effective: libc::uid_t) -> c_int {
        become_all("setreuid", uid, &[real, effective])
    }

    /// `setresuid(2)`.
    fn setresuid(real: libc::uid_t, effective: libc::uid_t, saved: libc::uid_t) -> c_int {
        become_all("setresuid", uid, &[real, effective, saved])
    }

    /// `setfsuid(2)`.
    fn setfsuid(id: libc::uid_t) -> c_int {
        look_as("setfsuid", uid, id)
    }

    /// `setgid(2)`.
    fn setgid(id: libc::gid_t) -> c_int {
        become_one("setgid", gid, id)
    }

    /// `setegid(2)`.
    fn setegid(id: libc::gid_t) -> c_int {
        become_one("setegid", gid, id)
    }

    /// `setregid(2)`.
    fn setregid(real: libc::gid_t, effective: libc::gid_t) -> c_int {
        become_all("setregid", gid, &[real, effective])
    }

    /// `setresgid(2)`.
    fn setresgid(real: libc::gid_t, effective: libc::gid_t, saved: libc::gid_t) -> c_int {
        become_all("setresgid", gid, &[real, effective, saved])
    }

    /// `setfsgid(2)`.
    fn setfsgid(id: libc::gid_t) -> c_int {
        look_as("setfsgid", gid, id)
    }
}
