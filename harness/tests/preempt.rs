//! `PHOTOFINISH_PREEMPT`, where it names no level.
//!
//! Invariant: nothing is built, and what to type instead is said.

use std::process::Command;

#[test]
fn a_level_that_there_is_not_is_refused_by_name() {
    for level in ["finest", "Blocks", ""] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-photofinish"));
        let output = command.arg("test").env("PHOTOFINISH_PREEMPT", level).output().expect("it starts");
        assert_eq!(output.status.code(), Some(2), "`{level}`: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("PHOTOFINISH_PREEMPT: no level of instrumentation is called"), "{said}");
        assert!(said.contains("try `calls`, `atomics` or `blocks`"), "{said}");
    }
}
