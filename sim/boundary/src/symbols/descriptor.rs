//! `read(2)`, `write(2)` and their vectors, `close(2)`, `dup(2)`, `fcntl(2)`, `ioctl(2)`.
//!
//! Each process has numbers of its own, which the kernel gives; a real file behind one has another number for the real kernel. The low
//! real numbers are taken by `O_PATH` descriptors, so that a call we do not own fails on a number of the program instead of
//! reaching anything. Does not know sockets. Invariant: no number of the program is ever given to the real kernel.

use core::ffi::{c_int, c_uint, c_ulong, c_void};

use libc::iovec;
use photofinish_sim::call::file::Work;
use photofinish_sim::call::record::Command;
use photofinish_sim::call::{Stop, fd, io};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::{Object, OnExec};
use photofinish_sim::kernel::Kernel;

use super::content::{self, Request};
use super::{fail, real, record, stdio};
use crate::disk::{held, open};
use crate::own::{owned, real};
use crate::run::{call, with_kernel};

/// What a number of the running process refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing.
    None,
    /// A file that the kernel models.
    Ours,
    /// Standard input, output or error of the run.
    Standard(u8),
    /// A file of the real kernel, by our own descriptor of it.
    Real(c_int),
}

/// What a number of the running process refers to.
pub(super) fn kind(fd: c_int) -> Kind {
    match with_kernel(|kernel| kernel.object(fd)) {
        None => Kind::None,
        Some(Object::Real(real)) => Kind::Real(real),
        Some(Object::Standard(number)) => Kind::Standard(number),
        Some(_) => Kind::Ours,
    }
}

/// Closes real descriptors that nothing refers to any more.
pub(crate) fn close_real() {
    for real in with_kernel(Kernel::take_closed_real) {
        crate::phase::as_simulator(|| open::closed(real));
    }
}

/// A count of bytes as a call returns it.
pub(super) fn count(result: Result<usize, Errno>) -> isize {
    match result {
        Ok(count) => count.cast_signed(),
        Err(errno) => fail(errno) as isize,
    }
}

pub(super) fn done(result: Result<(), Errno>) -> c_int {
    result.map_or_else(fail, |()| 0)
}

/// Notes a call on a real file, which passes through. Its name enters the events; its data does not.
pub(super) fn passed(name: &'static str, fd: c_int) {
    let event = photofinish_sim::event::Event::Called { name: name.into(), arg: i64::from(fd), result: 0 };
    crate::run::emit(&event);
}

/// Memory of the program that a call reads from.
pub(super) fn bytes<'a>(data: *const c_void, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the call's contract: `length` readable bytes at `data`, unchanged until the call returns.
    unsafe { core::slice::from_raw_parts(data.cast(), length) }
}

/// Memory of the program that a call writes to.
pub(super) fn buffer<'a>(data: *mut c_void, length: usize) -> &'a mut [u8] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: the call's contract: `length` writable bytes at `data` that nobody else uses until the call returns.
    unsafe { core::slice::from_raw_parts_mut(data.cast(), length) }
}

pub(super) fn vectors<'a>(vector: *const iovec, length: c_int) -> &'a [iovec] {
    let Ok(length @ 1..) = usize::try_from(length) else { return &[] };
    // SAFETY: readv(2): `length` valid entries.
    unsafe { core::slice::from_raw_parts(vector, length) }
}

/// One read, spread over buffers as far as it goes.
fn read_ours(fd: c_int, vector: &[iovec]) -> isize {
    let room = vector.iter().map(|entry| entry.iov_len).sum();
    let mut whole = crate::phase::as_simulator(|| vec![0; room]);
    let answer = call("readv", fd, |kernel, caller| io::read(kernel, caller, fd, &mut whole));
    scatter(vector, &whole[..answer.unwrap_or(0)]);
    count(answer)
}

/// Spreads bytes over buffers.
pub(super) fn scatter(vector: &[iovec], mut rest: &[u8]) {
    for entry in vector {
        let (now, later) = rest.split_at(rest.len().min(entry.iov_len));
        buffer(entry.iov_base, now.len()).copy_from_slice(now);
        rest = later;
    }
}

/// The bytes of buffers, one after the other.
pub(super) fn gather(vector: &[iovec]) -> Vec<u8> {
    let parts = || vector.iter().map(|entry| bytes(entry.iov_base, entry.iov_len));
    crate::phase::as_simulator(|| parts().collect::<Vec<_>>().concat())
}

fn write_ours(fd: c_int, data: &[u8]) -> isize {
    let written = call("write", fd, |kernel, caller| io::write(kernel, caller, fd, data));
    if written == Err(Errno::EPIPE) {
        super::message::broken(fd);
    }
    count(written)
}

