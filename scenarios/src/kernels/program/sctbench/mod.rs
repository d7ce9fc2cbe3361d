//! Programs of SCTBench with two to four threads, told again in Rust.
//!
//! Thomson, Donaldson and Betts, "Concurrency testing using schedule bounding: an empirical study" (2014), collected them; these are
//! written from what they describe, and share no code with theirs. What they left to plain memory is a `Relaxed` atomic here, so a peer
//! that models weak memory may find it by a stale value.
//!
//! Left out: what fails under every schedule (`arithmetic_prog`, `fsbench`, `phase01`, `sync01`, `sync02`), what is another kernel under
//! another name (`deadlock01`, `queue`, the other queues of work), what safe Rust refuses (`ctrace-test`, `pbzip2`), what is an application
//! or has more threads, and `safestack`, which the default search does not find.
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
