//! What the kernels call threads, locks and atomics: loom's.
//!
//! It does not know what they are used for. Invariant: it holds names and nothing else.

pub(super) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(super) use loom::sync::{Arc, Condvar, Mutex};
pub(super) use loom::thread;
