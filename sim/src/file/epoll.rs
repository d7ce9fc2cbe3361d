//! `epoll(7)`.
//!
//! Does not know descriptors. Invariant: an id is never reused within a run.

use serde::{Deserialize, Serialize};

/// An epoll instance: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EpollId(pub u32);
