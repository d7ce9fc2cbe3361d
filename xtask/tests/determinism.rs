//! The same decisions give the same run: in another process, on a busy machine, with events, replayed, on real threads.
//!
//! Does not know what the programs do. Invariant: runs are compared event by event, and a difference names the first one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use photofinish::client::{self, Client, Isolation, Replay, Request, Run};
use photofinish::sim::choice::{Kind, Pick};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::ending::Ending;
use photofinish::sim::trace::Trace;
use photofinish::verdict::{self, Verdict};
use xtask::instrumented::Bin;

mod served;

use served::built::build;
use served::{client, guests, request};

const BUGGY: &str = "late-listener/buggy";

fn scenarios() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(Bin { package: "photofinish-scenarios", name: "scenarios" }))
}

/// The guests whose runs end by what they do, not by real time.
fn guests_to_compare() -> Vec<String> {
    let listed = client::list(guests()).expect("it lists what it holds");
    let compared = ["sync", "time", "races", "bypass", "files", "processes", "tracing", "hosts", "faults"];
    let chosen = listed.iter().filter(|listed| compared.contains(&&*listed.scenario));
    // Ten thousand threads twice over are compared by hash below, with all others.
    chosen.map(photofinish::scenario::Listed::name).filter(|name| name != "sync/many-threads").collect()
}

fn run(client: &mut Client, request: &Request) -> Run {
    client.run(request).expect("it serves")
}

fn with_events(request: &Request) -> Request {
    Request { events: true, ..request.clone() }
}

/// Compares two runs, event by event and pick by pick.
fn check_same(what: &str, one: &Run, other: &Run) {
    for (index, (a, b)) in one.events.iter().zip(&other.events).enumerate() {
        assert_eq!(a, b, "{what}: event {index}");
    }
    assert_eq!(one.events.len(), other.events.len(), "{what}: one has more events");
    check_same_decisions(what, one, other);
}

/// Compares what two runs decided and came to, of which perhaps only one kept its events.
fn check_same_decisions(what: &str, one: &Run, other: &Run) {
    assert_eq!(decisions(one), decisions(other), "{what}");
    assert_eq!(one.figures, other.figures, "{what}");
    assert_eq!(one.ending.word(), other.ending.word(), "{what}");
    assert_eq!(one.judged, other.judged, "{what}");
}

/// The picks, without the places of those that were not made at a point: they are of the last point that was looked at, which
/// depends on what the chooser wanted to see.
fn decisions(run: &Run) -> Vec<Pick> {
    let place = |pick: &Pick| if pick.kind == Kind::Preempt { pick.pc } else { 0 };
    run.trace.picks.iter().map(|pick| Pick { pc: place(pick), ..*pick }).collect()
}

fn check_two_processes(path: &Path, program: &str, seeds: impl Iterator<Item = u64>) {
    let (mut one, mut other) = (client(path, Isolation::Fork), client(path, Isolation::Fork));
    for seed in seeds {
        let request = with_events(&request(&mut one, program, seed));
        let what = format!("{program}, seed {seed}");
        check_same(&what, &run(&mut one, &request), &run(&mut other, &request));
    }
}

#[test]
fn two_processes_see_the_same_events_of_every_guest() {
    for program in guests_to_compare() {
        check_two_processes(guests(), &program, 0..6);
    }
}

#[test]
fn two_processes_see_the_same_events_of_late_listener() {
    check_two_processes(scenarios(), BUGGY, 0..12);
    check_two_processes(scenarios(), "late-listener/pr43", 0..3);
}

/// The first passing and the first failing seeds of late-listener/buggy.
fn passing_and_failing(each: usize) -> Vec<u64> {
    let mut client = client(scenarios(), Isolation::Fork);
    let (mut passing, mut failing) = (Vec::new(), Vec::new());
    for seed in 0..100 {
        let request = request(&mut client, BUGGY, seed);
        let run = run(&mut client, &request);
        let verdict = verdict::judge(&run, client.symbols()).verdict;
        if verdict == Verdict::Pass { passing.push(seed) } else { failing.push(seed) }
    }
    assert!(passing.len() >= each && failing.len() >= each, "{passing:?} {failing:?}");
    [&passing[..each], &failing[..each]].concat()
}

fn hashes_of_ten_processes(seed: u64) -> BTreeSet<u64> {
    let hash = |_| {
        let mut client = client(scenarios(), Isolation::Fork);
        let request = request(&mut client, BUGGY, seed);
        run(&mut client, &request).figures.events_hash
    };
    (0..10).map(hash).collect()
}

