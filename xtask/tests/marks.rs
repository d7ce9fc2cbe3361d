//! What a program says of itself is heard: each mark fails, holds, strikes or is missed as its macro says.
//!
//! Knows the guests by name only. Invariant: a mark that failed is told once per run, by its name and its place.

use std::collections::BTreeSet;

use photofinish::client::{Client, Isolation, Replay, Request};
use photofinish::examine::{Examined, examine};
use photofinish::marks::{Marks, Passed};
use photofinish::sim::choice::Kind;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::event::Event;
use photofinish::sim::mark::Mark;
use photofinish::sweep::Tally;
use photofinish::verdict::Verdict;

mod served;

use served::{client, guests, request};

const PLACE: &str = "harness/tests/guests/src/marks/programs.rs";
const FUNCTIONS: &str = "photofinish_guests::marks::programs";

fn examined(client: &mut Client, program: &str, seed: u64) -> Examined {
    let request = request(client, &format!("marks/{program}"), seed);
    examine(client, &request).expect("it serves")
}

fn said(examined: &Examined) -> String {
    let wrote = examined.run.events.iter().filter_map(|(_, event)| match event {
        Event::Wrote { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    });
    wrote.collect()
}

/// A program of which every run fails by a mark, and how the detail begins and ends.
fn check_fails(program: &str, signature: &str, (begin, end): (&str, &str)) -> Examined {
    let mut client = client(guests(), Isolation::Fork);
    let examined = examined(&mut client, program, 1);
    let judgement = &examined.judgement;
    assert_eq!(judgement.verdict, Verdict::Fail, "{program}: {judgement:?}");
    assert_eq!(judgement.signature.as_deref(), Some(signature), "{program}");
    let detail = &judgement.detail;
    assert!(detail.starts_with(&format!("{begin}! at {PLACE}:")) && detail.ends_with(end), "{detail}");
    examined
}

fn check_passes(program: &str) -> Examined {
    let mut client = client(guests(), Isolation::Fork);
    let examined = examined(&mut client, program, 1);
    assert_eq!(examined.judgement.verdict, Verdict::Pass, "{program}: {:?}", examined.judgement);
    examined
}

#[test]
fn what_must_always_hold_fails_the_run_which_goes_on() {
    let signature = format!("always in {PLACE}: a number is even");
    let failed = check_fails("always", &signature, ("always", ": a number is even: it is 1"));
    assert_eq!(said(&failed), "it went on\n");
    assert_eq!(failed.judgement.detail.lines().count(), 1, "three times, and told once");
}

#[test]
fn what_failed_first_names_a_run_that_panics_later() {
    let signature = format!("always in {PLACE}: a number is small");
    let failed = check_fails("always-panic", &signature, ("always", "it is 7"));
    assert!(
        failed
            .judgement
            .detail
            .contains(&format!("besides, it failed: panic in {FUNCTIONS}::always_panic: it is N"))
    );
}

#[test]
fn where_no_run_comes_by_one_that_does_fails() {
    let signature = format!("unreachable in {PLACE}: there is no third state");
    check_fails("unreachable", &signature, ("unreachable", ": there is no third state: it is broken"));
}

#[test]
fn what_must_hold_in_the_end_is_judged_by_its_last_time() {
    let signature = format!("eventually in {PLACE}: the queue is empty");
    check_fails("eventually", &signature, ("eventually", ": the queue is empty: 1 are left"));
    check_passes("eventually-held");
    let mut client = client(guests(), Isolation::Fork);
    let panicked = examined(&mut client, "eventually-panic", 1);
    assert_eq!(
        panicked.judgement.signature,
        Some(format!("panic in {FUNCTIONS}::eventually_panic: too early"))
    );
}

#[test]
fn a_mark_evaluates_its_condition_once_and_its_words_only_when_it_failed() {
    check_passes("nothing");
}

/// As a sweep does it, by several clients.
fn sweep(program: &str, seeds: u64) -> Tally {
    let mut whole = Tally::default();
    for half in [0..seeds / 2, seeds / 2..seeds] {
        let mut client = client(guests(), Isolation::Fork);
        let mut tally = Tally::default();
        for seed in half {
            let request = request(&mut client, &format!("marks/{program}"), seed);
            let examined = examine(&mut client, &request).expect("it serves");
            tally.add(request.seed, &request.strategy.to_string(), &examined);
        }
        whole.merge(tally);
    }
    whole
}

fn by_message<'a>(marks: &'a Marks, message: &str) -> &'a Passed {
    marks.iter().find(|passed| passed.mark.message == message).expect("the program passes it")
}