fn read_real(fd: c_int, request: &Request<'_>) -> isize {
    let answer = |kernel: &mut Kernel, number| content::read(kernel, number, request);
    real::size(real::on_file("read of a real file", fd, Work::Nothing, answer, real::fails(Errno::EBADF)))
}

fn write_real(fd: c_int, request: &Request<'_>) -> isize {
    let answer = |kernel: &mut Kernel, number| content::write(kernel, number, request);
    real::size(real::on_file("write to a real file", fd, Work::Write, answer, real::fails(Errno::EBADF)))
}

/// `fcntl(2)` of a real file, but for its locks.
fn control_real(fd: c_int, command: c_int, argument: c_ulong) -> c_int {
    let unmodelled = || Stop::Unmodelled(format!("fcntl(2) command {command} of a real file"), Errno::EINVAL);
    #[expect(clippy::cast_possible_truncation, reason = "fcntl(2): flags and seals are ints")]
    let flags = argument as c_int;
    let answer = |_: &mut Kernel, number: c_int| match command {
        libc::F_GETFL => Ok(i64::from(open::flags_of(number)?)),
        libc::F_SETFL if flags & libc::O_ASYNC == 0 => Ok(open::set_flags(number, flags).map(|()| 0)?),
        libc::F_GET_SEALS => Ok(open::seals(number)?),
        libc::F_ADD_SEALS => Ok(open::add_seals(number, flags)?),
        _ => Err(unmodelled()),
    };
    let answer = real::on_file("fcntl of a real file", fd, Work::Nothing, answer, real::fails(Errno::EBADF));
    c_int::try_from(real::number(answer)).expect("fcntl(2) answers an int")
}

fn control(fd: c_int, command: c_int, argument: c_ulong) -> c_int {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "fcntl(2): an int argument is the low half of its register"
    )]
    let number = argument as c_int;
    if let Some(command) = Command::of(command) {
        return record::control(fd, command, argument as *mut libc::flock);
    }
    match (command, kind(fd)) {
        (libc::F_DUPFD, _) => duplicate(fd, number, OnExec::Keep),
        (libc::F_DUPFD_CLOEXEC, _) => duplicate(fd, number, OnExec::Close),
        (libc::F_GETFD | libc::F_SETFD, _) | (_, Kind::Ours | Kind::Standard(_) | Kind::None) => {
            let answer = call("fcntl", fd, |kernel, caller| fd::fcntl(kernel, caller, fd, command, number));
            answer.unwrap_or_else(fail)
        }
        (_, Kind::Real(_)) => control_real(fd, command, argument),
    }
}

/// Makes a number for what another refers to.
fn duplicate(old: c_int, least: c_int, on_exec: OnExec) -> c_int {
    call("dup", old, |kernel, caller| fd::dup(kernel, caller, old, least, on_exec)).unwrap_or_else(fail)
}

fn duplicate_to(old: c_int, new: c_int, on_exec: OnExec) -> c_int {
    let answer = call("dup2", old, |kernel, caller| fd::dup2(kernel, caller, old, new, on_exec));
    close_real();
    answer.unwrap_or_else(fail)
}

