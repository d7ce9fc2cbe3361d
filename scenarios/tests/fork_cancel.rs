//! The variants of `fork-cancel` as they are: real threads, real sockets, and the columns that no luck decides.
//!
//! Does not know how a stream is forked. Invariant: every run is one of the runner's, which gives up on one that hangs.

use std::process::Command;

/// What the runner says about one run of `variant`.
fn run(variant: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_fork-cancel")).args([variant, "1"]).output().unwrap();
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
    assert!(said.starts_with(&format!("run 1: fail: {signature}")), "{variant}: {said}");
}

#[test]
fn a_pipe_without_a_time_out_waits_until_its_connection_is_dropped() {
    check_fails("parent", "stuck: hop1: stream was cancelled after ");
    check_passes(&["timeout-only", "merged", "fixed"]);
}

#[test]
fn a_shared_fork_is_cancelled_with_the_connection() {
    check_fails("parent@cancel", "incomplete: stream was cancelled\n");
    check_fails("timeout-only@cancel", "incomplete: stream was cancelled\n");
    check_passes(&["fork-only@cancel", "v1@cancel", "merged@cancel", "fixed@cancel"]);
}

#[test]
fn a_gap_is_waited_for_as_long_as_the_revision_has_patience() {
    check_fails("fork-only@gap", "stuck: hop1: still waiting, 1263 bytes");
    check_passes(&["timeout-only@gap", "v1@gap", "v2@gap", "fixed@gap"]);
}

#[test]
fn a_fork_of_its_own_is_never_woken() {
    check_fails("fork-only@wake", "lost-wakeup: asleep for ever\n");
    check_passes(&["parent@wake", "fixed@wake"]);
}

#[test]
fn a_fork_of_what_is_cancelled_must_be_cancelled() {
    check_fails("fork-only@forked", "resurrected: still waiting after 1263 bytes\n");
    check_fails("v2@forked", "resurrected: 1263 bytes in 30 s\n");
    check_passes(&["parent@forked", "merged@forked", "fixed@forked"]);
}

#[test]
fn waiting_leaves_wakers_behind_where_nobody_wakes_them() {
    check_fails("v1@wakers", "retained-wakers: ");
    check_passes(&["parent@wakers", "fixed@wakers"]);
}
