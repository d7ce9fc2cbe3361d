//! Measures one simulator on one subject, and prints what it found as a line of JSON.
//!
//! `photofinish-peers SIMULATOR SUBJECT RANGES CAP SECONDS`. It does not know what Photofinish finds. Invariant: it prints one line on
//! standard output if it exits with 0, and none otherwise.

mod ended;
mod fork_cancel;
mod measured;
mod on_loom;
mod on_shuttle;
mod on_threads;

use std::process::ExitCode;

use measured::{Effort, Measured, answer, by_seed};
use on_shuttle::How;

const USAGE: &str = "usage: photofinish-peers SIMULATOR SUBJECT RANGES CAP SECONDS
simulators: threads, shuttle-random, shuttle-urw, shuttle-pct-2, shuttle-pct-3, shuttle-pct-4, loom, turmoil
subjects: the kernels of scenarios/src/kernels/program; for turmoil fork-cancel/parent@cancel and others";

fn main() -> ExitCode {
    // A found bug is a panic in most peers, and what they say of it is not what is asked for.
    std::panic::set_hook(Box::new(|_| ()));
    answer(measure, USAGE)
}

fn measure(arguments: &[String]) -> Result<Measured, String> {
    let [simulator, subject, ranges, cap, seconds] = arguments else {
        return Err(String::from("five words are needed"));
    };
    let effort = Effort::of([ranges, cap, seconds])?;
    let shuttle = |how| on_shuttle::measure(how, subject, effort);
    let measured = match simulator.as_str() {
        "threads" => on_threads::measure(subject, effort),
        "shuttle-random" => shuttle(How::Random),
        "shuttle-urw" => shuttle(How::Urw),
        "shuttle-pct-2" => shuttle(How::Pct(2)),
        "shuttle-pct-3" => shuttle(How::Pct(3)),
        "shuttle-pct-4" => shuttle(How::Pct(4)),
        "loom" => on_loom::measure(subject, effort),
        "turmoil" => Some(on_turmoil(subject, effort)),
        other => return Err(format!("there is no simulator {other:?}")),
    };
    measured.unwrap_or_else(|| Err(format!("{simulator} has no subject {subject:?}")))
}

fn on_turmoil(subject: &str, effort: Effort) -> Result<Measured, String> {
    let fails = |seed| {
        fork_cancel::fails(subject, seed)
            .unwrap_or_else(|| Err(format!("turmoil has no subject {subject:?}")))
    };
    Measured::over(effort, |range| by_seed(range, effort.cap, fails))
}
