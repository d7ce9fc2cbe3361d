//! The rows, each compiled twice: against the versions with the bugs, and against those without.
//!
//! They know their crates by the names in `crates`. Invariant: a row is one source for both.

pub(crate) mod hyper_terminator_4143;
