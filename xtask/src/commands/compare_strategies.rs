//! `cargo xtask compare-strategies`: runs to the first failure, per variant and strategy.
//!
//! Does not look at a failure more closely than its signature without events, and makes each run once only. Each strategy gets the
//! same disjoint ranges of seeds, and gives up a range after a number of runs. Invariant: its figures do not depend on the number of jobs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Args;
use photofinish::client::{Client, ClientError, Isolation, Request};
use photofinish::scenario::Listed;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use photofinish::sweep::matches;
use photofinish::verdict::{self, Verdict};
use serde::Serialize;

use super::sim::SimError;
use crate::asked::PREEMPT_HELP;
use crate::exit::Exit;
use crate::scenarios::Scenarios;

/// Stands in the name of a strategy for the points that the program passes in its boring run.
const LENGTH: &str = "LEN";

/// What is compared when the command line does not say.
const STRATEGIES: &[&str] = &[
    "swarm",
    "walk:1",
    "walk:16",
    "walk:64:1000000:4",
    "pct:2:LEN",
    "pct:3:LEN",
    "pos:1",
    "pos:16",
    "urw:1",
    "urw:16",
    "delay:1:LEN",
    "delay:2:LEN",
    "delay:3:LEN",
    "eager:90",
    "starve",
];

/// Arguments of `compare-strategies`.
#[derive(Debug, Args)]
pub struct CompareStrategiesArgs {
    /// What to run; without a variant all of the scenario's.
    #[arg(value_name = "SCENARIO[/VARIANT]", required = true)]
    pub scenarios: Vec<String>,

    /// Compare this strategy, once for each; LEN in a name stands for the points of the program's boring run.
    #[arg(long, value_name = "NAME")]
    pub strategy: Vec<String>,

    /// Count only failures of this signature; a * at the end stands for anything.
    #[arg(long, value_name = "TEXT")]
    pub signature: Option<String>,

    /// How many ranges of seeds, from seed 0 on.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub ranges: u64,

    /// How many seeds a range has: after so many runs without a failure it is given up.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: u64,

    /// Build the programs so that their threads can lose their turn at calls, atomics or blocks (their own level unless said otherwise).
    #[arg(long, value_name = "LEVEL", long_help = PREEMPT_HELP)]
    pub preempt: Option<Preempt>,

    /// Processes that run at the same time; by default one per processor.
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Print one JSON object per variant and strategy.
    #[arg(long)]
    pub json: bool,
}

/// What one strategy shows of one variant.
#[derive(Serialize)]
struct Line<'a> {
    scenario: &'a str,
    variant: &'a str,
    strategy: &'a str,
    /// Runs to the first failure in each range, the fewest first; ranges without one are left out.
    first: Vec<u64>,
    ranges: u64,
    /// Runs made in all.
    runs: u64,
}

impl Line<'_> {
    /// Runs to the first failure in half the ranges, if so many have one.
    fn median(&self) -> Option<u64> {
        let half = usize::try_from(self.ranges.div_ceil(2)).ok()?;
        self.first.get(half - 1).copied()
    }
}

/// Compares what the arguments name.
pub fn run(args: &CompareStrategiesArgs) -> Result<Exit, SimError> {
    let names: Vec<&str> = match args.strategy.as_slice() {
        [] => STRATEGIES.to_vec(),
        given => given.iter().map(String::as_str).collect(),
    };
    for name in &names {
        named(name, 1).map_err(SimError::Usage)?;
    }
    if args.ranges.checked_mul(args.seeds).is_none() {
        let message = format!(
            "there are not {} times {} seeds\nnext: a smaller --ranges or --seeds",
            args.ranges, args.seeds
        );
        return Err(SimError::Usage(message));
    }
    let scenarios = Scenarios::load_for(&args.scenarios, args.preempt)?;
    for listed in scenarios.select(&args.scenarios)? {
        for name in &names {
            let line = compare(&scenarios, listed, name, args)?;
            if args.json {
                crate::say!("{}", serde_json::to_string(&line).expect("plain data has a JSON form"));
            } else {
                tell(&line, args);
            }
        }
    }
    Ok(Exit::Passed)
}

