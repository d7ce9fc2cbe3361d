//! The rows, each compiled twice: against the versions with the bugs, and against those without.
//!
//! They know their crates by the names in `crates`. Invariant: a row is one source for both.

pub(crate) mod flatten_2726;
pub(crate) mod oneshot_0005;
pub(crate) mod remutex_da16c2c;
pub(crate) mod tokio_oneshot_0124;
