//! RUSTSEC-2025-0023: two receivers of one channel may clone its value at once, though it is not `Sync`.
//!
//! Invariant: a value that is not `Sync` is cloned by one thread at a time.

use std::cell::Cell;
use std::thread;

use photofinish::scenario::Failure;
use photofinish_wild::{failed, race};

use super::super::crates::tokio::sync::broadcast;

/// Not `Sync`, so nobody else may be in its `clone`.
struct Value {
    is_cloned: Cell<bool>,
    was_shared: bool,
}

impl Clone for Value {
    fn clone(&self) -> Self {
        let was_shared = self.is_cloned.replace(true);
        thread::yield_now();
        self.is_cloned.set(false);
        Self { is_cloned: Cell::new(false), was_shared }
    }
}

pub(crate) fn run() -> Result<(), Failure> {
    let (sender, mut one) = broadcast::channel(2);
    let mut other = sender.subscribe();
    let value = Value { is_cloned: Cell::new(false), was_shared: false };
    assert!(sender.send(value).is_ok(), "there are receivers");
    let mut shared = [false; 2];
    let [shared_one, shared_other] = &mut shared;
    race([
        Box::new(move || *shared_one = one.try_recv().is_ok_and(|value| value.was_shared))
            as Box<dyn FnOnce() + Send>,
        Box::new(move || *shared_other = other.try_recv().is_ok_and(|value| value.was_shared)),
    ]);
    if shared.contains(&true) { failed("a value was cloned by two threads at once") } else { Ok(()) }
}
