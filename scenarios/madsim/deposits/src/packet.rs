//! What travels: a deposit, and the acknowledgement of one.
//!
//! Does not know sockets. Invariant: what was encoded is decoded equal; anything else is no packet.

/// A packet of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    /// Add so much to the account of the client that sends this; its how manyeth deposit it is.
    Deposit { number: u64, amount: u64 },
    /// The deposit of this number has been added; the account then held so much.
    Acknowledged { number: u64, balance: u64 },
}

/// Bytes of a packet: its kind and two numbers.
pub(crate) const SIZE: usize = 17;

impl Packet {
    /// As bytes.
    pub(crate) fn encode(self) -> [u8; SIZE] {
        let (kind, one, two) = match self {
            Self::Deposit { number, amount } => (1, number, amount),
            Self::Acknowledged { number, balance } => (2, number, balance),
        };
        let mut bytes = [kind; SIZE];
        bytes[1..9].copy_from_slice(&one.to_le_bytes());
        bytes[9..].copy_from_slice(&two.to_le_bytes());
        bytes
    }

    /// From bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (one, two) = rest.split_first_chunk()?;
        let (one, two) = (u64::from_le_bytes(*one), u64::from_le_bytes(two.try_into().ok()?));
        match kind {
            1 => Some(Self::Deposit { number: one, amount: two }),
            2 => Some(Self::Acknowledged { number: one, balance: two }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_read_as_it_was_written() {
        for packet in [
            Packet::Deposit { number: 7, amount: u64::MAX },
            Packet::Acknowledged { number: u64::MAX, balance: 7 },
        ] {
            let bytes = packet.encode();
            assert_eq!(Packet::decode(&bytes), Some(packet));
            assert_eq!(Packet::decode(&bytes[..SIZE - 1]), None);
            assert_eq!(Packet::decode(&[&bytes[..], &[0]].concat()), None);
        }
        assert_eq!(Packet::decode(&[3; SIZE]), None);
    }
}