owned! {
    /// `read(2)`.
    fn read(fd: c_int, data: *mut c_void, length: usize) -> isize {
        match kind(fd) {
            Kind::Real(_) => {
                let rest = [data as i64, length.cast_signed() as i64];
                read_real(fd, &Request::own(libc::SYS_read, &rest, &content::one(data, length)))
            }
            _ => {
                let room = buffer(data, length);
                count(call("read", fd, |kernel, caller| io::read(kernel, caller, fd, room)))
            }
        }
    }

    /// `write(2)`: standard output and error are kept with the run.
    fn write(fd: c_int, data: *const c_void, length: usize) -> isize {
        match kind(fd) {
            Kind::Real(_) => {
                let rest = [data as i64, length.cast_signed() as i64];
                write_real(fd, &Request::own(libc::SYS_write, &rest, &content::one(data.cast_mut(), length)))
            }
            Kind::Standard(number) => stdio::keep(number, bytes(data, length)),
            Kind::Ours | Kind::None => write_ours(fd, bytes(data, length)),
        }
    }

    /// `readv(2)`: one read, into as many of the buffers as it fills.
    fn readv(fd: c_int, vector: *const iovec, length: c_int) -> isize {
        match kind(fd) {
            Kind::Real(_) => {
                let rest = [vector as i64, i64::from(length)];
                read_real(fd, &Request::own(libc::SYS_readv, &rest, vectors(vector, length)))
            }
            _ => read_ours(fd, vectors(vector, length)),
        }
    }

    /// `writev(2)`: the buffers as one write.
    fn writev(fd: c_int, vector: *const iovec, length: c_int) -> isize {
        if let Kind::Real(_) = kind(fd) {
            let rest = [vector as i64, i64::from(length)];
            return write_real(fd, &Request::own(libc::SYS_writev, &rest, vectors(vector, length)));
        }
        let whole = gather(vectors(vector, length));
        match kind(fd) {
            Kind::Standard(number) => stdio::keep(number, &whole),
            // `vfs_writev` does not ask the socket about nothing.
            Kind::Ours if whole.is_empty() => 0,
            _ => write_ours(fd, &whole),
        }
    }

    /// `close(2)`.
    fn close(fd: c_int) -> c_int {
        let closed = call("close", fd, |kernel, caller| fd::close(kernel, caller, fd));
        close_real();
        done(closed)
    }

    /// `close_range(2)`.
    fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int {
        let closed = call("close_range", i32::try_from(first).unwrap_or(i32::MAX), |kernel, caller| {
            fd::close_range(kernel, caller, first..=last, flags)
        });
        close_real();
        done(closed)
    }

    /// `closefrom(3)`.
    fn closefrom(first: c_int) -> () {
        let first = first.max(0).unsigned_abs();
        // Nothing that it could fail for.
        let _ = call("closefrom", first.cast_signed(), |kernel, caller| {
            fd::close_range(kernel, caller, first..=c_uint::MAX, 0)
        });
        close_real();
    }

    /// `dup(2)`.
    fn dup(old: c_int) -> c_int {
        duplicate(old, 0, OnExec::Keep)
    }

    /// `dup2(2)`.
    fn dup2(old: c_int, new: c_int) -> c_int {
        duplicate_to(old, new, OnExec::Keep)
    }

    /// `dup3(2)`.
    fn dup3(old: c_int, new: c_int, flags: c_int) -> c_int {
        match flags {
            _ if old == new => fail(Errno::EINVAL),
            0 => duplicate_to(old, new, OnExec::Keep),
            libc::O_CLOEXEC => duplicate_to(old, new, OnExec::Close),
            _ => fail(Errno::EINVAL),
        }
    }

    /// `fcntl(2)`: its argument is an integer for every command on a file that we model.
    fn fcntl(fd: c_int, command: c_int, argument: c_ulong) -> c_int {
        control(fd, command, argument)
    }

    /// `fcntl(2)` with large files.
    fn fcntl64(fd: c_int, command: c_int, argument: c_ulong) -> c_int {
        control(fd, command, argument)
    }

    /// `ioctl(2)`: `FIONBIO`, `FIONREAD`, `FIOCLEX` and `FIONCLEX`.
    fn ioctl(fd: c_int, request: c_ulong, value: *mut c_int) -> c_int {
        match kind(fd) {
            Kind::Real(number) if request == libc::FIONREAD || request == libc::TCGETS || request == libc::TIOCGWINSZ => {
                passed("ioctl of a real file", fd);
                if crate::phase::as_simulator(|| open::node_of(number)).is_none() {
                    return real!(ioctl(number: c_int, request: c_ulong, value: *mut c_int) -> c_int);
                }
                let left = crate::phase::as_simulator(|| match request {
                    libc::FIONREAD => held::left(number),
                    _ => open::flags_in_use(number).and(Err(Errno::ENOTTY)),
                });
                match left {
                    Err(errno) => fail(errno),
                    Ok(_) if value.is_null() => fail(Errno::EFAULT),
                    Ok(left) => {
                        // SAFETY: ioctl(2): FIONREAD takes an int. As Linux does, it gets the lower half.
                        unsafe { value.write(left as c_int) };
                        0
                    }
                }
            }
            // `isatty(3)` asks the terminal: the output of a run goes to none.
            Kind::Standard(_) if request == libc::TCGETS || request == libc::TIOCGWINSZ => fail(Errno::ENOTTY),
            _ => done(call("ioctl", fd, |kernel, caller| {
                let mut unused = 0;
                let takes_none = request == libc::FIOCLEX || request == libc::FIONCLEX;
                let value = match value.is_null() {
                    _ if takes_none => &mut unused,
                    true => return Err(Stop::Fail(Errno::EFAULT)),
                    // SAFETY: the requests that the kernel accepts take an int; for any other it does not touch the value.
                    false => unsafe { &mut *value },
                };
                fd::ioctl(kernel, caller, fd, request, value)
            })),
        }
    }
}
