//! What a record means: which of its steps matter, and how they hang together.
//!
//! Draws nothing, and knows no format. Invariant: what is told of a record follows from the record alone.

pub mod compare;
pub mod lanes;
pub mod names;
