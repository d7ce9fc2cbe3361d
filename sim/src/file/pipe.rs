//! `pipe(7)`.
//!
//! Does not know descriptors. Invariant: an id is never reused within a run.

use serde::{Deserialize, Serialize};

/// A pipe: its order of creation in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PipeId(pub u32);

/// An end of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum End {
    /// Where bytes come out.
    Read,
    /// Where they go in.
    Write,
}