/// The strategy of a name for a program of so many points.
fn named(name: &str, points: u64) -> Result<Strategy, String> {
    name.replace(LENGTH, &points.to_string()).parse()
}

fn compare<'a>(
    scenarios: &Scenarios,
    listed: &'a Listed,
    strategy: &'a str,
    args: &CompareStrategiesArgs,
) -> Result<Line<'a>, ClientError> {
    let next = AtomicU64::new(0);
    let (scenario, variant) = (&listed.scenario, &listed.variant);
    let line = Line { scenario, variant, strategy, first: Vec::new(), ranges: args.ranges, runs: 0 };
    let whole = Mutex::new(line);
    let job = || {
        let mut client = Client::start(&scenarios.path, Limits::default().threads_max, Isolation::Rewind)?;
        loop {
            let range = next.fetch_add(1, Ordering::Relaxed);
            if range >= args.ranges {
                return Ok(());
            }
            let first = first_failure(&mut client, listed, strategy, range, args)?;
            let mut whole = whole.lock().expect("no job panics with it");
            whole.first.extend(first);
            whole.runs += first.unwrap_or(args.seeds);
        }
    };
    let jobs =
        args.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..jobs).map(|_| scope.spawn(job)).collect();
        jobs.into_iter().try_for_each(|job| job.join().expect("a job does not panic"))
    })?;
    let mut line = whole.into_inner().expect("no job panics with it");
    line.first.sort_unstable();
    Ok(line)
}

/// How many runs of a range it takes until one fails, if one does.
fn first_failure(
    client: &mut Client,
    listed: &Listed,
    strategy: &str,
    range: u64,
    args: &CompareStrategiesArgs,
) -> Result<Option<u64>, ClientError> {
    let from = range * args.seeds;
    let mut request = Request::new(listed.name(), Seed(from));
    let points = client.length(&request)?;
    let strategy = named(strategy, points.max(1)).expect("it was read before");
    for run in 1..=args.seeds {
        request.seed = Seed(from + run - 1);
        request.strategy = strategy;
        request.strategy = client.resolve(&request)?;
        let made = client.run(&request)?;
        let judgement = verdict::judge(&made, client.symbols());
        let signature = judgement.signature.unwrap_or_default();
        let is_wanted = args.signature.as_ref().is_none_or(|wanted| matches(wanted, &signature));
        if judgement.verdict == Verdict::Fail && is_wanted {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

fn tell(line: &Line<'_>, args: &CompareStrategiesArgs) {
    let Line { scenario, variant, strategy, first, ranges, runs } = line;
    let median = line.median().map_or_else(|| format!("> {}", args.seeds), |median| median.to_string());
    crate::say!(
        "{:<28} {strategy:<20} median {median:>6}   found in {:>2} of {ranges} ranges, {runs} runs",
        format!("{scenario}/{variant}"),
        first.len()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_counts_ranges_without_a_failure() {
        let check = |first: &[u64], ranges, median| {
            let line =
                Line { scenario: "s", variant: "v", strategy: "x", first: first.to_vec(), ranges, runs: 0 };
            assert_eq!(line.median(), median, "{first:?} of {ranges}");
        };
        check(&[], 1, None);
        check(&[7], 1, Some(7));
        check(&[7], 2, Some(7));
        check(&[7], 3, None);
        check(&[1, 2, 3, 4], 4, Some(2));
        check(&[1, 2, 3, 4], 9, None);
    }

    #[test]
    fn what_is_compared_by_default_has_a_name() {
        for name in STRATEGIES {
            assert!(named(name, 4_000).is_ok(), "{name}");
        }
        assert_eq!(named("pct:2:LEN", 77), Ok(Strategy::Pct { depth: 2, points: 77 }));
    }
}
