//! `cargo xtask shrink`: a failing run made small, and explained.
//!
//! Does not know what is simpler or how runs are made. Invariant: what it prints as the small run was replayed strictly and showed the
//! signature that the run at hand has.

use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use photofinish::client::{Client, Isolation};
use photofinish::examine::examine;
use photofinish::line;
use photofinish::record::Record;
use photofinish::recording::{self, BySeed, Found, Subject};
use photofinish::shrinking::{Go, Minimal, Progress, ShrinkError, Small, Spend, shrink};
use photofinish::tracefile::{self, TraceFile};
use photofinish_reports::record as disk;
use photofinish_reports::story::Story;
use photofinish_reports::term::term;
use serde::Serialize;
use thiserror::Error;

use super::sim::{SimError, client_exit, exit_of};
use crate::asked::Ask;
use crate::cli::ShrinkArgs;
use crate::exit::{Exit, ExitCause};
use crate::interrupt;
use crate::reporting::Folder;
use crate::scenarios::Scenarios;

/// Why nothing was made small.
#[derive(Debug, Error)]
pub enum ShrinkCommandError {
    /// As for a single run.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// The run could not be made small.
    #[error(transparent)]
    Shrink(#[from] ShrinkError),
    /// Several programs are meant.
    #[error(
        "shrink makes one run small, and {0} programs are meant\nnext: name one, SCENARIO/VARIANT; `cargo xtask list` has them"
    )]
    Several(usize),
}

impl ExitCause for ShrinkCommandError {
    fn exit(&self) -> Exit {
        match self {
            Self::Sim(error) => error.exit(),
            Self::Shrink(ShrinkError::Client(error)) => client_exit(error),
            Self::Shrink(ShrinkError::NotAgain { .. }) => Exit::Diverged,
            Self::Shrink(_) | Self::Several(_) => Exit::Usage,
        }
    }
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Printed<'a> {
    /// The small run.
    #[serde(flatten)]
    record: &'a Record,
    /// Its decisions by what they are to a reader, before and after.
    before: Counted,
    after: Counted,
    /// Runs made, those for the explanation included.
    runs: u64,
    seconds: f64,
    /// Whether each decision that is left is needed.
    minimal: bool,
    explanation: &'a photofinish::shrinking::Explanation,
    replay: &'a str,
}

/// Decisions, by what they are to a reader.
#[derive(Serialize)]
struct Counted {
    decisions: u64,
    preemptions: u64,
    stalls: u64,
    faults_and_reordering: u64,
    other: u64,
}

impl Counted {
    fn of(cost: &photofinish::shrinking::Cost) -> Self {
        Self {
            decisions: cost.decisions(),
            preemptions: cost.preemptions,
            stalls: cost.stalls,
            faults_and_reordering: cost.faults_and_reordering,
            other: cost.other,
        }
    }
}

/// Makes the run small that the arguments name.
pub fn run(args: &ShrinkArgs) -> Result<Exit, ShrinkCommandError> {
    let names: Vec<String> = args.scenario.iter().cloned().collect();
    let scenarios =
        Scenarios::load_for(&args.run.naming(&names), args.run.level()).map_err(SimError::from)?;
    let asks = args.run.asks(&names, &scenarios).map_err(SimError::from)?;
    let [ask] = asks.as_slice() else { return Err(ShrinkCommandError::Several(asks.len())) };
    let folder = args.report.as_deref().map(Folder::create).transpose().map_err(SimError::from)?;
    let threads = ask.request.limits.threads_max;
    let jobs = args.jobs.map_or_else(|| available_parallelism().map_or(1, NonZero::get), usize::from);
    let mut clients = Vec::new();
    for _ in 0..jobs {
        let client = Client::start(&scenarios.path, threads, Isolation::Rewind);
        clients.push(client.map_err(SimError::from)?);
    }
    let small = made_small(args, ask, &mut clients)?;
    let replay = replay_line(args, &scenarios, &small)?;
    let drawn = record(&mut clients[0], &small, &scenarios, &replay);
    tell(args, &small, drawn.as_ref().ok(), &replay);
    let drawn = drawn?;
    if let Some(folder) = folder {
        eprintln!("report: {}", folder.draw(&drawn).map_err(SimError::from)?.display());
    }
    Ok(exit_of(small.examined.judgement.verdict))
}

