//! Makes a failing run simpler: from thousands of decisions to the few without which it does not fail.
//!
//! Its only material is the plan of a run, a list of decisions by name; its only question to the world is whether a plan, followed
//! leniently, gives a run that fails in the same way. It makes no runs, knows no failure, no clock and no file. Invariant: what it gives is a run
//! that the judge said fails, and never one that is less simple than the one it was given.
//!
//! Reading order: [`judge`] (who answers), [`cost`] (what is simpler, and why), `search` (asking, each question once), `passes` (what
//! is asked), [`shrink()`] (in which order, and until when).
#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

pub mod cost;
mod digest;
mod edit;
pub mod judge;
mod passes;
mod search;
mod shrink;
mod walk;

pub use cost::Cost;
pub use judge::{Asked, Budget, Judge, Kept, Places, Size, Stopped};
pub use shrink::{Minimal, PassStats, Shrunk, Stats, Why, shrink};
