//! Every process of `shutdown-einval`, and a runner of its variants as they are: real processes, real sockets.
//!
//! It does not know of any simulator. Invariant: without a runner's word it is whatever its first argument names.

use std::env;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use photofinish::scenario::{Failure, Variant};
use photofinish_scenarios::shutdown_einval::{PROGRAM, SCENARIO};

/// The first argument with which it is the runner.
const RUN: &str = "run";
const DEFAULT_RUNS: u64 = 20;
/// Longer than any run whose processes still make progress.
const HANG: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.split_first() {
        Some((word, arguments)) if word == RUN => match parse(arguments) {
            Ok((variant, runs)) => run_all(variant, runs),
            Err(problem) => misused(&problem),
        },
        Some(_) => {
            (PROGRAM.main)();
            ExitCode::SUCCESS
        }
        None => misused("there is nothing to do"),
    }
}

fn misused(problem: &str) -> ExitCode {
    eprintln!("{problem}\n\n{}", usage());
    ExitCode::from(2)
}

fn parse(arguments: &[String]) -> Result<(&'static Variant, u64), String> {
    let (name, runs) = match arguments {
        [] => (SCENARIO.variants[0].name, None),
        [name] => (name.as_str(), None),
        [name, runs] => (name.as_str(), Some(runs)),
        [_, _, extra, ..] => return Err(format!("there is no third argument, but it is {extra:?}")),
    };
    let variant = SCENARIO.variants.iter().find(|variant| variant.name == name);
    let variant = variant.ok_or_else(|| format!("there is no variant {name:?}"))?;
    let runs = match runs {
        None => DEFAULT_RUNS,
        Some(runs) => runs.parse().map_err(|_| format!("{runs:?} is not a number of runs"))?,
    };
    Ok((variant, runs))
}

fn usage() -> String {
    let names: Vec<&str> = SCENARIO.variants.iter().map(|variant| variant.name).collect();
    format!(
        "usage: shutdown-einval {RUN} [VARIANT] [RUNS]\n\nRUNS is {DEFAULT_RUNS} unless given; \
         VARIANT is one of\n  {}",
        names.join("\n  ")
    )
}

fn run_all(variant: &'static Variant, runs: u64) -> ExitCode {
    let name = format!("{}/{}", SCENARIO.name, variant.name);
    let mut failed = 0_u64;
    for run in 1..=runs {
        match run_once(variant) {
            Ended::Returned(Ok(())) => println!("run {run}: pass"),
            Ended::Returned(Err(failure)) => {
                failed += 1;
                println!("run {run}: fail: {}\n{}", failure.signature, failure.detail);
            }
            Ended::Panicked => {
                failed += 1;
                println!("run {run}: fail: panic");
            }
            Ended::Hung => {
                println!("run {run}: hang: no end after {} s", HANG.as_secs());
                println!("{name}: stopped after {run} of {runs} runs: the last one hangs");
                return ExitCode::from(1);
            }
        }
    }
    println!("{name}: {failed} of {runs} runs failed (real processes, real sockets)");
    ExitCode::from(u8::from(failed > 0))
}

enum Ended {
    Returned(Result<(), Failure>),
    Panicked,
    Hung,
}

fn run_once(variant: &'static Variant) -> Ended {
    let (say, hear) = mpsc::channel();
    let runner = thread::spawn(move || {
        let verdict = (variant.run)();
        // Nobody hears it where the run was given up.
        let _ = say.send(verdict);
    });
    match hear.recv_timeout(HANG) {
        Ok(verdict) => {
            runner.join().expect("it has nothing left to do");
            Ended::Returned(verdict)
        }
        Err(RecvTimeoutError::Disconnected) => Ended::Panicked,
        Err(RecvTimeoutError::Timeout) => Ended::Hung,
    }
}
