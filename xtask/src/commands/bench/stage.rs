//! The executables of all sides, and one sample of any of them.
//!
//! Does not know what is compared with what. Invariant: everything is built before the first sample is taken.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use photofinish::client::{Client, Isolation, Request, Run};
use photofinish::sim::ending::Ending;
use photofinish::sim::event::Event;
use photofinish::sim::limits::Limits;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use serde::Deserialize;

use super::BenchError;
use super::works::{Ours, Outside, Points, Sharing, Side, Source};
use crate::commands::compare::{self, Peer};
use crate::instrumented::{self, Bin};
use crate::workspace::Workspace;

/// Enough threads for every program, whose pool grows with what it wants.
const THREADS_MAX: u32 = 4_000;

/// What one sample says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Nanoseconds of an operation.
    pub(super) each_ns: f64,
    /// The most memory that was there at one time, in KiB, where somebody tells.
    pub(super) memory_kib: Option<u64>,
}

/// What a program that times itself prints.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Timed {
    operations: u64,
    spent_ns: u64,
    memory_kib: Option<u64>,
}

impl Timed {
    fn sample(self) -> Sample {
        let memory_kib = self.memory_kib.filter(|kib| *kib > 0);
        Sample { each_ns: self.spent_ns as f64 / self.operations.max(1) as f64, memory_kib }
    }
}

/// What samples are taken with.
pub(super) struct Stage {
    root: PathBuf,
    out: PathBuf,
    load: BTreeMap<Points, PathBuf>,
    plain: Option<PathBuf>,
    peers: BTreeMap<Peer, PathBuf>,
    clients: BTreeMap<Points, Client>,
}

impl Stage {
    /// Without any executable.
    pub(super) fn new() -> Result<Self, BenchError> {
        let workspace = Workspace::load()?;
        let out = workspace.target_dir().join("photofinish");
        let (load, plain, peers, clients) = Default::default();
        Ok(Self { root: workspace.root().to_owned(), out, load, plain, peers, clients })
    }

    /// The folder of the workspace.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Builds what the sides need.
    pub(super) fn build<'a>(&mut self, sides: impl Iterator<Item = &'a Side>) -> Result<(), BenchError> {
        for side in sides {
            match &side.source {
                Source::Ours(ours) => self.build_load(ours.points)?,
                Source::Outside(Outside::Instrumented, _) => self.build_load(Points::Atomics)?,
                Source::Outside(Outside::Linked, _) => self.build_load(Points::Calls)?,
                Source::Outside(Outside::Plain, _) if self.plain.is_none() => {
                    let bin = Bin { package: "photofinish-load", name: "plain" };
                    self.plain = Some(instrumented::build(Preempt::Calls, bin)?);
                }
                Source::Peer(peer, ..) if !self.peers.contains_key(peer) => {
                    let compared = compare::build(&self.root, &self.out, *peer)?;
                    // Its neighbour of the same package, which is built with it.
                    let mut name = compared.file_name().unwrap_or_default().to_owned();
                    name.push("-speed");
                    self.peers.insert(*peer, compared.with_file_name(name));
                }
                Source::Outside(..) | Source::Peer(..) => {}
            }
        }
        Ok(())
    }

    fn build_load(&mut self, points: Points) -> Result<(), BenchError> {
        let Entry::Vacant(missing) = self.load.entry(points) else { return Ok(()) };
        let level = match points {
            Points::Atomics => Preempt::Atomics,
            Points::Calls => Preempt::Calls,
        };
        let bin = Bin { package: "photofinish-load", name: "photofinish-load" };
        missing.insert(instrumented::build(level, bin)?);
        Ok(())
    }

    /// Lets go of what the last work needed: a pool of threads that it enlarged would make the runs of the next one dearer.
    pub(super) fn strike(&mut self) {
        self.clients.clear();
    }

    /// One sample of a side.
    pub(super) fn sample(&mut self, side: &Side, round: u64) -> Result<Sample, BenchError> {
        match &side.source {
            Source::Ours(ours) => {
                let path = &self.load[&ours.points];
                let client = match self.clients.remove(&ours.points) {
                    Some(client) => client,
                    None => Client::start(path, THREADS_MAX, Isolation::Rewind)?,
                };
                sample_ours(self.clients.entry(ours.points).or_insert(client), ours, round)
            }
            Source::Peer(peer, word, program) => asked(&self.peers[peer], &[word, program]),
            Source::Outside(Outside::Plain, program) => {
                asked(self.plain.as_ref().expect("it was built"), &[program])
            }
            Source::Outside(Outside::Linked, program) => {
                asked(&self.load[&Points::Calls], &["outside", program])
            }
            Source::Outside(Outside::Instrumented, program) => {
                asked(&self.load[&Points::Atomics], &["outside", program])
            }
        }
    }
}

