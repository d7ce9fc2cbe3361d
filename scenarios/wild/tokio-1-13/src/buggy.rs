//! The rows, compiled against the versions with the bugs.
//!
//! Invariant: but for what a crate has come to call otherwise, nothing here is of a row.

#[path = "rows/mod.rs"]
pub(crate) mod rows;

/// The crates, by the names that the rows have for them.
pub(crate) mod crates {
    pub(crate) use futures_buggy as futures;
    pub(crate) use oneshot_buggy as oneshot;
    pub(crate) use parking_lot_buggy as parking_lot;
    pub(crate) use tokio_buggy as tokio;
}
