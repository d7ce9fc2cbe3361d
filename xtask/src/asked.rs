//! Which runs a command line asks for: by seed, token or trace, with what is to be other than usual.
//!
//! Does not make them. Invariant: whatever is typed stands in the request, and what is not typed is as it was recorded, or as usual.

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};

use clap::Args;
use photofinish::client::{CORES, Client, ClientError, Request};
use photofinish::line;
use photofinish::scenario::{Heap, Listed, Os};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::oracle::Oracles;
use photofinish::sim::plan::Plan;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use photofinish::token::{self, Exact, ResolveError, Token};
use photofinish::tracefile::{self, TraceError};
use thiserror::Error;

use crate::cli::{SeedOrToken, parse_seed_or_token};
use crate::commands::sim::client_exit;
use crate::exit::{Exit, ExitCause};
use crate::scenarios::{ScenarioError, Scenarios};

/// What names a run, and what is to be other than usual in it.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// The seed, decimal or 0x hexadecimal, drawn and printed when left out; or a token (`pf1-…`), which says everything else of the run,
    /// too.
    #[arg(long, value_name = "N|TOKEN", value_parser = parse_seed_or_token)]
    pub seed: Option<SeedOrToken>,

    /// Replay a token in the build that made it alone, instead of looking for its decisions by name in another.
    #[arg(long, requires = "seed")]
    pub exact: bool,

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

    /// Build the program so that its threads can lose their turn at calls alone, at atomic operations, too, or in every block of code
    /// that loads or stores plain memory (its own level, mostly atomics, unless said otherwise).
    #[arg(long, value_name = "LEVEL", conflicts_with = "trace", long_help = PREEMPT_HELP)]
    pub preempt: Option<Preempt>,

    /// Virtual milliseconds, in all, that may pass while threads that could run do not (1,000 unless said otherwise).
    #[arg(long, value_name = "MS")]
    pub stall: Option<u64>,
}

/// What `--preempt` takes, in full.
pub const PREEMPT_HELP: &str = "\
Build the program at this level, in a folder of its own; without it, at the level that its executable has by itself, mostly atomics.

  calls    its threads can lose their turn at calls of the C library, such as those that std's locks and channels wait with: what cargo
           builds by itself
  atomics  and before every atomic operation of every crate but std's own parts that come compiled
  blocks   and before loads and stores of plain memory, in every basic block that has any: for races between cells, or between an atomic
           operation and the plain store behind it. What never leaves a function's stack is mostly left alone. A run has several
           times as many points, so that what `atomics` finds, too, takes more runs

Seeds, traces and tokens are of their level: the same seed is another run at each.";

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
    /// The token leads to no run.
    #[error(transparent)]
    Token(#[from] ResolveError),
    /// The scenario executable could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The arguments contradict each other.
    #[error("{0}")]
    Usage(String),
}

impl ExitCause for AskError {
    fn exit(&self) -> Exit {
        match self {
            Self::Scenario(error) => error.exit(),
            Self::Client(error) | Self::Token(ResolveError::Client(error)) => client_exit(error),
            // The build is the same, and the run is not.
            Self::Token(ResolveError::Other { .. }) => Exit::Diverged,
            Self::Token(_) | Self::Trace(_) | Self::Executable(_) | Self::Usage(_) => Exit::Usage,
        }
    }
}

/// A run that is wanted.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The run; of a token, once it is resolved.
    pub request: Request,
    /// What names it.
    pub by: By,
    /// Of a token that is resolved: its decisions.
    pub plan: Option<Plan>,
}

