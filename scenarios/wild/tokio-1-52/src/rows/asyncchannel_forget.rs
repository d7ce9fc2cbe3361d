//! async-channel#49: a receiver that is kept but not polled takes the notification of one that waits.
//!
//! Invariant: who polls gets both messages, whatever the other receiver does.

use std::mem;

use futures_lite::future::{block_on, poll_once};
use photofinish::scenario::Failure;
use photofinish_wild::race;

use super::super::crates::async_channel;

pub(crate) fn run() -> Result<(), Failure> {
    let (sender, kept) = async_channel::bounded::<u64>(2);
    let polled = kept.clone();
    // As an arm of a `select!` that is not polled for a while.
    let mut parked = Box::pin(kept.recv());
    assert!(block_on(poll_once(&mut parked)).is_none());
    race([
        Box::new(move || {
            block_on(sender.send(1)).expect("receivers are there");
            block_on(sender.send(2)).expect("receivers are there");
            // A closed channel would wake everybody.
            mem::forget(sender);
        }) as Box<dyn FnOnce() + Send>,
        Box::new(move || {
            assert_eq!(block_on(polled.recv()), Ok(1));
            assert_eq!(block_on(polled.recv()), Ok(2));
        }),
    ]);
    Ok(())
}
