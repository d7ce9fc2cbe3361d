//! Every variant of every scenario does what its data says.
//!
//! Invariant: the expectations are the scenarios' own; this only sweeps.

use photofinish::scenario::Listed;
use photofinish::sweep::matches;

mod folder;

use folder::{Folder, Said, objects};

/// Sweeps scenarios over so many seeds of each variant, holds them against their expectations, and returns what was said.
fn swept(scenarios: &[&str], seeds: &str) -> String {
    let Said { code, out, err } = Folder::new().xtask(&[&["sweep"], scenarios, &["--seeds", seeds]].concat());
    assert_eq!(code, Some(0), "{out}{err}");
    out
}

/// What most windows need, and what the narrow ones may need.
const FEW: u64 = 200;
const MANY: u64 = 2000;

/// The variants of these scenarios that must show within [`MANY`] seeds what none of the first [`FEW`] showed.
fn unfound(scenarios: &[&str]) -> Vec<String> {
    let few = swept(&[scenarios, &["--json"]].concat(), &FEW.to_string());
    let lines = objects(&few);
    let listed = objects(&Folder::new().xtask(&["list", "--json"]).out);
    let listed = listed.into_iter().map(|line| serde_json::from_value(line).expect("a variant"));
    let listed: Vec<Listed> = listed.collect();
    let lacks = |line: &&serde_json::Value| {
        let of =
            |listed: &&Listed| line["scenario"] == *listed.scenario && line["variant"] == *listed.variant;
        let listed = listed.iter().find(of).expect("what is swept is listed");
        let found = line["found"].as_object().expect("by signature");
        let is_missed = |(pattern, within): &(String, u64)| {
            *within <= MANY && !found.keys().any(|signature| matches(pattern, signature))
        };
        listed.must.iter().any(is_missed)
    };
    let name = |line: &serde_json::Value| {
        [&line["scenario"], &line["variant"]].map(|name| name.as_str().expect("a name")).join("/")
    };
    lines.iter().filter(lacks).map(name).collect()
}

/// As many seeds as the narrow windows need, for those that have not been looked through by then.
#[test]
fn expectations_hold_over_a_sweep() {
    let narrow = unfound(&["lost-update", "late-listener"]);
    if !narrow.is_empty() {
        let narrow: Vec<&str> = narrow.iter().map(String::as_str).collect();
        swept(&narrow, &MANY.to_string());
    }
}

#[test]
fn what_is_fixed_never_fails() {
    let fixed = ["late-listener/fixed", "late-listener/fixed@disconnected", "late-listener/fixed@reverse"];
    let said = swept(&fixed, &MANY.to_string());
    for fixed in fixed {
        assert!(said.contains(&format!("{fixed}: 2000 of 2000 runs passed")), "{fixed}: {said}");
    }
}

#[test]
fn the_canary_is_heard() {
    let said = swept(&["canary"], &FEW.to_string());
    assert!(said.contains("canary/panic: 0 of 200 runs passed"), "the canary sang, and nobody heard: {said}");
    for told in [
        "    false in 200 of 200 runs that came by, FALSE: always! at scenarios/src/canary/program.rs:",
        "    true in 0 of 200 runs that came by, NEVER TRUE: sometimes! at scenarios/src/canary/program.rs:",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn every_kernel_does_what_is_said_of_it() {
    let said = swept(&["kernels"], "1000");
    assert!(said.contains("kernels/work-steal-queue-fixed: 1000 of 1000 runs passed"), "{said}");
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
