//! flume#120: a receiver that is polled between the last message and the end of the channel is told of the end.
//!
//! Invariant: a message that was sent before the sender was dropped is received.

use std::pin::Pin;
use std::task::{Context, Poll};

use photofinish::scenario::Failure;
use photofinish_wild::{failed, idle_waker, race};

use super::super::crates::flume;

pub(crate) fn run() -> Result<(), Failure> {
    let (sender, receiver) = flume::unbounded::<u64>();
    let mut receiving = receiver.into_recv_async();
    let mut poll = move || Pin::new(&mut receiving).poll(&mut Context::from_waker(&idle_waker()));
    assert!(poll().is_pending());
    let mut received = None;
    let ended = &mut received;
    race([
        Box::new(move || {
            sender.send(1).expect("the receiver is there");
            drop(sender);
        }) as Box<dyn FnOnce() + Send>,
        // Polled whether it was woken or not, as by `select!`.
        Box::new(move || {
            *ended = loop {
                match poll() {
                    Poll::Ready(ready) => break Some(ready),
                    Poll::Pending => std::thread::yield_now(),
                }
            };
        }),
    ]);
    match received {
        Some(Ok(1)) => Ok(()),
        _ => failed("told of the end of the channel, and not of its message"),
    }
}
