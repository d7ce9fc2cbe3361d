//! The command line from outside: exit codes, help, refusals.
//!
//! Runs nothing under simulation.
//! Invariant: what scripts may rely on is checked here.

use std::process::{Command, Output};

fn xtask(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).args(args).output().expect("xtask starts")
}

fn check(args: &[&str], code: i32, says: &str) {
    let output = xtask(args);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert!(said.contains(says), "{args:?} does not say `{says}`: {said}");
}

#[test]
fn help_is_an_answer() {
    check(&["--help"], 0, "70  a bug of Photofinish itself");
    check(&["sim", "--help"], 0, "4  a replay diverged");
    check(&["--version"], 0, env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_usage_error_exits_2() {
    check(&[], 2, "Usage");
    check(&["simulate"], 2, "simulate");
    check(&["tidy", "--fast"], 2, "--fast");
    check(&["sim", "a/b", "--seed"], 2, "--seed");
    check(&["sim", "a/b", "--seed", "seven"], 2, "a seed is a whole number from 0 to 18446744073709551615");
    check(&["sim", "a/b", "--seed", "18446744073709551616"], 2, "try `--seed 1`");
    check(&["sim", "a/b", "--threads=-1"], 2, "--threads");
    let shared = ["sim", "a/b", "--isolation", "none", "--events"];
    check(&shared, 2, "--events is for a run by itself");
}

#[test]
fn outside_a_workspace_there_is_nothing_to_tidy() {
    let nowhere = std::env::temp_dir();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("tidy").current_dir(nowhere).output();
    let output = output.expect("xtask starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("next: `cargo metadata --no-deps`"), "{said}");
}
