//! Fault points, assertions and workloads that are searched, for a program that may be simulated.
//!
//! A *mark* is a place in a program that a simulation takes notice of. Outside a simulation a mark is one load and a branch:
//! no condition is evaluated, no message formatted. So marks may stay in what is shipped. This crate depends on nothing,
//! and knows no simulator: whoever runs one calls [`install`]. Invariant: until then no mark does anything.
//!
//! | mark | says |
//! |---|---|
//! | [`buggify!`] | here something may go wrong: true now and then |
//! | [`always!`] | this holds whenever the program comes by |
//! | [`sometimes!`] | this holds at least once, in some run of many |
//! | [`eventually!`] | this holds when the program comes by for the last time in a run that returns |
//! | [`reachable!`] | some run comes by |
//! | [`unreachable!`] | no run comes by |
//! | [`fn@choose`], [`choose_as`], [`choose_in`] | this number is the search's to choose |
//!
//! A failed one does not stop the program: the run goes on, and its verdict says what was wrong.
//!
//! ```
//! use photofinish_marks::{always, buggify, eventually, sometimes};
//!
//! fn flush(pages: &mut Vec<u8>, room: usize) -> usize {
//!     // A disk may be slow, and then fewer pages get through.
//!     let room = if buggify!() { room / 2 } else { room };
//!     let written = pages.len().min(room);
//!     pages.drain(..written);
//!     sometimes!(!pages.is_empty(), "a flush leaves pages behind");
//!     always!(written <= room, "a flush fits", "{written} pages for a room of {room}");
//!     eventually!(pages.is_empty(), "all pages are written in the end");
//!     written
//! }
//!
//! assert_eq!(flush(&mut vec![1, 2, 3], 2), 2, "not simulated, so nothing goes wrong");
//! ```
#![forbid(unsafe_code)]

mod choose;
mod hooks;
mod macros;
mod site;

pub use choose::{Choices, Whole, choose, choose_as, choose_in};
pub use hooks::{Choice, Hooks, Odds, hooks, install};
pub use site::{Asks, Site};
