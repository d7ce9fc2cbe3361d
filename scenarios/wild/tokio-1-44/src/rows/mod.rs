//! The rows, each compiled twice: against the versions with the bugs, and against those without.
//!
//! They know their crates by the names in `crates`. Invariant: a row is one source for both.

pub(crate) mod eventlistener_233;
pub(crate) mod futures_mpsc;
pub(crate) mod oneshot_unparking;
pub(crate) mod tokio_broadcast_0023;
