//! Programs of SCTBench with two to four threads, told again in Rust.
//!
//! Thomson, Donaldson and Betts, "Concurrency testing using schedule bounding: an empirical study" (2014), collected them; these are
//! written from what they describe, and share no code with theirs. What they left to plain memory is a `Relaxed` atomic here. Left out
//! are those whose bug needs no schedule, those that are one of ours or of these under another name, and those with more threads.
//! Invariant: threads start in the order in which SCTBench starts them, which for most of the bugs is not that in which they show.

use super::names;

pub(super) mod account;
pub(super) mod bluetooth_driver;
pub(super) mod carter;
pub(super) mod circular_buffer;
mod crew;
pub(super) mod lazy;
pub(super) mod philosophers;
pub(super) mod reorder;
pub(super) mod stack;
pub(super) mod string_buffer;
pub(super) mod token_ring;
pub(super) mod two_stage;
pub(super) mod work_stealing;
pub(super) mod wrong_lock;

use crew::{Crew, Outcome};
