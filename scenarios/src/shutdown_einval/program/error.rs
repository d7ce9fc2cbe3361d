//! What can go wrong in a handoff, in the words in which the supervisor reports it.
//!
//! It does not know what is done about it. Invariant: an error of the operating system is passed on as it is.

use std::fmt;
use std::io;

/// Why a step of a handoff failed.
#[derive(Debug)]
pub(in super::super) enum Error {
    /// The operating system said so.
    Io(io::Error),
    /// A frame's body is no message.
    Codec(postcard::Error),
    /// A frame cannot be as long as it says.
    FrameLength(u32),
    /// The peer said something that does not belong here.
    Unexpected(&'static str),
    /// Nothing came in time.
    Timeout(&'static str),
    /// Another process owns the data.
    LockHeld,
    /// The supervisor gave up.
    Aborted(String),
}

/// What a step of a handoff gives.
pub(in super::super) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether it is the error that a receive ends with when its time is over.
    pub(super) fn is_timeout(&self) -> bool {
        let Self::Io(error) = self else { return false };
        matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
    }

    /// Whether it says that the peer is gone.
    pub(super) fn is_disconnect(&self) -> bool {
        let Self::Io(error) = self else { return false };
        matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "io: {error}"),
            Self::Codec(error) => write!(f, "codec: {error}"),
            Self::FrameLength(length) => write!(f, "no frame is {length} bytes long"),
            Self::Unexpected(what) => write!(f, "unexpected message for current state: {what}"),
            Self::Timeout(what) => write!(f, "timed out waiting for {what}"),
            Self::LockHeld => write!(f, "data-dir lock held by another process"),
            Self::Aborted(reason) => write!(f, "handoff aborted by peer: {reason}"),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<postcard::Error> for Error {
    fn from(error: postcard::Error) -> Self {
        Self::Codec(error)
    }
}
