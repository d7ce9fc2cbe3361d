//! A reader that must not see two neighbouring values of a writer's steps, but reads twice.
//!
//! It does not know how it is scheduled. Invariant: the writer counts up by one, and stops at the number of steps.

use super::names::{Arc, AtomicU64, Ordering, thread};
use super::pad::{Pad, Touches};

/// The writer stores 1 to `steps`, and the reader must not see 1 and then 2. With two steps the writer has to be stopped after the
/// first and the reader between its looks; with three the writer once more. So much work lies between two steps.
pub(super) fn run(steps: u64, points: u64) -> Result<(), &'static str> {
    let value = Arc::new(AtomicU64::new(0));
    let pad = Pad::new(points);
    let (written, padded) = (Arc::clone(&value), pad.other(Touches::Own));
    let writer = thread::spawn(move || {
        for step in 1..=steps {
            written.store(step, Ordering::SeqCst);
            padded.work();
        }
    });
    let reader = thread::spawn(move || {
        pad.work();
        let first = value.load(Ordering::SeqCst);
        pad.work();
        let second = value.load(Ordering::SeqCst);
        first == 1 && second == 2
    });
    let is_torn = reader.join().expect("it does not panic");
    writer.join().expect("it does not panic");
    if is_torn { Err("torn: the reader saw the writer between two steps") } else { Ok(()) }
}
