//! Times of files: `utimensat(2)`, `futimens(3)`, `utimes(2)`, `utime(2)` and their kin.
//!
//! Does not know when a file is changed otherwise. Invariant: the times of a file are the program's own, and none of the real clock's.

use core::ffi::{c_char, c_int};

use libc::{timespec, timeval, utimbuf};
use photofinish_sim::call::file::Work;
use photofinish_sim::errno::Errno;
use photofinish_sim::tree::{Time, Tree};

use super::fail;
use super::path::change_open;
use super::real::change_path;
use crate::disk::node::Key;
use crate::disk::{self, At, Follow, sys::sys};
use crate::own::owned;

/// When a file was read and when it was written, as a call gives it: none for the present.
type Given = Option<[timespec; 2]>;

/// The given times with the program's clock for `UTIME_NOW`; none for what stays.
fn times(given: &Given, now: Time) -> [Option<Time>; 2] {
    let now = Some(now);
    given.map_or([now, now], |times| {
        times.map(|time| match time.tv_nsec {
            libc::UTIME_NOW => now,
            libc::UTIME_OMIT => None,
            nsec => Some(Time { sec: time.tv_sec, nsec }),
        })
    })
}

/// Whether nothing is to be set: `utimensat(2)` then looks at nothing.
fn is_nothing(given: &Given) -> bool {
    given.is_some_and(|times| times.iter().all(|time| time.tv_nsec == libc::UTIME_OMIT))
}

/// `nsec_valid`.
fn check(given: &Given) -> Result<(), Errno> {
    let is_wrong = |time: timespec| {
        !(0..1_000_000_000).contains(&time.tv_nsec)
            && ![libc::UTIME_NOW, libc::UTIME_OMIT].contains(&time.tv_nsec)
    };
    if given.is_some_and(|times| times.into_iter().any(is_wrong)) { Err(Errno::EINVAL) } else { Ok(()) }
}

fn set(name: &'static str, at: At, follow: Follow, given: &Given) -> c_int {
    if is_nothing(given) {
        return 0;
    }
    change_path(name, at, follow, Work::Write, |kernel, spot| {
        check(given)?;
        disk::change(kernel, |tree, now| tree.set_times(tree.there(spot)?, times(given, now), now))
    })
}

fn set_open(name: &'static str, fd: c_int, given: &Given) -> c_int {
    if is_nothing(given) {
        return 0;
    }
    let changed = |tree: &mut Tree, node, now| {
        check(given)?;
        tree.set_times(node, times(given, now), now)
    };
    change_open(name, fd, changed, |kernel, number| {
        let given_place = given.as_ref().map_or(0, |times| times.as_ptr() as i64);
        sys(libc::SYS_utimensat, &[i64::from(number), 0, given_place, 0])?;
        let now = disk::now(kernel);
        let [accessed, modified] = times(given, now);
        let node = disk::disk().nodes.get(&Key::of(&disk::sys::fstat(number)?));
        node.accessed = accessed.unwrap_or(node.accessed);
        node.modified = modified.unwrap_or(node.modified);
        node.changed = now;
        Ok(())
    })
}

fn nanoseconds(times: *const timespec) -> Given {
    if times.is_null() {
        return None;
    }
    // SAFETY: utimensat(2): two times, or none.
    let given = unsafe { core::slice::from_raw_parts(times, 2) };
    Some([given[0], given[1]])
}

/// # Errors
/// `EINVAL` for a second with another count of microseconds than it has.
fn microseconds(times: *const timeval) -> Result<Given, Errno> {
    if times.is_null() {
        return Ok(None);
    }
    // SAFETY: utimes(2): two times, or none.
    let given = unsafe { core::slice::from_raw_parts(times, 2) };
    if given.iter().any(|time| !(0..1_000_000).contains(&time.tv_usec)) {
        return Err(Errno::EINVAL);
    }
    let precise = |time: timeval| timespec { tv_sec: time.tv_sec, tv_nsec: time.tv_usec * 1_000 };
    Ok(Some([precise(given[0]), precise(given[1])]))
}

fn set_coarse(name: &'static str, at: At, follow: Follow, times: *const timeval) -> c_int {
    microseconds(times).map_or_else(fail, |given| set(name, at, follow, &given))
}

fn set_coarse_open(fd: c_int, times: *const timeval) -> c_int {
    microseconds(times).map_or_else(fail, |given| set_open("futimes of a real file", fd, &given))
}

owned! {
    /// `utimensat(2)`.
    fn utimensat(folder: c_int, path: *const c_char, times: *const timespec, flags: c_int) -> c_int {
        if path.is_null() {
            // glibc: a descriptor alone is `futimens(3)`'s.
            return fail(Errno::EINVAL);
        }
        if flags & !libc::AT_SYMLINK_NOFOLLOW != 0 {
            return fail(Errno::EINVAL);
        }
        let follow = if flags == 0 { Follow::Yes } else { Follow::No };
        set("utimensat", At { folder, path }, follow, &nanoseconds(times))
    }

    /// `futimens(3)`.
    fn futimens(fd: c_int, times: *const timespec) -> c_int {
        set_open("futimens of a real file", fd, &nanoseconds(times))
    }

    /// `utimes(2)`.
    fn utimes(path: *const c_char, times: *const timeval) -> c_int {
        set_coarse("utimes", At::cwd(path), Follow::Yes, times)
    }

    /// `lutimes(3)`.
    fn lutimes(path: *const c_char, times: *const timeval) -> c_int {
        set_coarse("lutimes", At::cwd(path), Follow::No, times)
    }

    /// `futimesat(2)`.
    fn futimesat(folder: c_int, path: *const c_char, times: *const timeval) -> c_int {
        if path.is_null() {
            return set_coarse_open(folder, times);
        }
        set_coarse("futimesat", At { folder, path }, Follow::Yes, times)
    }

    /// `futimes(3)`.
    fn futimes(fd: c_int, times: *const timeval) -> c_int {
        set_coarse_open(fd, times)
    }

    /// `utime(2)`.
    fn utime(path: *const c_char, times: *const utimbuf) -> c_int {
        let whole = |sec| timespec { tv_sec: sec, tv_nsec: 0 };
        // SAFETY: utime(2): a struct that can be read, or none.
        let given = unsafe { times.as_ref() }.map(|times| [whole(times.actime), whole(times.modtime)]);
        set("utime", At::cwd(path), Follow::Yes, &given)
    }
}
