//! Streams that came before their operation, and operations that came before their stream.
//!
//! It does not know what is done with a stream. Invariant: for a stream there is an orphan or a waiting operation,
//! never both.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{self, Instant};

use super::handle::StreamHandle;

/// Both kinds of waiting.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    waiting: Mutex<BTreeMap<u32, Waiting>>,
}

#[derive(Debug)]
enum Waiting {
    Stream(StreamHandle, Instant),
    Operation(oneshot::Sender<StreamHandle>),
}

impl Orphans {
    /// A stream has begun.
    pub(super) fn register(&self, stream: u32, handle: &StreamHandle) {
        let mut waiting = self.waiting();
        if let Some(Waiting::Operation(operation)) = waiting.remove(&stream)
            && operation.send(handle.clone()).is_ok()
        {
            return;
        }
        waiting.insert(stream, Waiting::Stream(handle.clone(), Instant::now()));
    }

    /// The stream, if it comes within `patience`.
    pub(super) async fn claim_or_wait(&self, stream: u32, patience: Duration) -> Option<StreamHandle> {
        let arrival = {
            let mut waiting = self.waiting();
            if let Some(Waiting::Stream(handle, _)) = waiting.remove(&stream) {
                return Some(handle);
            }
            let (operation, arrival) = oneshot::channel();
            waiting.insert(stream, Waiting::Operation(operation));
            arrival
        };
        time::timeout(patience, arrival).await.ok()?.ok()
    }

    /// Forgets the streams that nobody claimed for `patience`.
    pub(super) fn collect(&self, patience: Duration) {
        self.waiting().retain(|_, waiting| match waiting {
            Waiting::Stream(_, since) => since.elapsed() < patience,
            Waiting::Operation(operation) => !operation.is_closed(),
        });
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u32, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fork_cancel::program::pace::Pace;
    use crate::fork_cancel::program::revision::Revision;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn stream() -> StreamHandle {
        StreamHandle::new(100, Revision::Fixed, Pace::REAL)
    }

    #[tokio::test]
    async fn a_stream_that_came_first_is_there() {
        let orphans = Orphans::default();
        orphans.register(1, &stream());
        assert!(orphans.claim_or_wait(1, PATIENCE).await.is_some());
        assert!(orphans.claim_or_wait(1, Duration::ZERO).await.is_none(), "it is claimed once");
    }

    #[tokio::test]
    async fn a_stream_that_comes_later_is_waited_for() {
        let orphans = Orphans::default();
        let claim = async { orphans.claim_or_wait(1, PATIENCE).await };
        let come = async {
            orphans.register(1, &stream());
        };
        assert!(tokio::join!(claim, come).0.is_some());
    }

    #[tokio::test]
    async fn what_nobody_claims_is_forgotten_in_the_end() {
        let orphans = Orphans::default();
        orphans.register(1, &stream());
        orphans.collect(PATIENCE);
        assert_eq!(orphans.waiting().len(), 1);
        orphans.collect(Duration::ZERO);
        assert_eq!(orphans.waiting().len(), 0);
    }
}
