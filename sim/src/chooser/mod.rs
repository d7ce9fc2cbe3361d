//! The choosers: one policy per file.
//!
//! A chooser knows the question and what it drew before, never the kernel. Invariant: the same seed and the same questions
//! give the same answers.

mod aside;
mod boring;
mod delay;
mod eager;
mod lengths;
mod pct;
mod pos;
mod replay;
mod starve;
mod strategy;
mod urw;
mod walk;

pub use boring::Boring;
pub use delay::Delay;
pub use eager::Eager;
pub use lengths::{Lengths, Row};
pub use pct::Pct;
pub use pos::Pos;
pub use replay::Replay;
pub use starve::Starve;
pub use strategy::Strategy;
pub use urw::Urw;
pub use walk::{Walk, WalkKnobs};
