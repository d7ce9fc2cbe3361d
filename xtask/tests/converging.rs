//! Seeds that fail in the same way end at one small run, however they were found.
//!
//! Does not know what is simpler. Invariant: the seeds are the first ones that fail so, and none is left out.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use photofinish::client::{Client, Isolation};
use photofinish::shrinking::{Cost, Minimal};
use photofinish::sim::limits::Limits;
use xtask::instrumented::Bin;

mod built;
mod small;

use built::build;
use small::{Others, small_runs};

/// So many seeds of each failure are made small.
const SEEDS: usize = 5;

fn scenarios() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(Bin { package: "photofinish-scenarios", name: "scenarios" }))
}

fn client() -> Client {
    Client::start(scenarios(), Limits::default().threads_max, Isolation::Fork).expect("it serves")
}

fn check(program: &str, signature: &str, decisions: u64) {
    let small = small_runs(client, (program, signature), SEEDS, Others::Passed);
    let first = small[0].1.token.as_ref().expect("it is small");
    for (seed, small) in &small {
        assert_eq!(small.minimal, Minimal::Proved, "{program} seed {seed}");
        assert_eq!(small.stats.after.decisions(), decisions, "{program} seed {seed}: {:?}", small.plan);
        assert_eq!(small.token.as_ref(), Ok(first), "{program} seed {seed} has another token");
    }
}

#[test]
fn a_listener_that_comes_late_is_one_decision_from_each_seed() {
    check("late-listener/buggy", "lost-connected", 1);
}

#[test]
fn a_seal_that_is_read_too_early_is_one_decision_from_each_seed() {
    check("shutdown-einval/buggy@seal-b", "error: io: Invalid argument (os error 22); nobody-serves", 1);
}

/// A hold and a preemption do it, too, and neither can then go or move alone.
#[test]
fn a_deadlock_that_needs_one_decision_keeps_no_second_from_any_seed() {
    let threads = [
        "frame::Frame::read",
        "pool::work",
        "reentrant::ReentrantLock::lock",
        "server::accept_all",
        "timers::run",
    ];
    let threads =
        threads.map(|function| format!("photofinish_scenarios::late_listener::program::{function}"));
    check("late-listener/listen-first", &format!("deadlock in {}", threads.join(", ")), 1);
}

#[test]
fn a_lost_wakeup_is_the_same_two_decisions_from_each_seed() {
    check("fork-cancel/v1@race", "lost-wakeup: 30 s late", 2);
}

/// Stops do it, too, and are found first.
#[test]
fn a_file_that_takes_longer_is_all_that_is_left_from_each_seed() {
    let (program, signature) =
        ("shutdown-einval/real-0.1.2", "aborted: ready read failed: io: Invalid argument (os error 22)");
    for (seed, small) in small_runs(client, (program, signature), SEEDS, Others::Passed) {
        let Cost { preemptions, stalls, faults_and_reordering, other, .. } = small.stats.after;
        let left = [preemptions, stalls, faults_and_reordering, other];
        assert_eq!(left, [0, 0, 0, 1], "{program} seed {seed}: {:?}", small.plan);
        assert_eq!(small.minimal, Minimal::Proved, "{program} seed {seed}");
    }
}

#[test]
fn what_fails_under_every_schedule_needs_no_decision_from_any_seed() {
    let aborted = "aborted: ready read failed: io: Invalid argument (os error 22); orphaned-incumbent";
    check("shutdown-einval/buggy", aborted, 0);
    check("fork-cancel/fork-only", "stuck: hop1: still waiting, 1263 bytes; client: timed out after 60 s", 0);
}

/// Most of what such a run decides first only brings threads to where the race is, in ways that hang together.
#[test]
fn what_only_brings_threads_to_a_race_is_not_left() {
    let (program, signature) = ("fork-cancel/v2@race", "lost-wakeup: given up after 30 s");
    let small = small_runs(client, (program, signature), 1, Others::Passed);
    let (seed, small) = &small[0];
    let decisions = small.stats.after.decisions();
    assert!(decisions <= 3, "{program} seed {seed}: {decisions} decisions, {:?}", small.plan);
    assert_eq!(small.minimal, Minimal::Proved, "{program} seed {seed}");
}
