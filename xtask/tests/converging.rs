//! Seeds that fail in the same way end at one small run, however they were found.
//!
//! Does not know what is simpler. Invariant: the seeds are the first ones that fail so, and none is left out.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use photofinish::client::{Client, Isolation, Request};
use photofinish::examine::examine;
use photofinish::shrinking::{Go, Minimal, Small, Spend, shrink};
use photofinish::sim::limits::Limits;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use photofinish::verdict::{self, Verdict};
use xtask::instrumented::{Bin, Build};
use xtask::workspace::Workspace;

/// So many seeds of each failure are made small.
const SEEDS: usize = 5;
/// Far more seeds than it takes to find them.
const SEEDS_MAX: u64 = 2_000;
/// For each seed; what shrinking ends by itself is far below.
const TIME: Duration = Duration::from_secs(120);

fn scenarios() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let workspace = Workspace::load().expect("the tests run inside the workspace");
        let wrapper = Path::new(env!("CARGO_BIN_EXE_xtask"));
        let out = workspace.target_dir().join("photofinish");
        let build = Build { root: workspace.root(), out: &out, wrapper, level: Preempt::Atomics };
        build.executable(Bin { package: "photofinish-scenarios", name: "scenarios" }).expect("it builds")
    })
}

fn client() -> Client {
    Client::start(scenarios(), Limits::default().threads_max, Isolation::Fork).expect("it serves")
}

/// The first seeds whose runs fail so, as many, made small one by one: their numbers, and what they became.
fn small_runs(program: &str, signature: &str, seeds: usize) -> Vec<(u64, Small)> {
    let mut clients = vec![client(), client()];
    let mut small = Vec::new();
    for seed in 0..SEEDS_MAX {
        let mut request = Request::new(program, Seed(seed));
        request.strategy = clients[0].resolve(&request).expect("it serves");
        let run = clients[0].run(&request).expect("it serves");
        if verdict::judge(&run, clients[0].symbols()).verdict != Verdict::Fail {
            continue;
        }
        let failed = examine(&mut clients[0], &request).expect("it serves");
        if failed.judgement.signature.as_deref() != Some(signature) {
            continue;
        }
        let made = shrink(&mut clients, (&request, &failed), Spend::time(TIME), &mut |_| Go::On);
        let made = made.unwrap_or_else(|error| panic!("{program} seed {seed}: {error}"));
        let (before, after) = (made.stats.before.decisions(), made.stats.after.decisions());
        let (runs, seconds) = (made.stats.runs, made.took.as_secs_f64());
        eprintln!("{program} seed {seed}: {before} -> {after} decisions, {runs} runs, {seconds:.1} s");
        small.push((seed, made));
        if small.len() == seeds {
            return small;
        }
    }
    panic!("{} of {SEEDS_MAX} seeds of {program} show {signature}", small.len())
}

fn check(program: &str, signature: &str, decisions: u64) {
    let small = small_runs(program, signature, SEEDS);
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
    let small = small_runs(program, signature, 1);
    let (seed, small) = &small[0];
    let decisions = small.stats.after.decisions();
    assert!(decisions <= 4, "{program} seed {seed}: {decisions} decisions, {:?}", small.plan);
    assert_eq!(small.minimal, Minimal::Proved, "{program} seed {seed}");
}
