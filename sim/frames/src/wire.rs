//! Messages on a pipe: a 32-bit little-endian length, and a postcard.
//!
//! Does not know what they mean. Invariant: a message that is cut short, too long or of another kind is an error.

use std::fmt;
use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a message was not passed on.
#[derive(Debug)]
pub enum WireError {
    /// The pipe broke, or ended within it.
    Io(io::Error),
    /// It is of another kind, or longer than any may be.
    Nonsense,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Nonsense => f.write_str("it is no message of this protocol"),
        }
    }
}

impl std::error::Error for WireError {}

/// Passes a message on.
///
/// # Errors
/// The pipe broke, or the message is longer than any may be.
pub fn write<T: Serialize>(to: &mut impl Write, message: &T) -> Result<(), WireError> {
    let body = postcard::to_allocvec(message).map_err(|_| WireError::Nonsense)?;
    let length = u32::try_from(body.len()).map_err(|_| WireError::Nonsense)?;
    to.write_all(&length.to_le_bytes()).map_err(WireError::Io)?;
    to.write_all(&body).map_err(WireError::Io)?;
    to.flush().map_err(WireError::Io)
}

/// Waits for a message.
///
/// # Errors
/// The pipe broke or ended, or the message is of another kind.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> Result<T, WireError> {
    let mut length = [0; 4];
    from.read_exact(&mut length).map_err(WireError::Io)?;
    let body = read_bytes(from, u32::from_le_bytes(length).into()).map_err(WireError::Io)?;
    postcard::from_bytes(&body).map_err(|_| WireError::Nonsense)
}

/// Waits for so many bytes. They are read as far as they go, so that an impossible length takes no memory.
///
/// # Errors
/// There are fewer, or the pipe broke.
pub fn read_bytes(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
