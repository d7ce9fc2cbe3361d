//! oneshot#60: a receiver that is dropped while it is being woken finds a state that it holds to be impossible.
//!
//! Invariant: a receive may be given up at any time.

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
            if Pin::new(&mut receiving).poll(&mut Context::from_waker(&idle_waker())).is_pending() {
                drop(receiving);
            }
        }) as Box<dyn FnOnce() + Send>,
        Box::new(move || {
            // It comes back if nobody can have it.
            let _ = sender.send(1);
        }),
    ]);
    Ok(())
}
