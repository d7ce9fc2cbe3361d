//! `send(2)`, `recv(2)` and all that bytes move through a socket by.
//!
//! Does not know what a message means. Invariant: each is one `sendmsg(2)` or `recvmsg(2)` of the kernel's per message.

use core::ffi::{c_int, c_uint, c_void};

use libc::{iovec, mmsghdr, msghdr, sockaddr, socklen_t, timespec};
use photofinish_sim::call::message::{self as calls, Arrived, Parcel, Room};
use photofinish_sim::call::socket;
use photofinish_sim::errno::Errno;
use photofinish_sim::fd::Object;

use super::address::{self, Given};
use super::descriptor::{buffer, bytes, count, gather, scatter, vectors};
use super::fail;
use super::node::Purpose;
use crate::own::owned;
use crate::phase;
use crate::run::{call, unmodelled, with_kernel};

/// `UIO_MAXIOV`.
const VECTORS_MAX: usize = 1_024;

/// What goes out besides the descriptor.
#[derive(Clone, Copy)]
struct Out<'a> {
    bytes: &'a [u8],
    to: Option<&'a Given<'a>>,
    control: &'a [u8],
    flags: c_int,
}

fn send_out(name: &'static str, fd: c_int, out: Out<'_>) -> Result<usize, Errno> {
    let mut to = None;
    let sent = call(name, fd, |kernel, caller| {
        if let (None, Some(given)) = (&to, out.to)
            && !(given.is_empty() && matches!(kernel.object(fd), Some(Object::Unix(_))))
        {
            socket::look(kernel, caller, fd)?;
            to = Some(given.read(kernel, fd, Purpose::Find)?);
        }
        let Out { bytes, control, flags, .. } = out;
        calls::sendmsg(kernel, caller, fd, Parcel { bytes, to: to.as_ref(), control, flags })
    });
    if sent == Err(Errno::EPIPE) && out.flags & libc::MSG_NOSIGNAL == 0 {
        broken(fd);
    }
    sent
}

/// What `EPIPE` of a descriptor does besides failing.
pub(super) fn broken(fd: c_int) {
    if with_kernel(|kernel| calls::raises_signal(kernel, kernel.object(fd))) {
        super::signal::broken_pipe();
    }
}

/// `sendto(2)`.
fn send_to(fd: c_int, data: &[u8], flags: c_int, (to, length): (*const sockaddr, socklen_t)) -> isize {
    let given = if to.is_null() { Ok(None) } else { address::given(to, length).map(Some) };
    match given {
        Ok(given) => {
            count(send_out("send", fd, Out { bytes: data, to: given.as_ref(), control: &[], flags }))
        }
        Err(errno) => fail(look(fd).err().unwrap_or(errno)) as isize,
    }
}

fn receive(name: &'static str, fd: c_int, room: Room<'_>) -> Result<Arrived, Errno> {
    let Room { buffer, control, flags } = room;
    call(name, fd, |kernel, caller| {
        calls::recvmsg(kernel, caller, fd, Room { buffer: &mut *buffer, control, flags })
    })
}

/// The vectors of a message.
fn message_vectors<'a>(message: &msghdr) -> Result<&'a [iovec], Errno> {
    if message.msg_iovlen > VECTORS_MAX {
        return Err(Errno::EMSGSIZE);
    }
    Ok(vectors(message.msg_iov, c_int::try_from(message.msg_iovlen).unwrap_or(0)))
}

/// `___sys_sendmsg`.
fn send_message(fd: c_int, message: &msghdr, flags: c_int) -> Result<usize, Errno> {
    let whole = gather(message_vectors(message)?);
    let named = !message.msg_name.is_null() && message.msg_namelen > 0;
    let longest = size_of::<libc::sockaddr_storage>() as socklen_t;
    let given = if named {
        // `__copy_msghdr` cuts the length.
        address::given(message.msg_name.cast(), message.msg_namelen.min(longest)).ok()
    } else {
        None
    };
    let control = if message.msg_control.is_null() { 0 } else { message.msg_controllen };
    let out = Out { bytes: &whole, to: given.as_ref(), control: bytes(message.msg_control, control), flags };
    let sent = send_out("sendmsg", fd, out);
    phase::as_simulator(|| drop(whole));
    sent
}

/// `___sys_recvmsg`.
fn receive_message(fd: c_int, message: &mut msghdr, flags: c_int) -> Result<usize, Errno> {
    let vectors = message_vectors(message)?;
    let control = if message.msg_control.is_null() { 0 } else { message.msg_controllen };
    let arrived = if let [only] = vectors {
        receive("recvmsg", fd, Room { buffer: buffer(only.iov_base, only.iov_len), control, flags })?
    } else {
        let room = vectors.iter().map(|entry| entry.iov_len).sum();
        let mut whole = phase::as_simulator(|| vec![0; room]);
        let arrived = receive("recvmsg", fd, Room { buffer: &mut whole, control, flags })?;
        scatter(vectors, &whole[..arrived.count]);
        arrived
    };
    address::write(arrived.from.as_ref(), message.msg_name.cast(), &raw mut message.msg_namelen);
    buffer(message.msg_control, arrived.control.len()).copy_from_slice(&arrived.control);
    message.msg_controllen = arrived.control.len();
    message.msg_flags = arrived.flags;
    Ok(arrived.answer)
}

fn headers<'a>(messages: *mut mmsghdr, length: c_uint) -> &'a mut [mmsghdr] {
    let length = (length as usize).min(VECTORS_MAX);
    if length == 0 {
        return &mut [];
    }
    // SAFETY: sendmmsg(2): `length` valid entries that nobody else uses meanwhile.
    unsafe { core::slice::from_raw_parts_mut(messages, length) }
}

