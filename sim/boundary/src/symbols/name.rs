//! `getaddrinfo(3)`, `getnameinfo(3)` and what else tells names.
//!
//! Does not know any name. Invariant: what the program is given to free comes from its own heap, in the pieces in which glibc
//! makes it.

use core::ffi::{CStr, c_char, c_int, c_void};

use libc::{addrinfo, sockaddr, socklen_t};
use photofinish_sim::call::name::{self, Entry, Found, Hints, Names, Unresolved, Wanted};
use photofinish_sim::errno::Errno;

use super::descriptor::{buffer, bytes};
use super::{address, fail};
use crate::own::owned;
use crate::phase;
use crate::run::{call, unmodelled, with_kernel};

/// A string of the program; none if it is not text, which no name is.
fn text<'a>(string: *const c_char) -> Option<Option<&'a str>> {
    if string.is_null() {
        return Some(None);
    }
    // SAFETY: getaddrinfo(3): a NUL-terminated string that stays as it is until the call returns.
    unsafe { CStr::from_ptr(string) }.to_str().ok().map(Some)
}

/// An answer of `EAI_*` as a call's event shows it.
fn noted<T>(name: &'static str, ask: impl Fn(Names<'_>) -> Result<T, Unresolved>) -> Result<T, Unresolved> {
    let mut answer = Err(Unresolved::NONAME);
    // The call is noted, and answers what the names of hosts say.
    let _always: Result<i32, Errno> = call(name, 0, |kernel, _| {
        answer = ask(Names { hosts: &kernel.net.hosts, own: kernel.host_id() });
        Ok(answer.as_ref().err().map_or(0, |why| why.0))
    });
    answer
}

/// One entry in the program's heap: the address lies behind it, as glibc has it.
fn entry(of: &Entry, flags: c_int) -> Option<*mut addrinfo> {
    let address = phase::as_simulator(|| address::bytes_of(of.address));
    // SAFETY: malloc(3) may be called with any size.
    let block = unsafe { libc::malloc(size_of::<addrinfo>() + address.len()) };
    if block.is_null() {
        return None;
    }
    // SAFETY: the block is larger than an addrinfo.
    let behind = unsafe { block.cast::<u8>().add(size_of::<addrinfo>()) };
    buffer(behind.cast(), address.len()).copy_from_slice(&address);
    let family = if of.address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let info = addrinfo {
        ai_flags: flags,
        ai_family: family,
        ai_socktype: of.kind,
        ai_protocol: of.protocol,
        ai_addrlen: socklen_t::try_from(address.len()).expect("addresses are short"),
        ai_addr: behind.cast(),
        ai_canonname: core::ptr::null_mut(),
        ai_next: core::ptr::null_mut(),
    };
    // SAFETY: malloc(3) aligns for any type, and the block is large enough.
    unsafe { block.cast::<addrinfo>().write(info) };
    Some(block.cast())
}

/// A string in the program's heap.
fn string(text: &str) -> *mut c_char {
    // SAFETY: malloc(3) may be called with any size.
    let block: *mut c_char = unsafe { libc::malloc(text.len() + 1) }.cast();
    if !block.is_null() {
        put(text, block);
    }
    block
}

/// Writes a string and its end; there is room for both.
fn put(text: &str, place: *mut c_char) {
    let place = buffer(place.cast::<c_void>(), text.len() + 1);
    place[..text.len()].copy_from_slice(text.as_bytes());
    place[text.len()] = 0;
}

/// The list in the program's heap.
fn list(found: &Found, flags: c_int) -> Option<*mut addrinfo> {
    let mut first: *mut addrinfo = core::ptr::null_mut();
    for of in found.entries.iter().rev() {
        let made = entry(of, flags)?;
        // SAFETY: it was just made.
        unsafe { (*made).ai_next = first };
        first = made;
    }
    if let (Some(canonical), false) = (&found.canonical, first.is_null()) {
        // SAFETY: the first entry was just made.
        unsafe { (*first).ai_canonname = string(canonical) };
    }
    Some(first)
}

