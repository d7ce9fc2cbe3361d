//! Every variant of every scenario does what its data says.
//!
//! Invariant: the expectations are the scenarios' own; this only sweeps.

use std::process::Command;

/// Seeds per variant: as many as the narrow windows need.
const SEEDS: &str = "2000";

#[test]
fn expectations_hold_over_a_sweep() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["sweep", "--seeds", SEEDS])
        .output()
        .expect("xtask can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        said.contains("canary/panic: 0 of 2000 runs passed"),
        "the canary sang, and nobody heard: {said}"
    );
}

#[test]
fn the_lost_connected_event_is_found_on_three_seeds_of_ten() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["sweep", "late-listener/buggy", "--seeds", "100", "--json"])
        .output()
        .expect("xtask can be started");
    let line: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let found = line["found"]["lost-connected"]["runs"].as_u64().expect("it is found");
    assert!(found >= 30, "found on {found} of the seeds 0 to 99");
}