fn made_small(args: &ShrinkArgs, ask: &Ask, clients: &mut [Client]) -> Result<Small, ShrinkCommandError> {
    let started = Instant::now();
    let first = clients.first_mut().expect("at least one job");
    let mut ask = ask.clone();
    for line in ask.resolve(first, args.run.exact()).map_err(SimError::from)? {
        eprintln!("{line}");
    }
    let request = ask.request;
    let failed = examine(first, &request).map_err(SimError::from)?;
    let bar = ProgressBar::new_spinner()
        .with_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is right"));
    let _graceful = interrupt::gracefully();
    let mut progress = |Progress { runs, decisions }: Progress| {
        bar.set_message(format!("{runs} runs, {decisions} decisions, {} s", started.elapsed().as_secs()));
        bar.tick();
        if interrupt::requested() { Go::Stop } else { Go::On }
    };
    let small = shrink(clients, (&request, &failed), Spend::time(args.budget), &mut progress);
    bar.finish_and_clear();
    Ok(small?)
}

/// What to type to see the small run again: its token; or its trace, if it has no token or a trace is wanted.
fn replay_line(
    args: &ShrinkArgs,
    scenarios: &Scenarios,
    small: &Small,
) -> Result<String, ShrinkCommandError> {
    let path = match (&args.record, &small.token) {
        (None, Ok(text)) => return Ok(line::of_token(text)),
        (None, Err(why)) => {
            eprintln!("note: it has no token: {why}");
            scenarios.path.with_file_name("small.json")
        }
        (Some(path), _) => path.clone(),
    };
    let build = tracefile::build_id(&scenarios.path).map_err(SimError::Executable)?;
    let next = "the same command without `--record`";
    let file = TraceFile::whole(&small.request, &small.examined.run, &build, next).map_err(SimError::from)?;
    tracefile::write(&path, &file).map_err(SimError::from)?;
    let of_trace = line::of_trace(&path, &small.request, &small.request);
    match &small.token {
        Ok(text) => {
            eprintln!("trace: {} (replay: {of_trace})", path.display());
            Ok(line::of_token(text))
        }
        Err(_) => Ok(of_trace),
    }
}

/// Everything that is known of the small run.
fn record(
    client: &mut Client,
    small: &Small,
    scenarios: &Scenarios,
    replay: &str,
) -> Result<disk::Record, ShrinkCommandError> {
    let Small { request, plan, examined, minimal, explanation, token, .. } = small;
    let found =
        Found { plan, token: token.as_deref().ok(), minimal: Some(*minimal), explanation: Some(explanation) };
    let (about, debug) = (scenarios.about(&request.program), format!("{replay} --gdb"));
    let subject = Subject {
        request,
        run: &examined.run,
        judgement: &examined.judgement,
        about: about.as_deref(),
        by_seed: BySeed::No,
        replay,
        debug: Some(&debug),
        small: Some(found),
    };
    Ok(recording::record(client, &subject).map_err(|error| SimError::Reporting(error.into()))?)
}

fn tell(args: &ShrinkArgs, small: &Small, drawn: Option<&disk::Record>, replay: &str) {
    let Small { request, examined, stats, minimal, explanation, took, .. } = small;
    if args.json {
        let mut record =
            Record::new(&request.program, request.seed, request.strategy, &examined.run, &examined.judgement);
        record.difference.clone_from(&examined.difference);
        let printed = Printed {
            record: &record,
            before: Counted::of(&stats.before),
            after: Counted::of(&stats.after),
            runs: stats.runs + explanation.runs,
            seconds: took.as_secs_f64(),
            minimal: *minimal == Minimal::Proved,
            explanation,
            replay,
        };
        crate::say!("{}", serde_json::to_string(&printed).expect("plain data has a JSON form"));
        return;
    }
    crate::say!("{} · made small", request.program);
    match drawn {
        Some(drawn) => {
            crate::out::write(format_args!("{}", term(&Story::of(drawn), crate::out::look())));
            crate::out::write(format_args!("{}", small.made_small()));
        }
        // What was found in all that time is told, whatever keeps it from being drawn.
        None => crate::out::write(format_args!("  replay: {replay}\n{}", small.reasons())),
    }
    eprintln!("it took {:.1} s", took.as_secs_f64());
}
