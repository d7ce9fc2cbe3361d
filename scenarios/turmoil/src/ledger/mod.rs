//! A ledger on two hosts: a client deposits at the primary, which replicates to the backup, and changes to the backup if need be.
//!
//! Without faults every variant is right. A deposit whose answer is lost is asked for again; if that asks under another name, it is applied
//! twice. And a deposit that is acknowledged before the backup has it is lost with the primary. Does not know who strikes. Invariant: what a
//! variant may show is written here and nowhere else.

mod oracle;
mod program;

pub use oracle::{APPLIED_TWICE, LOST};

use photofinish::scenario::{Expectation, Failure, Find, Heap, Oracles, Os, Scenario, Variant};

use program::policy::{ACK_EARLY, BUGGY, FIXED, Policy};

/// The story and its variants.
pub static SCENARIO: Scenario = Scenario {
    name: "turmoil-ledger",
    story: "A client deposits at a primary that replicates to a backup, over turmoil's network, whose links are cut and whose hosts crash. \
            What was acknowledged must stand in the ledger once.",
    programs: &[],
    variants: VARIANTS,
};

macro_rules! variant {
    ($name:literal, $policy:expr, $expect:expr, $story:literal) => {
        Variant {
            name: $name,
            story: $story,
            os: Os::Linux,
            heap: Heap::Plain,
            expect: $expect,
            oracles: Oracles::NONE,
            run: || run(&$policy),
        }
    };
}

static VARIANTS: &[Variant] = &[
    variant!(
        "buggy",
        BUGGY,
        finds(&[Find { signature: APPLIED_TWICE, within_runs: WITHIN }]),
        "Each attempt to deposit has an id of its own: one whose answer is lost is applied, and so is its repetition."
    ),
    variant!(
        "ack-early",
        ACK_EARLY,
        finds(&[Find { signature: LOST, within_runs: WITHIN }]),
        "The primary acknowledges what it has, and replicates a little later: what it has acknowledged by its crash is lost."
    ),
    variant!(
        "fixed",
        FIXED,
        Expectation::NEVER_FAILS,
        "A deposit keeps its id however often it is asked for, and is acknowledged when the backup has it."
    ),
];

const WITHIN: u64 = 200;

const fn finds(must: &'static [Find]) -> Expectation {
    Expectation { must, may: &[], always: false }
}

fn run(policy: &Policy) -> Result<(), Failure> {
    let report = program::run(policy);
    oracle::judge(report.as_ref().map_err(ToString::to_string))
}