/// Whether a number is a socket, as calls about no message find out.
fn look(fd: c_int) -> Result<(), Errno> {
    call("look", fd, |kernel, caller| socket::look(kernel, caller, fd))
}

/// How many messages were moved, or why none was.
fn moved(done: usize, last: Result<(), Errno>) -> c_int {
    match last {
        Err(errno) if done == 0 => fail(errno),
        _ => c_int::try_from(done).expect("at most UIO_MAXIOV"),
    }
}

fn send_messages(fd: c_int, messages: &mut [mmsghdr], flags: c_int) -> c_int {
    if messages.is_empty() {
        return moved(0, look(fd));
    }
    for (index, message) in messages.iter_mut().enumerate() {
        match send_message(fd, &message.msg_hdr, flags) {
            Ok(sent) => {
                message.msg_len = c_uint::try_from(sent).unwrap_or(c_uint::MAX);
                let vectors = message_vectors(&message.msg_hdr).unwrap_or_default();
                if sent < vectors.iter().map(|entry| entry.iov_len).sum() {
                    return moved(index + 1, Ok(()));
                }
            }
            Err(errno) => return moved(index, Err(errno)),
        }
    }
    moved(messages.len(), Ok(()))
}

/// `do_recvmmsg`: the time-out is looked at behind each message, never while waiting for one.
fn receive_messages(fd: c_int, messages: &mut [mmsghdr], flags: c_int, end_ns: Option<u64>) -> c_int {
    if messages.is_empty() {
        return moved(0, look(fd));
    }
    let mut asked = flags & !libc::MSG_WAITFORONE;
    for (index, message) in messages.iter_mut().enumerate() {
        match receive_message(fd, &mut message.msg_hdr, asked) {
            Ok(received) => message.msg_len = c_uint::try_from(received).unwrap_or(c_uint::MAX),
            Err(errno) => {
                if index > 0 && errno != Errno::EAGAIN {
                    // Linux keeps it for the next call.
                    unmodelled(format!("recvmmsg(2) that fails with {} after some messages", errno.name()));
                }
                return moved(index, Err(errno));
            }
        }
        if flags & libc::MSG_WAITFORONE != 0 {
            asked |= libc::MSG_DONTWAIT;
        }
        if end_ns.is_some_and(|end_ns| with_kernel(|kernel| kernel.elapsed_ns()) >= end_ns) {
            return moved(index + 1, Ok(()));
        }
    }
    moved(messages.len(), Ok(()))
}

owned! {
    /// `recv(2)`.
    fn recv(fd: c_int, data: *mut c_void, length: usize, flags: c_int) -> isize {
        let room = Room { buffer: buffer(data, length), control: 0, flags };
        count(receive("recv", fd, room).map(|arrived| arrived.answer))
    }

    /// `recvfrom(2)`: on a connected stream, no address is given.
    fn recvfrom(
        fd: c_int, data: *mut c_void, length: usize, flags: c_int, from: *mut sockaddr, from_length: *mut socklen_t,
    ) -> isize {
        let room = Room { buffer: buffer(data, length), control: 0, flags };
        count(receive("recv", fd, room).map(|arrived| {
            address::write(arrived.from.as_ref(), from, from_length);
            arrived.answer
        }))
    }

    /// `recvmsg(2)`.
    fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> isize {
        // SAFETY: recvmsg(2): a message that nobody else uses until the call returns.
        match unsafe { message.as_mut() } {
            Some(message) => count(receive_message(fd, message, flags)),
            None => fail(Errno::EFAULT) as isize,
        }
    }

    /// `recvmmsg(2)`.
    fn recvmmsg(fd: c_int, messages: *mut mmsghdr, length: c_uint, flags: c_int, timeout: *mut timespec) -> c_int {
        // SAFETY: recvmmsg(2): a time, or none, that nobody else uses until the call returns.
        let Some(timeout) = (unsafe { timeout.as_mut() }) else {
            return receive_messages(fd, headers(messages, length), flags, None);
        };
        let (Ok(seconds), Ok(nanos @ 0..1_000_000_000)) = (u64::try_from(timeout.tv_sec), u64::try_from(timeout.tv_nsec)) else {
            return fail(Errno::EINVAL);
        };
        let now_ns = || with_kernel(|kernel| kernel.elapsed_ns());
        let end_ns = now_ns().saturating_add(seconds.saturating_mul(1_000_000_000).saturating_add(nanos));
        let received = receive_messages(fd, headers(messages, length), flags, Some(end_ns));
        if received > 0 {
            let left_ns = end_ns.saturating_sub(now_ns()).cast_signed();
            *timeout = timespec { tv_sec: left_ns / 1_000_000_000, tv_nsec: left_ns % 1_000_000_000 };
        }
        received
    }

    /// `send(2)`.
    fn send(fd: c_int, data: *const c_void, length: usize, flags: c_int) -> isize {
        send_to(fd, bytes(data, length), flags, (core::ptr::null(), 0))
    }

    /// `sendto(2)`.
    fn sendto(
        fd: c_int, data: *const c_void, length: usize, flags: c_int, to: *const sockaddr, to_length: socklen_t,
    ) -> isize {
        send_to(fd, bytes(data, length), flags, (to, to_length))
    }

    /// `sendmsg(2)`.
    fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> isize {
        // SAFETY: sendmsg(2): a message that stays as it is until the call returns.
        match unsafe { message.as_ref() } {
            Some(message) => count(send_message(fd, message, flags)),
            None => fail(Errno::EFAULT) as isize,
        }
    }

    /// `sendmmsg(2)`.
    fn sendmmsg(fd: c_int, messages: *mut mmsghdr, length: c_uint, flags: c_int) -> c_int {
        send_messages(fd, headers(messages, length), flags)
    }
}
