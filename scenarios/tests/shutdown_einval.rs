//! The variants of `shutdown-einval` as they are: real processes, and Linux, which has no rule that could go wrong.
//!
//! Does not know how a handoff is done. Invariant: every run is a process of its own, so that the executable that it
//! starts is itself.

use std::process::Command;

/// What the runner says about one run of `variant`.
fn run(variant: &str) -> String {
    let runner = env!("CARGO_BIN_EXE_shutdown-einval");
    let output = Command::new(runner).args(["run", variant, "1"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn check_passes(variants: &[&str]) {
    for variant in variants {
        let said = run(variant);
        assert!(said.starts_with("run 1: pass\n"), "{variant}: {said}");
    }
}

fn check_fails(variant: &str, signature: &str) {
    let said = run(variant);
    assert_eq!(said.lines().next(), Some(format!("run 1: fail: {signature}").as_str()), "{said}");
}

#[test]
fn an_ordinary_handoff_is_committed_whatever_the_policy() {
    check_passes(&["buggy", "blind-eof", "swallow", "retry", "read-until-only", "arm-once", "full", "fixed"]);
}

#[test]
fn an_ordinary_handoff_of_the_published_crate_is_committed() {
    check_passes(&["real-0.1.2", "real-0.1.3"]);
}

#[test]
fn an_incumbent_resumes_when_its_successor_died() {
    check_passes(&["buggy@ready-a", "blind-eof@ready-a", "retry@ready-a", "full@ready-a", "fixed@ready-a"]);
}

#[test]
fn a_successor_takes_over_from_an_incumbent_that_died_when_it_had_sealed() {
    check_passes(&["buggy@seal-b", "blind-eof@seal-b", "retry@seal-b", "full@seal-b", "fixed@seal-b"]);
}

#[test]
fn a_handoff_breaks_off_when_the_incumbent_dies_in_the_middle() {
    check_passes(&["buggy@seal-a", "fixed@drained-b"]);
}

#[test]
fn an_einval_that_no_peer_caused_surfaces() {
    check_passes(&["buggy@genuine", "read-until-only@genuine", "full@genuine", "fixed@genuine"]);
    check_fails("blind-eof@genuine", "wrong-reason: aborted: ready read failed: io: unexpected end of file");
}

#[test]
fn a_test_that_gives_the_incumbent_time_sees_its_marker() {
    check_passes(&["oracle-race@bounded"]);
}

#[test]
fn what_the_runner_does_not_know_it_does_not_run() {
    assert_eq!(run("perhaps"), "");
}
