//! RUSTSEC-2026-0005: a receiver that is dropped after it was polled reads its waker back from what the sender may have freed.
//!
//! Invariant: what was freed is not read.

use std::future::IntoFuture as _;
use std::pin::Pin;
use std::task::Context;

use photofinish::scenario::Failure;
use photofinish_wild::{idle_waker, race};

use super::super::crates::oneshot;

pub(crate) fn run() -> Result<(), Failure> {
    let (sender, receiver) = oneshot::channel::<u64>();
    race([
        Box::new(move || {
            let mut receiving = receiver.into_future();
            // As a time-out does it: polled once, then dropped.
            if Pin::new(&mut receiving).poll(&mut Context::from_waker(&idle_waker())).is_pending() {
                drop(receiving);
            }
        }) as Box<dyn FnOnce() + Send>,
        Box::new(move || drop(sender)),
    ]);
    Ok(())
}
