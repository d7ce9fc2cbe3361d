//! Crates that nobody here wrote, whole and instrumented: what must hold under every schedule, and that it is the same run in
//! every process.
//!
//! Knows the programs by name only. Invariant: every variant of [`SCENARIOS`] is run here, with many seeds.

use std::collections::BTreeSet;

use photofinish::client::{self, Isolation, Request};
use photofinish::examine::examine;
use photofinish::scenario::Listed;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Tally;

mod served;

use served::{client, guests, request};

/// The scenarios whose variants are such programs.
const SCENARIOS: [&str; 5] = ["programs", "hyper", "socket2", "polling", "smol"];

/// Every program, or the one that is asked for.
fn programs() -> Vec<Listed> {
    let only = std::env::var("PROGRAM").unwrap_or_default();
    let listed = client::list(guests()).expect("it lists what it holds");
    listed
        .into_iter()
        .filter(|listed| SCENARIOS.contains(&&*listed.scenario) && listed.name().contains(&only))
        .collect()
}

#[test]
fn programs_come_to_the_same_result_under_every_schedule() {
    let mut complaints = Vec::new();
    for listed in programs() {
        let mut client = client(guests(), Isolation::Fork);
        let mut tally = Tally::default();
        for seed in 0..30 {
            let request = request(&mut client, &listed.name(), seed);
            let examined = examine(&mut client, &request).expect("it serves");
            tally.add(request.seed, &request.strategy.to_string(), &examined);
        }
        let said = tally.complaints(&listed, Seed(0));
        complaints.extend(said.into_iter().map(|said| format!("{}: {said}", listed.name())));
        println!("{}: {} of {} passed", listed.name(), tally.passed, tally.runs);
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// The hashes of the events of one seed, in so many processes.
fn hashes(program: &str, seed: u64, processes: usize) -> BTreeSet<u64> {
    let hash = |_| {
        let mut client = client(guests(), Isolation::Fork);
        let request = request(&mut client, program, seed);
        client.run(&request).expect("it serves").figures.events_hash
    };
    (0..processes).map(hash).collect()
}

#[test]
fn two_processes_see_the_same_events_of_every_program() {
    for listed in programs() {
        let (mut one, mut other) = (client(guests(), Isolation::Fork), client(guests(), Isolation::Fork));
        for seed in 0..3 {
            let request = Request { events: true, ..request(&mut one, &listed.name(), seed) };
            let (a, b) = (one.run(&request).expect("it serves"), other.run(&request).expect("it serves"));
            for (index, (a, b)) in a.events.iter().zip(&b.events).enumerate() {
                assert_eq!(a, b, "{}, seed {seed}: event {index}", listed.name());
            }
            assert_eq!(a.figures, b.figures, "{}, seed {seed}", listed.name());
        }
    }
}

#[test]
fn ten_processes_see_the_same_echo_of_three_workers() {
    for seed in 0..3 {
        let hashes = hashes("programs/tokio-echo", seed, 10);
        assert_eq!(hashes.len(), 1, "seed {seed}: {hashes:?}");
    }
}
