//! RUSTSEC-2021-0124: a value that is sent after the receiver has closed may be taken by both of them.
//!
//! Invariant: a value is taken once.

use photofinish::scenario::Failure;
use photofinish_wild::race;

use super::super::crates::tokio::sync::oneshot;

pub(crate) fn run() -> Result<(), Failure> {
    let (sender, mut receiver) = oneshot::channel::<Box<u64>>();
    receiver.close();
    race([
        Box::new(move || {
            // It comes back if nobody can have it.
            let _ = sender.send(Box::new(7));
        }) as Box<dyn FnOnce() + Send>,
        Box::new(move || {
            if let Ok(value) = receiver.try_recv() {
                assert_eq!(*value, 7);
            }
        }),
    ]);
    Ok(())
}