/// What names a run.
#[derive(Clone, Debug)]
pub enum By {
    /// Its seed.
    Seed,
    /// A trace.
    Trace(Box<Recorded>),
    /// A token.
    Token(Box<Token>),
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
        match &self.by {
            By::Seed => line::of_seed(&self.request),
            By::Trace(recorded) => line::of_trace(&recorded.path, &self.request, &recorded.request),
            // It was text, which is no longer than what is read.
            By::Token(token) => {
                token.encode().map_or_else(|error| error.to_string(), |text| line::of_token(&text))
            }
        }
    }

    /// What the run is called in a headline.
    #[must_use]
    pub fn title(&self) -> String {
        let Request { program, seed, .. } = &self.request;
        match &self.by {
            By::Token(_) => format!("token · {program}"),
            By::Seed | By::Trace(_) => format!("seed {seed} · {program}"),
        }
    }

    /// The hash that the run's events must have.
    #[must_use]
    pub fn events_hash(&self) -> Option<u64> {
        match &self.by {
            By::Trace(recorded) => Some(recorded.events_hash),
            By::Seed | By::Token(_) => None,
        }
    }

    /// Finds the run of a token, and of any other the strategy that its seed draws. What is to be told of it is returned.
    ///
    /// # Errors
    /// The token leads to no run in this build, or no run can be made.
    pub fn resolve(&mut self, client: &mut Client, exact: Exact) -> Result<Vec<String>, AskError> {
        let By::Token(token) = &self.by else {
            self.request.strategy = client.resolve(&self.request)?;
            return Ok(Vec::new());
        };
        let resolved = token::resolve(client, token, exact)?;
        self.plan = Some(resolved.plan());
        let told = resolved.told();
        self.request = Request { events: self.request.events, ..resolved.request };
        Ok(told)
    }

    /// What is to be told of a run whose signature is not the token's.
    #[must_use]
    pub fn other_than(&self, signature: Option<&str>) -> Option<&'static str> {
        let By::Token(token) = &self.by else { return None };
        token.other_than(signature)
    }
}

impl RunArgs {
    /// The runs that are meant, of the scenarios of these names.
    ///
    /// # Errors
    /// There is no such scenario, trace or strategy, or they contradict each other.
    pub fn asks(&self, names: &[String], scenarios: &Scenarios) -> Result<Vec<Ask>, AskError> {
        match (&self.trace, &self.seed) {
            (Some(path), _) => Ok(vec![self.of_trace(names, scenarios, path)?]),
            (None, Some(SeedOrToken::Token(token))) => Ok(vec![self.of_token(names, scenarios, token)?]),
            (None, Some(SeedOrToken::Seed(seed))) => self.of_seed(Seed(*seed), names, scenarios),
            // A drawn seed is small enough to be read out: whoever draws one wants to type it again.
            (None, None) => {
                self.of_seed(Seed(RandomState::new().hash_one("seed") % 1_000_000), names, scenarios)
            }
        }
    }

    /// These names, and that of the program which a token or trace is of: what says which executable is needed.
    #[must_use]
    pub fn naming(&self, names: &[String]) -> Vec<String> {
        let of_token = match &self.seed {
            Some(SeedOrToken::Token(token)) => Some(token.program.clone()),
            _ => None,
        };
        // One that cannot be read is told of when it is asked for.
        let of_trace = self.trace.as_deref().and_then(|path| tracefile::program(path).ok());
        let mut named: Vec<String> = of_token.into_iter().chain(of_trace).collect();
        if named.is_empty() {
            named.extend_from_slice(names);
        }
        named
    }

    /// The level that the executable is to be built at: that of the token or trace, or else what is typed.
    #[must_use]
    pub fn level(&self) -> Option<Preempt> {
        let of_token = match &self.seed {
            Some(SeedOrToken::Token(token)) => token.options.preempt,
            _ => None,
        };
        // As for the name, one that cannot be read is told of later.
        let of_trace = || tracefile::preempt(self.trace.as_deref()?).ok()?;
        of_token.or_else(of_trace).or(self.preempt)
    }

    /// Whether only the build that made a token will do.
    #[must_use]
    pub fn exact(&self) -> Exact {
        if self.exact { Exact::Yes } else { Exact::No }
    }

