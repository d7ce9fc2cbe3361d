//! `cargo xtask sim`: build the scenarios instrumented, run each once, say what was found.
//!
//! Does not decide anything about a run; it asks for it and prints. A failing run is made a second time with its events kept,
//! which both explains it and proves that it repeats.
//! Invariant: the seed is printed before the run starts.

use std::hash::{BuildHasher, RandomState};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use photofinish::client::{CORES, Client, ClientError, Isolation, Request, Run};
use photofinish::debugger::Debugged;
use photofinish::examine::{Examined, examine};
use photofinish::line;
use photofinish::record::Record;
use photofinish::scenario::Listed;
use photofinish::series::Steps;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::story::{Length, Told};
use photofinish::symbols::Symbols;
use photofinish::tracefile::{self, TraceError, TraceFile};
use photofinish::verdict::{self, Verdict};
use thiserror::Error;

use crate::cli::{Sharing, SimArgs};
use crate::exit::{Exit, ExitCause};
use crate::scenarios::{ScenarioError, Scenarios};

/// Why no run was made.
#[derive(Debug, Error)]
pub enum SimError {
    /// The scenarios could not be built, or there is none of that name.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The scenario executable could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The trace cannot be read or written.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The executable cannot be read.
    #[error("reading the scenario executable failed: {0}")]
    Executable(std::io::Error),
    /// The arguments contradict each other.
    #[error("{0}")]
    Usage(String),
}

impl ExitCause for SimError {
    fn exit(&self) -> Exit {
        match self {
            Self::Scenario(error) => error.exit(),
            Self::Client(error) => client_exit(error),
            Self::Trace(_) | Self::Executable(_) | Self::Usage(_) => Exit::Usage,
        }
    }
}

/// A server that does not start lacks something of the machine's, which it has said; one that stops later is our bug.
pub(crate) fn client_exit(error: &ClientError) -> Exit {
    match error {
        ClientError::Start { .. } | ClientError::Gone { doing: "starting", .. } => Exit::Usage,
        _ => Exit::Bug,
    }
}

/// What is the same for all runs of one command.
struct Session<'a> {
    args: &'a SimArgs,
    scenarios: &'a Scenarios,
    symbols: Symbols,
    client: Option<Client>,
    threads: u32,
}

/// Runs what the arguments name.
pub fn run(args: &SimArgs) -> Result<Exit, SimError> {
    let strategy: Strategy = match &args.strategy {
        None => Strategy::Swarm,
        Some(name) => name.parse().map_err(SimError::Usage)?,
    };
    let scenarios = Scenarios::load()?;
    let asks = match &args.trace {
        Some(path) => vec![from_trace(&scenarios, args, path)?],
        None => from_seed(args, strategy, &scenarios.select(&args.scenarios)?),
    };
    let for_one =
        [("--record writes one trace", args.record.is_some()), ("--gdb stops one run", args.gdb.is_some())];
    if let Some((what, _)) = for_one.iter().find(|(_, given)| *given && asks.len() > 1) {
        let message = format!("{what}, and this names several programs\nnext: name one, SCENARIO/VARIANT");
        return Err(SimError::Usage(message));
    }
    let threads = asks[0].request.limits.threads_max;
    let symbols = Symbols::open(&scenarios.path);
    let mut session = Session { args, scenarios: &scenarios, symbols, client: None, threads };
    let mut worst = Exit::Passed;
    for ask in asks {
        worst = worse(worst, session.one(ask)?);
    }
    Ok(worst)
}

/// A run that is wanted.
struct Ask {
    request: Request,
    /// Where it is the replay of a trace.
    recorded: Option<Recorded>,
}

/// What a trace is of.
struct Recorded {
    /// As it was asked for.
    request: Request,
    /// The hash its events must have.
    events_hash: u64,
}

fn from_seed(args: &SimArgs, strategy: Strategy, selected: &[&Listed]) -> Vec<Ask> {
    // A drawn seed is small enough to be read out: whoever draws one wants to type it again.
    let drawn = || RandomState::new().hash_one("seed") % 1_000_000;
    let seed = Seed(args.seed.unwrap_or_else(drawn));
    let request = |listed: &&Listed| Request {
        strategy,
        events: args.events,
        limits: limits(args, Limits::default()),
        cores: args.cores.unwrap_or(CORES),
        os: args.os,
        oracles: args.oracles,
        heap: args.heap,
        ..Request::new(listed.name(), seed)
    };
    selected.iter().map(|listed| Ask { request: request(listed), recorded: None }).collect()
}

fn from_trace(scenarios: &Scenarios, args: &SimArgs, path: &Path) -> Result<Ask, SimError> {
    let build = tracefile::build_id(&scenarios.path).map_err(SimError::Executable)?;
    let file = tracefile::read(path, &build)?;
    scenarios.select(std::slice::from_ref(&file.program))?;
    if args.scenarios.iter().any(|name| file.program != *name && file.program.split('/').next() != Some(name))
    {
        let message = format!(
            "{} is a trace of {}, and the command names something else\nnext: `cargo xtask sim --trace {}`",
            path.display(),
            file.program,
            path.display()
        );
        return Err(SimError::Usage(message));
    }
    let asked = file.request();
    let request = Request {
        events: args.events,
        limits: limits(args, file.limits),
        cores: args.cores.unwrap_or(asked.cores),
        os: args.os.or(asked.os),
        oracles: args.oracles.or(asked.oracles),
        heap: args.heap.or(asked.heap),
        ..asked.clone()
    };
    let recorded = Some(Recorded { request: asked, events_hash: file.events_hash });
    Ok(Ask { request, recorded })
}

