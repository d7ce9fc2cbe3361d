//! `socket(2)` and everything that takes a socket.
//!
//! Does not know the state of any socket. Invariant: inside a run no real socket is ever made.

use core::ffi::{c_int, c_void};

use libc::{msghdr, sockaddr, socklen_t};
use photofinish_sim::call::socket::Ask;
use photofinish_sim::call::sockopt::OptionName;
use photofinish_sim::call::{Stop, io, socket as calls, sockopt};
use photofinish_sim::errno::Errno;
use photofinish_sim::net::tcp::{RecvFlags, SendFlags};

use super::descriptor::{buffer, bytes, count, done};
use super::{address, fail};
use crate::own::owned;
use crate::run::{call, unmodelled};

fn send_bytes(fd: c_int, data: &[u8], flags: c_int) -> isize {
    let sent = call("send", fd, |kernel, caller| {
        let ours = SendFlags::from_linux(flags)?;
        io::send(kernel, caller, fd, data, ours)
    });
    if sent == Err(Errno::EPIPE) && flags & libc::MSG_NOSIGNAL == 0 {
        super::signal::broken_pipe();
    }
    count(sent)
}

fn receive_bytes(fd: c_int, room: &mut [u8], flags: c_int) -> isize {
    count(call("recv", fd, |kernel, caller| {
        let ours = RecvFlags::from_linux(flags)?;
        io::recv(kernel, caller, fd, room, ours)
    }))
}

owned! {
    /// `socket(2)`.
    fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
        let made = call("socket", domain, |kernel, caller| {
            calls::socket(kernel, caller, Ask { domain, kind, protocol })
        });
        made.unwrap_or_else(fail)
    }

    /// `socketpair(2)`: not modelled yet.
    fn socketpair(domain: c_int, kind: c_int, protocol: c_int, pair: *mut c_int) -> c_int {
        let _ = (kind, protocol, pair);
        unmodelled(format!("socketpair(2) of family {domain}"));
        fail(Errno::EOPNOTSUPP)
    }

    /// `bind(2)`.
    fn bind(fd: c_int, name: *const sockaddr, length: socklen_t) -> c_int {
        done(call("bind", fd, |kernel, caller| {
            calls::look(kernel, caller, fd)?;
            calls::bind(kernel, caller, fd, address::read(name, length)?)
        }))
    }

    /// `listen(2)`.
    fn listen(fd: c_int, backlog: c_int) -> c_int {
        done(call("listen", fd, |kernel, caller| calls::listen(kernel, caller, fd, backlog)))
    }

    /// `accept(2)`.
    fn accept(fd: c_int, peer: *mut sockaddr, length: *mut socklen_t) -> c_int {
        // SAFETY: our caller's contract is the callee's.
        unsafe { accept4(fd, peer, length, 0) }
    }

    /// `accept4(2)`.
    fn accept4(fd: c_int, peer: *mut sockaddr, length: *mut socklen_t, flags: c_int) -> c_int {
        let accepted = call("accept", fd, |kernel, caller| {
            calls::accept4(kernel, caller, fd, flags)
        });
        match accepted {
            Ok((number, from)) => {
                address::write(from, peer, length);
                number
            }
            Err(errno) => fail(errno),
        }
    }

    /// `connect(2)`.
    fn connect(fd: c_int, name: *const sockaddr, length: socklen_t) -> c_int {
        done(call("connect", fd, |kernel, caller| {
            calls::look(kernel, caller, fd)?;
            calls::connect(kernel, caller, fd, address::read(name, length)?)
        }))
    }

    /// `shutdown(2)`.
    fn shutdown(fd: c_int, how: c_int) -> c_int {
        done(call("shutdown", fd, |kernel, caller| calls::shutdown(kernel, caller, fd, how)))
    }

    /// `recv(2)`.
    fn recv(fd: c_int, data: *mut c_void, length: usize, flags: c_int) -> isize {
        receive_bytes(fd, buffer(data, length), flags)
    }

    /// `recvfrom(2)`: on a connected stream, no address is given.
    fn recvfrom(
        fd: c_int, data: *mut c_void, length: usize, flags: c_int, from: *mut sockaddr, from_length: *mut socklen_t,
    ) -> isize {
        if !from.is_null() && !from_length.is_null() {
            // SAFETY: the caller gave a place for the length; `tcp_recvmsg` sets it to 0.
            unsafe { *from_length = 0 };
        }
        receive_bytes(fd, buffer(data, length), flags)
    }

    /// `recvmsg(2)`: not modelled yet.
    fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> isize {
        let _ = (fd, message, flags);
        unmodelled(String::from("recvmsg(2)"));
        fail(Errno::ENOSYS) as isize
    }

    /// `send(2)`.
    fn send(fd: c_int, data: *const c_void, length: usize, flags: c_int) -> isize {
        send_bytes(fd, bytes(data, length), flags)
    }

    /// `sendto(2)`: on a connected stream, the address is ignored, as `tcp_sendmsg` does.
    fn sendto(
        fd: c_int, data: *const c_void, length: usize, flags: c_int, to: *const sockaddr, to_length: socklen_t,
    ) -> isize {
        let _ = (to, to_length);
        send_bytes(fd, bytes(data, length), flags)
    }

    /// `sendmsg(2)`: not modelled yet.
    fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> isize {
        let _ = (fd, message, flags);
        unmodelled(String::from("sendmsg(2)"));
        fail(Errno::ENOSYS) as isize
    }

    /// `setsockopt(2)`.
    fn setsockopt(fd: c_int, level: c_int, name: c_int, value: *const c_void, length: socklen_t) -> c_int {
        let value = bytes(value, length as usize);
        done(call("setsockopt", fd, |kernel, caller| sockopt::setsockopt(kernel, caller, fd, OptionName { level, name }, value)))
    }

    /// `getsockopt(2)`: the value is cut to the length the program gave.
    fn getsockopt(fd: c_int, level: c_int, name: c_int, value: *mut c_void, length: *mut socklen_t) -> c_int {
        let result = call("getsockopt", fd, |kernel, caller| {
            if length.is_null() {
                return Err(Stop::Fail(Errno::EFAULT));
            }
            let whole = sockopt::getsockopt(kernel, caller, fd, OptionName { level, name })?;
            // SAFETY: the caller gave a valid length.
            let length = unsafe { &mut *length };
            let room = buffer(value, whole.len().min(*length as usize));
            room.copy_from_slice(&whole[..room.len()]);
            *length = socklen_t::try_from(room.len()).expect("an option is a few bytes");
            Ok(())
        });
        done(result)
    }

    /// `getsockname(2)`.
    fn getsockname(fd: c_int, name: *mut sockaddr, length: *mut socklen_t) -> c_int {
        done(call("getsockname", fd, |kernel, caller| calls::getsockname(kernel, caller, fd)).map(|from| address::write(from, name, length)))
    }

    /// `getpeername(2)`.
    fn getpeername(fd: c_int, name: *mut sockaddr, length: *mut socklen_t) -> c_int {
        done(call("getpeername", fd, |kernel, caller| calls::getpeername(kernel, caller, fd)).map(|from| address::write(from, name, length)))
    }

    /// `getaddrinfo(3)`: names are not modelled yet; addresses in digits do not come here from std.
    fn getaddrinfo(
        node: *const core::ffi::c_char,
        service: *const core::ffi::c_char,
        hints: *const libc::addrinfo,
        result: *mut *mut libc::addrinfo,
    ) -> c_int {
        let _ = (node, service, hints, result);
        unmodelled(String::from("getaddrinfo(3)"));
        libc::EAI_NONAME
    }
}
