//! Messages between client and server, with errors that say who was asked for what.
//!
//! Does not know what they mean. Invariant: a message that is cut short, too long or of another kind is an error.

use std::io;
use std::path::Path;

use photofinish_boundary::frames::Ask;
pub(crate) use photofinish_boundary::frames::wire::{WireError, read, read_bytes, write};

use crate::client::ClientError;

/// The same error, of a client that was doing something.
pub(crate) fn at(error: WireError, path: &Path, doing: &'static str) -> ClientError {
    let path = path.to_owned();
    match error {
        WireError::Io(source) => ClientError::Gone { path, doing, source },
        WireError::Nonsense => ClientError::Nonsense { path, doing },
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
