//! What can become of a host.
//!
//! Knows nothing else. Invariant: each change is told once, when it happens.

use serde::{Deserialize, Serialize};

use crate::process::Pid;

/// What becomes of a host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HostChange {
    /// It exists.
    Added {
        /// Its name.
        name: String,
    },
    /// A program began on it.
    Started {
        /// Its process.
        process: Pid,
        /// The program's name.
        program: String,
    },
    /// It lost its power.
    Crashed,
    /// It has power again.
    Restarted,
    /// Its threads stand still.
    Paused,
    /// Its threads go on.
    Resumed,
}