fn sample_ours(client: &mut Client, ours: &Ours, round: u64) -> Result<Sample, BenchError> {
    let program = format!("load/{}", ours.program);
    let limits = Limits {
        real_ms_max: 60_000,
        threads_max: THREADS_MAX,
        points_max: 2_000_000_000,
        ..Limits::default()
    };
    let of = |seed| Request { strategy: ours.strategy, limits, ..Request::new(&program, Seed(seed)) };
    let (runs, spent) = match ours.sharing {
        Sharing::Alone(runs) => {
            let mut spent = Duration::ZERO;
            for index in 0..u64::from(runs) {
                let began = Instant::now();
                let mut request = of(round * u64::from(runs) + index);
                request.strategy = client.resolve(&request)?;
                let run = client.run(&request)?;
                spent += began.elapsed();
                returned(&program, &run)?;
            }
            (runs, spent)
        }
        Sharing::InImage(runs) => {
            let began = Instant::now();
            let made = client.series(&of(round * u64::from(runs)), runs)?;
            let spent = began.elapsed();
            made.runs.iter().try_for_each(|run| returned(&program, run))?;
            (runs, spent)
        }
    };
    let operations = u64::from(runs) * ours.operations;
    Ok(Sample { each_ns: spent.as_nanos() as f64 / operations as f64, memory_kib: None })
}

fn returned(program: &str, run: &Run) -> Result<(), BenchError> {
    if run.ending == Ending::Returned {
        return Ok(());
    }
    let said = run.events.iter().find_map(|(_, event)| match event {
        Event::Panicked { message, place } => Some(format!(": {message} ({place})")),
        _ => None,
    });
    let ending = format!("{:?}{}", run.ending, said.unwrap_or_default());
    Err(BenchError::Ended { program: program.to_owned(), ending })
}

/// What a program says that times itself.
fn asked(path: &Path, words: &[&str]) -> Result<Sample, BenchError> {
    let wrong = |said: String| {
        let command = format!("{} {}", path.display(), words.join(" "));
        BenchError::Asked { path: path.to_owned(), command, said }
    };
    let mut command = Command::new(path);
    command.args(words).env("SHUTTLE_SILENCE_WARNINGS", "1").stdin(Stdio::null());
    let output = command.output().map_err(|error| wrong(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(wrong(format!("{}: {}", output.status, said.trim())));
    }
    let timed: Timed = serde_json::from_slice(&output.stdout).map_err(|error| wrong(error.to_string()))?;
    Ok(timed.sample())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_divided_by_what_was_done_in_it() {
        let timed = |line: &str| serde_json::from_str::<Timed>(line).expect("such a line").sample();
        let sample = timed(r#"{"operations":4,"spent_ns":10,"memory_kib":7}"#);
        assert_eq!(sample, Sample { each_ns: 2.5, memory_kib: Some(7) });
        let sample = timed(r#"{"operations":0,"spent_ns":10,"memory_kib":0}"#);
        assert_eq!(sample, Sample { each_ns: 10.0, memory_kib: None });
    }

    #[test]
    fn a_program_that_does_not_answer_is_told_with_its_command() {
        let check = |path: &str, words: &[&str], says: &[&str]| {
            let said = asked(Path::new(path), words).expect_err("it does not answer").to_string();
            assert!(says.iter().all(|says| said.contains(says)), "{said}");
        };
        check("/no/such/program", &["madsim", "echo"], &["next: ", "`/no/such/program madsim echo`"]);
        check("/bin/false", &["loom"], &["exit status: 1", "`/bin/false loom`"]);
        check("/bin/echo", &["loom"], &["`/bin/echo loom`", "line 1"]);
    }
}
