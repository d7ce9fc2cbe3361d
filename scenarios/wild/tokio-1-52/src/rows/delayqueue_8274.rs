//! tokio#8274: an entry that is reset to a time in the past does not wake who waits for the queue.
//!
//! Invariant: an entry that is due is had at once.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish_wild::failed;

use super::super::crates::tokio::{self, time::Instant};
use super::super::crates::tokio_util::time::DelayQueue;

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build();
    runtime.expect("threads can be started").block_on(async {
        let queue = Arc::new(Mutex::new(DelayQueue::new()));
        let lock = |queue: &Arc<Mutex<DelayQueue<&'static str>>>| Arc::clone(queue);
        let (consumed, produced) = (lock(&queue), lock(&queue));
        let key = queue.lock().unwrap_or_else(PoisonError::into_inner).insert("job", HOUR);
        let started = Instant::now();
        let consumer = tokio::spawn(async move {
            poll_fn(|cx| consumed.lock().unwrap_or_else(PoisonError::into_inner).poll_expired(cx)).await
        });
        let producer = tokio::spawn(async move {
            tokio::task::yield_now().await;
            let due = Instant::now() - Duration::from_millis(50);
            produced.lock().unwrap_or_else(PoisonError::into_inner).reset_at(&key, due);
        });
        producer.await.expect("it does not panic");
        let expired = consumer.await.expect("it does not panic").map(|expired| expired.into_inner());
        assert_eq!(expired, Some("job"));
        if started.elapsed() < HOUR / 2 {
            Ok(())
        } else {
            failed("what was due came when it had been due first")
        }
    })
}
