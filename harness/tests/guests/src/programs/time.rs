//! tokio's clock, which is std's, which is virtual.
//!
//! Invariant: nothing comes before its time.

use std::time::Duration;

use photofinish::scenario::Failure;
use tokio::runtime::Builder;
use tokio::time::{Instant, interval, sleep, sleep_until, timeout};

const HOUR: Duration = Duration::from_secs(3_600);

pub(super) fn exact() -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().expect("it starts");
    runtime.block_on(waits(Duration::from_secs(5)));
    Ok(())
}

pub(super) fn late() -> Result<(), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("it starts");
    runtime.block_on(async {
        let tasks: Vec<_> = (0..3).map(|_| tokio::spawn(waits(Duration::from_secs(5)))).collect();
        for task in tasks {
            task.await.expect("it does not panic");
        }
    });
    Ok(())
}

/// Waits of every kind, each over within `slack` of its time.
async fn waits(slack: Duration) {
    let start = Instant::now();
    let held = |least: Duration, what: &str| {
        let passed = start.elapsed();
        assert!(passed >= least && passed <= least + slack, "{what}: {passed:?} instead of {least:?}");
    };
    sleep(HOUR).await;
    held(HOUR, "a sleep");
    let never = timeout(HOUR, std::future::pending::<()>()).await;
    assert!(never.is_err(), "it never comes");
    held(2 * HOUR, "a time-out");
    let soon = timeout(HOUR, sleep(Duration::from_secs(60))).await;
    assert!(soon.is_ok(), "it comes in time");
    held(2 * HOUR + Duration::from_secs(60), "what comes in time");
    sleep_until(start + 3 * HOUR).await;
    let mut ticks = interval(Duration::from_secs(10));
    for _ in 0..=6 {
        ticks.tick().await;
    }
    held(3 * HOUR + Duration::from_secs(60), "an interval");
    let first = tokio::select! {
        () = sleep(Duration::from_secs(2)) => 2,
        () = sleep(Duration::from_secs(1)) => 1,
    };
    // With a virtual stall either may be seen first, but both are over by then.
    assert!(first == 1 || slack > Duration::from_secs(1), "the shorter first");
}
