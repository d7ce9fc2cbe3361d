//! `cargo xtask bench` from outside: what it refuses, and that every side of a work gives a figure.
//!
//! No time is looked at. Invariant: a figure is within its own spread, and whoever is compared says with whom.

mod folder;

use folder::{Folder, Said, objects};
use serde_json::Value;

fn check_refused(args: &[&str], says: &[&str]) {
    let Said { code, out, err } = Folder::new().xtask(&[&["bench"], args].concat());
    assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
    for says in says {
        assert!(err.contains(says), "{args:?} does not say {says:?}: {err}");
    }
}

#[test]
fn what_cannot_be_measured_is_refused_before_anything_is_built() {
    check_refused(&["schedulin"], &["'schedulin'", "scheduling"]);
    check_refused(&["--only", "bufer"], &["`bufer`", "next: one of ", "bounded buffer"]);
    check_refused(&["--only"], &["--only"]);
}

/// What is printed as JSON.
fn told(args: &[&str]) -> Vec<Value> {
    let said = Folder::new().xtask(&[&["bench", "--quick", "--json"], args].concat());
    assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
    objects(&said.out)
}

#[test]
fn kernels_are_judged_by_what_compare_kept() {
    let told = told(&["first-failure"]);
    let bars: Vec<&str> = told.iter().map(|bar| bar["bar"].as_str().expect("a bar")).collect();
    assert_eq!(
        bars,
        [
            "never more runs to the first failure than shuttle's best",
            "never more seconds to the first failure than shuttle's best",
        ]
    );
    assert!(told.iter().all(|bar| bar["met"].is_boolean() && bar["number"].is_string()));
}

#[test]
fn every_side_of_a_work_is_measured_and_its_bars_are_judged() {
    let told = told(&["runs", "--only", "bounded buffer"]);
    let machine = &told[0];
    assert!(machine["processor"].is_u64() && machine["nice"].is_i64(), "{machine}");
    assert_eq!(machine["samples"], 3);
    let figures: Vec<&Value> = told.iter().filter(|figure| figure["side"].is_string()).collect();
    let sides: Vec<&str> = figures.iter().filter_map(|figure| figure["side"].as_str()).collect();
    let ours = ["photofinish, one image", "photofinish, one image, default mix", "photofinish, isolated"];
    assert_eq!(sides, [&ours[..], &["shuttle random", "loom"]].concat());
    for figure in &figures {
        let [least, median, most] =
            ["least", "median", "most"].map(|field| figure[field].as_f64().expect("a number"));
        assert!(0.0 < least && least <= median && median <= most, "{figure}");
        assert_eq!((figure["group"].as_str(), figure["unit"].as_str()), (Some("runs"), Some("runs/s")));
        let is_peer = !figure["side"].as_str().expect("a name").starts_with("photofinish");
        assert_eq!(figure["beside"] == "photofinish, one image", is_peer, "{figure}");
        assert_eq!(figure["times"].as_f64().is_some_and(|times| times > 0.0), is_peer, "{figure}");
    }
    assert_eq!(told.iter().filter(|bar| bar["bar"].is_string()).count(), 2);
}
