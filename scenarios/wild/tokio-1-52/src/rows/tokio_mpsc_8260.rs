//! tokio#8260: a permit that is given back while the channel is closed wakes nobody who waits for one.
//!
//! Invariant: who waits for room in a closed channel is told so.

use photofinish::scenario::Failure;

use super::super::crates::tokio;
use super::super::crates::tokio::sync::mpsc;

pub(crate) fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build();
    runtime.expect("threads can be started").block_on(async {
        let (sender, mut receiver) = mpsc::channel::<u64>(1);
        let other = sender.clone();
        let holds = tokio::spawn(async move {
            let permit = sender.reserve().await;
            tokio::task::yield_now().await;
            drop(permit);
            drop(sender.reserve().await);
            sender
        });
        let waits = tokio::spawn(async move {
            for _ in 0..4 {
                // Whether there was room is not asked.
                let _ = other.reserve().await;
            }
            other
        });
        let closes = tokio::spawn(async move {
            receiver.close();
            while receiver.recv().await.is_some() {}
        });
        let _senders = (holds.await.expect("it does not panic"), waits.await.expect("it does not panic"));
        closes.await.expect("it does not panic");
    });
    Ok(())
}
