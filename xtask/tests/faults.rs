//! Worlds of hosts that faults strike by themselves.
//!
//! Knows the guests by name only. Invariant: every variant of `faults` is run here, with many seeds.

use photofinish::client::{Isolation, Request};
use photofinish::examine::{Examined, examine};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::ending::Ending;
use photofinish::sim::event::Event;
use photofinish::sim::host::HostChange;
use photofinish::verdict::Verdict;

mod served;
mod swept;

use served::{client, guests, request};

/// A run of a seed with its events, after `change` to what is asked for.
fn run(program: &str, seed: u64, change: impl FnOnce(Request) -> Request) -> Examined {
    let mut client = client(guests(), Isolation::Fork);
    let request = change(request(&mut client, program, seed));
    examine(&mut client, &Request { events: true, ..request }).expect("it serves")
}

fn strikes(examined: &Examined) -> usize {
    let struck =
        |event: &Event| matches!(event, Event::Host { change: HostChange::Crashed | HostChange::Paused, .. });
    examined.run.events.iter().filter(|(_, event)| struck(event)).count()
}

#[test]
fn a_write_that_was_answered_is_lost_by_who_answers_first_alone() {
    swept::check_scenario("faults", 60);
}

#[test]
fn a_boring_run_has_no_fault() {
    for program in ["faults/answer-first", "faults/recovery"] {
        let boring = run(program, 0, |request| Request { strategy: Strategy::Boring, ..request });
        assert_eq!(boring.judgement.verdict, Verdict::Pass, "{:?}", boring.judgement);
        assert_eq!(strikes(&boring), 0);
    }
}

#[test]
fn a_host_can_crash_in_the_instant_in_which_it_is_back() {
    let boring = run("faults/flicker", 0, |request| Request { strategy: Strategy::Boring, ..request });
    assert_eq!(boring.judgement.verdict, Verdict::Pass, "{:?}", boring.judgement);
    let times = |wanted: &HostChange| -> Vec<u64> {
        let is_wanted = |event: &Event| matches!(event, Event::Host { change, .. } if change == wanted);
        boring.run.events.iter().filter(|(_, event)| is_wanted(event)).map(|(stamp, _)| stamp.at_ns).collect()
    };
    let (crashes, backs) = (times(&HostChange::Crashed), times(&HostChange::Restarted));
    assert_eq!(crashes.len(), 8);
    assert_eq!(crashes[1..], backs[..7]);
}

#[test]
fn the_same_seed_strikes_the_same() {
    for seed in 0..5 {
        let [one, other] = [(); 2].map(|()| run("faults/recovery", seed, |request| request));
        assert_eq!(one.judgement.verdict, Verdict::Pass, "{:?}", one.judgement);
        assert!(strikes(&one) > 0, "seed {seed}");
        assert_eq!(one.run.events, other.run.events);
    }
}

#[test]
fn a_deadlock_is_found_while_faults_could_strike() {
    for seed in 0..5 {
        let stuck = run("faults/stuck", seed, |request| request);
        let ended = &stuck.run;
        assert!(matches!(ended.ending, Ending::Deadlock(_)), "{:?}", ended.ending);
        assert!(ended.figures.virtual_ns < 120_000_000_000, "{:?}", ended.figures);
    }
}
