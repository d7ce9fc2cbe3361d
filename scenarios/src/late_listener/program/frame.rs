//! What travels between two managers, and how it looks on the wire: a length, then the body.
//!
//! It does not know who sends what when. Invariant: `read` gives back exactly what `write` was given.

use std::io::{self, Read, Write};
use std::net::SocketAddr;

/// Names a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId(pub(super) u8);

/// A manager, and where it listens, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    /// Its name.
    pub(super) node: NodeId,
    /// Where to connect to.
    pub(super) address: Option<SocketAddr>,
}

/// What the other side says to a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Welcome.
    Accepted,
    /// No: it refuses a lock, or already has a connection.
    Refused,
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// The first frame on a connection, from the side that opened it.
    HandshakeRequest {
        /// Who opened it.
        source: NodeId,
    },
    /// The answer to it.
    HandshakeResponse {
        /// Whether the connection may be used.
        verdict: Verdict,
    },
    /// Asks the peer to lock the connection.
    LockRequest {
        /// The call.
        call: u64,
        /// Who asks.
        source: NodeId,
    },
    /// The answer to it.
    LockResponse {
        /// The call.
        call: u64,
        /// Whether it is locked.
        verdict: Verdict,
    },
}

/// Tag, small value, call.
const BODY_LEN: usize = 10;

impl Frame {
    /// Writes the frame in one piece.
    pub(super) fn write(&self, mut to: impl Write) -> io::Result<()> {
        let (tag, value, call) = match *self {
            Self::HandshakeRequest { source } => (0, source.0, 0),
            Self::HandshakeResponse { verdict } => (1, verdict.to_byte(), 0),
            Self::LockRequest { call, source } => (2, source.0, call),
            Self::LockResponse { call, verdict } => (3, verdict.to_byte(), call),
        };
        let mut bytes = Vec::with_capacity(4 + BODY_LEN);
        bytes.extend((BODY_LEN as u32).to_be_bytes());
        bytes.extend([tag, value]);
        bytes.extend(call.to_be_bytes());
        to.write_all(&bytes)
    }

    /// Reads the next frame; the end of the stream is an error like any other.
    pub(super) fn read(mut from: impl Read) -> io::Result<Self> {
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        if u32::from_be_bytes(length) as usize != BODY_LEN {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "frame of unknown length"));
        }
        let mut body = [0; BODY_LEN];
        from.read_exact(&mut body)?;
        let [tag, value, call @ ..] = body;
        let call = u64::from_be_bytes(call);
        match tag {
            0 => Ok(Self::HandshakeRequest { source: NodeId(value) }),
            1 => Ok(Self::HandshakeResponse { verdict: Verdict::from_byte(value) }),
            2 => Ok(Self::LockRequest { call, source: NodeId(value) }),
            3 => Ok(Self::LockResponse { call, verdict: Verdict::from_byte(value) }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "frame of unknown kind")),
        }
    }
}

impl Verdict {
    fn to_byte(self) -> u8 {
        u8::from(self == Self::Accepted)
    }

    fn from_byte(byte: u8) -> Self {
        if byte == 1 { Self::Accepted } else { Self::Refused }
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, NodeId, Verdict};

    fn check(frame: Frame) {
        let mut wire = Vec::new();
        frame.write(&mut wire).unwrap();
        assert_eq!(Frame::read(wire.as_slice()).unwrap(), frame);
        assert!(Frame::read(&wire[..wire.len() - 1]).is_err(), "a cut frame is no frame");
    }

    #[test]
    fn what_is_written_is_read() {
        check(Frame::HandshakeRequest { source: NodeId(2) });
        check(Frame::HandshakeResponse { verdict: Verdict::Accepted });
        check(Frame::HandshakeResponse { verdict: Verdict::Refused });
        check(Frame::LockRequest { call: 7, source: NodeId(1) });
        check(Frame::LockResponse { call: u64::MAX, verdict: Verdict::Accepted });
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        assert!(Frame::read([0, 0, 0, 1, 9].as_slice()).is_err());
        assert!(Frame::read([0, 0, 0, 10, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0].as_slice()).is_err());
    }
}
