//! What the kernels call threads, locks and atomics: std's own.
//!
//! It does not know who schedules them. `scenarios/peers` has a file of this name for each peer. Invariant: it holds
//! names and nothing else.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(super) use std::sync::{Arc, Condvar, Mutex};
pub(super) use std::thread;
