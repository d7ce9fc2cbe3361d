//! Measures madsim on one subject, and prints what it found as a line of JSON.
//!
//! `photofinish-peers-madsim madsim SUBJECT RANGES CAP SECONDS`, as its neighbour. Invariant: it prints one line on standard output if it
//! exits with 0, and none otherwise.

mod fork_cancel;
#[path = "../../src/measured.rs"]
mod measured;

use std::process::ExitCode;

use measured::{Effort, Measured, answer, by_seed};

const USAGE: &str = "usage: photofinish-peers-madsim madsim SUBJECT RANGES CAP SECONDS
subjects: fork-cancel/parent@cancel and others";

fn main() -> ExitCode {
    answer(measure, USAGE)
}

fn measure(arguments: &[String]) -> Result<Measured, String> {
    let [simulator, subject, ranges, cap, seconds] = arguments else {
        return Err(String::from("five words are needed"));
    };
    if simulator != "madsim" {
        return Err(format!("there is no simulator {simulator:?}"));
    }
    let effort = Effort::of([ranges, cap, seconds])?;
    let fails = |seed| {
        fork_cancel::fails(subject, seed).unwrap_or_else(|| Err(format!("madsim has no subject {subject:?}")))
    };
    Measured::over(effort, |range| by_seed(range, effort.cap, fails))
}
