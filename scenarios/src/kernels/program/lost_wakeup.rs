//! A flag is looked at outside of the lock that its condition is waited for under.
//!
//! It does not know how it is scheduled. Invariant: the flag is set before anybody is notified, so a waiter that is
//! notified finds it set.

use super::names::{Arc, AtomicU64, Condvar, Mutex, Ordering, thread};
use super::pad::{Pad, Touches};

struct Shared {
    ready: AtomicU64,
    lock: Mutex<()>,
    changed: Condvar,
}

/// One waits, one sets the flag and notifies; with so much work before and after the look.
pub(super) fn run(points: u64) -> Result<(), &'static str> {
    let shared = Arc::new(Shared { ready: AtomicU64::new(0), lock: Mutex::new(()), changed: Condvar::new() });
    let pad = Pad::new(points);
    let (setter, padded) = (Arc::clone(&shared), pad.other(Touches::Own));
    let setter = thread::spawn(move || {
        padded.work();
        setter.ready.store(1, Ordering::SeqCst);
        let held = setter.lock.lock().expect("nobody panics with it");
        setter.changed.notify_all();
        drop(held);
        padded.work();
    });
    let waiter = thread::spawn(move || {
        pad.work();
        if shared.ready.load(Ordering::SeqCst) == 0 {
            pad.work();
            let held = shared.lock.lock().expect("nobody panics with it");
            drop(shared.changed.wait(held).expect("nobody panics with it"));
        }
    });
    setter.join().expect("it does not panic");
    waiter.join().expect("it does not panic");
    Ok(())
}