fn limits(args: &SimArgs, limits: Limits) -> Limits {
    Limits {
        points_max: args.points.unwrap_or(limits.points_max),
        threads_max: args.threads.unwrap_or(limits.threads_max),
        stall_ns: args.stall.map_or(limits.stall_ns, |ms| ms.saturating_mul(1_000_000)),
        ..limits
    }
}

impl Session<'_> {
    /// Makes one run and prints what it was.
    fn one(&mut self, mut ask: Ask) -> Result<Exit, SimError> {
        // Nothing runs before the seed is out; the strategy is known once the seed has been resolved.
        self.say(&format!("seed {} · {}", ask.request.seed, ask.request.program));
        ask.request.strategy = self.client()?.resolve(&ask.request)?;
        let request = &ask.request;
        self.say(&format!(" · {}\n", request.strategy));
        // Drawn on a terminal only, and only if the run takes longer than a tick.
        let waiting = ProgressBar::new_spinner().with_message("running");
        waiting.enable_steady_tick(Duration::from_secs(1));
        let examined = self.examine(request);
        waiting.finish_and_clear();
        let Examined { run, mut judgement, difference } = examined?;
        if let Some(expected) = ask.recorded.as_ref().map(|recorded| recorded.events_hash)
            && expected != run.figures.events_hash
            && judgement.verdict != Verdict::Diverged
        {
            judgement = verdict::not_the_same(expected, run.figures.events_hash);
        }
        let mut record = Record::new(&request.program, request.seed, request.strategy, &run, &judgement);
        record.difference = difference;
        if self.args.json {
            crate::say!("{}", serde_json::to_string(&record).expect("plain data has a JSON form"));
        } else {
            let replay = self.replay_line(&ask);
            let told = Told { record: &record, run: &run, symbols: &self.symbols, replay: &replay };
            let length = if self.args.events { Length::EveryEvent } else { Length::Short };
            crate::out::write(format_args!("{}", told.tell(length)));
        }
        if let Some(path) = &self.args.record {
            self.write_trace(path, &ask, &run)?;
        }
        if let Some(at) = self.args.gdb {
            tracefile::check_whole(request, &run, &self.next_of_a_beginning(&ask))?;
            return Err(self.debug(&Debugged { executable: &self.scenarios.path, request, run: &run, at }));
        }
        Ok(exit_of(judgement.verdict))
    }

    /// Makes the run by itself, or as the first of a series.
    fn examine(&mut self, request: &Request) -> Result<Examined, SimError> {
        let isolation = self.args.isolation;
        let client = self.client()?;
        match isolation {
            Sharing::Fork => Ok(examine(client, request)?),
            Sharing::None => {
                let first = Steps::new(request, 1).examine_next(client, |_| false)?;
                Ok(first.expect("one was asked for").2)
            }
        }
    }

    /// What to type to see a run again.
    fn replay_line(&self, ask: &Ask) -> String {
        match (&self.args.trace, &ask.recorded) {
            (Some(path), Some(recorded)) => line::of_trace(path, &ask.request, &recorded.request),
            _ => line::of_seed(&ask.request),
        }
    }

    /// Prints a part of the headline: on standard error with --json, so that standard output holds objects only.
    fn say(&self, words: &str) {
        if self.args.json {
            eprint!("{words}");
        } else {
            crate::out::write(format_args!("{words}"));
        }
    }

    /// Becomes gdb; returns only what kept it from that.
    fn debug(&self, debugged: &Debugged<'_>) -> SimError {
        let folder = self.scenarios.path.with_file_name("gdb");
        let mut command = match debugged.command(&folder) {
            Ok(command) => command,
            Err(error) => return SimError::Usage(format!("writing {} failed: {error}", folder.display())),
        };
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
        crate::say!("  gdb stops at step {}: {}", debugged.step(), words.join(" "));
        let error = command.exec();
        SimError::Usage(format!("gdb did not start: {error}\nnext: install gdb, and the same command"))
    }

    fn client(&mut self) -> Result<&mut Client, SimError> {
        if self.client.is_none() {
            let isolation = if self.args.baton { Isolation::Baton } else { Isolation::Fork };
            let mut client = Client::start(&self.scenarios.path, self.threads, isolation)?;
            client.set_guard(self.args.guard);
            for note in client.notes() {
                eprintln!("note: {note}");
            }
            self.client = Some(client);
        }
        Ok(self.client.as_mut().expect("started above"))
    }

    /// What to do with a run that left too much to be replayed: events are most of what runs leave.
    fn next_of_a_beginning(&self, ask: &Ask) -> String {
        if ask.request.events {
            return String::from("the same command without `--events`");
        }
        format!("`{}` makes the same run again", self.replay_line(ask))
    }

    fn write_trace(&self, path: &Path, ask: &Ask, run: &Run) -> Result<(), SimError> {
        let build = tracefile::build_id(&self.scenarios.path).map_err(SimError::Executable)?;
        let file = TraceFile::whole(&ask.request, run, &build, &self.next_of_a_beginning(ask))?;
        tracefile::write(path, &file)?;
        eprintln!(
            "trace: {} (replay: {})",
            path.display(),
            line::of_trace(path, &file.request(), &file.request())
        );
        Ok(())
    }
}

pub(super) fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Pass => Exit::Passed,
        Verdict::Fail => Exit::Failed,
        Verdict::Inconclusive => Exit::Inconclusive,
        Verdict::Diverged => Exit::Diverged,
        Verdict::Bug => Exit::Bug,
    }
}

/// The exit code of several runs: our own bug before nondeterminism before a failure before an inconclusive run.
pub(super) fn worse(one: Exit, other: Exit) -> Exit {
    const ORDER: [Exit; 5] = [Exit::Bug, Exit::Diverged, Exit::Failed, Exit::Inconclusive, Exit::Passed];
    ORDER.into_iter().find(|exit| *exit == one || *exit == other).unwrap_or(other)
}
