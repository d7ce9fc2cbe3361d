//! Stress of tokio-util.
//!
//! Knows its documentation and nothing of how it is made. Invariant: each program has a runtime of its own, which is gone when it ends.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::tokio_util::bytes::Bytes;
use ::tokio_util::codec::{Framed, LengthDelimitedCodec};
use ::tokio_util::sync::{CancellationToken, PollSemaphore, PollSender, ReusableBoxFuture};
use ::tokio_util::task::TaskTracker;
use ::tokio_util::time::DelayQueue;
use ::tokio_util::time::delay_queue::Key;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, sleep};

use crate::delivered::{Message, check, messages};

fn run<T>(program: impl Future<Output = T>) -> T {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build();
    runtime.expect("a runtime").block_on(program)
}

/// Waits for all of them, in their order.
async fn all<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    let mut outputs = Vec::new();
    for task in tasks {
        outputs.push(task.await.expect("it returns"));
    }
    outputs
}

/// Polls once, and minds no more.
async fn look_once<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) {
    poll_fn(|context| Poll::Ready(poll(context).is_ready())).await;
}

pub(crate) fn cancelled() {
    let (root, is_begun) = (CancellationToken::new(), Arc::new(AtomicBool::new(false)));
    let branch = |_| {
        let (child, is_begun) = (root.child_token(), Arc::clone(&is_begun));
        tokio::spawn(async move {
            let (leaf, lone) = (child.child_token(), child.child_token());
            let waiting = tokio::spawn(leaf.clone().cancelled_owned());
            drop(lone.clone().drop_guard());
            assert!(lone.is_cancelled(), "its guard is gone");
            lone.cancelled().await;
            waiting.await.expect("it returns");
            assert!(is_begun.load(Ordering::SeqCst), "the leaf was cancelled with the root alone");
            assert_eq!(leaf.run_until_cancelled(std::future::pending::<()>()).await, None);
        })
    };
    run(async {
        let branches: Vec<_> = (0..2).map(branch).collect();
        let cancel = |_| {
            let (root, is_begun) = (root.clone(), Arc::clone(&is_begun));
            tokio::spawn(async move {
                is_begun.store(true, Ordering::SeqCst);
                root.cancel();
                assert!(root.is_cancelled() && root.child_token().is_cancelled(), "it was cancelled");
            })
        };
        let cancellers: Vec<_> = (0..2).map(cancel).collect();
        root.cancelled().await;
        all(branches.into_iter().chain(cancellers)).await;
    });
}

