//! `cargo xtask sweep`: many seeds of each variant, counted by signature and held against the expectation.
//!
//! A first edition: no corpus, no time budget. Does not judge runs. Invariant: what it finds does not depend on the number of
//! jobs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, Once};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use photofinish::client::{Client, ClientError, Isolation, Request};
use photofinish::examine::count;
use photofinish::marks::Marks;
use photofinish::scenario::Listed;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::mark::Mark;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Tally;
use serde::Serialize;

use super::sim::{SimError, exit_of, worse};
use crate::cli::SweepArgs;
use crate::exit::Exit;
use crate::scenarios::Scenarios;

/// Seeds that a job takes at a time.
const BATCH: u64 = 16;

/// What is printed of a variant with `--json`.
#[derive(Serialize)]
struct Line<'a> {
    scenario: &'a str,
    variant: &'a str,
    #[serde(flatten)]
    tally: &'a Tally,
    complaints: &'a [String],
}

/// Sweeps what the arguments name.
pub fn run(args: &SweepArgs) -> Result<Exit, SimError> {
    let strategy: Strategy = match &args.strategy {
        None => Strategy::Swarm,
        Some(name) => name.parse().map_err(SimError::Usage)?,
    };
    if args.from.checked_add(args.seeds).is_none() {
        let message = format!(
            "there are not {} seeds from {} on\nnext: a smaller --seeds or --from",
            args.seeds, args.from
        );
        return Err(SimError::Usage(message));
    }
    let scenarios = Scenarios::load()?;
    let selected = scenarios.select(&args.scenarios)?;
    let jobs =
        args.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let mut exit = Exit::Passed;
    let (mut marks, mut known) = (Marks::default(), Vec::new());
    for listed in selected {
        let began = Instant::now();
        let tally;
        (tally, known) = sweep(&Sweep { scenarios: &scenarios, listed, args, strategy, jobs })?;
        marks.merge(tally.marks.clone());
        // On another system a variant may show less than it promises: what it shows is told, and not judged.
        let judged = args.os.is_none_or(|os| os == listed.os);
        let complaints = if judged { tally.complaints(listed, Seed(args.from)) } else { Vec::new() };
        if !complaints.is_empty() {
            exit = worse(exit, tally.worst_unexpected(listed).map_or(Exit::Failed, exit_of));
        }
        if args.json {
            let (scenario, variant) = (&listed.scenario, &listed.variant);
            let line = Line { scenario, variant, tally: &tally, complaints: &complaints };
            crate::say!("{}", serde_json::to_string(&line).expect("plain data has a JSON form"));
        } else {
            tell(listed, &tally, &complaints, began);
        }
    }
    tell_missed(&marks.missed(&known), args);
    Ok(exit)
}

/// Marks that nothing came by: what the sweep did not test.
fn tell_missed(missed: &[&Mark], args: &SweepArgs) {
    if missed.is_empty() {
        return;
    }
    if args.json {
        crate::say!("{}", serde_json::json!({ "missed": missed }));
        return;
    }
    crate::say!("no run came by");
    for mark in missed {
        crate::say!("  {mark}");
    }
}

struct Sweep<'a> {
    scenarios: &'a Scenarios,
    listed: &'a Listed,
    args: &'a SweepArgs,
    strategy: Strategy,
    jobs: usize,
}

/// Counts what a variant's seeds show; returns the marks of the executable besides.
fn sweep(sweep: &Sweep<'_>) -> Result<(Tally, Vec<Mark>), ClientError> {
    let next = AtomicU64::new(0);
    let whole = Mutex::new((Tally::default(), Vec::new()));
    let style =
        ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {per_sec}").expect("a valid template");
    let bar = ProgressBar::new(sweep.args.seeds).with_style(style).with_prefix(sweep.listed.name());
    let outcome = std::thread::scope(|scope| {
        let job = || {
            job(sweep, &next, &bar).map(|(tally, known)| {
                let mut whole = whole.lock().expect("no job panics with it");
                whole.0.merge(tally);
                whole.1 = known;
            })
        };
        let jobs: Vec<_> = (0..sweep.jobs).map(|_| scope.spawn(job)).collect();
        jobs.into_iter().try_for_each(|job| job.join().expect("a job does not panic"))
    });
    bar.finish_and_clear();
    outcome?;
    Ok(whole.into_inner().expect("no job panics with it"))
}

fn job(sweep: &Sweep<'_>, next: &AtomicU64, bar: &ProgressBar) -> Result<(Tally, Vec<Mark>), ClientError> {
    let threads_max = Limits::default().threads_max;
    let mut client = Client::start(&sweep.scenarios.path, threads_max, Isolation::Fork)?;
    tell_notes(&client, bar);
    let mut tally = Tally::default();
    loop {
        let begin = next.fetch_add(BATCH, Ordering::Relaxed);
        let end = (begin + BATCH).min(sweep.args.seeds);
        if begin >= end {
            return Ok((tally, client.marks().to_vec()));
        }
        for seed in (begin..end).map(|offset| Seed(sweep.args.from + offset)) {
            let (strategy, os, oracles) = (sweep.strategy, sweep.args.os, sweep.args.oracles);
            let mut request = Request { strategy, os, oracles, ..Request::new(sweep.listed.name(), seed) };
            request.strategy = client.resolve(&request)?;
            let known = |signature: &str| tally.found.contains_key(signature);
            let examined = count(&mut client, &request, known)?;
            tally.add(seed, &request.strategy.to_string(), &examined);
        }
        bar.inc(end - begin);
    }
}

/// Says once what this machine lacks: every client finds the same.
fn tell_notes(client: &Client, bar: &ProgressBar) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| bar.suspend(|| client.notes().iter().for_each(|note| eprintln!("note: {note}"))));
}

fn tell(listed: &Listed, tally: &Tally, complaints: &[String], began: Instant) {
    let name = listed.name();
    let ms = began.elapsed().as_millis();
    crate::say!("{name}: {} of {} runs passed, {ms} ms", tally.passed, tally.runs);
    for (signature, found) in &tally.found {
        let by: Vec<String> =
            found.strategies.iter().map(|(family, runs)| format!("{family} {runs}")).collect();
        crate::say!("  {signature}: {} runs ({}), first at seed {}", found.runs, by.join(", "), found.first);
    }
    if !tally.marks.is_empty() {
        crate::say!("  marks");
    }
    for mark in tally.marks.iter() {
        crate::say!("    {mark}");
    }
    for complaint in complaints {
        crate::say!("  NOT AS EXPECTED: {complaint}");
    }
}