#[test]
fn a_sweep_tells_what_was_never_true() {
    let tally = sweep("sometimes", 100);
    assert_eq!((tally.runs, tally.passed), (100, 100));
    let sometimes = by_message(&tally.marks, "the first to start is the last to finish");
    assert_eq!((sometimes.runs, sometimes.wrong()), (100, None));
    assert!((1..100).contains(&sometimes.were_true), "{sometimes}");
    let never = by_message(&tally.marks, "somebody else wins");
    assert_eq!((never.runs, never.were_true, never.wrong()), (100, 0, Some("NEVER TRUE")));
    assert!(
        never.to_string().starts_with("true in 0 of 100 runs that came by, NEVER TRUE: sometimes! at "),
        "{never}"
    );
    let reached = by_message(&tally.marks, "a race is run");
    assert!(reached.to_string().starts_with("reached in 100 runs: reachable! at "), "{reached}");
    let json = serde_json::to_string(&tally).expect("plain data");
    assert_eq!(serde_json::from_str::<Tally>(&json).expect("its own form"), tally);
}

#[test]
fn a_sweep_tells_what_no_run_came_by() {
    let client = client(guests(), Isolation::Fork);
    let tally = sweep("sometimes", 4);
    let known = |message: &str| client.marks().iter().any(|mark| mark.message == message);
    assert!(known("somebody else is crowned") && known("a fourth wins") && known("the queue is empty"));
    let missed: Vec<&str> = tally.marks.missed(client.marks()).iter().map(|mark| &*mark.message).collect();
    assert!(
        missed.contains(&"somebody else is crowned") && missed.contains(&"the queue is empty"),
        "{missed:?}"
    );
    assert!(!missed.contains(&"a fourth wins"), "which is as it should be");
    assert!(!missed.contains(&"a race is run") && !missed.contains(&"somebody else wins"), "{missed:?}");
    assert_eq!(Marks::default().missed(client.marks()), Vec::<&Mark>::new(), "another file's business");
}

#[test]
fn a_race_that_a_mark_tells_of_is_found() {
    let tally = sweep("raced", 100);
    let found = &tally.found[&format!("always in {PLACE}: no update is lost")];
    assert!((1..100).contains(&found.runs), "{found:?}");
    assert_eq!(found.runs, by_message(&tally.marks, "no update is lost").were_false);
}

#[test]
fn things_go_wrong_in_some_runs_and_again_in_a_replay() {
    let mut client = client(guests(), Isolation::Fork);
    let mut runs_struck = 0;
    for seed in 0..40 {
        let request = request(&mut client, "marks/buggify", seed);
        let found = examine(&mut client, &request).expect("it serves");
        let strikes = found.run.trace.picks.iter().filter(|pick| pick.kind == Kind::Buggify).count();
        let struck = said(&found) != "[] []\n";
        assert_eq!(struck, strikes > 0, "seed {seed}: {}", said(&found));
        runs_struck += u32::from(struck);
        let replay = Request { replay: Some(Replay::Strict(found.run.trace.clone())), ..request };
        let again = examine(&mut client, &replay).expect("it serves");
        assert_eq!(again.run.figures, found.run.figures, "seed {seed}");
        assert_eq!((said(&again), again.judgement), (said(&found), found.judgement), "seed {seed}");
    }
    assert!((4..=20).contains(&runs_struck), "in {runs_struck} of 40 runs");
    let boring = request(&mut client, "marks/buggify", 1);
    let boring = Request { strategy: Strategy::Boring, ..boring };
    assert_eq!(said(&examine(&mut client, &boring).expect("it serves")), "[] []\n");
}

#[test]
fn what_the_program_lets_the_search_choose_differs_by_run_and_is_told_and_replayed() {
    let mut client = client(guests(), Isolation::Fork);
    let mut said_by_runs = BTreeSet::new();
    for seed in 0..12 {
        let request = request(&mut client, "marks/choose", seed);
        let request = Request { events: true, ..request };
        let found = examine(&mut client, &request).expect("it serves");
        let chose = found.run.events.iter().filter_map(|(stamp, event)| match event {
            Event::Chose { number, from, to, place, words: None } => {
                assert!((from..=to).contains(&number) && place.starts_with(PLACE), "{event:?}");
                Some((stamp.thread.0, number.to_string()))
            }
            _ => None,
        });
        let (threads, mut chose): (Vec<u32>, Vec<String>) = chose.unzip();
        assert_eq!((threads[..3].to_vec(), chose.len()), (vec![threads[0]; 3], 4), "seed {seed}");
        assert_ne!(threads[3], threads[0], "seed {seed}: the other thread chooses last");
        chose.insert(2, String::from("0"));
        assert_eq!(said(&found), format!("{}\n", chose.join(" ")), "seed {seed}");
        let replay = Request { replay: Some(Replay::Strict(found.run.trace.clone())), ..request };
        let again = examine(&mut client, &replay).expect("it serves");
        assert_eq!((said(&again), again.run.figures), (said(&found), found.run.figures), "seed {seed}");
        said_by_runs.insert(said(&found));
    }
    assert!(said_by_runs.len() > 6, "{said_by_runs:?}");
    let boring = Request { strategy: Strategy::Boring, ..request(&mut client, "marks/choose", 1) };
    assert_eq!(said(&examine(&mut client, &boring).expect("it serves")), "0 0 0 -2 10\n");
}
