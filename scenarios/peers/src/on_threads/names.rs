//! What the kernels call threads, locks and atomics: std's own.
//!
//! It does not know what they are used for. Invariant: it holds names and nothing else.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(super) use std::sync::{Arc, Condvar, Mutex};
pub(super) use std::thread;
