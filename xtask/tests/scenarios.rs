//! Every variant of every scenario does what its data says.
//!
//! Invariant: the expectations are the scenarios' own; this only sweeps.

mod folder;

use folder::{Folder, Said};

/// Sweeps scenarios over so many seeds of each variant, holds them against their expectations, and returns what was said.
fn swept(scenarios: &[&str], seeds: &str) -> String {
    let Said { code, out, err } = Folder::new().xtask(&[&["sweep"], scenarios, &["--seeds", seeds]].concat());
    assert_eq!(code, Some(0), "{out}{err}");
    out
}

/// As many seeds as the narrow windows need.
#[test]
fn expectations_hold_over_a_sweep() {
    let said = swept(&["lost-update", "late-listener", "canary"], "2000");
    assert!(
        said.contains("canary/panic: 0 of 2000 runs passed"),
        "the canary sang, and nobody heard: {said}"
    );
    for told in [
        "    false in 2000 of 2000 runs that came by, FALSE: always! at scenarios/src/canary/program.rs:",
        "    true in 0 of 2000 runs that came by, NEVER TRUE: sometimes! at scenarios/src/canary/program.rs:",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

/// Several processes make a run dear, and there are many variants: all of them with the seeds that the wide windows need less.
#[test]
fn every_way_to_hand_over_does_what_is_said_of_it() {
    let said = swept(&["shutdown-einval"], "24");
    for line in said.lines().filter(|line| line.contains("linux")) {
        assert!(line.contains("24 of 24 runs passed"), "{line}");
    }
}

/// Four hosts make a run dear: few seeds for the columns that no luck decides, many for those that need luck.
#[test]
fn every_way_to_mend_a_fork_does_what_is_said_of_it() {
    swept(&["fork-cancel"], "12");
    let said = swept(&["fork-cancel/v1@race", "fork-cancel/merged@race", "fork-cancel/fixed@race"], "2000");
    assert!(said.contains("fork-cancel/fixed@race: 2000 of 2000 runs passed"), "{said}");
}

/// The published crate, as it was and as it was mended.
#[test]
fn the_published_crate_fails_as_it_did_and_does_not_any_more() {
    let said = swept(&["shutdown-einval/real-0.1.2", "shutdown-einval/real-0.1.3"], "200");
    assert!(said.contains("aborted: ready read failed: io: Invalid argument (os error 22)"), "{said}");
    assert!(said.contains("shutdown-einval/real-0.1.3: 200 of 200 runs passed"), "{said}");
}

#[test]
fn the_lost_connected_event_is_found_on_three_seeds_of_ten() {
    let said = Folder::new().xtask(&["sweep", "late-listener/buggy", "--seeds", "100", "--json"]);
    let line = &folder::objects(&said.out)[0];
    let found = line["found"]["lost-connected"]["runs"].as_u64().expect("it is found");
    assert!(found >= 30, "found on {found} of the seeds 0 to 99");
}
