//! What is written for other programs: that they can read it, and that we read what we wrote.
//!
//! Knows none of the code that writes. Invariant: each format is looked at by a reader that shares no code with its writer.

mod example;
mod json;
mod junit;
mod perfetto;
mod trace;
mod wire;
