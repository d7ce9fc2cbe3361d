//! Which runs a command line asks for: by seed, or by a trace, with what is to be other than usual.
//!
//! Does not make them. Invariant: whatever is typed stands in the request, and what is not typed is as it was recorded, or as usual.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

use clap::Args;
use photofinish::client::{CORES, Request};
use photofinish::line;
use photofinish::scenario::{Heap, Listed, Os};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::oracle::Oracles;
use photofinish::sim::seed::Seed;
use photofinish::tracefile::{self, TraceError};
use thiserror::Error;

use crate::cli::parse_seed;
use crate::exit::{Exit, ExitCause};
use crate::scenarios::{ScenarioError, Scenarios};

/// What names a run, and what is to be other than usual in it.
#[derive(Clone, Debug, Args)]
pub struct RunArgs {
    /// The seed, decimal or 0x hexadecimal; drawn and printed when left out.
    #[arg(long, value_name = "N", value_parser = parse_seed)]
    pub seed: Option<u64>,

    /// Use this search strategy instead of the one that the seed draws.
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,

    /// Replay the picks of this trace; stop where they no longer fit.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "strategy"])]
    pub trace: Option<PathBuf>,

    /// End a run after this many scheduling points (20,000,000 unless said otherwise).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub points: Option<u64>,

    /// End a run that wants more threads than this at one time (64 unless said otherwise).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub threads: Option<u32>,

    /// Answer `available_parallelism` with this number (4 unless said otherwise).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub cores: Option<u32>,

    /// Answer as this operating system does: linux, macos or freebsd (the scenario's own unless said otherwise).
    #[arg(long, value_name = "OS")]
    pub os: Option<Os>,

    /// Ask this of each run besides, instead of what the scenario asks for: a list with commas of threads, tasks, children,
    /// sockets, descriptors (none of these may be left behind), leaks (all of these), stuck, late=MS, idle=POINTS or none.
    #[arg(long, value_name = "LIST")]
    pub oracles: Option<Oracles>,

    /// Get the program's memory from this heap: plain, or checked, which ends a run that misuses it (the scenario's own unless said
    /// otherwise).
    #[arg(long, value_name = "HEAP")]
    pub heap: Option<Heap>,

    /// Virtual milliseconds, in all, that may pass while threads that could run do not (1,000 unless said otherwise).
    #[arg(long, value_name = "MS")]
    pub stall: Option<u64>,
}

/// Why it is not known which runs are meant.
#[derive(Debug, Error)]
pub enum AskError {
    /// The scenarios could not be built, or there is none of that name.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The trace cannot be read.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The executable cannot be read.
    #[error("reading the scenario executable failed: {0}")]
    Executable(std::io::Error),
    /// The arguments contradict each other.
    #[error("{0}")]
    Usage(String),
}

impl ExitCause for AskError {
    fn exit(&self) -> Exit {
        match self {
            Self::Scenario(error) => error.exit(),
            Self::Trace(_) | Self::Executable(_) | Self::Usage(_) => Exit::Usage,
        }
    }
}

/// A run that is wanted.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The run.
    pub request: Request,
    /// Where it is the replay of a trace.
    pub recorded: Option<Recorded>,
}

/// What a replay is of.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Where the trace is.
    pub path: PathBuf,
    /// As it was asked for.
    pub request: Request,
    /// The hash its events must have.
    pub events_hash: u64,
}

impl Ask {
    /// What to type to see the run again.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.recorded {
            Some(recorded) => line::of_trace(&recorded.path, &self.request, &recorded.request),
            None => line::of_seed(&self.request),
        }
    }
}

impl RunArgs {
    /// The runs that are meant, of the scenarios of these names.
    ///
    /// # Errors
    /// There is no such scenario, trace or strategy, or they contradict each other.
    pub fn asks(&self, names: &[String], scenarios: &Scenarios) -> Result<Vec<Ask>, AskError> {
        match &self.trace {
            Some(path) => Ok(vec![self.of_trace(names, scenarios, path)?]),
            None => self.of_seed(&scenarios.select(names)?),
        }
    }

    fn of_seed(&self, selected: &[&Listed]) -> Result<Vec<Ask>, AskError> {
        let strategy: Strategy = match &self.strategy {
            None => Strategy::Swarm,
            Some(name) => name.parse().map_err(AskError::Usage)?,
        };
        // A drawn seed is small enough to be read out: whoever draws one wants to type it again.
        let drawn = || RandomState::new().hash_one("seed") % 1_000_000;
        let seed = Seed(self.seed.unwrap_or_else(drawn));
        let request = |listed: &&Listed| Request {
            strategy,
            limits: self.limits(Limits::default()),
            cores: self.cores.unwrap_or(CORES),
            os: self.os,
            oracles: self.oracles,
            heap: self.heap,
            ..Request::new(listed.name(), seed)
        };
        Ok(selected.iter().map(|listed| Ask { request: request(listed), recorded: None }).collect())
    }

    fn of_trace(&self, names: &[String], scenarios: &Scenarios, path: &Path) -> Result<Ask, AskError> {
        let build = tracefile::build_id(&scenarios.path).map_err(AskError::Executable)?;
        let file = tracefile::read(path, &build)?;
        scenarios.select(std::slice::from_ref(&file.program))?;
        if names.iter().any(|name| file.program != *name && file.program.split('/').next() != Some(name)) {
            let message = format!(
                "{} is a trace of {}, and the command names something else\nnext: `cargo xtask sim --trace {}`",
                path.display(),
                file.program,
                path.display()
            );
            return Err(AskError::Usage(message));
        }
        let asked = file.request();
        let request = Request {
            limits: self.limits(file.limits),
            cores: self.cores.unwrap_or(asked.cores),
            os: self.os.or(asked.os),
            oracles: self.oracles.or(asked.oracles),
            heap: self.heap.or(asked.heap),
            ..asked.clone()
        };
        let recorded = Recorded { path: path.to_owned(), request: asked, events_hash: file.events_hash };
        Ok(Ask { request, recorded: Some(recorded) })
    }

    fn limits(&self, limits: Limits) -> Limits {
        Limits {
            points_max: self.points.unwrap_or(limits.points_max),
            threads_max: self.threads.unwrap_or(limits.threads_max),
            stall_ns: self.stall.map_or(limits.stall_ns, |ms| ms.saturating_mul(1_000_000)),
            ..limits
        }
    }
}