pub(crate) fn tracked() {
    run(async {
        let (tracker, done) = (TaskTracker::new(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..2 {
            let (inner, done) = (tracker.clone(), Arc::clone(&done));
            tracker.spawn(async move {
                yield_now().await;
                let done_within = Arc::clone(&done);
                inner.spawn(async move {
                    yield_now().await;
                    done_within.fetch_add(1, Ordering::SeqCst);
                });
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        let (closing, waiting) = (tracker.clone(), tracker.clone());
        let closing = tokio::spawn(async move { closing.close() });
        let seen = Arc::clone(&done);
        let waiting = tokio::spawn(async move {
            waiting.wait().await;
            seen.load(Ordering::SeqCst)
        });
        tracker.wait().await;
        assert!(tracker.is_closed() && tracker.is_empty(), "that is what was waited for");
        assert_eq!(done.load(Ordering::SeqCst), 4, "tasks ended before the wait did");
        assert_eq!(waiting.await.expect("it returns"), 4, "tasks ended before the other wait did");
        assert!(closing.await.expect("it returns"), "it closed it");
    });
}

/// Delays, and what has come of them: a key stands for another entry as soon as its own has expired.
#[derive(Default)]
struct Delays {
    queue: DelayQueue<u64>,
    expired: Vec<u64>,
}

impl Delays {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        let item = ready!(self.queue.poll_expired(context));
        if let Some(item) = &item {
            assert!(item.deadline() <= Instant::now(), "{} came too early", item.get_ref());
            self.expired.push(*item.get_ref());
        }
        Poll::Ready(item.is_some())
    }

    /// Takes back what has not expired.
    fn take_back(&mut self, value: u64, key: &Key) -> bool {
        let is_there = !self.expired.contains(&value);
        if is_there {
            assert_eq!(self.queue.remove(key).into_inner(), value, "what the key stands for");
        }
        is_there
    }
}

pub(crate) fn delayed() {
    run(async {
        let ms = Duration::from_millis;
        let mut delays = Delays::default();
        let [first, _, third] = [1, 2, 3].map(|delay| delays.queue.insert(delay, ms(delay)));
        let delays = Arc::new(Mutex::new(delays));
        let shared = Arc::clone(&delays);
        let changes = tokio::spawn(async move {
            let lock = || shared.lock().expect("nobody panics with it");
            lock().queue.insert(5, ms(0));
            let is_taken_back = lock().take_back(3, &third);
            yield_now().await;
            let mut delays = lock();
            if delays.take_back(1, &first) {
                let again = delays.queue.insert(1, ms(9));
                delays.queue.reset(&again, ms(1));
            }
            is_taken_back
        });
        let take_all = async || {
            while poll_fn(|context| delays.lock().expect("nobody panics with it").poll(context)).await {}
        };
        take_all().await;
        let is_taken_back = changes.await.expect("it returns");
        take_all().await;
        let mut expired = std::mem::take(&mut delays.lock().expect("nobody panics with it").expired);
        expired.sort_unstable();
        assert_eq!(expired, if is_taken_back { vec![1, 2, 5] } else { vec![1, 2, 3, 5] }, "each came once");
    });
}

/// Who waits for a delay of an hour is told of shorter ones, and when there is none left.
pub(crate) fn hurried() {
    const HOUR: Duration = Duration::from_secs(3600);
    run(async {
        let began = Instant::now();
        let mut delays = Delays::default();
        let [first, second] = [1, 2].map(|value| delays.queue.insert(value, HOUR));
        let delays = Arc::new(Mutex::new(delays));
        let shared = Arc::clone(&delays);
        let changes = tokio::spawn(async move {
            let lock = || shared.lock().expect("nobody panics with it");
            lock().queue.insert(3, Duration::ZERO);
            yield_now().await;
            lock().queue.reset_at(&first, began);
            let mut patience = Duration::from_millis(1);
            while lock().expired.len() < 2 {
                sleep(patience).await;
                patience *= 2;
            }
            assert!(lock().take_back(2, &second), "nobody was told of the others before it was due");
        });
        while poll_fn(|context| delays.lock().expect("nobody panics with it").poll(context)).await {}
        changes.await.expect("it returns");
        assert!(began.elapsed() < HOUR, "who waited was not told that there is none left");
        let mut delays = delays.lock().expect("nobody panics with it");
        delays.expired.sort_unstable();
        assert_eq!(delays.expired, [1, 3], "each came once");
    });
}

pub(crate) fn permitted() {
    run(async {
        let semaphore = Arc::new(Semaphore::new(2));
        let taken = Arc::new(AtomicUsize::new(0));
        let task = |permits: u32| {
            let (mut polled, taken) = (PollSemaphore::new(Arc::clone(&semaphore)), Arc::clone(&taken));
            tokio::spawn(async move {
                for _ in 0..2 {
                    let acquired = poll_fn(|context| polled.poll_acquire_many(context, permits)).await;
                    let count = permits as usize;
                    assert!(
                        taken.fetch_add(count, Ordering::SeqCst) + count <= 2,
                        "more permits than there are"
                    );
                    yield_now().await;
                    taken.fetch_sub(count, Ordering::SeqCst);
                    drop(acquired.expect("it is open"));
                }
            })
        };
        let tasks = [task(1), task(2), task(1)];
        let mut gone = PollSemaphore::new(Arc::clone(&semaphore));
        look_once(|context| gone.poll_acquire_many(context, 2)).await;
        drop(gone);
        all(tasks).await;
        assert_eq!(semaphore.available_permits(), 2, "all were given back");
        let mut last = PollSemaphore::new(semaphore);
        last.close();
        assert!(poll_fn(|context| last.poll_acquire(context)).await.is_none(), "it is closed");
    });
}

pub(crate) fn framed() {
    /// Frames of these lengths, one narrower and one wider than the pipe.
    const LENGTHS: [usize; 3] = [0, 3, 20];
    run(async {
        let (near, far) = tokio::io::duplex(7);
        let echo = tokio::spawn(async move {
            let mut far = Framed::new(far, LengthDelimitedCodec::new());
            while let Some(frame) = far.next().await {
                far.send(frame.expect("a whole one").freeze()).await.expect("somebody reads");
            }
        });
        let (mut sends, mut receives) = Framed::new(near, LengthDelimitedCodec::new()).split::<Bytes>();
        let sending = tokio::spawn(async move {
            for length in LENGTHS {
                let frame = (0..length).map(|number| number as u8).collect::<Vec<u8>>();
                sends.send(frame.into()).await.expect("somebody reads");
            }
            sends
        });
        for length in LENGTHS {
            let frame = receives.next().await.expect("one for each").expect("a whole one");
            assert!(frame.iter().copied().eq((0..length).map(|number| number as u8)), "{length}: {frame:?}");
        }
        let sends = sending.await.expect("it returns");
        drop(sends.reunite(receives).expect("they are of one"));
        echo.await.expect("it returns");
    });
}

pub(crate) fn reserved() {
    run(async {
        let (sender, mut receiver) = mpsc::channel::<Message>(1);
        let tasks = [0, 1].map(|name| {
            let mut polled = PollSender::new(sender.clone());
            tokio::spawn(async move {
                poll_fn(|context| polled.poll_reserve(context)).await.expect("it is open");
                yield_now().await;
                assert!(polled.abort_send(), "there was something to give back");
                for number in 0..2 {
                    poll_fn(|context| polled.poll_reserve(context)).await.expect("it is open");
                    polled.send_item((name, number)).expect("room was reserved");
                }
            })
        });
        let mut gone = PollSender::new(sender);
        look_once(|context| gone.poll_reserve(context)).await;
        drop(gone);
        let mut taken = Vec::new();
        while let Some(message) = receiver.recv().await {
            taken.push(message);
        }
        all(tasks).await;
        check(&messages(2, 2), &[taken]);
    });
}

pub(crate) fn reused() {
    run(async {
        let held = Arc::new(());
        let mut boxed = ReusableBoxFuture::new(async { 0 });
        let mut tasks = Vec::new();
        for value in 1..4_usize {
            let (sender, receiver) = oneshot::channel();
            tasks.push(tokio::spawn(async move { sender.send(value).is_ok() }));
            let held = Arc::clone(&held);
            match value {
                // Of two sizes; the second takes the place of one that may not have ended.
                1 => boxed
                    .set(async move { receiver.await.map_or(0, |value| value * Arc::strong_count(&held)) }),
                _ => boxed.set(async move {
                    let pad = [value; 9];
                    yield_now().await;
                    drop(held);
                    receiver.await.map_or(0, |value| value + pad[8])
                }),
            }
            if value == 2 {
                look_once(|context| boxed.poll(context)).await;
            }
        }
        assert_eq!(boxed.get_pin().await, 6, "the last one's");
        boxed.set(async { 0 });
        assert_eq!(Arc::strong_count(&held), 1, "what a future held is gone with it");
        assert!(all(tasks).await[2], "the last one was heard");
    });
}

pub(crate) fn misused() {
    run(async {
        let (tracker, done) = (TaskTracker::new(), Arc::new(AtomicUsize::new(0)));
        let done_within = Arc::clone(&done);
        tracker.spawn(async move {
            tokio::spawn(async move { done_within.fetch_add(1, Ordering::SeqCst) });
        });
        tracker.close();
        tracker.wait().await;
        assert_eq!(done.load(Ordering::SeqCst), 1, "tasks ended before the wait did");
    });
}
