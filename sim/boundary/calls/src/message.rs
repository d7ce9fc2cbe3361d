//! `sendmsg(2)`, `recvmsg(2)` and their plurals.
//!
//! Does not know what control messages mean. Invariant: every pointer in a header is to memory that outlives the call.

use libc::{iovec, mmsghdr, msghdr, timespec};

use crate::Failed;
use crate::failed::{count, number};

/// What `sendmsg(2)` sends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Out<'a> {
    /// The bytes, in pieces.
    pub parts: &'a [&'a [u8]],
    /// The address; none if it is empty.
    pub to: &'a [u8],
    /// The control messages.
    pub control: &'a [u8],
}

/// Room for what `recvmsg(2)` receives.
#[derive(Clone, Debug, Default)]
pub struct In {
    /// For the bytes, in pieces.
    pub parts: Vec<Vec<u8>>,
    /// For the address, cut to what was written.
    pub from: Vec<u8>,
    /// For the control messages, cut to what was written.
    pub control: Vec<u8>,
    /// `msg_flags`.
    pub flags: i32,
}

impl In {
    /// Room for so many bytes in each piece, and for so many of control messages.
    #[must_use]
    pub fn new(parts: &[usize], control: usize) -> Self {
        let parts = parts.iter().map(|room| vec![0; *room]).collect();
        Self { parts, from: vec![0xaa; 128], control: vec![0; control], flags: -1 }
    }
}

fn empty() -> msghdr {
    // SAFETY: a msghdr of zeroes is valid: nothing anywhere.
    unsafe { core::mem::zeroed() }
}

fn vectors_of(out: &Out<'_>) -> Vec<iovec> {
    let entry = |part: &&[u8]| iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() };
    out.parts.iter().map(entry).collect()
}

fn header_of(out: &Out<'_>, vectors: &mut [iovec]) -> msghdr {
    let mut header = empty();
    header.msg_iov = vectors.as_mut_ptr();
    header.msg_iovlen = vectors.len();
    if !out.to.is_empty() {
        header.msg_name = out.to.as_ptr().cast_mut().cast();
        header.msg_namelen = u32::try_from(out.to.len()).expect("addresses are short");
    }
    if !out.control.is_empty() {
        header.msg_control = out.control.as_ptr().cast_mut().cast();
        header.msg_controllen = out.control.len();
    }
    header
}

/// `sendmsg(2)`.
pub fn sendmsg(fd: i32, out: Out<'_>, flags: i32) -> Result<usize, Failed> {
    let mut vectors = vectors_of(&out);
    let header = header_of(&out, &mut vectors);
    // SAFETY: the header's pointers are to what this function's caller and `vectors` hold.
    count(unsafe { libc::sendmsg(fd, &raw const header, flags) })
}

/// `sendmmsg(2)`: the count of each message that was sent.
pub fn sendmmsg(fd: i32, outs: &[Out<'_>], flags: i32) -> Result<Vec<u32>, Failed> {
    let mut vectors: Vec<Vec<iovec>> = outs.iter().map(vectors_of).collect();
    let mut headers: Vec<mmsghdr> = outs
        .iter()
        .zip(&mut vectors)
        .map(|(out, vectors)| mmsghdr { msg_hdr: header_of(out, vectors), msg_len: 0 })
        .collect();
    let length = u32::try_from(headers.len()).expect("few");
    // SAFETY: as many headers as told, whose pointers are to what the caller and `vectors` hold.
    let sent = number(unsafe { libc::sendmmsg(fd, headers.as_mut_ptr(), length, flags) })?;
    Ok(headers.iter().take(usize::try_from(sent).unwrap_or(0)).map(|header| header.msg_len).collect())
}

fn rooms_of(room: &mut In) -> Vec<iovec> {
    let entry = |part: &mut Vec<u8>| iovec { iov_base: part.as_mut_ptr().cast(), iov_len: part.len() };
    room.parts.iter_mut().map(entry).collect()
}

fn header_for(room: &mut In, vectors: &mut [iovec]) -> msghdr {
    let mut header = empty();
    header.msg_iov = vectors.as_mut_ptr();
    header.msg_iovlen = vectors.len();
    header.msg_name = room.from.as_mut_ptr().cast();
    header.msg_namelen = u32::try_from(room.from.len()).expect("addresses are short");
    if !room.control.is_empty() {
        header.msg_control = room.control.as_mut_ptr().cast();
        header.msg_controllen = room.control.len();
    }
    header
}

fn cut(room: &mut In, header: &msghdr) {
    room.from.truncate(header.msg_namelen as usize);
    room.control.truncate(header.msg_controllen);
    room.flags = header.msg_flags;
}

/// `recvmsg(2)`.
pub fn recvmsg(fd: i32, room: &mut In, flags: i32) -> Result<usize, Failed> {
    let mut vectors = rooms_of(room);
    let mut header = header_for(room, &mut vectors);
    // SAFETY: the header's pointers are to what `room` and `vectors` hold.
    let received = count(unsafe { libc::recvmsg(fd, &raw mut header, flags) })?;
    cut(room, &header);
    Ok(received)
}

/// `recvmmsg(2)`: the count of each message that was received.
pub fn recvmmsg(
    fd: i32,
    rooms: &mut [In],
    flags: i32,
    timeout: Option<&mut timespec>,
) -> Result<Vec<u32>, Failed> {
    let mut vectors: Vec<Vec<iovec>> = rooms.iter_mut().map(rooms_of).collect();
    let mut headers: Vec<mmsghdr> = rooms
        .iter_mut()
        .zip(&mut vectors)
        .map(|(room, vectors)| mmsghdr { msg_hdr: header_for(room, vectors), msg_len: 0 })
        .collect();
    let length = u32::try_from(headers.len()).expect("few");
    let timeout = timeout.map_or(core::ptr::null_mut(), core::ptr::from_mut);
    // SAFETY: as many headers as told, whose pointers are to what `rooms` and `vectors` hold.
    let received = number(unsafe { libc::recvmmsg(fd, headers.as_mut_ptr(), length, flags, timeout) })?;
    let received = usize::try_from(received).unwrap_or(0);
    rooms.iter_mut().zip(&headers).take(received).for_each(|(room, header)| cut(room, &header.msg_hdr));
    Ok(headers.iter().take(received).map(|header| header.msg_len).collect())
}
