//! Why the network did not answer an attempt.
//!
//! Does not know deadlines or blocking modes: `call` turns a refusal into a [`Stop`](crate::call::Stop). Invariant: a
//! refused attempt transmitted nothing, save that [`Net::connect`](super::Net::connect) may have begun its handshake.

use crate::errno::Errno;
use crate::wait::WaitOn;

/// Why an attempt was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The program sees this error number.
    Fail(Errno),
    /// Not now; the attempt may succeed once this comes. A non-blocking caller sees `EAGAIN`.
    Wait(WaitOn),
    /// We do not model this: what was asked, and the error number the program sees.
    Unmodelled(String, Errno),
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::Fail(errno)
    }
}

impl Refusal {
    /// Something asked for that we do not model.
    pub fn unmodelled(what: impl Into<String>, errno: Errno) -> Self {
        Self::Unmodelled(what.into(), errno)
    }
}
