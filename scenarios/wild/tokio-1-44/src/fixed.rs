//! The rows, compiled against the versions without the bugs.
//!
//! Invariant: but for what a crate has come to call otherwise, nothing here is of a row.

#[path = "rows/mod.rs"]
pub(crate) mod rows;

/// The crates, by the names that the rows have for them.
pub(crate) mod crates {
    pub(crate) use event_listener;
    pub(crate) use futures_channel;
    pub(crate) use oneshot;
    pub(crate) use tokio;
}
