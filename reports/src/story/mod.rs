//! What a record means: which of its steps matter, and how they hang together.
//!
//! Draws nothing, and knows no format. Invariant: what is told of a record follows from the record alone.

pub mod clock;
pub mod compare;
pub mod lanes;
pub mod names;
pub mod places;
pub mod table;
pub mod text;

mod choice;
mod told;
pub(crate) mod words;

pub use told::{Beside, Critical, Decided, Ended, Operation, Output, Panicked, Story, verdict_word};
