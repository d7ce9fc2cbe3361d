//! Runs a variant of a scenario as it is: no simulator, the real clock, the real network.
//!
//! Does not know which scenario. Invariant: it ends, whatever the program does; a run that hangs is reported.

use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use photofinish::scenario::{Failure, Scenario, Variant};

const DEFAULT_RUNS: u64 = 20;
/// Longer than any run that still makes progress.
const HANG: Duration = Duration::from_secs(60);

/// A command that runs the variants of one scenario.
#[derive(Clone, Copy)]
pub struct Native {
    /// What it runs.
    pub scenario: &'static Scenario,
    /// The words before its own arguments, as typed.
    pub command: &'static str,
    /// What is real about a run, as the last line says.
    pub real: &'static str,
}

impl Native {
    /// Runs what the arguments say, and tells each run.
    #[must_use]
    pub fn main(&self, arguments: &[String]) -> ExitCode {
        match self.parse(arguments) {
            Ok((variant, runs)) => self.run_all(variant, runs),
            Err(problem) => self.misused(&problem),
        }
    }

    /// Tells what is wrong with the arguments, and what would not be.
    #[must_use]
    pub fn misused(&self, problem: &str) -> ExitCode {
        eprintln!("{problem}\n\n{}", self.usage());
        ExitCode::from(2)
    }

    fn parse(&self, arguments: &[String]) -> Result<(&'static Variant, u64), String> {
        let variants = self.scenario.variants;
        let (name, runs) = match arguments {
            [] => (variants[0].name, None),
            [name] => (name.as_str(), None),
            [name, runs] => (name.as_str(), Some(runs)),
            [_, _, extra, ..] => return Err(format!("there is no third argument, but it is {extra:?}")),
        };
        let variant = variants.iter().find(|variant| variant.name == name);
        let variant = variant.ok_or_else(|| format!("there is no variant {name:?}"))?;
        let runs = match runs {
            None => DEFAULT_RUNS,
            Some(runs) => runs.parse().map_err(|_| format!("{runs:?} is not a number of runs"))?,
        };
        Ok((variant, runs))
    }

    fn usage(&self) -> String {
        let names: Vec<&str> = self.scenario.variants.iter().map(|variant| variant.name).collect();
        format!(
            "usage: {} [VARIANT] [RUNS]\n\nRUNS is {DEFAULT_RUNS} unless given; VARIANT is one of\n  {}",
            self.command,
            names.join("\n  ")
        )
    }

    fn run_all(&self, variant: &'static Variant, runs: u64) -> ExitCode {
        let name = format!("{}/{}", self.scenario.name, variant.name);
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
        println!("{name}: {failed} of {runs} runs failed ({})", self.real);
        ExitCode::from(u8::from(failed > 0))
    }
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
