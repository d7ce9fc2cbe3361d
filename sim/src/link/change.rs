//! What can become of a link, and of a packet on it.
//!
//! Knows nothing else. Invariant: each is told once, when it happens.

use serde::{Deserialize, Serialize};

/// Why a packet did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Loss {
    /// The link was cut.
    Cut,
    /// The host it was for is down.
    Down,
    /// No host has the address it was for.
    Nowhere,
    /// The link loses one now and then.
    Struck,
    /// Too many bytes waited for the link.
    Overflow,
    /// Bytes before it were lost, and their sender is gone.
    Gap,
}

/// What becomes of one direction between two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LinkChange {
    /// What is sent is lost.
    Cut,
    /// What is sent arrives again.
    Healed,
    /// What is sent is kept.
    Held,
    /// What was kept travels.
    Released,
    /// All connections that this end has with the other were reset.
    Reset,
}
