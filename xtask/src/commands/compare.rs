//! `cargo xtask compare`: the same races on Photofinish, on other simulators and on plain threads.
//!
//! Knows no simulator from within. Runs one row at a time, so that none is slow because of another. Invariant: all of a subject's rows
//! get the same number of ranges and the same cap.

pub(crate) mod figures;
mod ours;
mod peers;
mod subjects;
pub(crate) mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use photofinish::client::ClientError;
use photofinish::sim::preempt::Preempt;
use thiserror::Error;

use crate::exit::{Exit, ExitCause};
use crate::instrumented::{self, Bin, BuildError};
use crate::interrupt;
use crate::workspace::{Workspace, WorkspaceError};
pub(super) use figures::{Outcome, Row};
pub(super) use peers::build;
pub(super) use subjects::Peer;
use subjects::{Effort, Runner, SIMULATORS, SUBJECTS, Simulator, Subject};

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// What to compare: a kernel, a scenario or a variant; all that can be compared when left out.
    #[arg(value_name = "SCENARIO|KERNEL")]
    pub subjects: Vec<String>,

    /// How many ranges of seeds each simulator looks through, instead of what each subject is worth.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub ranges: Option<u64>,

    /// After how many runs without a failure a range is given up, instead of what each subject is worth.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub cap: Option<u64>,

    /// Begin no range of a row that has taken so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub limit: u64,

    /// Leave out every simulator whose name does not begin so.
    #[arg(long, value_name = "NAME")]
    pub simulator: Vec<String>,

    /// Show figures that `--json` printed before, and run nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ranges", "cap", "limit", "json"])]
    pub from: Option<PathBuf>,

    /// Print one JSON object per row, as soon as it is there.
    #[arg(long)]
    pub json: bool,
}

/// Why nothing was compared.
#[derive(Debug, Error)]
pub enum CompareError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// Our own executable could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Our own runs could not be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A name stands for nothing.
    #[error("there is nothing to compare by the name `{name}`\nnext: one of {}", .known.join(", "))]
    Unknown {
        /// What was typed.
        name: String,
        /// What could have been.
        known: Vec<&'static str>,
    },
    /// Cargo could not be started.
    #[error("running cargo to build `{package}` failed: {source}\nnext: `cargo --version`")]
    Cargo {
        /// The package.
        package: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The compiler refused, or the registry could not be reached.
    #[error(
        "building `{package}` failed; cargo's own words stand above\n\
         next: `cd scenarios/peers && {flags}cargo build --package {package}`"
    )]
    Compiler {
        /// The package.
        package: &'static str,
        /// What stands before the command.
        flags: &'static str,
    },
    /// A peer did not answer as it should.
    #[error("asking a peer for its figures failed: {said}\nnext: `{command}`")]
    Peer {
        /// What it was asked.
        command: String,
        /// What it said.
        said: String,
    },
    /// A file of figures cannot be read.
    #[error("reading figures from {path} failed: {said}\nnext: `cargo xtask compare --json > {path}`")]
    Figures {
        /// The file.
        path: String,
        /// What is wrong with it.
        said: String,
    },
}

impl ExitCause for CompareError {
    fn exit(&self) -> Exit {
        match self {
            Self::Build(error) => error.exit(),
            Self::Client(error) => super::sim::client_exit(error),
            Self::Peer { .. } => Exit::Bug,
            _ => Exit::Usage,
        }
    }
}

/// Compares what the arguments name, or shows what was compared.
pub fn run(args: &CompareArgs) -> Result<Exit, CompareError> {
    let subjects = select(&args.subjects)?;
    let simulators = named(&args.simulator)?;
    if let Some(path) = &args.from {
        let rows = read(path)?;
        for subject in subjects {
            let of = |row: &&Row| row.subject == subject.name && has(&simulators, &row.simulator);
            let rows: Vec<Row> = rows.iter().filter(of).cloned().collect();
            show(subject, &rows);
        }
        return Ok(Exit::Passed);
    }
    let mut stage = Stage::new(args)?;
    for subject in subjects {
        let mut rows = Vec::new();
        for simulator in &simulators {
            let outcome = stage.outcome(subject, simulator);
            // A peer hears of it, too, and then does not answer as it should.
            if interrupt::requested() {
                return Ok(Exit::Interrupted);
            }
            let outcome = outcome?;
            let (subject, simulator) = (subject.name.to_owned(), simulator.name.to_owned());
            let row = Row { subject, simulator, outcome };
            if args.json {
                crate::say!("{}", serde_json::to_string(&row).expect("plain data has a JSON form"));
            }
            rows.push(row);
        }
        if !args.json {
            show(subject, &rows);
        }
    }
    Ok(Exit::Passed)
}

/// The subjects of these names: of a scenario, of a variant, or of a variant without its scenario.
fn select(names: &[String]) -> Result<Vec<&'static Subject>, CompareError> {
    let is = |subject: &Subject, name: &str| {
        let (scenario, variant) = subject.name.split_once('/').expect("a subject is a variant");
        [subject.name, scenario, variant].contains(&name)
    };
    if let Some(name) = names.iter().find(|name| !SUBJECTS.iter().any(|subject| is(subject, name))) {
        let known = SUBJECTS.iter().map(|subject| subject.name).collect();
        return Err(CompareError::Unknown { name: name.clone(), known });
    }
    let wanted = |subject: &&Subject| names.is_empty() || names.iter().any(|name| is(subject, name));
    Ok(SUBJECTS.iter().filter(wanted).collect())
}