owned! {
    /// `getaddrinfo(3)`.
    fn getaddrinfo(
        node: *const c_char, service: *const c_char, hints: *const addrinfo, result: *mut *mut addrinfo,
    ) -> c_int {
        // SAFETY: getaddrinfo(3): hints, or none.
        let hints = unsafe { hints.as_ref() }.map_or(Hints::NONE, |hints| Hints {
            flags: hints.ai_flags,
            family: hints.ai_family,
            kind: hints.ai_socktype,
            protocol: hints.ai_protocol,
        });
        let (Some(node), Some(service)) = (text(node), text(service)) else { return libc::EAI_NONAME };
        match noted("getaddrinfo", |names| name::resolve(names, node, service, hints)) {
            Err(why) => why.0,
            Ok(found) => match list(&found, hints.flags) {
                Some(first) => {
                    // SAFETY: the caller gives a place for the answer.
                    unsafe { *result = first };
                    0
                }
                None => libc::EAI_MEMORY,
            },
        }
    }

    /// `freeaddrinfo(3)`.
    fn freeaddrinfo(first: *mut addrinfo) {
        let mut next = first;
        // SAFETY: the list was made by getaddrinfo(3), and each entry is looked at once before it is freed.
        while let Some(info) = unsafe { next.as_ref() } {
            let (name, this) = (info.ai_canonname, next);
            next = info.ai_next;
            // SAFETY: the name came from malloc(3), or is null.
            unsafe { libc::free(name.cast()) };
            // SAFETY: the entry came from malloc(3), and nobody looks at it again.
            unsafe { libc::free(this.cast()) };
        }
    }

    /// `getnameinfo(3)`.
    fn getnameinfo(
        from: *const sockaddr, length: socklen_t, host: *mut c_char, host_length: socklen_t, service: *mut c_char,
        service_length: socklen_t, flags: c_int,
    ) -> c_int {
        let wants = |place: *mut c_char, room: socklen_t| (!place.is_null()).then_some(room as usize);
        let wanted = Wanted { host: wants(host, host_length), service: wants(service, service_length), flags };
        let of = if from.is_null() { None } else { address::of_inet(bytes(from.cast(), length as usize)) };
        let Some(of) = of else {
            if wanted.flags & !0xff != 0 {
                return libc::EAI_BADFLAGS;
            }
            return libc::EAI_FAMILY;
        };
        match noted("getnameinfo", |names| name::describe(names, of, wanted)) {
            Err(why) => why.0,
            Ok((name, number)) => {
                if let Some(name) = &name {
                    put(name, host);
                }
                if let Some(number) = &number {
                    put(number, service);
                }
                0
            }
        }
    }

    /// `gethostname(2)`.
    fn gethostname(name: *mut c_char, length: usize) -> c_int {
        let own = with_kernel(|kernel| kernel.host().spec.name.clone());
        if length <= own.len() {
            // glibc writes what fits, and fails.
            buffer(name.cast(), length).copy_from_slice(&own.as_bytes()[..length]);
            return fail(Errno::ENAMETOOLONG);
        }
        put(&own, name);
        0
    }

    /// `if_nametoindex(3)`: not modelled.
    fn if_nametoindex(name: *const c_char) -> libc::c_uint {
        let _ = name;
        unmodelled(String::from("if_nametoindex(3)"));
        fail(Errno::ENODEV);
        0
    }

    /// `if_indextoname(3)`: not modelled.
    fn if_indextoname(index: libc::c_uint, name: *mut c_char) -> *mut c_char {
        let _ = (index, name);
        unmodelled(String::from("if_indextoname(3)"));
        fail(Errno::ENXIO);
        core::ptr::null_mut()
    }

    /// `getifaddrs(3)`: not modelled.
    fn getifaddrs(first: *mut *mut libc::ifaddrs) -> c_int {
        let _ = first;
        unmodelled(String::from("getifaddrs(3)"));
        fail(Errno::ENOSYS)
    }

    /// `gethostbyname(3)`: not modelled.
    fn gethostbyname(name: *const c_char) -> *mut libc::hostent {
        let _ = name;
        unmodelled(String::from("gethostbyname(3)"));
        core::ptr::null_mut()
    }
}
