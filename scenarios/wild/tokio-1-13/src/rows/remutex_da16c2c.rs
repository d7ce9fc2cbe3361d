//! parking_lot, commit da16c2c: a reentrant mutex is unlocked before its count is written, by the next owner's leave.
//!
//! Invariant: the mutex is held by one thread at a time, as often as it was locked.

use std::cell::Cell;

use photofinish::scenario::Failure;
use photofinish_wild::{failed, race};

use super::super::crates::parking_lot::ReentrantMutex;

const TIMES: u64 = 4;

pub(crate) fn run() -> Result<(), Failure> {
    let counter = ReentrantMutex::new(Cell::new(0_u64));
    let counted = &counter;
    race((0..2).map(|_| {
        Box::new(move || {
            for _ in 0..TIMES {
                let outer = counted.lock();
                let inner = counted.lock();
                inner.set(inner.get() + 1);
                drop(inner);
                drop(outer);
            }
        }) as Box<dyn FnOnce() + Send>
    }));
    if counter.lock().get() == 2 * TIMES { Ok(()) } else { failed("two threads were in the mutex at once") }
}
