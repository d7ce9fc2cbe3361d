//! Locks of ranges: those commands of `fcntl(2)`, and `lockf(3)`.
//!
//! All processes of a run are one for the real kernel, and a wait for real would stop the run: nothing of this reaches it. Does not
//! know who has a lock. Invariant: the real kernel is asked only how a file was opened, where it stands and how long it is.

use core::ffi::c_int;

use libc::off_t;
use photofinish_sim::call::record::{self, Command, Flock, Opened, Request};
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::kernel::Kernel;

use super::{descriptor, fail, real};
use crate::disk::{held, open};
use crate::own::owned;
use crate::run::call;

/// Our own descriptor of an object, if it is a file that can have locks.
fn descriptor_of(object: Object) -> Option<c_int> {
    match object {
        Object::Real(number) => Some(number),
        Object::Standard(_) => Some(real::NULL),
        _ => None,
    }
}

/// What a lock has to know of the file behind a descriptor of ours.
fn opened(number: c_int) -> Result<Opened, Errno> {
    let flags = open::flags_in_use(number)?;
    // What has no position stands at its beginning.
    let position = held::seek(number, 0, libc::SEEK_CUR).unwrap_or(0);
    Ok(Opened { file: open::number_of(number)?, flags, position, size: open::size_of(number)? })
}

/// By which the kernel tells files apart: [`Kernel::tell_files_by`].
pub(crate) fn file_of(object: Object) -> Option<FileNumber> {
    let number = descriptor_of(object)?;
    open::flags_in_use(number).ok()?;
    open::number_of(number).ok()
}

/// A call about locks of the file behind a number. What is asked for is looked at once, when the call begins.
fn locked(
    name: &'static str,
    fd: c_int,
    command: Command,
    asked: impl Fn() -> Result<Flock, Errno>,
) -> Result<Flock, Errno> {
    let mut request = None;
    let mut found = None;
    let mut attempt = |kernel: &mut Kernel, caller: &mut Caller| {
        let request = match request {
            Some(request) => request,
            None => {
                let object = kernel.object(fd).ok_or(Errno::EBADF)?;
                let unmodelled = || real::unmodelled_of("a lock of fcntl(2)", Errno::EINVAL)(object);
                let opened = opened(descriptor_of(object).ok_or_else(unmodelled)?)?;
                *request.insert(Request::new(command, asked()?, &opened)?)
            }
        };
        found = Some(record::fcntl(kernel, caller, fd, &request)?);
        Ok::<(), Stop>(())
    };
    let answer = call(name, fd, &mut attempt);
    descriptor::close_real();
    answer.map(|()| found.expect("a call that has an answer found one"))
}

/// A command of `fcntl(2)` about locks.
pub(super) fn control(fd: c_int, command: Command, place: *mut libc::flock) -> c_int {
    let asked = || {
        if place.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: fcntl(2): these commands take a struct flock.
        let asked = unsafe { place.read() };
        Ok(Flock {
            kind: asked.l_type,
            whence: asked.l_whence,
            start: asked.l_start,
            length: asked.l_len,
            pid: asked.l_pid,
        })
    };
    let found = match locked("fcntl", fd, command, asked) {
        Ok(found) => found,
        Err(errno) => return fail(errno),
    };
    if command.looks() {
        // SAFETY: as above, and those that look write to it; zeroes are valid in a struct of integers.
        let mut answer: libc::flock = unsafe { core::mem::zeroed() };
        (answer.l_type, answer.l_whence) = (found.kind, found.whence);
        (answer.l_start, answer.l_len, answer.l_pid) = (found.start, found.length, found.pid);
        // SAFETY: fcntl(2): the struct flock is the caller's to have written.
        unsafe { place.write(answer) };
    }
    0
}

/// `lockf(3)`: what the C library makes of it.
fn lock_from_here(fd: c_int, command: c_int, length: off_t) -> c_int {
    let (command, kind) = match command {
        libc::F_TEST => (Command::GET, libc::F_RDLCK),
        libc::F_ULOCK => (Command::SET, libc::F_UNLCK),
        libc::F_LOCK => (Command::SET_AND_WAIT, libc::F_WRLCK),
        libc::F_TLOCK => (Command::SET, libc::F_WRLCK),
        _ => return fail(Errno::EINVAL),
    };
    let asked = Flock { kind: short(kind), whence: short(libc::SEEK_CUR), start: 0, length, pid: 0 };
    match locked("lockf", fd, command, || Ok(asked)) {
        Ok(found) if command.looks() && found.kind != short(libc::F_UNLCK) => fail(Errno::EACCES),
        Ok(_) => 0,
        Err(errno) => fail(errno),
    }
}

fn short(number: c_int) -> libc::c_short {
    libc::c_short::try_from(number).expect("a small number")
}

owned! {
    /// `lockf(3)`.
    fn lockf(fd: c_int, command: c_int, length: off_t) -> c_int {
        lock_from_here(fd, command, length)
    }

    /// `lockf(3)` with large files.
    fn lockf64(fd: c_int, command: c_int, length: off_t) -> c_int {
        lock_from_here(fd, command, length)
    }
}
