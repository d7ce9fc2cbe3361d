//! Who a process becomes: `setuid(2)`, `setgid(2)` and their kin.
//!
//! Does not know what a user may do: files are the real kernel's. Invariant: nobody becomes anybody else. A process may become who it is, as on
//! Linux; whatever else is asked for is not modelled.

use super::Stop;
use crate::errno::Errno;
use crate::kernel::{Kernel, User};

/// An id that stands for none: where several are given, that one stays.
const NONE: u32 = u32::MAX;

/// Whose ids a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The user's.
    User,
    /// The group's.
    Group,
}

impl Whose {
    /// The id that a process has.
    #[must_use]
    pub fn of(self, user: User) -> u32 {
        match self {
            Self::User => user.uid,
            Self::Group => user.gid,
        }
    }
}

/// `setreuid(2)`, `setresuid(2)` and the same of groups: becomes all of these.
///
/// # Errors
/// Unmodelled and `EPERM` for somebody else.
pub fn become_all(kernel: &Kernel, name: &str, whose: Whose, ids: &[u32]) -> Result<(), Stop> {
    let own = whose.of(kernel.user);
    match ids.iter().all(|id| [own, NONE].contains(id)) {
        true => Ok(()),
        false => Err(Stop::Unmodelled(format!("{name}(2) to become somebody else"), Errno::EPERM)),
    }
}

/// `setuid(2)`, `seteuid(2)` and the same of groups: becomes this one.
///
/// # Errors
/// `EINVAL` for no id, otherwise as [`become_all`].
pub fn become_one(kernel: &Kernel, name: &str, whose: Whose, id: u32) -> Result<(), Stop> {
    match id {
        NONE => Err(Stop::Fail(Errno::EINVAL)),
        _ => become_all(kernel, name, whose, &[id]),
    }
}

/// `setgroups(2)`: std gives up all groups of a child that it lets become somebody (`Command::uid`), of which no other process hears.
///
/// # Errors
/// Unmodelled and `EPERM` otherwise.
pub fn set_groups(kernel: &Kernel, count: usize) -> Result<(), Stop> {
    match count {
        0 if kernel.is_forked() => Ok(()),
        _ => Err(Stop::Unmodelled(String::from("setgroups(2)"), Errno::EPERM)),
    }
}
