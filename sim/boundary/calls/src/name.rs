//! `getaddrinfo(3)`, `getnameinfo(3)`, `gethostname(2)`, `uname(2)`.
//!
//! Does not know names. Invariant: a list that was made is freed here, after it was read once.

use core::ffi::{CStr, c_char};
use core::net::SocketAddr;
use std::ffi::CString;

use libc::{addrinfo, socklen_t};

use crate::Failed;
use crate::address::{decode, encode};
use crate::failed::done;

/// Hints of `getaddrinfo(3)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    /// `AI_*`.
    pub flags: i32,
    /// `AF_*`.
    pub family: i32,
    /// `SOCK_*`.
    pub kind: i32,
    /// `IPPROTO_*`.
    pub protocol: i32,
}

/// One entry of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As the answer has them.
    pub flags: i32,
    /// `SOCK_*`.
    pub kind: i32,
    /// `IPPROTO_*`.
    pub protocol: i32,
    /// Where.
    pub address: Option<SocketAddr>,
    /// The canonical name.
    pub canonical: Option<String>,
}

fn owned(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: a NUL-terminated string of a list that is not freed yet.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// `getaddrinfo(3)`; the error is `EAI_*`.
pub fn getaddrinfo(
    node: Option<&str>,
    service: Option<&str>,
    hints: Option<Hints>,
) -> Result<Vec<Entry>, i32> {
    let string = |text: Option<&str>| text.map(|text| CString::new(text).expect("no NUL"));
    let (node, service) = (string(node), string(service));
    let pointer =
        |string: &Option<CString>| string.as_ref().map_or(core::ptr::null(), |string| string.as_ptr());
    let hints = hints.map(|hints| {
        // SAFETY: an addrinfo of zeroes is valid: no hints at all.
        let mut info: addrinfo = unsafe { core::mem::zeroed() };
        info.ai_flags = hints.flags;
        info.ai_family = hints.family;
        info.ai_socktype = hints.kind;
        info.ai_protocol = hints.protocol;
        info
    });
    let hints = hints.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    let mut first: *mut addrinfo = core::ptr::null_mut();
    // SAFETY: strings or null, hints or null, and a place for the answer.
    let answer = unsafe { libc::getaddrinfo(pointer(&node), pointer(&service), hints, &raw mut first) };
    if answer != 0 {
        return Err(answer);
    }
    let mut entries = Vec::new();
    let mut next = first;
    // SAFETY: the list is not freed yet.
    while let Some(info) = unsafe { next.as_ref() } {
        // SAFETY: the address has the length told.
        let address =
            unsafe { core::slice::from_raw_parts(info.ai_addr.cast::<u8>(), info.ai_addrlen as usize) };
        entries.push(Entry {
            flags: info.ai_flags,
            kind: info.ai_socktype,
            protocol: info.ai_protocol,
            address: decode(address),
            canonical: owned(info.ai_canonname),
        });
        next = info.ai_next;
    }
    // SAFETY: the list that getaddrinfo(3) made, once.
    unsafe { libc::freeaddrinfo(first) };
    Ok(entries)
}

/// Room for the two answers of `getnameinfo(3)`.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// For the host.
    pub host: usize,
    /// For the service.
    pub service: usize,
}

/// `getnameinfo(3)` with so many bytes of the address told; the error is `EAI_*`.
pub fn getnameinfo(of: SocketAddr, told: usize, room: Room, flags: i32) -> Result<(String, String), i32> {
    let address = encode(of);
    let length = |length: usize| socklen_t::try_from(length).expect("short");
    let (mut host, mut service) = (vec![0_u8; room.host], vec![0_u8; room.service]);
    let from = address.as_ptr().cast();
    let (host_at, service_at) = (host.as_mut_ptr().cast(), service.as_mut_ptr().cast());
    // SAFETY: as many readable or writable bytes as the lengths say.
    let answer = unsafe {
        libc::getnameinfo(
            from,
            length(told.min(address.len())),
            host_at,
            length(room.host),
            service_at,
            length(room.service),
            flags,
        )
    };
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    };
    if answer == 0 { Ok((text(&host), text(&service))) } else { Err(answer) }
}

/// `gethostname(2)` with room for so many bytes.
pub fn gethostname(room: usize) -> Result<Vec<u8>, Failed> {
    let mut name = vec![0_u8; room];
    // SAFETY: as many writable bytes as the length says.
    done(unsafe { libc::gethostname(name.as_mut_ptr().cast(), room) })?;
    name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(room));
    Ok(name)
}

/// `uname(2)`: system, host, release, machine.
pub fn uname() -> Result<[Vec<u8>; 4], Failed> {
    // SAFETY: a utsname of zeroes is valid.
    let mut names: libc::utsname = unsafe { core::mem::zeroed() };
    // SAFETY: uname(2) writes to a valid place.
    done(unsafe { libc::uname(&raw mut names) })?;
    let text = |field: &[c_char]| {
        field.iter().take_while(|byte| **byte != 0).map(|byte| byte.to_ne_bytes()[0]).collect()
    };
    Ok([text(&names.sysname), text(&names.nodename), text(&names.release), text(&names.machine)])
}
