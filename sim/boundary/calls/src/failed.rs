//! How a call failed.
//!
//! Does not know which call. Invariant: an error number is read before anything else can change it.

use core::fmt;

use photofinish_sim::errno::Errno;

/// The error number of a call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed(pub i32);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u16::try_from(self.0).map(|number| Errno(number).name()) {
            Ok(name) if name != "E?" => f.write_str(name),
            _ => write!(f, "error {}", self.0),
        }
    }
}

/// The error number the running thread's last call left.
fn errno() -> Failed {
    // SAFETY: __errno_location(3) has no preconditions.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: it is the running thread's own errno.
    Failed(unsafe { *place })
}

/// A call that answers -1 when it fails.
pub(crate) fn number(answer: i32) -> Result<i32, Failed> {
    if answer == -1 { Err(errno()) } else { Ok(answer) }
}

/// A call that answers 0, or -1 when it fails.
pub(crate) fn done(answer: i32) -> Result<(), Failed> {
    number(answer).map(|_| ())
}

/// A call that answers a count, or -1 when it fails.
pub(crate) fn count(answer: isize) -> Result<usize, Failed> {
    usize::try_from(answer).map_err(|_| errno())
}

/// A call that answers a word, or -1 when it fails.
pub(crate) fn word(answer: i64) -> Result<i64, Failed> {
    if answer == -1 { Err(errno()) } else { Ok(answer) }
}

/// A call that answers its error number.
pub(crate) fn direct(answer: i32) -> Result<(), Failed> {
    if answer == 0 { Ok(()) } else { Err(Failed(answer)) }
}
