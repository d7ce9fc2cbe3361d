//! Guests for `cargo xtask bench`: much of one thing each.
//!
//! They know nothing of how they are measured. Invariant: the number of operations is in the name's constant, not in the
//! schedule.

#[expect(dead_code, reason = "some of it is for the peers")]
mod amounts;
mod hosts;
mod names;
mod outside;
mod points;
mod tasks;
mod threads;
mod two_hosts;

use std::thread;

use amounts::{POINTS, THREADS};
use photofinish::scenario::{Expectation, Failure, Scenario, Variant};

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
        variant!("yields-2", "Yields on 2 threads.", || spread(points::yields, 2)),
        variant!("yields-8", "Yields on 8 threads.", || spread(points::yields, 8)),
        variant!("yields-64", "Yields on 64 threads.", || spread(points::yields, 64)),
        variant!("locks-2", "Locks on 2 threads.", || spread(points::locks, 2)),
        variant!("locks-8", "Locks on 8 threads.", || spread(points::locks, 8)),
        variant!("locks-64", "Locks on 64 threads.", || spread(points::locks, 64)),
        variant!("adds-2", "Atomic additions on 2 threads.", || spread(points::adds, 2)),
        variant!("adds-8", "Atomic additions on 8 threads.", || spread(points::adds, 8)),
        variant!("adds-64", "Atomic additions on 64 threads.", || spread(points::adds, 64)),
        variant!("empty", "Nothing at all.", || Ok(())),
        variant!("tiny", "Two threads that each take two locks.", || done(points::tiny)),
        variant!("buffer", "A bounded buffer between two threads.", || done(points::buffer)),
        variant!("threads", "Short-lived threads, one after another.", threads),
        variant!(
            "echo-threads",
            "Round trips between two hosts, threads that block.",
            two_hosts::echo_threads
        ),
        variant!("echo-tokio", "The same on tokio's runtime of several workers.", two_hosts::echo_tokio),
        variant!("short-threads", "100 round trips of a thread that blocks.", two_hosts::short_threads),
        variant!("short-tokio", "100 round trips of a task on tokio.", two_hosts::short_tokio),
        variant!("bulk", "A large transfer between two hosts.", two_hosts::bulk),
        variant!("bulk-tokio", "The same between tasks.", two_hosts::bulk_tokio),
        variant!("bulk-limited", "A large transfer over a link with a bandwidth.", two_hosts::bulk_limited),
        variant!("idle", "Two hosts that sleep again and again.", hosts::idle),
        variant!("hosts-10", "10 hosts that each send 3 messages a second for a minute.", || hosts::gossip(
            10
        )),
        variant!("hosts-100", "The same with 100 hosts.", || hosts::gossip(100)),
        variant!("hosts-1000", "The same with 1,000 hosts.", || hosts::gossip(1_000)),
        variant!("hosts-made", "1,000 hosts that do nothing.", || hosts::made(1_000)),
        variant!("sort", "One thread that sorts.", || holds(outside::sort() > 0, "something was sorted")),
    ],
};

fn main() {
    static ALL: &[&Scenario] = &[&SCENARIO];
    let mut arguments = std::env::args().skip(1);
    if arguments.next().is_some_and(|word| word == "outside") {
        let name = arguments.next().unwrap_or_default();
        assert!(outside::run(&name), "there is no program {name:?} to run outside a simulation");
        return;
    }
    photofinish::serve(ALL)
}

fn spread(run: fn(u64, u64), threads: u64) -> Result<(), Failure> {
    run(threads, POINTS / threads);
    Ok(())
}

fn done(run: fn()) -> Result<(), Failure> {
    run();
    Ok(())
}

fn threads() -> Result<(), Failure> {
    let sum: u64 = (0..THREADS).map(|n| thread::spawn(move || n).join().unwrap_or(0)).sum();
    holds(sum == THREADS * (THREADS - 1) / 2, "every thread answers")
}

fn holds(is: bool, what: &str) -> Result<(), Failure> {
    if is { Ok(()) } else { Err(Failure { signature: "wrong".into(), detail: what.into() }) }
}
