//! What a datagram says.
//!
//! It does not know who sends it. Invariant: no datagram is larger than [`DATAGRAM_MAX`], and one that was not made
//! here is not understood.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use super::fragment::{DATAGRAM_MAX, METADATA};

/// Room for what an encrypted datagram has before and after its contents; nothing is encrypted here.
const NONCE: usize = 12;
const TAG: usize = 16;
/// What of a fragment's head is not used here, of the original's 41 bytes.
const HEAD_REST: usize = 25;

/// The operation that a stream belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Put {
    /// The number of the stream that brings the object.
    pub(super) stream: u32,
    /// The object's size.
    pub(super) object_bytes: u64,
}

/// One fragment of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    /// The operation, which goes with the first fragment in full.
    pub(super) put: Put,
    /// Its number, from 1.
    pub(super) number: u32,
    /// Its part of the object.
    pub(super) payload: Bytes,
}

/// What a datagram says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Packet {
    /// May I talk to you?
    Hello,
    /// You may.
    Welcome,
    /// I am still there.
    KeepAlive,
    /// I am going.
    Close,
    /// An operation, whose stream is on its way.
    Request(Put),
    /// A part of a stream.
    Fragment(Fragment),
    /// A part of this stream has come.
    Ack(u32),
    /// The object of this stream is where it belongs.
    Stored(u32),
}

impl Packet {
    /// The datagram.
    pub(super) fn encode(&self) -> Bytes {
        let mut datagram = BytesMut::with_capacity(DATAGRAM_MAX);
        datagram.put_bytes(0, NONCE);
        match self {
            Self::Hello => datagram.put_u8(0),
            Self::Welcome => datagram.put_u8(1),
            Self::KeepAlive => datagram.put_u8(2),
            Self::Close => datagram.put_u8(3),
            Self::Request(put) => {
                datagram.put_u8(4);
                put.encode(&mut datagram);
                datagram.put_bytes(b'm', METADATA);
            }
            Self::Fragment(fragment) => {
                datagram.put_u8(5);
                fragment.encode(&mut datagram);
            }
            Self::Ack(stream) => {
                datagram.put_u8(6);
                datagram.put_u32(*stream);
            }
            Self::Stored(stream) => {
                datagram.put_u8(7);
                datagram.put_u32(*stream);
            }
        }
        datagram.put_bytes(0, TAG);
        assert!(datagram.len() <= DATAGRAM_MAX, "{} bytes", datagram.len());
        datagram.freeze()
    }

    /// What it says, if it says anything.
    pub(super) fn decode(datagram: &[u8]) -> Option<Self> {
        let end = datagram.len().checked_sub(TAG)?;
        let mut rest = datagram.get(NONCE..end)?;
        let packet = match rest.try_get_u8().ok()? {
            0 => Self::Hello,
            1 => Self::Welcome,
            2 => Self::KeepAlive,
            3 => Self::Close,
            4 => Self::Request(Put::decode(&mut rest)?),
            5 => return Some(Self::Fragment(Fragment::decode(rest)?)),
            6 => Self::Ack(rest.try_get_u32().ok()?),
            7 => Self::Stored(rest.try_get_u32().ok()?),
            _ => return None,
        };
        Some(packet)
    }
}

impl Put {
    fn encode(self, datagram: &mut BytesMut) {
        datagram.put_u32(self.stream);
        datagram.put_u64(self.object_bytes);
    }

    fn decode(rest: &mut &[u8]) -> Option<Self> {
        Some(Self { stream: rest.try_get_u32().ok()?, object_bytes: rest.try_get_u64().ok()? })
    }
}

impl Fragment {
    fn encode(&self, datagram: &mut BytesMut) {
        self.put.encode(datagram);
        datagram.put_u32(self.number);
        datagram.put_bytes(0, HEAD_REST);
        if self.number == 1 {
            datagram.put_u8(1);
            datagram.put_u64(METADATA as u64);
            datagram.put_bytes(b'm', METADATA);
        }
        datagram.extend_from_slice(&self.payload);
    }

    fn decode(mut rest: &[u8]) -> Option<Self> {
        let put = Put::decode(&mut rest)?;
        let number = rest.try_get_u32().ok()?;
        let skipped = if number == 1 { HEAD_REST + 1 + 8 + METADATA } else { HEAD_REST };
        let payload = Bytes::copy_from_slice(rest.get(skipped..)?);
        Some(Self { put, number, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fork_cancel::program::fragment::{FIRST_PAYLOAD, PAYLOAD_MAX};

    const PUT: Put = Put { stream: 7, object_bytes: 253_000 };

    fn fragment(number: u32, size: usize) -> Packet {
        Packet::Fragment(Fragment { put: PUT, number, payload: Bytes::from(vec![9; size]) })
    }

    #[test]
    fn what_is_said_is_understood() {
        for packet in [
            Packet::Hello,
            Packet::Welcome,
            Packet::KeepAlive,
            Packet::Close,
            Packet::Request(PUT),
            Packet::Ack(3),
            Packet::Stored(4),
            fragment(1, FIRST_PAYLOAD),
            fragment(2, 43),
        ] {
            assert_eq!(Packet::decode(&packet.encode()), Some(packet));
        }
    }

    #[test]
    fn a_full_fragment_fills_a_datagram() {
        assert_eq!(fragment(1, FIRST_PAYLOAD).encode().len(), DATAGRAM_MAX);
        assert_eq!(fragment(2, PAYLOAD_MAX).encode().len(), DATAGRAM_MAX);
    }

    #[test]
    fn what_was_cut_off_is_not_understood() {
        let whole = fragment(1, 0).encode();
        for end in [0, NONCE, NONCE + TAG, whole.len() - 1] {
            assert_eq!(Packet::decode(&whole[..end]), None, "{end}");
        }
    }
}
