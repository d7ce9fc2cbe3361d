//! The fragments of one stream, which come in any order and are put in their places without a lock.
//!
//! It does not know who reads. Invariant: whoever put a fragment in its place notifies everybody who listens, after
//! the fragment can be seen.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use event_listener::{Event, EventListener};

use super::fragment;

/// The fragments of one stream.
#[derive(Debug)]
pub(in super::super) struct Buffer {
    object_bytes: usize,
    slots: Box<[OnceLock<Bytes>]>,
    /// How many fragments are there from the first one on without a gap.
    contiguous: AtomicU32,
    data_available: Event,
}

/// Whether a fragment was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inserted {
    First,
    Duplicate,
    /// There is no such place, or the size is not that of the place.
    Misfit,
}

impl Buffer {
    /// A buffer for an object of this size.
    pub(super) fn new(object_bytes: usize) -> Self {
        let slots = (0..fragment::count(object_bytes)).map(|_| OnceLock::new()).collect();
        Self { object_bytes, slots, contiguous: AtomicU32::new(0), data_available: Event::new() }
    }

    /// The size of the object.
    pub(super) fn object_bytes(&self) -> usize {
        self.object_bytes
    }

    /// How many fragments there will be.
    pub(super) fn count(&self) -> u32 {
        self.slots.len() as u32
    }

    /// Puts a fragment in its place and notifies.
    pub(super) fn insert(&self, number: u32, payload: Bytes) -> Inserted {
        let Some(slot) = self.slot(number) else { return Inserted::Misfit };
        if payload.len() != fragment::range(self.object_bytes, number).len() {
            return Inserted::Misfit;
        }
        if slot.set(payload).is_err() {
            return Inserted::Duplicate;
        }
        self.advance();
        self.notify();
        Inserted::First
    }

    /// The fragment with this number, if it has come.
    pub(in super::super) fn get(&self, number: u32) -> Option<Bytes> {
        self.slot(number)?.get().cloned()
    }

    /// Whether all have come.
    pub(in super::super) fn is_complete(&self) -> bool {
        self.contiguous.load(Ordering::Acquire) == self.count()
    }

    /// The object, if it is complete.
    pub(super) fn assemble(&self) -> Option<Vec<u8>> {
        if !self.is_complete() {
            return None;
        }
        let mut object = Vec::with_capacity(self.object_bytes);
        for slot in &self.slots {
            object.extend_from_slice(slot.get()?);
        }
        Some(object)
    }

    /// Listens for insertions from this moment on.
    pub(super) fn listen(&self) -> EventListener {
        self.data_available.listen()
    }

    /// Notifies everybody who listens.
    pub(super) fn notify(&self) {
        self.data_available.notify(usize::MAX);
    }

    fn slot(&self, number: u32) -> Option<&OnceLock<Bytes>> {
        self.slots.get((number as usize).checked_sub(1)?)
    }

    fn advance(&self) {
        let mut frontier = self.contiguous.load(Ordering::Acquire);
        while self.slots.get(frontier as usize).is_some_and(|slot| slot.get().is_some()) {
            let moved =
                self.contiguous.compare_exchange(frontier, frontier + 1, Ordering::AcqRel, Ordering::Acquire);
            frontier = match moved {
                Ok(_) => frontier + 1,
                Err(other) => other,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_listener::Listener;
    use std::sync::Arc;
    use std::thread;

    fn payload(object: &[u8], number: u32) -> Bytes {
        Bytes::copy_from_slice(&object[fragment::range(object.len(), number)])
    }

    #[test]
    fn fragments_in_any_order_make_the_object() {
        let object: Vec<u8> = (0..5000_u32).map(|index| index as u8).collect();
        let buffer = Buffer::new(object.len());
        for number in [3, 1, 4] {
            assert_eq!(buffer.insert(number, payload(&object, number)), Inserted::First);
            assert_eq!(buffer.assemble(), None);
        }
        assert_eq!(buffer.insert(2, payload(&object, 2)), Inserted::First);
        assert_eq!(buffer.assemble(), Some(object));
    }

    #[test]
    fn what_does_not_fit_is_not_taken() {
        let buffer = Buffer::new(5000);
        let whole = Bytes::from(vec![0; fragment::PAYLOAD_MAX]);
        for (number, payload, expected) in [
            (0, whole.clone(), Inserted::Misfit),
            (5, whole.clone(), Inserted::Misfit),
            (2, whole.slice(1..), Inserted::Misfit),
            (2, whole.clone(), Inserted::First),
            (2, whole, Inserted::Duplicate),
        ] {
            assert_eq!(buffer.insert(number, payload), expected, "{number}");
        }
    }

    #[test]
    fn an_insertion_is_heard_by_all_who_listen_and_a_duplicate_by_nobody() {
        let buffer = Buffer::new(100);
        let listeners = [buffer.listen(), buffer.listen()];
        buffer.insert(1, Bytes::from(vec![0; 100]));
        for listener in listeners {
            assert!(listener.wait_timeout(std::time::Duration::ZERO).is_some());
        }
        let late = buffer.listen();
        buffer.insert(1, Bytes::from(vec![0; 100]));
        assert!(late.wait_timeout(std::time::Duration::ZERO).is_none());
    }

    #[test]
    fn insertions_at_the_same_time_complete_it() {
        let object = vec![7; 253_000];
        let buffer = Arc::new(Buffer::new(object.len()));
        thread::scope(|scope| {
            for start in 1..=3 {
                let (buffer, object) = (&buffer, &object);
                scope.spawn(move || {
                    for number in (start..=buffer.count()).step_by(3) {
                        buffer.insert(number, payload(object, number));
                    }
                });
            }
        });
        assert_eq!(buffer.assemble(), Some(object));
    }
}
