//! moka#574: two that compute the value of one entry at a time may both go by the same one.
//!
//! Invariant: computations of one entry happen one after the other.

use photofinish::scenario::Failure;
use photofinish_wild::failed;

use super::super::crates::moka::future::Cache;
use super::super::crates::moka::ops::compute::Op;
use super::super::crates::tokio;

const TASKS: u64 = 3;
const TIMES: u64 = 2;

async fn count(counters: Cache<u8, u64>) {
    for _ in 0..TIMES {
        let counter = counters.entry(1);
        counter
            .and_compute_with(|old| async move { Op::Put(old.map_or(0, |old| old.into_value()) + 1) })
            .await;
    }
}

pub(crate) fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).build();
    let counted = runtime.expect("threads can be started").block_on(async {
        let counters: Cache<u8, u64> = Cache::new(100);
        let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(count(counters.clone()))).collect();
        for task in tasks {
            task.await.expect("it does not panic");
        }
        counters.get(&1).await
    });
    if counted == Some(TASKS * TIMES) { Ok(()) } else { failed("an update was lost") }
}
