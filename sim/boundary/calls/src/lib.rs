//! The C library's calls as safe functions, for programs that hold the simulation against Linux.
//!
//! Std hides what a conformance case asks about: numbers of descriptors, flags, structs that are wrong on purpose. This crate
//! knows nothing of simulation: it calls whatever the linker found under a name. Invariant: a function makes exactly the call
//! it is named after, once, and touches memory only through its arguments.

mod address;
pub mod descriptor;
mod failed;
pub mod futex;
pub mod identity;
pub mod lock;
pub mod memory;
pub mod message;
pub mod name;
pub mod process;
pub mod random;
pub mod socket;
pub mod thread;
pub mod time;

pub use failed::Failed;
