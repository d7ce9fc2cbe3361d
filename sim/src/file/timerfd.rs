//! `timerfd_create(2)`.
//!
//! Does not know descriptors. Invariant: an id is never reused within a run.

use serde::{Deserialize, Serialize};

/// A timer that is a file: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerFdId(pub u32);
