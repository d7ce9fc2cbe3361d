//! `read(2)`, `write(2)` and their vectors, `close(2)`, `dup(2)`, `fcntl(2)`, `ioctl(2)`, `poll(2)`.
//!
//! A simulated descriptor has a real number: a duplicate of an `O_PATH` descriptor keeps its place, so that numbers are given as Linux
//! gives them and a call we do not own fails on it instead of reaching anything real. Does not know sockets. Invariant: a number is
//! simulated exactly as long as its placeholder is open.

use core::ffi::{c_int, c_ulong, c_void};

use libc::{iovec, nfds_t, pollfd};
use photofinish_sim::call::{Stop, fd, io, poll};
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::OnExec;
use photofinish_sim::kernel::Kernel;

use super::{fail, raw, stdio};
use crate::own::{owned, real};
use crate::run::{call, unmodelled, with_kernel};

/// Takes the lowest free descriptor number, by a real duplicate of `/dev/null`.
pub(super) fn reserve() -> Result<c_int, Errno> {
    reserve_from(0)
}

fn reserve_from(least: c_int) -> Result<c_int, Errno> {
    let holder = i64::from(crate::server::HOLDER_FD);
    let number =
        raw::syscall(libc::SYS_fcntl, [holder, i64::from(libc::F_DUPFD_CLOEXEC), i64::from(least), 0, 0, 0]);
    match c_int::try_from(number) {
        Ok(number @ 0..) => Ok(number),
        // A number to start from that no descriptor can have.
        Ok(refused) if refused == -libc::EINVAL => Err(Errno::EINVAL),
        _ => Err(Errno::EMFILE),
    }
}

/// Gives a number back.
pub(super) fn unreserve(fd: c_int) {
    raw::syscall(libc::SYS_close, [i64::from(fd), 0, 0, 0, 0, 0]);
}

/// Whether a descriptor is the kernel's.
pub(super) fn simulated(fd: c_int) -> bool {
    with_kernel(|kernel| kernel.fds.is_simulated(fd))
}

