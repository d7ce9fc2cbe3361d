//! What the program tells about itself: transfers that ended, and where each reader stands.
//!
//! It does not know what should have happened. Invariant: nothing here wakes a task or waits for one, so that nodes
//! that share nothing else may share this.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::buffer::Buffer;
use super::handle::StreamHandle;

/// What was transferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    /// From a stream that comes in to one that goes out.
    Pipe,
    /// From a stream to an object in memory.
    Assembly,
    /// The client's operation.
    Put,
}

/// A transfer that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Transfer {
    /// At whom.
    pub(in super::super) node: &'static str,
    /// What it was.
    pub(in super::super) kind: Kind,
    /// Why it failed, if it did.
    pub(in super::super) failed: Option<String>,
    /// How much was transferred.
    pub(in super::super) bytes: u64,
    /// How long it took.
    pub(in super::super) took: Duration,
}

/// Everything that is told.
#[derive(Debug, Default)]
pub(in super::super) struct Telemetry {
    transfers: Mutex<Vec<Transfer>>,
    readers: Mutex<Vec<Arc<Reader>>>,
}

impl Telemetry {
    /// A transfer has ended.
    pub(in super::super) fn ended(&self, transfer: Transfer) {
        self.transfers.lock().unwrap_or_else(PoisonError::into_inner).push(transfer);
    }

    /// What has ended so far.
    pub(in super::super) fn transfers(&self) -> Vec<Transfer> {
        self.transfers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A reader of a fork of `handle` begins.
    pub(in super::super) fn reader(&self, node: &'static str, handle: &StreamHandle) -> Arc<Reader> {
        let reader = Arc::new(Reader {
            node,
            buffer: Arc::clone(handle.buffer()),
            is_of_cancelled: handle.is_cancelled(),
            parked_on: AtomicU32::new(0),
            retained_max: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            standing: Mutex::new(Standing {
                progressed: Instant::now(),
                silence_max: Duration::ZERO,
                last_silence: None,
            }),
        });
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&reader));
        reader
    }

    /// All readers so far.
    pub(in super::super) fn readers(&self) -> Vec<Arc<Reader>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where a reader stands.
#[derive(Debug)]
pub(in super::super) struct Reader {
    node: &'static str,
    buffer: Arc<Buffer>,
    is_of_cancelled: bool,
    /// The number of the fragment that it sleeps for, or 0.
    parked_on: AtomicU32,
    retained_max: AtomicUsize,
    bytes: AtomicU64,
    standing: Mutex<Standing>,
}

#[derive(Clone, Copy, Debug)]
struct Standing {
    progressed: Instant,
    /// The longest time for which it brought nothing, between two fragments.
    silence_max: Duration,
    /// How long it had brought nothing when it ended, if it has ended.
    last_silence: Option<Duration>,
}

impl Reader {
    pub(super) fn runs(&self) {
        self.parked_on.store(0, Ordering::SeqCst);
    }

    pub(super) fn parks(&self, number: u32) {
        self.parked_on.store(number, Ordering::SeqCst);
    }

    pub(super) fn retains(&self, wakers: usize) {
        let max = self.retained_max.load(Ordering::SeqCst).max(wakers);
        self.retained_max.store(max, Ordering::SeqCst);
    }

    pub(super) fn progresses(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
        let mut standing = self.standing();
        standing.silence_max = standing.silence_max.max(standing.progressed.elapsed());
        standing.progressed = Instant::now();
    }

    pub(super) fn ends(&self) {
        self.parked_on.store(0, Ordering::SeqCst);
        let mut standing = self.standing();
        standing.last_silence = Some(standing.progressed.elapsed());
    }

    /// At whom it reads.
    pub(in super::super) fn node(&self) -> &'static str {
        self.node
    }

    /// What it reads.
    pub(in super::super) fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// Whether the stream was cancelled before the reader began.
    pub(in super::super) fn is_of_cancelled(&self) -> bool {
        self.is_of_cancelled
    }

    /// The fragment that it sleeps for although it has come.
    pub(in super::super) fn sleeps_beside(&self) -> Option<u32> {
        let number = self.parked_on.load(Ordering::SeqCst);
        self.buffer.get(number).map(|_| number)
    }

    /// How many of its wakers were kept at one time, at most.
    pub(in super::super) fn retained_max(&self) -> usize {
        self.retained_max.load(Ordering::SeqCst)
    }

    /// What it has read and passed on.
    pub(in super::super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }

    /// Whether it has ended.
    pub(in super::super) fn has_ended(&self) -> bool {
        self.standing().last_silence.is_some()
    }

    /// For how long it has not got on, or had not when it ended.
    pub(in super::super) fn silence(&self) -> Duration {
        let standing = *self.standing();
        standing.last_silence.unwrap_or_else(|| standing.progressed.elapsed())
    }

    /// The longest time for which it did not get on, and then did.
    pub(in super::super) fn silence_max(&self) -> Duration {
        self.standing().silence_max
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
