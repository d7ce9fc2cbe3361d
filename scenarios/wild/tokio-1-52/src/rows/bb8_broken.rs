//! bb8#167: a broken connection that is dropped makes room in the pool, and wakes nobody who waits for it.
//!
//! Invariant: nobody waits for long where there is room.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use photofinish::scenario::Failure;
use photofinish_wild::failed;

use super::super::crates::{bb8, tokio};

struct Manager(AtomicU64);

#[async_trait::async_trait]
impl bb8::ManageConnection for Manager {
    type Connection = ();
    type Error = Infallible;

    async fn connect(&self) -> Result<(), Infallible> {
        Ok(())
    }

    async fn is_valid(&self, (): &mut ()) -> Result<(), Infallible> {
        Ok(())
    }

    /// The first two are.
    fn has_broken(&self, (): &mut ()) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst) < 2
    }
}

async fn in_time(pool: bb8::Pool<Manager>) -> bool {
    let asked = Instant::now();
    let connection = pool.get().await;
    let in_time = connection.is_ok() && asked.elapsed() < Duration::from_secs(1);
    tokio::task::yield_now().await;
    in_time
}

pub(crate) fn run() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build();
    runtime.expect("threads can be started").block_on(async {
        let pool = bb8::Pool::builder().max_size(2).connection_timeout(Duration::from_secs(2));
        let pool = pool.build(Manager(AtomicU64::new(0))).await.expect("connecting cannot fail");
        let waiting: Vec<_> = (0..5).map(|_| tokio::spawn(in_time(pool.clone()))).collect();
        for one in waiting {
            if !one.await.expect("it does not panic") {
                return failed("waited for a connection while the pool had room");
            }
        }
        Ok(())
    })
}