    fn of_seed(&self, seed: Seed, names: &[String], scenarios: &Scenarios) -> Result<Vec<Ask>, AskError> {
        let selected = scenarios.select(names)?;
        let strategy: Strategy = match &self.strategy {
            None => Strategy::Swarm,
            Some(name) => name.parse().map_err(AskError::Usage)?,
        };
        let request = |listed: &&Listed| Request {
            strategy,
            limits: self.limits(Limits::default()),
            cores: self.cores.unwrap_or(CORES),
            os: self.os,
            oracles: self.oracles,
            heap: self.heap,
            preempt: scenarios.preempt,
            ..Request::new(listed.name(), seed)
        };
        Ok(selected.iter().map(|listed| Ask { request: request(listed), by: By::Seed, plan: None }).collect())
    }

    fn of_trace(&self, names: &[String], scenarios: &Scenarios, path: &Path) -> Result<Ask, AskError> {
        let build = tracefile::build_id(&scenarios.path).map_err(AskError::Executable)?;
        let file = tracefile::read(path, &build)?;
        scenarios.select(std::slice::from_ref(&file.program))?;
        if !names_it(names, &file.program) {
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
        Ok(Ask { request, by: By::Trace(Box::new(recorded)), plan: None })
    }

    fn of_token(&self, names: &[String], scenarios: &Scenarios, token: &Token) -> Result<Ask, AskError> {
        let usage = |message: String| Err(AskError::Usage(message));
        let Token { program, .. } = token;
        if scenarios.select(std::slice::from_ref(program)).is_err() {
            return Err(ResolveError::Program { program: program.clone() }.into());
        }
        if !names_it(names, program) {
            return usage(format!(
                "that token is of {program}, and the command names something else\nnext: leave that out; a token says what it is of"
            ));
        }
        let Self { strategy, points, threads, cores, os, oracles, heap, preempt, stall, .. } = self;
        let numbers = [points.is_some(), threads.is_some(), cores.is_some(), stall.is_some()];
        let words = [strategy.is_some(), os.is_some(), oracles.is_some(), heap.is_some(), preempt.is_some()];
        if numbers.into_iter().chain(words).any(|given| given) {
            return usage(String::from(
                "a token says how its run is made\nnext: leave out all options but --seed, --exact, and what is to be printed or written",
            ));
        }
        Ok(Ask {
            request: Request::new(program.clone(), Seed(0)),
            by: By::Token(Box::new(token.clone())),
            plan: None,
        })
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

/// Whether the command names a program, or nothing.
fn names_it(names: &[String], program: &str) -> bool {
    names.iter().all(|name| program == name || program.split('/').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use photofinish::client::Run;
    use photofinish::sim::ending::Ending;
    use photofinish::tracefile::TraceFile;

    use super::*;

    #[test]
    fn a_trace_says_the_level_that_its_executable_is_built_at() {
        let path = std::env::temp_dir().join(format!("photofinish-level-{}.json", std::process::id()));
        let check = |recorded: Option<Preempt>| {
            let request = Request { preempt: recorded, ..Request::new("s/v", Seed(7)) };
            let file = TraceFile::of(&request, &Run::ended(Ending::Returned), "build");
            assert_eq!(file.request().preempt, recorded);
            tracefile::write(&path, &file).expect("a temporary file");
            let args = RunArgs { trace: Some(path.clone()), ..RunArgs::default() };
            assert_eq!(args.level(), recorded);
            // Another build of the same sources is told apart with the level that it was.
            let said = tracefile::read(&path, "other").expect_err("another build").to_string();
            let option = recorded.map(|level| format!(" --preempt {level} --record FILE"));
            assert!(said.contains(&option.unwrap_or_else(|| String::from(" --record FILE"))), "{said}");
        };
        [None, Some(Preempt::Calls), Some(Preempt::Blocks)].into_iter().for_each(check);
        std::fs::remove_file(&path).expect("it is there");
        let typed = RunArgs { preempt: Some(Preempt::Calls), ..RunArgs::default() };
        assert_eq!((typed.level(), RunArgs::default().level()), (Some(Preempt::Calls), None));
    }
}
