//! A message on the wire: a length, a version, the body, each written by itself.
//!
//! It does not know what a message means. Invariant: `read` gives back exactly what `write` was given.

use std::io::{Read, Write};

use super::error::{Error, Result};
use super::protocol::{Message, VERSION};

/// No message is longer.
const LENGTH_MAX: usize = 1 << 20;
/// The version counts as part of what the length tells.
const VERSION_LENGTH: usize = 2;

/// Writes a message in three pieces.
pub(in super::super) fn write(mut to: impl Write, message: &Message) -> Result<()> {
    let body = postcard::to_allocvec(message)?;
    let length = body.len() + VERSION_LENGTH;
    let told = u32::try_from(length).unwrap_or(u32::MAX);
    if length > LENGTH_MAX {
        return Err(Error::FrameLength(told));
    }
    to.write_all(&told.to_le_bytes())?;
    to.write_all(&VERSION.to_le_bytes())?;
    to.write_all(&body)?;
    Ok(to.flush()?)
}

/// Reads the next message, however long it takes.
pub(in super::super) fn read(mut from: impl Read) -> Result<Message> {
    let mut told = [0; 4];
    from.read_exact(&mut told)?;
    let told = u32::from_le_bytes(told);
    let length = told as usize;
    if !(VERSION_LENGTH..=LENGTH_MAX).contains(&length) {
        return Err(Error::FrameLength(told));
    }
    let mut version = [0; VERSION_LENGTH];
    from.read_exact(&mut version)?;
    let mut body = vec![0; length - VERSION_LENGTH];
    from.read_exact(&mut body)?;
    Ok(postcard::from_bytes(&body)?)
}

#[cfg(test)]
mod tests {
    use super::super::protocol::{HandoffId, Message, Side};
    use super::{read, write};

    fn id() -> HandoffId {
        HandoffId(vec![7; 16])
    }

    fn ready() -> Message {
        Message::Ready {
            handoff_id: id(),
            listening_on: Vec::new(),
            healthz_ok: true,
            advertised_revision_per_shard: vec![43],
        }
    }

    fn check(message: &Message) {
        let mut wire = Vec::new();
        write(&mut wire, message).unwrap();
        assert_eq!(&read(wire.as_slice()).unwrap(), message);
        assert!(read(&wire[..wire.len() - 1]).is_err(), "a cut frame is no frame");
    }

    #[test]
    fn what_is_written_is_read() {
        check(&ready());
        check(&Message::hello(Side::Successor));
        check(&Message::HelloAck { proto_version_chosen: 1, handoff_id: id() });
        check(&Message::Drained { open_conns_remaining: 0, accept_closed: true });
        let sealed = Message::SealComplete {
            handoff_id: id(),
            last_revision_per_shard: vec![42],
            data_dir_fingerprint: [9; 32],
        };
        check(&sealed);
        check(&Message::Abort { handoff_id: id(), reason: "late".to_owned() });
        check(&Message::heartbeat());
    }

    #[test]
    fn ready_is_28_bytes_as_the_published_crate_writes_it() {
        let mut wire = Vec::new();
        write(&mut wire, &ready()).unwrap();
        let mut expected = vec![24, 0, 0, 0, 1, 0, 9, 16];
        expected.extend([7; 16]);
        expected.extend([0, 1, 1, 43]);
        assert_eq!(wire, expected);
        assert_eq!(wire.len(), 28);
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for wire in [[1, 0, 0, 0, 1, 0], [255, 255, 255, 255, 1, 0], [3, 0, 0, 0, 1, 0]] {
            assert!(read(wire.as_slice()).is_err());
        }
    }
}
