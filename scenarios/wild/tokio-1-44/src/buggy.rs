//! The rows, compiled against the versions with the bugs.
//!
//! Invariant: but for what a crate has come to call otherwise, nothing here is of a row.

#[path = "rows/mod.rs"]
pub(crate) mod rows;

/// The crates, by the names that the rows have for them.
pub(crate) mod crates {
    pub(crate) use event_listener_buggy as event_listener;
    pub(crate) use futures_channel_buggy as futures_channel;
    pub(crate) use oneshot_buggy as oneshot;
    pub(crate) use tokio_buggy as tokio;
}