#[test]
fn ten_processes_give_one_hash_also_on_a_busy_machine() {
    let seeds = passing_and_failing(3);
    let idle: Vec<_> = seeds.iter().map(|seed| hashes_of_ten_processes(*seed)).collect();
    let over = AtomicBool::new(false);
    let busy: Vec<_> = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let busy = seeds.iter().map(|seed| hashes_of_ten_processes(*seed)).collect();
        over.store(true, Ordering::Relaxed);
        busy
    });
    for ((seed, idle), busy) in seeds.iter().zip(&idle).zip(&busy) {
        assert_eq!((idle.len(), idle), (1, busy), "seed {seed}");
    }
}

/// A search, the same with events, the replay of its trace, and the same on real threads.
fn check_four_ways(path: &Path, program: &str, seeds: impl Iterator<Item = u64>) {
    let mut forked = client(path, Isolation::Fork);
    for seed in seeds {
        let request = request(&mut forked, program, seed);
        let what = |way: &str| format!("{program}, seed {seed}, {way}");
        let search = run(&mut forked, &request);
        let told = run(&mut forked, &with_events(&request));
        check_same_decisions(&what("with events"), &search, &told);
        let replay = Request { replay: Some(Replay::Strict(search.trace.clone())), ..with_events(&request) };
        check_same(&what("replayed"), &told, &run(&mut forked, &replay));
        let on_threads = run(&mut client(path, Isolation::Baton), &with_events(&request));
        check_same(&what("on real threads"), &told, &on_threads);
    }
}

#[test]
fn four_ways_to_make_a_run_give_the_same_one_of_every_guest() {
    for program in guests_to_compare() {
        check_four_ways(guests(), &program, 0..3);
    }
}

#[test]
fn four_ways_to_make_a_run_give_the_same_one_of_late_listener() {
    check_four_ways(scenarios(), BUGGY, 0..12);
    check_four_ways(scenarios(), "canary/deadlock", 0..2);
    check_four_ways(scenarios(), "canary/panic", 0..2);
}

#[test]
fn thousands_of_threads_are_repeated() {
    let mut client = client(guests(), Isolation::Fork);
    for seed in 0..3 {
        let request = request(&mut client, "sync/many-threads", seed);
        let (one, two) = (run(&mut client, &request), run(&mut client, &request));
        check_same_decisions(&format!("seed {seed}"), &one, &two);
    }
}

/// Replays a damaged trace: it must stop at a pick that it names.
fn check_diverges(what: &str, request: &Request, picks: Vec<Pick>) {
    let trace = Trace { picks: picks.clone(), ..Trace::default() };
    let request = Request { replay: Some(Replay::Strict(trace)), ..request.clone() };
    let mut client = client(scenarios(), Isolation::Fork);
    let run = run(&mut client, &request);
    let Ending::Diverged(divergence) = &run.ending else { panic!("{what}: {:?}", run.ending) };
    assert!(picks.contains(&divergence.expected), "{what}: it names a pick of no trace, {divergence}");
    let judgement = verdict::judge(&run, client.symbols());
    assert_eq!(judgement.verdict, Verdict::Diverged, "{what}");
    assert!(judgement.detail.contains(&divergence.expected.to_string()), "{what}: {}", judgement.detail);
}

#[test]
fn a_damaged_trace_stops_at_a_pick_and_names_it() {
    let strategy: Strategy = "walk:8".parse().expect("a strategy");
    let mut searching = client(scenarios(), Isolation::Fork);
    for seed in [1, 2, 3] {
        let request = Request { strategy, ..request(&mut searching, BUGGY, seed) };
        let picks = run(&mut searching, &request).trace.picks;
        assert!(picks.len() > 10, "{}", picks.len());
        for at in [0, picks.len() / 2, picks.len() - 1] {
            let altered = |change: fn(&mut Pick)| {
                let mut picks = picks.clone();
                change(&mut picks[at]);
                picks
            };
            let what = format!("seed {seed}, pick {at} of {}", picks.len());
            check_diverges(&format!("{what}, other bound"), &request, altered(|pick| pick.bound += 1));
            check_diverges(&format!("{what}, other thread"), &request, altered(|pick| pick.thread.0 += 1));
            check_diverges(
                &format!("{what}, other point"),
                &request,
                altered(|pick| pick.thread_points += 1),
            );
            check_diverges(&format!("{what}, other nth"), &request, altered(|pick| pick.nth += 1_000));
        }
        let mut removed = picks.clone();
        removed.remove(0);
        check_diverges(&format!("seed {seed}, first removed"), &request, removed);
        let mut added = picks.clone();
        let last = *picks.last().expect("there are many");
        added.push(Pick { step: last.step + 1_000_000, ..last });
        check_diverges(&format!("seed {seed}, one too many"), &request, added);
    }
}
