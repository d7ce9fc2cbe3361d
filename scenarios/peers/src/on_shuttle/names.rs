//! What the kernels call threads, locks and atomics: shuttle's.
//!
//! It does not know what they are used for. Invariant: it holds names and nothing else.

pub(super) use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(super) use shuttle::sync::{Arc, Condvar, Mutex};
pub(super) use shuttle::thread;
