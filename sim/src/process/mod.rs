//! Processes: who runs which program, with which descriptors, and how it ended.
//!
//! Does not know programs. Invariant: a number is never reused within a run.

use serde::{Deserialize, Serialize};

/// The number of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pid(pub i32);