/// The simulators whose names begin with one of these; all without any.
fn named(names: &[String]) -> Result<Vec<&'static Simulator>, CompareError> {
    if let Some(name) =
        names.iter().find(|name| !SIMULATORS.iter().any(|known| known.name.starts_with(*name)))
    {
        let known = SIMULATORS.iter().map(|simulator| simulator.name).collect();
        return Err(CompareError::Unknown { name: name.clone(), known });
    }
    let wanted =
        |known: &&Simulator| names.is_empty() || names.iter().any(|name| known.name.starts_with(name));
    Ok(SIMULATORS.iter().filter(wanted).collect())
}

fn has(simulators: &[&Simulator], name: &str) -> bool {
    simulators.iter().any(|simulator| simulator.name == name)
}

/// What rows are made with: executables, each built when it is first needed.
struct Stage<'a> {
    args: &'a CompareArgs,
    root: PathBuf,
    out: PathBuf,
    scenarios: Option<PathBuf>,
    peers: BTreeMap<Peer, PathBuf>,
}

impl<'a> Stage<'a> {
    fn new(args: &'a CompareArgs) -> Result<Self, CompareError> {
        let workspace = Workspace::load()?;
        let out = workspace.target_dir().join("photofinish");
        let (scenarios, peers) = Default::default();
        Ok(Self { args, root: workspace.root().to_owned(), out, scenarios, peers })
    }

    fn outcome(&mut self, subject: &Subject, simulator: &Simulator) -> Result<Outcome, CompareError> {
        if let Some(why) = subjects::why_not(subject, simulator) {
            return Ok(Outcome::Cannot(why));
        }
        let effort = Effort {
            ranges: self.args.ranges.unwrap_or(subject.ranges),
            cap: self.args.cap.unwrap_or(subject.cap),
            limit: Duration::from_secs(self.args.limit),
        };
        let measured = match simulator.runner {
            Runner::Ours(sharing) => ours::measure(self.scenarios()?, subject.name, sharing, effort)?,
            Runner::Peer(peer, word) => {
                // Peers know kernels by their own names, and the rest by ours.
                let subject = subject.name.strip_prefix("kernels/").unwrap_or(subject.name);
                peers::measure(self.peer(peer)?, word, subject, effort)?
            }
        };
        Ok(Outcome::Ran(measured))
    }

    fn scenarios(&mut self) -> Result<&Path, CompareError> {
        let path = match self.scenarios.take() {
            Some(path) => path,
            None => {
                let bin = Bin { package: "photofinish-scenarios", name: "scenarios" };
                instrumented::build(Preempt::Atomics, bin)?
            }
        };
        Ok(self.scenarios.insert(path))
    }

    fn peer(&mut self, peer: Peer) -> Result<&Path, CompareError> {
        if !self.peers.contains_key(&peer) {
            let path = peers::build(&self.root, &self.out, peer)?;
            self.peers.insert(peer, path);
        }
        Ok(&self.peers[&peer])
    }
}

/// The figures that are kept in the workspace of this folder.
pub(super) fn kept(root: &Path) -> Result<Vec<Row>, CompareError> {
    read(&root.join("scenarios/peers/measured.jsonl"))
}

/// Reads what `--json` printed.
fn read(path: &Path) -> Result<Vec<Row>, CompareError> {
    let wrong = |said: String| CompareError::Figures { path: path.display().to_string(), said };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let row =
            serde_json::from_str(line).map_err(|error| wrong(format!("line {}: {error}", index + 1)))?;
        rows.push(row);
    }
    Ok(rows)
}

fn show(subject: &Subject, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    let missed = |row: &Row| subjects::why_missed(row).map(String::from);
    crate::say!("{}\n", table::draw(&format!("{}: {}", subject.name, subject.about), rows, &missed));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_three_names() {
        let check = |names: &[&str], selected: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let found = select(&names).expect("they are names");
            assert_eq!(found.iter().map(|subject| subject.name).collect::<Vec<_>>(), selected);
        };
        check(&["ab-ba"], &["kernels/ab-ba"]);
        check(&["kernels/ab-ba", "ab-ba"], &["kernels/ab-ba"]);
        check(&["shutdown-einval"], &["shutdown-einval/buggy"]);
        assert_eq!(select(&[]).expect("all").len(), SUBJECTS.len());
        let said = select(&[String::from("ab-bb")]).expect_err("no such subject").to_string();
        assert!(said.contains("`ab-bb`") && said.contains("next: one of kernels/lost-wakeup"), "{said}");
    }

    /// What README shows: whoever adds a subject or a simulator measures anew.
    #[test]
    fn the_figures_that_are_kept_have_a_row_for_every_pair() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/peers/measured.jsonl"));
        let rows = read(path).expect("it is kept");
        let pairs = SUBJECTS.iter().flat_map(|subject| SIMULATORS.iter().map(move |other| (subject, other)));
        let pairs: Vec<_> = pairs.collect();
        assert_eq!(rows.len(), pairs.len());
        for (row, (subject, simulator)) in rows.iter().zip(pairs) {
            assert_eq!((row.subject.as_str(), row.simulator.as_str()), (subject.name, simulator.name));
            match (&row.outcome, subjects::why_not(subject, simulator)) {
                (Outcome::Cannot(kept), Some(why)) => assert_eq!(*kept, why, "{}", row.subject),
                (Outcome::Ran(kept), None) => assert_eq!(kept.cap, subject.cap, "{}", row.subject),
                _ => panic!("{} on {} is kept otherwise", row.subject, row.simulator),
            }
        }
    }

    #[test]
    fn simulators_are_known_by_how_their_names_begin() {
        let check = |name: &str, count: usize| assert_eq!(named(&[name.to_owned()]).unwrap().len(), count);
        check("shuttle", 5);
        check("photofinish", 2);
        check("loom", 1);
        assert!(named(&[String::from("shadow")]).is_err());
    }
}
