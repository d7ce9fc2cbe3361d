//! futures-rs#2726: a nested `flatten_unordered` that is woken while it is polled forgets it.
//!
//! Invariant: who has been woken is polled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use photofinish::scenario::Failure;

use super::super::crates::futures::executor::{self, ThreadPool};
use super::super::crates::futures::future;
use super::super::crates::futures::stream::{self, StreamExt as _};
use super::super::crates::futures::task::{Poll, SpawnExt as _};

/// Ready when a thread of its own has said so.
fn from_a_thread() -> impl Future<Output = ()> {
    let (is_done, mut is_started) = (Arc::new(AtomicBool::new(false)), false);
    future::poll_fn(move |cx| {
        if !is_started {
            is_started = true;
            let (waker, done) = (cx.waker().clone(), Arc::clone(&is_done));
            thread::spawn(move || {
                done.store(true, Ordering::SeqCst);
                waker.wake_by_ref();
            });
        }
        if is_done.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    })
}

pub(crate) fn run() -> Result<(), Failure> {
    let pool = ThreadPool::builder().pool_size(2).create().expect("threads can be started");
    let counted = pool.spawn_with_handle(async {
        let inner = stream::iter(0..3).then(|_| from_a_thread());
        let inner = inner.map(|()| stream::once(future::ready(()))).flatten_unordered(None);
        stream::once(future::ready(inner)).flatten_unordered(None).count().await
    });
    assert_eq!(executor::block_on(counted.expect("the pool takes tasks")), 3);
    Ok(())
}
