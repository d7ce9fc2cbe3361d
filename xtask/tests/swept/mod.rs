//! What the tests have in common that sweep whole scenarios of guests.
//!
//! Invariant: a sweep here is judged by the variants' own expectations.

use photofinish::client::{self, Isolation};
use photofinish::examine::examine;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Tally;

use crate::served::{client, guests, request};

/// Sweeps every variant of a scenario over so many seeds, and holds each against its own expectation.
pub(crate) fn check_scenario(scenario: &str, seeds: u64) {
    let listed = client::list(guests()).expect("it lists what it holds");
    let mut complaints = Vec::new();
    for listed in listed.iter().filter(|listed| listed.scenario == scenario) {
        let tally = sweep(&listed.name(), seeds);
        complaints.extend(
            tally.complaints(listed, Seed(0)).into_iter().map(|said| format!("{}: {said}", listed.name())),
        );
        let found: Vec<_> = tally.found.iter().map(|(signature, found)| (signature, found.runs)).collect();
        println!("{}: {} of {} passed, {found:?}", listed.name(), tally.passed, tally.runs);
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

pub(crate) fn sweep(program: &str, seeds: u64) -> Tally {
    let mut client = client(guests(), Isolation::Fork);
    let mut tally = Tally::default();
    for seed in 0..seeds {
        let request = request(&mut client, program, seed);
        let examined = examine(&mut client, &request).expect("it serves");
        tally.add(request.seed, &request.strategy.to_string(), &examined);
    }
    tally
}
