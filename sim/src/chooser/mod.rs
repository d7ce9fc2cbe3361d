//! The choosers: one policy per file.
//!
//! A chooser knows the question and what it drew before, never the kernel. Invariant: the same seed and the same questions
//! give the same answers.

mod aside;
mod attentive;
mod boring;
mod delay;
mod eager;
mod left;
mod lengths;
mod lenient;
mod pct;
#[cfg(test)]
mod play;
mod pos;
mod shape;
mod spos;
mod starve;
mod strategy;
mod strict;
mod surw;
mod swalk;
mod swarm;
mod telling;
mod touches;
mod urw;
mod walk;
mod words;

pub use attentive::Attentive;
pub use boring::Boring;
pub use delay::Delay;
pub use eager::Eager;
pub use lengths::{Lengths, Row};
pub use lenient::Lenient;
pub use pct::Pct;
pub use pos::Pos;
pub use shape::{Access, Selection, Shape, Sharing, Touch, Word};
pub use spos::Spos;
pub use starve::Starve;
pub use strategy::{Rule, Strategy};
pub use strict::Strict;
pub use surw::Surw;
pub use swalk::Swalk;
pub use telling::{Tell, Telling};
pub use urw::Urw;
pub use walk::{Walk, WalkKnobs};
pub use words::Words;
