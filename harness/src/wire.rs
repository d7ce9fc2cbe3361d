//! Messages between client and server: a 32-bit little-endian length, and a postcard.
//!
//! Does not know what they mean. Invariant: a message that is cut short, too long or of another kind is an error.

use std::io::{self, Read, Write};
use std::path::Path;

use photofinish_boundary::frames::Ask;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::ClientError;

/// Why a message was not passed on.
#[derive(Debug)]
pub(crate) enum WireError {
    Io(io::Error),
    Nonsense,
}

impl WireError {
    /// The same, of a client that was doing something.
    pub(crate) fn at(self, path: &Path, doing: &'static str) -> ClientError {
        let path = path.to_owned();
        match self {
            Self::Io(source) => ClientError::Gone { path, doing, source },
            Self::Nonsense => ClientError::Nonsense { path, doing },
        }
    }
}

/// A request as a server reads it on its standard input.
///
/// # Errors
/// It is longer than any message may be.
pub(crate) fn framed(ask: &Ask) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match write(&mut bytes, ask) {
        Ok(()) => Ok(bytes),
        Err(WireError::Io(error)) => Err(error),
        Err(WireError::Nonsense) => Err(io::Error::other("the request is too long")),
    }
}

/// Passes a message on.
pub(crate) fn write<T: Serialize>(to: &mut impl Write, message: &T) -> Result<(), WireError> {
    let body = postcard::to_allocvec(message).map_err(|_| WireError::Nonsense)?;
    let length = u32::try_from(body.len()).map_err(|_| WireError::Nonsense)?;
    to.write_all(&length.to_le_bytes()).map_err(WireError::Io)?;
    to.write_all(&body).map_err(WireError::Io)?;
    to.flush().map_err(WireError::Io)
}

/// Waits for a message.
pub(crate) fn read<T: DeserializeOwned>(from: &mut impl Read) -> Result<T, WireError> {
    let mut length = [0; 4];
    from.read_exact(&mut length).map_err(WireError::Io)?;
    let body = read_bytes(from, u32::from_le_bytes(length).into()).map_err(WireError::Io)?;
    postcard::from_bytes(&body).map_err(|_| WireError::Nonsense)
}

/// Waits for so many bytes. They are read as far as they go, so that an impossible length takes no memory.
pub(crate) fn read_bytes(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
