//! The rules of STYLE.md that a program can check, as `cargo xtask tidy` and as a test.
//!
//! Each rule looks at one file or one manifest and knows nothing of the others. What clippy or rustc check already
//! is not repeated here.
//! Invariant: every finding names a file, a line and what to do about it.

mod finding;
mod source;

mod attributes;
mod docs;
mod edges;
mod manifest;
mod ratchet;
mod run;
mod size;
mod unsafety;

#[cfg(test)]
mod check;

pub use finding::Finding;
pub use run::{TidyError, findings};
