//! Programs over crates that nobody here wrote, unmodified: they hold under every schedule, and each seed is one run.
//!
//! Knows them by name only. Invariant: everything below them is instrumented, but for what `wrapper::PLAIN_CRATES` lists.

use photofinish::client::{self, Isolation, Request};
use photofinish::examine::examine;
use photofinish::verdict::Verdict;

mod served;

use served::{client, guests, request};

/// The variants of a scenario.
fn variants(scenario: &str) -> Vec<String> {
    let listed = client::list(guests()).expect("it lists what it holds");
    let names: Vec<_> = listed
        .iter()
        .filter(|listed| listed.scenario == scenario)
        .map(photofinish::scenario::Listed::name)
        .collect();
    assert!(!names.is_empty(), "there is no scenario {scenario}");
    names
}

/// Every variant passes on these seeds, each with the strategy that the swarm draws for it.
fn check_passes(scenario: &str, seeds: u64) {
    for program in variants(scenario) {
        let mut client = client(guests(), Isolation::Fork);
        for seed in 0..seeds {
            let request = request(&mut client, &program, seed);
            let examined = examine(&mut client, &request).expect("it serves");
            let judgement = &examined.judgement;
            assert_eq!(judgement.verdict, Verdict::Pass, "{program}, seed {seed}: {judgement:#?}");
        }
    }
}

/// Two processes see the same events of every variant.
fn check_same(scenario: &str, seeds: u64) {
    for program in variants(scenario) {
        let mut clients = [(); 2].map(|()| client(guests(), Isolation::Fork));
        for seed in 0..seeds {
            let request = Request { events: true, ..request(&mut clients[0], &program, seed) };
            let [one, other] = clients.each_mut().map(|client| client.run(&request).expect("it serves"));
            for (index, (a, b)) in one.events.iter().zip(&other.events).enumerate() {
                assert_eq!(a, b, "{program}, seed {seed}: event {index}");
            }
            assert_eq!(one.events.len(), other.events.len(), "{program}, seed {seed}");
            assert_eq!(one.figures, other.figures, "{program}, seed {seed}");
            assert_eq!(one.trace, other.trace, "{program}, seed {seed}");
        }
    }
}

#[test]
fn hyper_passes_under_every_schedule() {
    check_passes("hyper", 20);
}

#[test]
fn socket2_passes_under_every_schedule() {
    check_passes("socket2", 20);
}

#[test]
fn polling_passes_under_every_schedule() {
    check_passes("polling", 20);
}

#[test]
fn smol_passes_under_every_schedule() {
    check_passes("smol", 20);
}

#[test]
fn two_processes_see_the_same_events_of_each() {
    for scenario in ["hyper", "socket2", "polling", "smol"] {
        check_same(scenario, 3);
    }
}
