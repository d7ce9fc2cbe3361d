//! `cargo xtask nightly` and `cargo xtask emit` from outside.
//!
//! Knows the scenarios by name only. Invariant: a night here has a number, and so the same seeds whenever it is run.

mod emitted;
#[path = "../folder/mod.rs"]
mod folder;
#[path = "../interrupted/mod.rs"]
mod interrupted;
mod nights;
