//! A scenario as data: programs, their variants, and what each must show.
//!
//! This module does not know how a program is run; it only says what there is to run and what is expected of it.
//! Invariant: a variant's expectation names every signature that a sweep may see; any other one is a failed expectation.

pub use photofinish_sim::heap::Heap;
pub use photofinish_sim::personality::Os;

pub use crate::oracles::Oracles;
use serde::{Deserialize, Serialize};

/// One story told by several programs that differ in one thing.
pub struct Scenario {
    /// Name on the command line, kebab-case.
    pub name: &'static str,
    /// What happens, in one or two sentences.
    pub story: &'static str,
    /// Programs that a run may start as processes of their own: `std::process::Command::new("/programs/NAME")`.
    pub programs: &'static [Program],
    /// The variants; the first is the default when a command names the scenario alone and one is wanted.
    pub variants: &'static [Variant],
}

/// A program that a run may start as a process of its own.
pub struct Program {
    /// Its file name: it is found as `/programs/NAME`, and by `NAME` alone.
    pub name: &'static str,
    /// Its main function. A panic is exit status 101, as in any Rust program.
    pub main: fn(),
}

/// One program of a scenario.
pub struct Variant {
    /// Name on the command line after the slash, such as `buggy` or `pr43@reverse`.
    pub name: &'static str,
    /// What distinguishes it, in one sentence.
    pub story: &'static str,
    /// The operating system it runs on.
    pub os: Os,
    /// The heap it gets its memory from, unless the command line says otherwise.
    pub heap: Heap,
    /// What a sweep over its seeds must show.
    pub expect: Expectation,
    /// What is asked of each run besides what `run` says of it: [`Oracles::NONE`] for nothing.
    pub oracles: Oracles,
    /// The program and its oracle: ordinary Rust that also runs natively.
    pub run: fn() -> Result<(), Failure>,
}

/// What a sweep over a variant's seeds must, may and must not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Signatures that must be found, each within so many runs.
    pub must: &'static [Find],
    /// Signatures that may be found besides.
    pub may: &'static [&'static str],
    /// Whether every single run must fail with one of `must`.
    pub always: bool,
}

/// A signature and the number of runs within which a sweep must have seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Find {
    /// The signature, exactly, or its beginning up to a `*`.
    pub signature: &'static str,
    /// Runs of consecutive seeds from 0 within which it must appear.
    pub within_runs: u64,
}

impl Expectation {
    /// No run may fail.
    pub const NEVER_FAILS: Self = Self { must: &[], may: &[], always: false };
}

/// What an oracle found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Short and stable: what failed, where, and how; equal for two runs that show the same bug.
    pub signature: String,
    /// For a person: the values that made the oracle say so.
    pub detail: String,
}

/// A variant as `cargo xtask list` shows it, and as the command line finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The scenario's name.
    pub scenario: String,
    /// The variant's name.
    pub variant: String,
    /// The scenario's story.
    pub story: String,
    /// What distinguishes the variant.
    pub differs: String,
    /// The operating system it runs on.
    pub os: Os,
    /// Signatures that a sweep must find, and within how many runs.
    pub must: Vec<(String, u64)>,
    /// Signatures that it may find besides.
    pub may: Vec<String>,
    /// Whether every run must fail.
    pub always: bool,
}

impl Listed {
    /// The variants of a scenario, in its own order.
    pub fn of(scenario: &Scenario) -> impl Iterator<Item = Self> {
        scenario.variants.iter().map(|variant| Self {
            scenario: scenario.name.to_owned(),
            variant: variant.name.to_owned(),
            story: scenario.story.to_owned(),
            differs: variant.story.to_owned(),
            os: variant.os,
            must: variant
                .expect
                .must
                .iter()
                .map(|find| (find.signature.to_owned(), find.within_runs))
                .collect(),
            may: variant.expect.may.iter().map(|signature| (*signature).to_owned()).collect(),
            always: variant.expect.always,
        })
    }

    /// The name on the command line: `scenario/variant`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.scenario, self.variant)
    }
}
