//! The smallest race there is: a counter that is read and written in two steps.
//!
//! Invariant: the program is the one that README shows, and mentions nothing of ours.

mod program;

use photofinish::scenario::{Expectation, Failure, Find, Scenario, Variant};

/// What both visitors counted as one.
const LOST_UPDATE: &str = "lost-update";

/// Two visitors who must both be counted.
pub static SCENARIO: Scenario = Scenario {
    name: "lost-update",
    story: "Two threads read a counter and write it back one higher; if both read before either writes, one is not counted.",
    programs: &[],
    variants: &[Variant {
        name: "buggy",
        story: "A load and a store where one operation should be.",
        os: photofinish::scenario::Os::Linux,
        heap: photofinish::scenario::Heap::Plain,
        expect: Expectation {
            must: &[Find { signature: LOST_UPDATE, within_runs: 100 }],
            may: &[],
            always: false,
        },
        oracles: photofinish::scenario::Oracles::NONE,
        run: || judge(program::run()),
    }],
};

fn judge(visits: u64) -> Result<(), Failure> {
    if visits == 2 {
        return Ok(());
    }
    Err(Failure { signature: LOST_UPDATE.to_owned(), detail: format!("2 came, {visits} counted") })
}
