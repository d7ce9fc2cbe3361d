//! `socket(2)` and everything that takes a socket but what moves bytes.
//!
//! Does not know the state of any socket. Invariant: inside a run no real socket is ever made.

use core::ffi::{c_int, c_void};

use libc::{sockaddr, socklen_t};
use photofinish_sim::call::address::Address;
use photofinish_sim::call::socket::Ask;
use photofinish_sim::call::sockopt::OptionName;
use photofinish_sim::call::{Stop, socket as calls, sockopt};
use photofinish_sim::errno::Errno;

use super::descriptor::{buffer, bytes, done};
use super::node::{self, Purpose};
use super::{address, fail};
use crate::own::owned;
use crate::run::call;

owned! {
    /// `socket(2)`.
    fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
        let made = call("socket", domain, |kernel, caller| {
            calls::socket(kernel, caller, Ask { domain, kind, protocol })
        });
        made.unwrap_or_else(fail)
    }

    /// `socketpair(2)`.
    fn socketpair(domain: c_int, kind: c_int, protocol: c_int, pair: *mut c_int) -> c_int {
        let made = call("socketpair", domain, |kernel, caller| {
            calls::socketpair(kernel, caller, Ask { domain, kind, protocol })
        });
        match made {
            Ok(ends) => {
                // SAFETY: socketpair(2): room for two numbers, which need not be aligned for both at once.
                unsafe { core::ptr::write_unaligned(pair.cast(), [ends.0, ends.1]) };
                0
            }
            Err(errno) => fail(errno),
        }
    }

    /// `bind(2)`.
    fn bind(fd: c_int, name: *const sockaddr, length: socklen_t) -> c_int {
        done(call("bind", fd, |kernel, caller| {
            calls::look(kernel, caller, fd)?;
            let address = address::given(name, length)?.read(kernel, fd, Purpose::Make)?;
            calls::bind(kernel, caller, fd, &address).inspect_err(|_| {
                if let Address::Unix(name) = &address {
                    node::unmake(kernel, name);
                }
            })
        }))
    }

    /// `listen(2)`.
    fn listen(fd: c_int, backlog: c_int) -> c_int {
        done(call("listen", fd, |kernel, caller| calls::listen(kernel, caller, fd, backlog)))
    }

    /// `accept(2)`.
    fn accept(fd: c_int, peer: *mut sockaddr, length: *mut socklen_t) -> c_int {
        accepted(call("accept", fd, |kernel, caller| calls::accept(kernel, caller, fd)), peer, length)
    }

    /// `accept4(2)`.
    fn accept4(fd: c_int, peer: *mut sockaddr, length: *mut socklen_t, flags: c_int) -> c_int {
        accepted(call("accept", fd, |kernel, caller| calls::accept4(kernel, caller, fd, flags)), peer, length)
    }

    /// `connect(2)`.
    fn connect(fd: c_int, name: *const sockaddr, length: socklen_t) -> c_int {
        let mut to = None;
        done(call("connect", fd, |kernel, caller| {
            let address = match &mut to {
                Some(address) => address,
                None => {
                    calls::look(kernel, caller, fd)?;
                    to.insert(address::given(name, length)?.read(kernel, fd, Purpose::Find)?)
                }
            };
            calls::connect(kernel, caller, fd, address)
        }))
    }

    /// `shutdown(2)`.
    fn shutdown(fd: c_int, how: c_int) -> c_int {
        done(call("shutdown", fd, |kernel, caller| calls::shutdown(kernel, caller, fd, how)))
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
        let told = call("getsockname", fd, |kernel, caller| calls::getsockname(kernel, caller, fd));
        done(told.map(|from| address::write(Some(&from), name, length)))
    }

    /// `getpeername(2)`.
    fn getpeername(fd: c_int, name: *mut sockaddr, length: *mut socklen_t) -> c_int {
        let told = call("getpeername", fd, |kernel, caller| calls::getpeername(kernel, caller, fd));
        done(told.map(|from| address::write(Some(&from), name, length)))
    }
}

/// What either call answers that accepts: the number, and the peer's address where it is asked for.
fn accepted(answer: Result<(i32, Address), Errno>, peer: *mut sockaddr, length: *mut socklen_t) -> c_int {
    match answer {
        Ok((number, from)) => {
            address::write(Some(&from), peer, length);
            number
        }
        Err(errno) => fail(errno),
    }
}