/// Whether a number is a descriptor at all, real or simulated.
pub(super) fn is_open(fd: c_int) -> bool {
    raw::syscall(libc::SYS_fcntl, [i64::from(fd), i64::from(libc::F_GETFD), 0, 0, 0, 0]) >= 0
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
fn passed(name: &'static str, fd: c_int) {
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

fn vectors<'a>(vector: *const iovec, length: c_int) -> &'a [iovec] {
    let Ok(length @ 1..) = usize::try_from(length) else { return &[] };
    // SAFETY: readv(2): `length` valid entries.
    unsafe { core::slice::from_raw_parts(vector, length) }
}

/// One read, spread over buffers as far as it goes.
fn read_simulated(fd: c_int, vector: &[iovec]) -> isize {
    let room = vector.iter().map(|entry| entry.iov_len).sum();
    let mut whole = crate::phase::as_simulator(|| vec![0; room]);
    let answer = call("readv", fd, |kernel, caller| io::read(kernel, caller, fd, &mut whole));
    let mut rest = &whole[..answer.unwrap_or(0)];
    for entry in vector {
        let (now, later) = rest.split_at(rest.len().min(entry.iov_len));
        buffer(entry.iov_base, now.len()).copy_from_slice(now);
        rest = later;
    }
    count(answer)
}

fn write_simulated(fd: c_int, data: &[u8]) -> isize {
    let written = call("write", fd, |kernel, caller| io::write(kernel, caller, fd, data));
    if written == Err(Errno::EPIPE) {
        super::socket::broken_pipe();
    }
    count(written)
}

owned! {
    /// `read(2)`.
    fn read(fd: c_int, data: *mut c_void, length: usize) -> isize {
        if simulated(fd) {
            let room = buffer(data, length);
            return count(call("read", fd, |kernel, caller| io::read(kernel, caller, fd, room)));
        }
        passed("read of a real file", fd);
        real!(read(fd: c_int, data: *mut c_void, length: usize) -> isize)
    }

    /// `write(2)`: standard output and error are kept with the run.
    fn write(fd: c_int, data: *const c_void, length: usize) -> isize {
        if simulated(fd) {
            return write_simulated(fd, bytes(data, length));
        }
        if stdio::is_standard(fd) {
            return stdio::keep(fd, bytes(data, length));
        }
        passed("write to a real file", fd);
        real!(write(fd: c_int, data: *const c_void, length: usize) -> isize)
    }

    /// `readv(2)`: one read, into as many of the buffers as it fills.
    fn readv(fd: c_int, vector: *const iovec, length: c_int) -> isize {
        if simulated(fd) {
            return read_simulated(fd, vectors(vector, length));
        }
        passed("readv of a real file", fd);
        real!(readv(fd: c_int, vector: *const iovec, length: c_int) -> isize)
    }

    /// `writev(2)`: the buffers as one write.
    fn writev(fd: c_int, vector: *const iovec, length: c_int) -> isize {
        if simulated(fd) || stdio::is_standard(fd) {
            let parts = || vectors(vector, length).iter().map(|entry| bytes(entry.iov_base, entry.iov_len));
            let whole = crate::phase::as_simulator(|| parts().collect::<Vec<_>>().concat());
            return match simulated(fd) {
                // `vfs_writev` does not ask the socket about nothing.
                true if whole.is_empty() => 0,
                true => write_simulated(fd, &whole),
                false => stdio::keep(fd, &whole),
            };
        }
        passed("writev to a real file", fd);
        real!(writev(fd: c_int, vector: *const iovec, length: c_int) -> isize)
    }

    /// `close(2)`.
    fn close(fd: c_int) -> c_int {
        if simulated(fd) {
            let closed = call("close", fd, |kernel, _| fd::close(kernel, fd));
            unreserve(fd);
            return done(closed);
        }
        real!(close(fd: c_int) -> c_int)
    }

    /// `dup(2)`.
    fn dup(old: c_int) -> c_int {
        if simulated(old) {
            return duplicate(old, 0, OnExec::Keep);
        }
        real!(dup(old: c_int) -> c_int)
    }

    /// `dup2(2)`: not modelled for simulated descriptors.
    fn dup2(old: c_int, new: c_int) -> c_int {
        if simulated(old) || simulated(new) {
            unmodelled(String::from("dup2(2) of a socket"));
            return fail(Errno::EBADF);
        }
        real!(dup2(old: c_int, new: c_int) -> c_int)
    }

    /// `fcntl(2)`: its argument is an integer for every command on a socket that we model.
    fn fcntl(fd: c_int, command: c_int, argument: c_ulong) -> c_int {
        if !simulated(fd) {
            return real!(fcntl(fd: c_int, command: c_int, argument: c_ulong) -> c_int);
        }
        #[expect(clippy::cast_possible_truncation, reason = "fcntl(2): an int argument is the low half of its register")]
        let argument = argument as c_int;
        match command {
            libc::F_DUPFD => duplicate(fd, argument, OnExec::Keep),
            libc::F_DUPFD_CLOEXEC => duplicate(fd, argument, OnExec::Close),
            _ => call("fcntl", fd, |kernel, _| fd::fcntl(kernel, fd, command, argument)).unwrap_or_else(fail),
        }
    }

    /// `ioctl(2)`: `FIONBIO` and `FIONREAD` on sockets.
    fn ioctl(fd: c_int, request: c_ulong, value: *mut c_int) -> c_int {
        if !simulated(fd) {
            return real!(ioctl(fd: c_int, request: c_ulong, value: *mut c_int) -> c_int);
        }
        let result = call("ioctl", fd, |kernel, _| {
            if value.is_null() {
                return Err(Stop::Fail(Errno::EFAULT));
            }
            // SAFETY: the requests that the kernel accepts take an int; for any other it does not touch the value.
            fd::ioctl(kernel, fd, request, unsafe { &mut *value })
        });
        done(result)
    }

    /// `poll(2)` of simulated descriptors; together with real ones it is not modelled.
    fn poll(entries: *mut pollfd, length: nfds_t, timeout_ms: c_int) -> c_int {
        let entries = pollfds(entries, length);
        if let Some(entry) = entries.iter().find(|entry| !simulated(entry.fd) && is_open(entry.fd)) {
            unmodelled(format!("poll(2) of descriptor {}, which is not simulated", entry.fd));
            return fail(Errno::EINVAL);
        }
        let timeout_ns = u64::try_from(timeout_ms).ok().map(|ms| ms * 1_000_000);
        let mut ours: Vec<poll::PollFd> = crate::phase::as_simulator(|| entries.iter().map(from_pollfd).collect());
        let ready = call("poll", timeout_ms, |kernel, caller| poll::poll(kernel, caller, &mut ours, timeout_ns));
        for (entry, answer) in entries.iter_mut().zip(&ours) {
            entry.revents = answer.revents.cast_signed();
        }
        ready.map_or_else(fail, |count| c_int::try_from(count).expect("poll(2) takes far fewer"))
    }
}

fn pollfds<'a>(entries: *mut pollfd, length: nfds_t) -> &'a mut [pollfd] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: poll(2): `length` valid entries.
    unsafe { core::slice::from_raw_parts_mut(entries, usize::try_from(length).expect("addresses fit")) }
}

fn from_pollfd(entry: &pollfd) -> poll::PollFd {
    poll::PollFd { fd: entry.fd, events: entry.events.cast_unsigned(), revents: 0 }
}

fn duplicate(old: c_int, least: c_int, on_exec: OnExec) -> c_int {
    let number = match reserve_from(least) {
        Ok(number) => number,
        Err(errno) => return fail(errno),
    };
    let duplicated = call("dup", old, |kernel: &mut Kernel, _| fd::dup(kernel, old, number, on_exec));
    duplicated.unwrap_or_else(|errno| {
        unreserve(number);
        fail(errno)
    })
}
