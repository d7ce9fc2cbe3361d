//! A reader of a stream: it takes the fragments in order, and sleeps where the next one has not come.
//!
//! It does not know how long its owner is willing to wait. Invariant: a poll that answers `Pending` has said so to
//! its [`Reader`] and, in the fixed revision, has left its waker where the next insertion finds it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use event_listener::EventListener;

use super::handle::{StreamError, StreamHandle};
use super::revision::Wakeup;
use super::telemetry::Reader;

/// What a poll answers.
type Polled = Poll<Option<Result<Bytes, StreamError>>>;

/// A reader of a stream.
#[derive(Debug)]
pub(in super::super) struct InboundStream {
    handle: StreamHandle,
    /// The number of the fragment that it wants.
    next: u32,
    listener: Option<EventListener>,
    reader: Arc<Reader>,
}

impl InboundStream {
    pub(super) fn new(handle: StreamHandle, reader: Arc<Reader>) -> Self {
        Self { handle, next: 1, listener: None, reader }
    }

    /// The next fragment, or nothing after the last one.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, StreamError>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Polled {
        self.reader.runs();
        if self.is_cancelled() {
            return Poll::Ready(Some(Err(StreamError::Cancelled)));
        }
        if self.next > self.handle.buffer.count() {
            return Poll::Ready(None);
        }
        let polled = match self.take() {
            Some(payload) => Poll::Ready(Some(Ok(payload))),
            None => match self.handle.revision.wakeup() {
                Wakeup::Waker => self.leave_waker(cx),
                Wakeup::WakerThenListener => self.leave_waker_and_listen(cx),
                Wakeup::ListenTwice => self.listen_twice(cx),
                Wakeup::ListenUntilPending => self.listen_until_pending(cx),
            },
        };
        if polled.is_pending() {
            self.reader.parks(self.next);
        }
        polled
    }

    /// Parent: the producer takes the same lock after it has inserted, so one of the two sees the other.
    fn leave_waker(&mut self, cx: &mut Context<'_>) -> Polled {
        let sync = Arc::clone(&self.handle.sync);
        let mut sync = sync.write();
        if sync.cancelled {
            return Poll::Ready(Some(Err(StreamError::Cancelled)));
        }
        if let Some(payload) = self.take() {
            return Poll::Ready(Some(Ok(payload)));
        }
        sync.wakers.push(cx.waker().clone());
        self.reader.retains(sync.wakers.len());
        Poll::Pending
    }

    /// v1: the lock is that of the fork, and the listener is made after it was let go.
    fn leave_waker_and_listen(&mut self, cx: &mut Context<'_>) -> Polled {
        let polled = self.leave_waker(cx);
        if polled.is_ready() {
            return polled;
        }
        if self.poll_listener(cx).is_ready() {
            self.listener = None;
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// v2 and merged: the second listener may have been notified before it is polled, and then nobody wakes.
    fn listen_twice(&mut self, cx: &mut Context<'_>) -> Polled {
        self.ensure_listener();
        if let Some(polled) = self.look() {
            return polled;
        }
        if self.poll_listener(cx).is_pending() {
            return Poll::Pending;
        }
        self.listener = None;
        if let Some(polled) = self.look() {
            return polled;
        }
        self.ensure_listener();
        if let Some(payload) = self.take() {
            return Poll::Ready(Some(Ok(payload)));
        }
        if self.poll_listener(cx).is_ready() {
            self.listener = None;
        }
        Poll::Pending
    }

    /// Fixed: it looks after each listener was made, and answers `Pending` only when that listener has its waker.
    fn listen_until_pending(&mut self, cx: &mut Context<'_>) -> Polled {
        loop {
            self.ensure_listener();
            if let Some(polled) = self.look() {
                return polled;
            }
            if self.poll_listener(cx).is_pending() {
                return Poll::Pending;
            }
            self.listener = None;
        }
    }

    fn ensure_listener(&mut self) -> &mut EventListener {
        self.listener.get_or_insert_with(|| self.handle.buffer.listen())
    }

    fn poll_listener(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(self.ensure_listener()).poll(cx)
    }

    /// Looks at both things that it could have been woken for.
    fn look(&mut self) -> Option<Polled> {
        if self.is_cancelled() {
            self.listener = None;
            return Some(Poll::Ready(Some(Err(StreamError::Cancelled))));
        }
        self.take().map(|payload| Poll::Ready(Some(Ok(payload))))
    }

    fn is_cancelled(&self) -> bool {
        self.handle.sync.read().cancelled
    }

    fn take(&mut self) -> Option<Bytes> {
        let payload = self.handle.buffer.get(self.next)?;
        self.listener = None;
        self.next += 1;
        Some(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fork_cancel::program::fragment::{FIRST_PAYLOAD, PAYLOAD_MAX};
    use crate::fork_cancel::program::pace::Pace;
    use crate::fork_cancel::program::revision::Revision::{
        self, Fixed, ForkOnly, Merged, Parent, TimeoutOnly, V1, V2,
    };
    use crate::fork_cancel::program::telemetry::Telemetry;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    const ALL: [Revision; 7] = [Parent, TimeoutOnly, ForkOnly, V1, V2, Merged, Fixed];

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A reader of a fork of a stream of three fragments, polled by hand.
    struct Polled {
        handle: StreamHandle,
        stream: InboundStream,
        reader: Arc<Reader>,
        wakes: Arc<Wakes>,
    }

    impl Polled {
        fn new(revision: Revision) -> Self {
            let handle = StreamHandle::new(FIRST_PAYLOAD + 2 * PAYLOAD_MAX, revision, Pace::REAL);
            let reader = Telemetry::default().reader("here", &handle);
            let stream = handle.fork().stream(Arc::clone(&reader));
            Self { handle, stream, reader, wakes: Arc::default() }
        }

        fn push(&self, number: u32) {
            let bytes = if number == 1 { FIRST_PAYLOAD } else { PAYLOAD_MAX };
            self.handle.push(number, Bytes::from(vec![0; bytes])).unwrap();
        }

        /// The bytes of the fragment, 0 for the end, nothing for `Pending`.
        fn poll(&mut self) -> Option<Result<usize, StreamError>> {
            let waker = Waker::from(Arc::clone(&self.wakes));
            match self.stream.poll_next(&mut Context::from_waker(&waker)) {
                Poll::Pending => None,
                Poll::Ready(next) => Some(next.map_or(Ok(0), |next| next.map(|payload| payload.len()))),
            }
        }

        fn wakes(&self) -> usize {
            self.wakes.0.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn fragments_come_out_in_order() {
        for revision in ALL {
            let mut polled = Polled::new(revision);
            for number in [3, 1, 2] {
                polled.push(number);
            }
            let read = [polled.poll(), polled.poll(), polled.poll(), polled.poll()];
            let expected = [FIRST_PAYLOAD, PAYLOAD_MAX, PAYLOAD_MAX, 0].map(|bytes| Some(Ok(bytes)));
            assert_eq!(read, expected, "{revision:?}");
        }
    }

    #[test]
    fn who_waits_is_woken_but_for_a_fork_with_a_state_of_its_own_and_wakers_in_it() {
        for revision in ALL {
            let mut polled = Polled::new(revision);
            assert_eq!((polled.poll(), polled.reader.sleeps_beside()), (None, None));
            polled.push(1);
            assert_eq!(polled.wakes() > 0, revision != ForkOnly, "{revision:?}");
            assert_eq!(polled.reader.sleeps_beside(), Some(1), "{revision:?}");
            assert_eq!(polled.poll(), Some(Ok(FIRST_PAYLOAD)), "{revision:?}");
            assert_eq!(polled.reader.sleeps_beside(), None, "{revision:?}");
        }
    }

    #[test]
    fn a_notification_that_helps_nobody_is_waited_out() {
        for revision in [Parent, V1, V2, Merged, Fixed] {
            let mut polled = Polled::new(revision);
            assert_eq!(polled.poll(), None);
            polled.push(3);
            assert_eq!(polled.poll(), None, "{revision:?}");
            let before = polled.wakes();
            polled.push(1);
            // v1 has woken itself already, to make a listener that waits.
            assert!(polled.wakes() > before || revision == V1 && before == 2, "{revision:?}");
        }
    }

    #[test]
    fn only_the_first_attempt_keeps_wakers() {
        for revision in [Parent, V1, V2, Merged, Fixed] {
            let mut polled = Polled::new(revision);
            for number in 1..=3 {
                assert_eq!(polled.poll(), None);
                polled.push(number);
                assert!(polled.poll().is_some_and(|read| read.is_ok()), "{revision:?}");
            }
            assert_eq!(polled.reader.retained_max() > 1, revision == V1, "{revision:?}");
        }
    }

    #[test]
    fn what_is_cancelled_is_told_to_who_waits() {
        let mut polled = Polled::new(Parent);
        assert_eq!(polled.poll(), None);
        polled.handle.cancel();
        assert_eq!((polled.wakes(), polled.poll()), (1, Some(Err(StreamError::Cancelled))));
    }
}
