//! What turmoil alone leaves to the machine: `std`'s clocks, and the order of its hash maps.
//!
//! Does not judge what it prints; a test holds one process' against another's. Invariant: what is printed is all that a run learns of time
//! and keys.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use photofinish::scenario::{Expectation, Failure, Heap, Oracles, Os, Scenario, Variant};
use photofinish_turmoil::Simulation;

/// One host that looks at clocks and keys.
pub static SCENARIO: Scenario = Scenario {
    name: "turmoil-clocks",
    story: "A host on turmoil looks at std's clocks and at the order of a hash map, and prints what it sees.",
    programs: &[],
    variants: &[Variant {
        name: "printed",
        story: "In a simulation both are the seed's; natively they are the machine's.",
        os: Os::Linux,
        heap: Heap::Plain,
        expect: Expectation::NEVER_FAILS,
        oracles: Oracles::NONE,
        run,
    }],
};

/// Names of hosts, as a program keeps them.
const NAMES: [&str; 8] = ["ada", "bob", "cleo", "dan", "eve", "fay", "gus", "hal"];
/// In turmoil's time.
const PASSED: Duration = Duration::from_millis(250);

fn run() -> Result<(), Failure> {
    let simulation = Simulation::new().run(|builder| {
        let mut sim = builder.build();
        sim.client("client", async {
            let (began, names) = (Instant::now(), NAMES.map(|name| (name, name.len())));
            let order: Vec<&str> = HashMap::from(names).into_keys().collect();
            tokio::time::sleep(PASSED).await;
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
            println!(
                "{order:?}\n{} ns since 1970\n{} ns passed",
                since.as_nanos(),
                began.elapsed().as_nanos()
            );
            Ok(())
        });
        sim
    });
    let failure = |error| Failure { signature: String::from("unfinished"), detail: format!("{error}") };
    simulation.map(drop).map_err(failure)
}
