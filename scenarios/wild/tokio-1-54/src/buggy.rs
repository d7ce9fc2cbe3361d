//! The rows, compiled against the versions with the bugs.
//!
//! Invariant: but for what a crate has come to call otherwise, nothing here is of a row.

#[path = "rows/mod.rs"]
pub(crate) mod rows;

/// The crates, by the names that the rows have for them.
pub(crate) mod crates {
    pub(crate) use bytes_buggy as bytes;
    pub(crate) use hyper_buggy as hyper;
    pub(crate) use hyper_util_buggy as hyper_util;
    pub(crate) use tokio_buggy as tokio;
}
