//! Well-known crates keep what they promise under our stress programs, and whoever uses one of them wrongly is found.
//!
//! Does not know the crates. Invariant: the expectations are the scenarios' own; none of their programs is left out.

mod folder;

use folder::{Folder, Said, objects};

const SCENARIOS: [&str; 5] = [
    "known-async-channel",
    "known-crossbeam-channel",
    "known-event-listener",
    "known-parking-lot",
    "known-tokio-util",
];

const SEEDS: u64 = 200;

#[test]
fn every_promise_is_kept_and_every_misuse_is_found() {
    let args = ["--seeds", &SEEDS.to_string(), "--no-shrink", "--json"];
    let Said { code, out, err } = Folder::new().xtask(&[&["sweep"], &SCENARIOS[..], &args].concat());
    assert_eq!(code, Some(0), "{out}{err}");
    let lines = objects(&out);
    for scenario in SCENARIOS {
        let of_it = || lines.iter().filter(|line| line["scenario"] == scenario);
        let (misused, right): (Vec<_>, Vec<_>) = of_it().partition(|line| line["variant"] == "misused");
        assert!(right.len() >= 3, "{scenario} has few programs: {out}");
        for line in right {
            assert_eq!((&line["runs"], &line["passed"]), (&SEEDS.into(), &SEEDS.into()), "{line}");
        }
        let [misused] = misused[..] else { panic!("{scenario} has no canary: {out}") };
        assert!(misused["found"].as_object().is_some_and(|found| found.len() == 1), "{misused}");
    }
}
