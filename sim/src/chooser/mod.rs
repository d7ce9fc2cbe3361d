//! The choosers: one policy per file.
//!
//! A chooser knows the question and what it drew before, never the kernel. Invariant: the same seed and the same questions
//! give the same answers.

mod aside;
mod boring;
mod eager;
mod pct;
mod replay;
mod starve;
mod strategy;
mod walk;

pub use boring::Boring;
pub use eager::Eager;
pub use pct::Pct;
pub use replay::Replay;
pub use starve::Starve;
pub use strategy::Strategy;
pub use walk::{Walk, WalkKnobs};
