//! Control messages: the bytes of `cmsg(3)`, read as `for_each_cmsghdr` reads them and written as `put_cmsg` writes them.
//!
//! Knows messages by their names alone. Invariant: nothing is written past the room the program gave; what finds no room is told
//! by `MSG_CTRUNC`. Layout of the 64-bit Linux ABI: a header of 16 bytes, everything at multiples of 8.

use crate::errno::Errno;

/// `sizeof(struct cmsghdr)`.
pub(crate) const HEADER: usize = 16;

/// `MSG_CTRUNC`.
pub(crate) const MSG_CTRUNC: i32 = 0x8;

/// The level of `socket(7)`, and its messages for unix sockets.
pub(crate) const SOL_SOCKET: i32 = 1;
pub(crate) const SCM_RIGHTS: i32 = 1;
pub(crate) const SCM_CREDENTIALS: i32 = 2;

/// The level of `ip(7)`, and those of its messages that are said as well as told.
pub(crate) const SOL_IP: i32 = 0;
pub(crate) const IP_TOS: i32 = 1;
pub(crate) const IP_TTL: i32 = 2;
pub(crate) const IP_PKTINFO: i32 = 8;

/// The level of `ipv6(7)`, and those of its messages that are said as well as told.
pub(crate) const SOL_IPV6: i32 = 41;
pub(crate) const IPV6_PKTINFO: i32 = 50;
pub(crate) const IPV6_HOPLIMIT: i32 = 52;
pub(crate) const IPV6_TCLASS: i32 = 67;

/// One control message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    /// `cmsg_level`.
    pub(crate) level: i32,
    /// `cmsg_type`.
    pub(crate) kind: i32,
    /// What is behind the header.
    pub(crate) data: &'a [u8],
}

impl Message<'_> {
    /// Whether only unix sockets obey it: to others it means nothing (`__sock_cmsg_send`).
    pub(crate) fn is_for_unix_sockets(&self) -> bool {
        self.level == SOL_SOCKET && matches!(self.kind, SCM_RIGHTS | SCM_CREDENTIALS)
    }
}

fn align(length: usize) -> usize {
    length.next_multiple_of(8)
}

/// The number at a place, or 0 past the end.
pub(crate) fn word(bytes: &[u8], at: usize) -> i32 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| i32::from_ne_bytes(*bytes))
}

/// The messages among bytes; `EINVAL` stands for one that does not fit into them (`CMSG_OK`), and is the last.
pub(crate) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Result<Message<'_>, Errno>> {
    core::iter::from_fn(move || {
        // `__cmsg_nxthdr`: no further header fits.
        if bytes.len() < HEADER {
            return None;
        }
        let length = bytes.first_chunk().map_or(0, |bytes| usize::from_ne_bytes(*bytes));
        if length < HEADER || length > bytes.len() {
            bytes = &[];
            return Some(Err(Errno::EINVAL));
        }
        let (level, kind) = (word(bytes, 8), word(bytes, 12));
        let data = &bytes[HEADER..length];
        bytes = bytes.get(align(length)..).unwrap_or_default();
        Some(Ok(Message { level, kind, data }))
    })
}

/// Control messages on their way to a program that gave so much room.
#[derive(Debug)]
pub(crate) struct Told {
    bytes: Vec<u8>,
    room: usize,
    /// Whether something found no room: `MSG_CTRUNC`.
    truncated: bool,
}

impl Told {
    /// Nothing yet.
    pub(crate) fn new(room: usize) -> Self {
        Self { bytes: Vec::new(), room, truncated: false }
    }

    /// The room that is left.
    pub(crate) fn left(&self) -> usize {
        self.room - self.bytes.len()
    }

    /// Tells that something was left out.
    pub(crate) fn truncate(&mut self) {
        self.truncated = true;
    }

    /// `put_cmsg`: cuts what does not fit.
    pub(crate) fn put(&mut self, message: Message<'_>) {
        let Message { level, kind, data } = message;
        if self.left() < HEADER {
            self.truncated = true;
            return;
        }
        let whole = HEADER + data.len();
        let length = whole.min(self.left());
        self.truncated |= length < whole;
        let end = self.bytes.len() + align(whole).min(self.left());
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(level.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(&data[..length - HEADER]);
        self.bytes.resize(end, 0);
    }

    /// The bytes, and `MSG_CTRUNC` if something is missing.
    pub(crate) fn done(self) -> (Vec<u8>, i32) {
        (self.bytes, if self.truncated { MSG_CTRUNC } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Message<'static> = Message { level: 1, kind: 2, data: &[3, 4, 5] };
    const OTHER: Message<'static> = Message { level: -6, kind: 7, data: &[8; 12] };

    fn told(room: usize) -> (Vec<u8>, i32) {
        let mut told = Told::new(room);
        told.put(ONE);
        told.put(OTHER);
        told.done()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (bytes, flags) = told(100);
        assert_eq!((bytes.len(), flags), (24 + 32, 0));
        assert_eq!(messages(&bytes).collect::<Vec<_>>(), [Ok(ONE), Ok(OTHER)]);
    }

    #[test]
    fn what_finds_no_room_is_cut_and_told() {
        // Room, bytes written, data of the second message; 52 is CMSG_LEN of it, and needs no padding.
        for (room, written, data) in [(52, 52, 12), (51, 51, 11), (40, 40, 0), (39, 24, 0), (24, 24, 0)] {
            let (bytes, flags) = told(room);
            assert_eq!((bytes.len(), flags == MSG_CTRUNC), (written, room < 52), "{room}");
            let second = messages(&bytes).nth(1).map_or(0, |second| second.expect("whole").data.len());
            assert_eq!(second, data, "{room}");
        }
        assert_eq!(told(15), (Vec::new(), MSG_CTRUNC));
    }

    #[test]
    fn a_message_that_does_not_fit_is_the_last() {
        let (mut bytes, _) = told(100);
        assert_eq!(messages(&bytes[..15]).count(), 0, "less than a header is nothing");
        for length in [15, 57, 200] {
            bytes[0] = length;
            assert_eq!(messages(&bytes).collect::<Vec<_>>(), [Err(Errno::EINVAL)], "{length}");
        }
    }
}
