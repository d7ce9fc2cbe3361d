//! Runs that share a process: when they do, that they repeat, and that what fails in one counts only if it fails by itself, too.
//!
//! Does not know what the programs do. Invariant: each comparison is with the same seed in a process of its own.

use photofinish::client::{self, Client, InSeries, Isolation, Request, Run};
use photofinish::examine::{Examined, examine};
use photofinish::guard::Known;
use photofinish::scenario::Heap;
use photofinish::series::{DEPENDS, Steps};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Tally;
use photofinish::verdict::{self, Verdict};

mod served;

use served::{client, guests, request};

fn programs_of(scenarios: &[&str]) -> Vec<String> {
    let listed = client::list(guests()).expect("it lists what it holds");
    let chosen = listed.iter().filter(|listed| scenarios.contains(&&*listed.scenario));
    chosen.map(photofinish::scenario::Listed::name).collect()
}

/// The mix of strategies, from this seed on. Who wants more memory than there is is to meet that limit: a whole gigabyte takes as long to
/// fill as the machine is busy.
fn mix(program: &str, from: u64) -> Request {
    let limits = Limits { memory_max: 256 << 20, ..Limits::default() };
    Request { limits, ..Request::new(program, Seed(from)) }
}

fn series(program: &str, count: u32) -> InSeries {
    client(guests(), Isolation::Fork).series(&mix(program, 0), count).expect("it serves")
}

fn told(run: &Run) -> impl PartialEq + core::fmt::Debug {
    (run.ending.word(), run.figures, run.unmodelled, run.judged.clone())
}

#[test]
fn a_run_behind_no_other_is_the_same_as_by_itself() {
    let guests_of = |heap| move |program| (program, heap);
    let plain = ["races/lost-update", "races/statics", "sync/mpsc"].map(guests_of(None));
    let checked = ["heap/library", "races/statics"].map(guests_of(Some(Heap::Checked)));
    for (program, heap) in plain.into_iter().chain(checked) {
        let mut client = client(guests(), Isolation::Fork);
        for seed in 0..20 {
            let mut request = Request { heap, ..mix(program, seed) };
            let made = client.series(&request, 1).expect("it serves");
            request.strategy = client.resolve_in_series(&request).expect("it serves");
            let own = client.run(&request).expect("it serves");
            assert_eq!(told(&made.runs[0]), told(&own), "{program}, seed {seed}, {}", request.strategy);
        }
    }
}

#[test]
fn every_ending_is_told_of_a_run_behind_others() {
    for program in programs_of(&["endings"]) {
        let made = series(&program, 2);
        let mut forked = client(guests(), Isolation::Fork);
        for (seed, shared) in (0..).zip(&made.runs) {
            let mut request = mix(&program, seed);
            request.strategy = forked.resolve(&request).expect("it serves");
            let own = forked.run(&request).expect("it serves");
            assert_eq!(shared.ending.word(), own.ending.word(), "{program}, seed {seed}");
            let [shared, own] = [shared, &own].map(|run| verdict::judge(run, forked.symbols()).verdict);
            assert_eq!(shared, own, "{program}, seed {seed}");
        }
    }
}

#[test]
fn runs_share_a_process_only_where_nothing_is_left_behind() {
    let processes = |program: &str| series(program, 12).processes;
    assert_eq!(processes("races/statics"), 1, "main returns, and its threads are joined");
    assert_eq!(processes("endings/exit-0"), 12, "a thread still runs");
    assert_eq!(processes("endings/park-alone"), 12, "a thread waits for ever");
    for program in programs_of(&["files"]).into_iter().chain(programs_of(&["hosts"])).take(4) {
        assert_eq!(processes(&program), 12, "{program} leaves more than its own memory");
    }
}

#[test]
fn only_what_was_left_behind_is_said_to_be() {
    let mut client = client(guests(), Isolation::Fork);
    let mut made = |program: &str, heap| {
        let made = client.series(&Request { heap, ..mix(program, 0) }, 5).expect("it serves");
        (made.processes, made.given_up)
    };
    assert_eq!(made("races/statics", None), (1, 0));
    assert_eq!(made("endings/exit-0", None), (5, 4), "a thread still runs, and nothing follows the last");
    assert_eq!(made("races/statics", Some(Heap::Checked)), (5, 0), "each is to have its own");
}

#[test]
fn a_series_is_the_same_in_another_process() {
    for program in ["races/statics", "races/lost-update", "races/lock-order", "endings/exit-0"] {
        assert_eq!(series(program, 40), series(program, 40), "{program}");
    }
}

/// All of a series.
fn examined(client: &mut Client, request: &Request, count: u32) -> Vec<(Seed, Strategy, Examined)> {
    let (mut steps, mut known) = (Steps::new(request, count), Known::default());
    std::iter::from_fn(|| steps.examine_next(client, &mut known).expect("it serves")).collect()
}

#[test]
fn what_fails_only_behind_other_runs_is_not_believed() {
    let mut client = client(guests(), Isolation::Fork);
    let made = examined(&mut client, &mix("races/statics", 0), 6);
    let verdicts: Vec<_> = made.iter().map(|(_, _, found)| found.judgement.verdict).collect();
    assert_eq!(verdicts[0], Verdict::Pass, "nothing ran before");
    assert!(verdicts[1..].iter().all(|verdict| *verdict == Verdict::Inconclusive), "{verdicts:?}");
    let judgement = &made[5].2.judgement;
    assert_eq!(judgement.signature.as_deref(), Some(DEPENDS));
    assert!(judgement.detail.contains("--isolation fork"), "{}", judgement.detail);
}

/// A run behind others need not be the same: std's own statics are warm, and the heap is used. So it may miss what it would find
/// by itself, but what is counted of it fails so by itself.
#[test]
fn what_is_counted_fails_by_itself() {
    for program in ["races/lost-update", "races/lock-order"] {
        let mut client = client(guests(), Isolation::Fork);
        let mut tally = Tally::default();
        for (seed, strategy, behind) in examined(&mut client, &mix(program, 0), 150) {
            tally.add(seed, &strategy.to_string(), &behind);
            if behind.judgement.verdict == Verdict::Fail {
                let request = Request { strategy, ..request(&mut client, program, seed.0) };
                let alone = examine(&mut client, &request).expect("it serves");
                assert_eq!(alone.judgement.signature, behind.judgement.signature, "{program}, seed {seed}");
            }
        }
        assert!(tally.found.keys().any(|signature| signature != DEPENDS), "{program}: {tally:?}");
    }
}

#[test]
fn what_failed_is_known_before_the_rest_is_made() {
    let mut client = client(guests(), Isolation::Fork);
    let mut steps = Steps::new(&mix("endings/panic", 3), 12);
    let mut known = Known::default();
    for nth in 0..12 {
        let (seed, ..) =
            steps.examine_next(&mut client, &mut known).expect("it serves").expect("there are more");
        assert_eq!(
            (seed, steps.processes()),
            (Seed(3 + nth), 1 + nth),
            "no process is begun before its turn"
        );
    }
    assert_eq!(steps.examine_next(&mut client, &mut known).expect("it serves"), None);
}
