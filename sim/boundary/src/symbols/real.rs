//! Calls that are made for real, on the files behind the program's numbers and paths.
//!
//! Does not know what any of them does. Invariant: a call that would change a file which other runs see is not made.

use core::ffi::c_int;

use photofinish_sim::call::file::{Work, take_time, work_on};
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::tree::Spot;

use super::{descriptor, fail};
use crate::disk::{self, At, Follow, Found};
use crate::run::{Answer, call};

/// What stands behind standard input, output and error where a call asks for a real file: `/dev/null`, which is the server's
/// own standard input.
pub(super) const NULL: c_int = 0;

/// A call on the real file behind a number, whatever kinds of modelled files answer.
pub(super) fn on_file<T: Answer>(
    name: &'static str,
    fd: c_int,
    work: Work,
    mut real: impl FnMut(&mut Kernel, c_int) -> Result<T, Stop>,
    ours: impl Fn(Object) -> Stop,
) -> Result<T, Errno> {
    let answer = call(name, fd, |kernel, caller| match work_on(kernel, caller, fd, work)? {
        Object::Real(number) => real(kernel, number),
        Object::Standard(_) => real(kernel, NULL),
        object => Err(ours(object)),
    });
    descriptor::close_real();
    answer
}

/// What a file that we model answers to calls that take files on disks only.
pub(super) fn fails(errno: Errno) -> impl Fn(Object) -> Stop {
    move |_| Stop::Fail(errno)
}

/// What a call on a modelled file that we do not model comes to.
pub(super) fn unmodelled_of(name: &'static str, errno: Errno) -> impl Fn(Object) -> Stop {
    move |_| Stop::Unmodelled(format!("{name} of a file that is not on a disk"), errno)
}

/// Where a path of the running thread leads, for a call that changes something there: into the private folder.
pub(super) fn inside(kernel: &Kernel, name: &'static str, at: At, follow: Follow) -> Result<Spot, Stop> {
    let found = disk::find(kernel, at, follow)?;
    match &found {
        Found::Outside { real, .. } => has_folder(real.to_bytes())?,
        Found::Program(path) => has_folder(path)?,
        Found::Inside(_) => {}
    }
    found.inside(name)
}

/// Where there is no folder, nothing could be changed anyway.
///
/// # Errors
/// Those of `lstat(2)`.
pub(super) fn has_folder(outside: &[u8]) -> Result<(), Errno> {
    let parent = outside.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at.max(1));
    disk::sys::lstat(&disk::sys::c_path(outside[..parent].to_vec())?).map(|_| ())
}

/// A call that looks at what a path leads to.
pub(super) fn on_path<T: Answer>(
    name: &'static str,
    at: At,
    follow: Follow,
    mut look: impl FnMut(&mut Kernel, Found) -> Result<T, Stop>,
) -> Result<T, Errno> {
    call(name, at.folder, |kernel, _| {
        let found = disk::find(kernel, at, follow)?;
        look(kernel, found)
    })
}

/// A call that changes what one path leads to, and answers 0.
pub(super) fn change_path(
    name: &'static str,
    at: At,
    follow: Follow,
    work: Work,
    mut change: impl FnMut(&mut Kernel, &Spot) -> Result<(), Errno>,
) -> c_int {
    done(call(name, at.folder, |kernel, caller: &mut Caller| {
        take_time(kernel, caller, work)?;
        let spot = inside(kernel, name, at, follow)?;
        Ok(change(kernel, &spot)?)
    }))
}

/// An answer as the C library returns it.
pub(super) fn number(answer: Result<i64, Errno>) -> i64 {
    answer.unwrap_or_else(|errno| i64::from(fail(errno)))
}

/// A count of bytes as the C library returns it.
pub(super) fn size(answer: Result<i64, Errno>) -> isize {
    number(answer) as isize
}

/// An answer of 0, or a failure.
pub(super) fn done<T>(answer: Result<T, Errno>) -> c_int {
    answer.map_or_else(fail, |_| 0)
}
