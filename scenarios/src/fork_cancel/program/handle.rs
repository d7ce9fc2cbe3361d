//! What holds a stream: its buffer, and whether it is cancelled.
//!
//! It does not know which connection brings the fragments. Invariant: a handle says that it is cancelled before it
//! wakes anybody because of it.

use std::fmt;
use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use parking_lot::RwLock;
use tokio::time;

use super::buffer::{Buffer, Inserted};
use super::inbound::InboundStream;
use super::pace::Pace;
use super::revision::{Assembly, Fork, Revision};
use super::telemetry::Reader;

/// Why a stream ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum StreamError {
    /// It was cancelled.
    Cancelled,
    /// Nothing came for too long.
    Inactive,
    /// A fragment is not of this stream.
    Misfit,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "stream was cancelled",
            Self::Inactive => "no fragments received within inactivity timeout",
            Self::Misfit => "invalid fragment",
        })
    }
}

/// What needs a lock.
#[derive(Debug, Default)]
pub(super) struct SyncState {
    pub(super) cancelled: bool,
    pub(super) wakers: Vec<Waker>,
}

impl SyncState {
    fn wake_all(&mut self) {
        for waker in self.wakers.drain(..) {
            waker.wake();
        }
    }
}

/// A stream as somebody holds it.
#[derive(Clone, Debug)]
pub(in super::super) struct StreamHandle {
    pub(super) buffer: Arc<Buffer>,
    pub(super) sync: Arc<RwLock<SyncState>>,
    pub(super) revision: Revision,
    pace: Pace,
}

impl StreamHandle {
    /// A stream of which nothing has come.
    pub(in super::super) fn new(object_bytes: usize, revision: Revision, pace: Pace) -> Self {
        Self { buffer: Arc::new(Buffer::new(object_bytes)), sync: Arc::default(), revision, pace }
    }

    /// The buffer, which all forks share.
    pub(in super::super) fn buffer(&self) -> &Arc<Buffer> {
        &self.buffer
    }

    /// The size of the object.
    pub(super) fn object_bytes(&self) -> usize {
        self.buffer.object_bytes()
    }

    /// Whether it is cancelled.
    pub(in super::super) fn is_cancelled(&self) -> bool {
        self.sync.read().cancelled
    }

    /// Another holder of the same stream.
    pub(in super::super) fn fork(&self) -> Self {
        let cancelled = match self.revision.fork() {
            Fork::Shared => return self.clone(),
            Fork::Fresh => false,
            Fork::Inherited => self.is_cancelled(),
        };
        let state = SyncState { cancelled, wakers: Vec::new() };
        Self { sync: Arc::new(RwLock::new(state)), ..self.clone() }
    }

    /// Takes a fragment that has come.
    ///
    /// # Errors
    ///
    /// If the stream is cancelled, or the fragment is none of its.
    pub(in super::super) fn push(&self, number: u32, payload: Bytes) -> Result<(), StreamError> {
        if self.is_cancelled() {
            return Err(StreamError::Cancelled);
        }
        match self.buffer.insert(number, payload) {
            Inserted::First => self.sync.write().wake_all(),
            Inserted::Duplicate => {}
            Inserted::Misfit => return Err(StreamError::Misfit),
        }
        Ok(())
    }

    /// Ends the stream for everybody who holds it as this handle does.
    pub(in super::super) fn cancel(&self) {
        {
            let mut sync = self.sync.write();
            sync.cancelled = true;
            sync.wake_all();
        }
        self.buffer.notify();
    }

    /// A reader of the stream, from its beginning.
    pub(in super::super) fn stream(&self, reader: Arc<Reader>) -> InboundStream {
        InboundStream::new(self.clone(), reader)
    }

    /// Waits until the object is complete.
    ///
    /// # Errors
    ///
    /// If the stream is cancelled, or nothing comes for too long.
    pub(in super::super) async fn assemble(&self) -> Result<Vec<u8>, StreamError> {
        loop {
            let early = match self.revision.assembly() {
                Assembly::ListenThenLook => Some(self.buffer.listen()),
                Assembly::LookThenListen => None,
            };
            if let Some(object) = self.assembled()? {
                return Ok(object);
            }
            let listener = early.unwrap_or_else(|| self.buffer.listen());
            if time::timeout(self.pace.inactivity(), listener).await.is_err() {
                return self.assembled()?.ok_or(StreamError::Inactive);
            }
        }
    }

    fn assembled(&self) -> Result<Option<Vec<u8>>, StreamError> {
        if self.is_cancelled() {
            return Err(StreamError::Cancelled);
        }
        Ok(self.buffer.assemble())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fork_cancel::program::fragment::{FIRST_PAYLOAD, PAYLOAD_MAX};
    use crate::fork_cancel::program::revision::Revision::{Fixed, ForkOnly, Merged, Parent, V1, V2};

    fn stream(revision: Revision) -> StreamHandle {
        StreamHandle::new(FIRST_PAYLOAD + PAYLOAD_MAX, revision, Pace::REAL)
    }

    fn check_cancels(revision: Revision, later: [bool; 2]) {
        let cancelled_after = stream(revision);
        let fork = cancelled_after.fork();
        cancelled_after.cancel();
        let cancelled_before = stream(revision);
        cancelled_before.cancel();
        assert_eq!([fork.is_cancelled(), cancelled_before.fork().is_cancelled()], later, "{revision:?}");
    }

    #[test]
    fn a_fork_is_cancelled_with_its_original_or_because_it_was() {
        check_cancels(Parent, [true, true]);
        check_cancels(ForkOnly, [false, false]);
        check_cancels(V1, [false, false]);
        check_cancels(V2, [false, false]);
        check_cancels(Merged, [false, true]);
        check_cancels(Fixed, [false, true]);
    }

    #[test]
    fn a_fork_has_what_its_original_gets() {
        for revision in [Parent, ForkOnly, Fixed] {
            let original = stream(revision);
            let fork = original.fork();
            assert_eq!(original.push(1, Bytes::from(vec![5; FIRST_PAYLOAD])), Ok(()));
            assert!(fork.buffer().get(1).is_some(), "{revision:?}");
        }
    }

    #[test]
    fn nothing_is_taken_once_it_is_cancelled() {
        let stream = stream(Fixed);
        stream.cancel();
        assert_eq!(stream.push(1, Bytes::from(vec![5; FIRST_PAYLOAD])), Err(StreamError::Cancelled));
    }

    #[tokio::test]
    async fn an_assembly_ends_when_all_has_come_or_it_is_cancelled() {
        for revision in [Merged, Fixed] {
            let whole = stream(revision);
            let come = async {
                for (number, bytes) in [(2, PAYLOAD_MAX), (1, FIRST_PAYLOAD)] {
                    tokio::task::yield_now().await;
                    whole.push(number, Bytes::from(vec![5; bytes])).unwrap();
                }
            };
            let (assembled, ()) = tokio::join!(whole.assemble(), come);
            assert_eq!(assembled, Ok(vec![5; FIRST_PAYLOAD + PAYLOAD_MAX]));
            let broken = stream(revision);
            let cancel = async {
                tokio::task::yield_now().await;
                broken.cancel();
            };
            let (assembled, ()) = tokio::join!(broken.assemble(), cancel);
            assert_eq!(assembled, Err(StreamError::Cancelled));
        }
    }
}
