//! futures-rs#2304: a receiver that is dropped while a message is counted but not yet queued leaves it to whoever sends next.
//!
//! Invariant: a message is dropped with its receiver.

use std::sync::Arc;

use photofinish::scenario::Failure;
use photofinish_wild::{failed, race};

use super::super::crates::futures_channel::mpsc;

pub(crate) fn run() -> Result<(), Failure> {
    let (sender, receiver) = mpsc::unbounded::<Arc<()>>();
    let message = Arc::new(());
    let weak = Arc::downgrade(&message);
    let other = sender.clone();
    race([
        Box::new(move || {
            // It comes back if nobody can have it.
            let _ = other.unbounded_send(message);
        }) as Box<dyn FnOnce() + Send>,
        Box::new(move || drop(receiver)),
    ]);
    let outlives = weak.upgrade().is_some();
    drop(sender);
    if outlives { failed("a message outlived its receiver") } else { Ok(()) }
}
