//! What is asked of a run besides what its program says: each oracle finds what it looks for, and nothing else.
//!
//! Knows the guests by name only. Invariant: an oracle that nobody asked for changes no run.

use photofinish::client::{Isolation, Request, Run, StackOf};
use photofinish::examine::{Examined, examine};
use photofinish::oracles::LeftKind;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::event::Event;
use photofinish::sim::oracle::Oracles;
use photofinish::verdict::Verdict;

mod served;
mod swept;

use served::{client, guests, request};
use swept::check_scenario;

/// A run of a seed, after `change` to what is asked for.
fn examined(program: &str, seed: u64, change: impl FnOnce(Request) -> Request) -> Examined {
    let mut client = client(guests(), Isolation::Fork);
    let request = change(request(&mut client, &format!("oracles/{program}"), seed));
    examine(&mut client, &request).expect("it serves")
}

fn signature(examined: &Examined) -> &str {
    examined.judgement.signature.as_deref().unwrap_or("none")
}

#[test]
fn each_finds_what_it_looks_for_and_nothing_else() {
    check_scenario("oracles", 30);
}

#[test]
fn what_is_left_is_told_with_events_and_fails_nobody_who_did_not_ask() {
    let kinds = |run: &Run| run.left.iter().map(|left| left.kind).collect::<Vec<_>>();
    let searched = examined("thread-left-allowed", 1, |request| request);
    assert_eq!((searched.judgement.verdict, kinds(&searched.run)), (Verdict::Pass, vec![]));
    let told = examined("thread-left-allowed", 1, |request| Request { events: true, ..request });
    assert_eq!((told.judgement.verdict, kinds(&told.run)), (Verdict::Pass, vec![LeftKind::Thread]));
    assert_eq!(told.run.figures, searched.run.figures, "nothing of the run changed");
    let line = &told.run.left[0].detail;
    assert!(
        line.starts_with("thread 1 (logger-1) waits for futex word ") && line.ends_with(", detached"),
        "{line}"
    );
    let asked: Oracles = "threads,sockets".parse().expect("oracles");
    let asked = examined("thread-left-allowed", 1, |request| Request { oracles: Some(asked), ..request });
    assert_eq!(signature(&asked), "leak: thread logger");
    assert!(asked.judgement.detail.contains(line.as_str()), "{}", asked.judgement.detail);
    assert!(asked.run.stacks.iter().any(|stack| stack.of == StackOf::Wait), "where it waits is told");
    let allowed = examined("thread-left", 1, |request| Request { oracles: Some(Oracles::NONE), ..request });
    assert_eq!(allowed.judgement.verdict, Verdict::Pass);
}

#[test]
fn a_heartbeat_does_not_hide_a_deadlock() {
    let found = examined("heartbeat-circle", 3, |request| request);
    assert_eq!(signature(&found), "deadlock in photofinish_guests::oracles::stuck::left_and_right");
    let detail = &found.judgement.detail;
    assert!(!detail.contains("heart"), "who goes on is no part of it: {detail}");
    assert!(detail.starts_with("thread 0 (root) waits for the end of thread "), "{detail}");
    let found = examined("heartbeat-lost", 3, |request| request);
    assert_eq!(signature(&found), "stuck: thread worker");
    let detail = &found.judgement.detail;
    assert!(detail.contains("thread 2 (worker) waits for futex word"), "{detail}");
    let found = examined("heartbeat", 3, |request| request);
    assert_eq!(signature(&found), "out-of-time");
}

#[test]
fn a_livelock_ends_long_before_its_points_are_used_up() {
    let found = examined("ball", 1, |request| request);
    assert_eq!(signature(&found), "livelock");
    assert!((20_000..100_000).contains(&found.run.figures.points), "{:?}", found.run.figures);
    assert!(found.judgement.detail.contains("got nowhere"), "{}", found.judgement.detail);
}

#[test]
fn what_is_late_is_an_event_where_that_is_asked_for() {
    let boring = |request| Request { strategy: Strategy::Boring, ..request };
    let found = examined("late", 1, boring);
    assert_eq!(signature(&found), "late: thread sleeper");
    let late = found.run.events.iter().find_map(|(stamp, event)| match event {
        Event::Late { due_ns, by_ns } => Some((stamp.at_ns, *due_ns, *by_ns)),
        _ => None,
    });
    let (ran_ns, due_ns, by_ns) = late.expect("it is an event");
    assert!(by_ns > 50_000 && ran_ns - due_ns == by_ns, "nobody stalled: {late:?}");
    let unasked = examined("late", 1, |request| Request { oracles: Some(Oracles::NONE), ..boring(request) });
    assert_eq!(unasked.judgement.verdict, Verdict::Pass);
}

#[test]
fn an_oracle_over_events_hears_the_same_with_events_kept_or_not() {
    let mut client = client(guests(), Isolation::Fork);
    let (mut passed, mut failed) = (0, 0);
    for seed in 0..60 {
        let search = request(&mut client, "oracles/last-words", seed);
        let told = Request { events: true, ..search.clone() };
        let (search, told) = (client.run(&search), client.run(&told));
        let (search, told) = (search.expect("it serves"), told.expect("it serves"));
        assert_eq!((search.figures, &search.judged), (told.figures, &told.judged), "seed {seed}");
        assert!(search.events.iter().all(|(_, event)| event.is_loud()), "they stay in the run");
        if search.judged.is_some() { failed += 1 } else { passed += 1 }
    }
    assert!(passed > 0 && failed > 0, "{passed} passed, {failed} failed");
}

#[test]
fn a_deadlock_says_who_could_have_ended_it() {
    let found = examined("own-pipe", 1, |request| request);
    assert!(signature(&found).starts_with("deadlock"), "{:?}", found.judgement);
    let detail = &found.judgement.detail;
    assert!(detail.contains("; the other end is descriptor 4 of the same process"), "{detail}");
    let found = examined("waiting-child", 1, |request| request);
    let detail = &found.judgement.detail;
    assert!(detail.contains("; its children are child (10001)"), "{detail}");
    assert!(detail.contains(" of child (10001)) waits for input on pipe "), "{detail}");
    assert!(detail.contains("; the other end is descriptor 4 of main (1000)"), "{detail}");
}
