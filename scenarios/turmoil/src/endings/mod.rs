//! Simulations that end badly whatever strikes them: by a panic, by an error, never, or by never giving up their turn.
//!
//! Does not know who notices. Invariant: each variant fails in every run, searched or not, and always in the same way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use photofinish::scenario::{Expectation, Failure, Find, Heap, Oracles, Os, Scenario, Variant};
use photofinish_turmoil::Simulation;

/// One host and one client that ask for trouble.
pub static SCENARIO: Scenario = Scenario {
    name: "turmoil-endings",
    story: "A simulation on turmoil ends as it should not, and what is said of it says so.",
    programs: &[],
    variants: VARIANTS,
};

macro_rules! variant {
    ($name:literal, $host:expr, $signature:literal, $story:literal) => {
        Variant {
            name: $name,
            story: $story,
            os: Os::Linux,
            heap: Heap::Plain,
            expect: Expectation {
                must: &[Find { signature: $signature, within_runs: 1 }],
                may: &[],
                always: true,
            },
            oracles: Oracles::NONE.nothing_idle_for(IDLE_POINTS),
            run: || run($host),
        }
    };
}

/// A loop that waits for a flag takes these in milliseconds; without a bound, it takes as many as a run may have.
const IDLE_POINTS: u64 = 100_000;

static VARIANTS: &[Variant] = &[
    variant!(
        "panic",
        || async { panic!("the till is locked") },
        "panic in photofinish_turmoil_scenarios::endings::*",
        "The program of a host panics, which turmoil makes an error of."
    ),
    variant!(
        "error",
        || async { Err("the till is empty")? },
        "host failed: the till is empty",
        "A host returns an error."
    ),
    variant!(
        "endless",
        std::future::pending,
        "the simulation did not end in the 51ms that it has; still running: host, client",
        "The client waits for ever, and turmoil's time is over."
    ),
    variant!("spin", spin, "livelock", "A host waits for a flag without letting anybody set it."),
];

fn run<F: Future<Output = turmoil::Result> + 'static>(host: fn() -> F) -> Result<(), Failure> {
    let simulation = Simulation::new().run(|builder| {
        let mut sim = builder.simulation_duration(Duration::from_millis(50)).build();
        sim.host("host", host);
        sim.client("client", std::future::pending());
        sim
    });
    simulation.map(drop).map_err(|error| {
        let detail = error.to_string();
        let signature = detail.lines().next().unwrap_or_default().to_owned();
        Failure { signature, detail }
    })
}

async fn spin() -> turmoil::Result {
    static FLAG: AtomicBool = AtomicBool::new(false);
    while !FLAG.load(Ordering::Acquire) {
        std::hint::spin_loop();
    }
    Ok(())
}
