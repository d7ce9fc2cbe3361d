//! `cargo xtask sim`: build the scenarios instrumented, run each once, say what was found.
//!
//! Does not decide anything about a run; it asks for it and prints. A failing run is made again with its events kept,
//! which both explains it and proves that it repeats, and once more with its stacks for the story.
//! Invariant: the seed is printed before the run starts.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use photofinish::client::{Client, ClientError, Isolation, Request, Run};
use photofinish::debugger::Debugged;
use photofinish::examine::{Examined, examine};
use photofinish::guard::Known;
use photofinish::line;
use photofinish::record::Record;
use photofinish::series::Steps;
use photofinish::story::{Length, Told};
use photofinish::symbols::Symbols;
use photofinish::tracefile::{self, TraceError, TraceFile};
use photofinish::verdict::{self, Verdict};
use photofinish_reports::record as disk;
use photofinish_reports::story::Story;
use photofinish_reports::term::term;
use thiserror::Error;

use crate::asked::{Ask, AskError, By};
use crate::cli::{Sharing, SimArgs};
use crate::exit::{Exit, ExitCause};
use crate::reporting::{Drawn, Folder, ReportingError};
use crate::scenarios::{ScenarioError, Scenarios};

/// Why no run was made.
#[derive(Debug, Error)]
pub enum SimError {
    /// It is not known which runs are meant.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The scenario executable could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The trace cannot be written.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The executable cannot be read.
    #[error("reading the scenario executable failed: {0}")]
    Executable(std::io::Error),
    /// The run cannot be drawn.
    #[error(transparent)]
    Reporting(#[from] ReportingError),
    /// The arguments contradict each other.
    #[error("{0}")]
    Usage(String),
}

impl From<ScenarioError> for SimError {
    fn from(error: ScenarioError) -> Self {
        Self::Ask(error.into())
    }
}

impl ExitCause for SimError {
    fn exit(&self) -> Exit {
        match self {
            Self::Ask(error) => error.exit(),
            Self::Client(error) => client_exit(error),
            Self::Reporting(error) => error.exit(),
            Self::Trace(_) | Self::Executable(_) | Self::Usage(_) => Exit::Usage,
        }
    }
}

/// A server that does not start lacks something of the machine's, which it has said; one that stops later is our bug.
pub(crate) fn client_exit(error: &ClientError) -> Exit {
    match error {
        ClientError::Start { .. }
        | ClientError::Gone { doing: "starting", .. }
        | ClientError::Level { .. } => Exit::Usage,
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
    /// Where runs are drawn, if they are.
    folder: Option<Folder>,
}

/// What is asked of one run is not to be had of one that shares its process.
fn check_sharing(args: &SimArgs) -> Result<(), SimError> {
    let of_one = [
        ("--baton", args.baton),
        ("--trace", args.run.trace.is_some()),
        ("--record", args.record.is_some()),
        ("--events", args.events),
        ("--gdb", args.gdb.is_some()),
    ];
    match of_one.iter().find(|(_, given)| *given) {
        Some((option, _)) if args.isolation == Sharing::None => Err(SimError::Usage(format!(
            "{option} is for a run by itself, and --isolation none is not\nnext: the same command without one of the two"
        ))),
        _ => Ok(()),
    }
}

/// Runs what the arguments name.
pub fn run(args: &SimArgs) -> Result<Exit, SimError> {
    check_sharing(args)?;
    let scenarios = Scenarios::load_for(&args.run.naming(&args.scenarios), args.run.level())?;
    let mut asks = args.run.asks(&args.scenarios, &scenarios)?;
    for ask in &mut asks {
        ask.request.events = args.events;
    }
    let for_one =
        [("--record writes one trace", args.record.is_some()), ("--gdb stops one run", args.gdb.is_some())];
    if let Some((what, _)) = for_one.iter().find(|(_, given)| *given && asks.len() > 1) {
        let message = format!("{what}, and this names several programs\nnext: name one, SCENARIO/VARIANT");
        return Err(SimError::Usage(message));
    }
    let threads = asks[0].request.limits.threads_max;
    let symbols = Symbols::open(&scenarios.path);
    let folder = args.report.as_deref().map(Folder::create).transpose()?;
    let mut session = Session { args, scenarios: &scenarios, symbols, client: None, threads, folder };
    let mut worst = Exit::Passed;
    for ask in asks {
        worst = worse(worst, session.one(ask)?);
    }
    Ok(worst)
}

impl Session<'_> {
    /// Makes one run and prints what it was.
    fn one(&mut self, mut ask: Ask) -> Result<Exit, SimError> {
        // Nothing runs before the seed is out; the strategy is known once the seed has been resolved.
        self.say(&ask.title());
        let exact = self.args.run.exact();
        let found = ask.resolve(self.client()?, exact)?;
        let request = &ask.request;
        match ask.by {
            By::Token(_) => self.say("\n"),
            By::Seed | By::Trace(_) => self.say(&format!(" · {}\n", request.strategy)),
        }
        found.iter().for_each(|line| eprintln!("{line}"));
        // Drawn on a terminal only, and only if the run takes longer than a tick.
        let waiting = ProgressBar::new_spinner().with_message("running");
        waiting.enable_steady_tick(Duration::from_secs(1));
        let examined = self.examine(request);
        waiting.finish_and_clear();
        let Examined { run, mut judgement, difference } = examined?;
        if let Some(expected) = ask.events_hash()
            && expected != run.figures.events_hash
            && judgement.verdict != Verdict::Diverged
        {
            judgement = verdict::not_the_same(expected, run.figures.events_hash);
        }
        let examined = Examined { run, judgement, difference };
        let drawn = self.drawn(&ask, &examined);
        self.tell(&ask, &examined, drawn.as_ref().ok().and_then(Option::as_ref));
        let drawn = drawn?;
        let Examined { run, judgement, .. } = examined;
        if let Some(other) = ask.other_than(judgement.signature.as_deref()) {
            self.say(&format!("  note: {other}\n"));
        }
        if let (Some(folder), Some(drawn)) = (&self.folder, &drawn) {
            eprintln!("report: {}", folder.draw(drawn)?.display());
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

    /// The run as reports draw it, if anything is to be drawn of it.
    fn drawn(&mut self, ask: &Ask, examined: &Examined) -> Result<Option<disk::Record>, SimError> {
        let failed = examined.judgement.verdict == Verdict::Fail;
        let is_story = failed && !self.args.json && !self.args.events && self.args.gdb.is_none();
        if !is_story && self.folder.is_none() {
            return Ok(None);
        }
        let drawn = Drawn { ask, examined, scenarios: self.scenarios };
        match drawn.record(self.client()?) {
            Ok(record) => Ok(Some(record)),
            Err(error) if self.folder.is_some() => Err(error.into()),
            Err(error) => {
                eprintln!("note: {error}");
                Ok(None)
            }
        }
    }

    /// Prints what the run was: a failure as a story, and of all else, or with `--events`, what there is.
    fn tell(&self, ask: &Ask, examined: &Examined, drawn: Option<&disk::Record>) {
        let Examined { run, judgement, difference } = examined;
        let request = &ask.request;
        if let Some(drawn) = drawn
            && judgement.verdict == Verdict::Fail
            && !self.args.json
            && !self.args.events
        {
            let story = term(&Story::of(drawn), crate::out::look());
            return crate::out::write(format_args!("{story}"));
        }
        let mut record = Record::new(&request.program, request.seed, request.strategy, run, judgement);
        record.difference.clone_from(difference);
        if self.args.json {
            return crate::say!("{}", serde_json::to_string(&record).expect("plain data has a JSON form"));
        }
        let (symbols, plan, replay) = (&self.symbols, ask.plan.as_ref(), &*ask.line());
        let told = Told { record: &record, run, symbols, replay, plan };
        let length = if self.args.events { Length::EveryEvent } else { Length::Short };
        crate::out::write(format_args!("{}", told.tell(length)));
    }

    /// Makes the run by itself, or as the first of a series.
    fn examine(&mut self, request: &Request) -> Result<Examined, SimError> {
        let isolation = self.args.isolation;
        let client = self.client()?;
        match isolation {
            Sharing::Rewind | Sharing::Fork => Ok(examine(client, request)?),
            Sharing::None => {
                let first = Steps::new(request, 1).examine_next(client, &mut Known::default())?;
                Ok(first.expect("one was asked for").2)
            }
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
            let isolation = if self.args.baton { Isolation::Baton } else { self.args.isolation.of_runs() };
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
        format!("`{}` makes the same run again", ask.line())
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
