//! Guests for `cargo xtask bench`: much of one thing each.
//!
//! They know nothing of how they are measured. Invariant: the number of operations is in the name's constant, not in the
//! schedule.

mod echo;
mod hosts;

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use photofinish::scenario::{Expectation, Failure, Scenario, Variant};

/// Atomic operations in all of a `points` guest.
const POINTS: u64 = 2_000_000;
/// Threads that `threads` makes, one after another.
const THREADS: u64 = 2_000;

macro_rules! variant {
    ($name:literal, $story:literal, $run:expr) => {
        Variant {
            name: $name,
            story: $story,
            os: photofinish::scenario::Os::Linux,
            heap: photofinish::scenario::Heap::Plain,
            expect: Expectation::NEVER_FAILS,
            oracles: photofinish::scenario::Oracles::NONE,
            run: $run,
        }
    };
}

/// The guests of this file.
static SCENARIO: Scenario = Scenario {
    name: "load",
    story: "Much of one thing, to be timed.",
    programs: &[],
    variants: &[
        variant!("points-2", "Atomic additions on 2 threads.", || add(2)),
        variant!("points-8", "Atomic additions on 8 threads.", || add(8)),
        variant!("points-32", "Atomic additions on 32 threads.", || add(32)),
        variant!("points-60", "Atomic additions on 60 threads.", || add(60)),
        variant!("yields-2", "Yields on 2 threads.", || yields(2)),
        variant!("yields-8", "Yields on 8 threads.", || yields(8)),
        variant!("yields-32", "Yields on 32 threads.", || yields(32)),
        variant!("yields-60", "Yields on 60 threads.", || yields(60)),
        variant!("tiny", "Two threads that each add once.", tiny),
        variant!("empty", "Nothing at all.", || Ok(())),
        variant!("threads", "Short-lived threads, one after another.", threads),
        variant!("echo-threads", "80,000 round trips of 4 clients, each thread blocking.", || {
            done(echo::threads())
        }),
        variant!("echo-tokio", "80,000 round trips of 4 clients on 3 workers of tokio.", || {
            done(echo::tasks())
        }),
        variant!("hosts-10", "10 hosts that each send 3 messages a second for a minute.", || gossip(
            10, 1_000
        )),
        variant!("hosts-100", "The same with 100 hosts.", || gossip(100, 1_000)),
        variant!("hosts-1000", "The same with 1,000 hosts.", || gossip(1_000, 1_000)),
        variant!("hosts-500-often", "500 hosts, with the messages of 1,000.", || gossip(500, 500)),
        variant!("hosts-250-often", "250 hosts, with the messages of 1,000.", || gossip(250, 250)),
        variant!("hosts-idle", "1,000 hosts that do nothing.", || hosts::idle(1_000)),
    ],
};

fn main() {
    static ALL: &[&Scenario] = &[&SCENARIO];
    photofinish::serve(ALL)
}

fn gossip(hosts: usize, every_ms: u64) -> Result<(), Failure> {
    hosts::gossip(hosts, Duration::from_millis(every_ms))
}

fn add(count: u64) -> Result<(), Failure> {
    let counter = AtomicU64::new(0);
    let start = Barrier::new(usize::try_from(count).expect("a few"));
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                start.wait();
                for _ in 0..POINTS / count {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    holds(counter.into_inner() == POINTS / count * count, "every addition counts")
}

fn yields(count: u64) -> Result<(), Failure> {
    let start = Barrier::new(usize::try_from(count).expect("a few"));
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                start.wait();
                (0..POINTS / count).for_each(|_| thread::yield_now());
            });
        }
    });
    Ok(())
}

fn tiny() -> Result<(), Failure> {
    let counter = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| counter.fetch_add(1, Ordering::Relaxed));
        }
    });
    holds(counter.into_inner() == 2, "both additions count")
}

fn threads() -> Result<(), Failure> {
    let sum: u64 = (0..THREADS).map(|n| thread::spawn(move || n).join().unwrap_or(0)).sum();
    holds(sum == THREADS * (THREADS - 1) / 2, "every thread answers")
}

fn holds(is: bool, what: &str) -> Result<(), Failure> {
    if is { Ok(()) } else { Err(Failure { signature: "wrong".into(), detail: what.into() }) }
}

fn done(outcome: std::io::Result<()>) -> Result<(), Failure> {
    outcome.map_err(|error| Failure { signature: "failed".into(), detail: error.to_string() })
}
