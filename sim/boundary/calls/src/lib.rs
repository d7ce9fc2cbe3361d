//! The C library's calls as safe functions, for programs that hold the simulation against Linux, and for scenarios.
//!
//! Std hides what a conformance case asks about: numbers of descriptors, flags, structs that are wrong on purpose. This crate
//! knows nothing of simulation: it calls whatever the linker found under a name. Invariant: a function makes exactly the call
//! it is named after, once (in [`child`], the few calls that hand over a descriptor), and touches memory only through its
//! arguments.

mod address;
pub mod affinity;
pub mod bypass;
pub mod child;
pub mod compiled;
pub mod descriptor;
pub mod epoll;
pub mod event;
mod failed;
pub mod file;
pub mod folder;
pub mod futex;
pub mod identity;
pub mod leak;
pub mod machine;
pub mod mapping;
pub mod memory;
pub mod message;
pub mod misuse;
pub mod name;
pub mod path;
pub mod pipe;
pub mod poller;
pub mod process;
pub mod random;
pub mod record;
pub mod signal;
pub mod socket;
pub mod thread;
pub mod time;
pub mod tsc;
pub mod user;
pub mod waiting;

pub use failed::Failed;
