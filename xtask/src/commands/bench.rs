//! `cargo xtask bench`: what points, runs, round trips and worlds cost, here and on other simulators, in one go.
//!
//! Knows neither programs nor simulators. All sides of a work take turns, sample by sample, on one processor, so that what else the machine
//! does falls on all of them. Invariant: what is timed is asked for exactly as `cargo xtask sim` and `sweep` ask for it.

mod bars;
mod figures;
mod first_failure;
mod pin;
mod stage;
mod table;
mod works;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use photofinish::client::ClientError;
use serde::Serialize;
use thiserror::Error;

use super::compare::CompareError;
use crate::exit::{Exit, ExitCause};
use crate::instrumented::BuildError;
use crate::interrupt;
use crate::workspace::WorkspaceError;
use figures::{Figure, Figures};
use pin::Pinned;
use stage::Stage;
use works::Work;

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to measure; all of it when left out.
    #[arg(value_enum)]
    pub what: Vec<Group>,

    /// Take a few samples of each, and leave out what takes long: about a minute, once everything is built.
    #[arg(long)]
    pub quick: bool,

    /// Measure only works whose names hold this.
    #[arg(long, value_name = "WORDS")]
    pub only: Option<String>,

    /// Print one JSON object per figure and per bar.
    #[arg(long)]
    pub json: bool,
}

/// A part of `bench`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Scheduling points of 2, 8 and 64 threads.
    Scheduling,
    /// Runs that do next to nothing: each in a process of its own, and many in one.
    Runs,
    /// Round trips and a large transfer over TCP.
    RoundTrips,
    /// Hosts that do nothing, and worlds of more and more that talk.
    Worlds,
    /// Runs to the first failure, as `cargo xtask compare` kept them.
    FirstFailure,
    /// Instrumented programs outside a simulation, and a computation in one.
    Slowdown,
}

/// Why nothing was measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// Our own executables could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Our own runs could not be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The peers could not be built, or what `compare` kept not be read.
    #[error(transparent)]
    Peers(#[from] CompareError),
    /// No work has such a name.
    #[error("no work's name holds `{words}`\nnext: one of {}", .known.join("; "))]
    Unknown {
        /// What was typed.
        words: String,
        /// What could have been.
        known: Vec<String>,
    },
    /// The processor cannot be chosen.
    #[error("keeping to one processor failed: {0}\nnext: `nproc` tells how many this process may use")]
    Pin(std::io::Error),
    /// A program of ours failed.
    #[error("{program} did not run to its end: {ending}\nnext: it is a program in harness/benches/load/src")]
    Ended {
        /// The program.
        program: String,
        /// How it ended.
        ending: String,
    },
    /// A program that times itself did not answer as it should.
    #[error("asking {} what it takes failed: {said}\nnext: the same by hand: `{command}`", .path.display())]
    Asked {
        /// The executable.
        path: PathBuf,
        /// What it was asked.
        command: String,
        /// What it said.
        said: String,
    },
}

impl ExitCause for BenchError {
    fn exit(&self) -> Exit {
        match self {
            Self::Build(error) => error.exit(),
            Self::Client(error) => super::sim::client_exit(error),
            Self::Peers(error) => error.exit(),
            Self::Ended { .. } | Self::Asked { .. } => Exit::Bug,
            Self::Workspace(_) | Self::Unknown { .. } | Self::Pin(_) => Exit::Usage,
        }
    }
}

/// Measures and prints.
pub fn run(args: &BenchArgs) -> Result<Exit, BenchError> {
    let wanted = |group| args.what.is_empty() || args.what.contains(&group);
    let works = select(works::all(), args)?;
    let mut stage = Stage::new()?;
    stage.build(works.iter().flat_map(|work| &work.sides))?;
    if !works.is_empty() {
        head(pin::to_one_processor().map_err(BenchError::Pin)?, args);
    }
    let _first = if works.is_empty() { None } else { pin::session_first() };
    let mut figures = Figures::default();
    for work in &works {
        if !args.json {
            crate::say!("\n{}: {}", label(work.group), work.name);
        }
        let Some(samples) = sampled(&mut stage, work, samples(args))? else {
            return Ok(Exit::Interrupted);
        };
        let measured = figures::figures(work, &samples);
        tell(&measured, args);
        figures.extend(measured);
    }
    let mut bars = bars::judged(&figures);
    if wanted(Group::FirstFailure) && args.only.is_none() {
        let rows = super::compare::kept(stage.root())?;
        bars.extend(first_failure::tell(&rows, args));
    }
    bars::tell(&bars, args);
    Ok(Exit::Passed)
}

/// How many samples each side of a work gives.
fn samples(args: &BenchArgs) -> usize {
    if args.quick { 3 } else { 11 }
}

/// What the arguments ask for.
fn select(all: Vec<Work>, args: &BenchArgs) -> Result<Vec<Work>, BenchError> {
    let known = all.iter().map(|work| work.name.clone()).collect();
    let is_named = |work: &Work| args.only.as_ref().is_none_or(|words| work.name.contains(words));
    let mut works: Vec<Work> = all.into_iter().filter(is_named).collect();
    if works.is_empty() {
        return Err(BenchError::Unknown { words: args.only.clone().unwrap_or_default(), known });
    }
    works.retain(|work| args.what.is_empty() || args.what.contains(&work.group));
    if args.quick {
        works.iter_mut().for_each(|work| work.sides.retain(|side| side.is_quick));
    }
    Ok(works)
}

/// Nanoseconds of an operation, and KiB, by side and sample. Nothing if whoever waits wants no more.
fn sampled(
    stage: &mut Stage,
    work: &Work,
    samples: usize,
) -> Result<Option<Vec<Vec<stage::Sample>>>, BenchError> {
    let mut taken = vec![Vec::new(); work.sides.len()];
    // The first round warms everything up, and is not counted.
    for round in 0..=samples {
        for (side, taken) in work.sides.iter().zip(&mut taken) {
            if interrupt::requested() {
                return Ok(None);
            }
            // One sample, of a round that the others are in, too.
            if !side.is_quick && round != 1 {
                continue;
            }
            let sample = match stage.sample(side, round as u64) {
                // A peer hears of it, too, and then does not answer as it should.
                Err(_) if interrupt::requested() => return Ok(None),
                sample => sample?,
            };
            if round > 0 {
                taken.push(sample);
            }
        }
    }
    stage.strike();
    Ok(Some(taken))
}

/// What is said once: where this was measured.
fn head(pinned: Pinned, args: &BenchArgs) {
    #[derive(Serialize)]
    struct Machine {
        #[serde(flatten)]
        pinned: Pinned,
        load: String,
        samples: usize,
    }
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let machine = Machine { pinned, load, samples: samples(args) };
    if args.json {
        crate::say!("{}", serde_json::to_string(&machine).expect("plain data has a JSON form"));
        return;
    }
    let Machine { pinned: Pinned { processor, nice }, load, samples } = machine;
    crate::say!(
        "all on processor {processor}, in turns; medians of {samples}, and from the least to the most"
    );
    let others = if nice < 0 { "before others" } else { "with no privilege to come before others" };
    crate::say!("load average at the beginning: {load}; this runs at nice {nice}, {others}");
}

fn tell(figures: &[Figure], args: &BenchArgs) {
    if args.json {
        for figure in figures {
            crate::say!("{}", serde_json::to_string(figure).expect("plain data has a JSON form"));
        }
    } else {
        crate::say!("{}", table::draw(figures));
    }
}

/// What people type for a group.
fn label(group: Group) -> String {
    group.to_possible_value().expect("every group can be typed").get_name().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(what: &[Group], only: Option<&str>) -> BenchArgs {
        BenchArgs { what: what.to_vec(), quick: true, only: only.map(String::from), json: false }
    }

    #[test]
    fn groups_and_names_choose_works() {
        let names = |args: &BenchArgs| -> Vec<String> {
            select(works::all(), args).expect("there are some").into_iter().map(|work| work.name).collect()
        };
        assert_eq!(names(&args(&[], Some("buffer"))), ["bounded buffer"]);
        assert_eq!(names(&args(&[Group::Worlds], Some("buffer"))).len(), 0);
        assert!(names(&args(&[Group::Worlds], None)).iter().all(|name| !name.contains("yield")));
        let said = select(works::all(), &args(&[], Some("bufer"))).expect_err("no such work").to_string();
        assert!(said.contains("`bufer`") && said.contains("next: one of yield, 2 threads; "), "{said}");
    }

    #[test]
    fn what_takes_long_is_left_out_of_a_quick_look() {
        let sides = |quick| {
            let args = BenchArgs { quick, ..args(&[Group::Worlds], None) };
            let works = select(works::all(), &args).expect("there are some");
            works.iter().flat_map(|work| &work.sides).count()
        };
        assert!(sides(true) < sides(false));
    }
}
