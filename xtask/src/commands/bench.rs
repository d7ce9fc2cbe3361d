//! `cargo xtask bench`: what a scheduling point, a switch, a run's isolation, a thread and a round trip over TCP cost on
//! this machine.
//!
//! A first edition: our own figures, without the peers beside them. Does not judge: a machine's noise is in the spread. Each
//! figure is the median of several runs of a guest program, less the median of an empty run, per operation. Invariant: what
//! is timed is asked for exactly as `cargo xtask sim` asks for it.

mod runs;

use std::time::{Duration, Instant};

use photofinish::client::{Client, Isolation, Request};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use serde::Serialize;

use super::sim::SimError;
use crate::cli::{BenchArgs, Measure};
use crate::exit::Exit;
use crate::instrumented::{self, Bin, Kind};
use crate::scenarios::ScenarioError;

/// Runs that one median is taken of.
const RUNS: u64 = 11;
/// Runs of programs that take no time.
const SHORT_RUNS: u64 = 500;

/// One figure.
#[derive(Serialize)]
struct Figure {
    what: String,
    unit: &'static str,
    median: u64,
    least: u64,
    most: u64,
}

/// Measures and prints.
pub fn run(args: &BenchArgs) -> Result<Exit, SimError> {
    let wanted = |what| args.what.is_empty() || args.what.contains(&what);
    if wanted(Measure::Scheduling) {
        scheduling(args)?;
    }
    if wanted(Measure::RoundTrips) {
        round_trips(args)?;
    }
    if wanted(Measure::Worlds) {
        worlds(args)?;
    }
    if wanted(Measure::Runs) {
        runs::run(args)?;
    }
    Ok(Exit::Passed)
}

/// What isolation, points, switches and threads cost.
fn scheduling(args: &BenchArgs) -> Result<(), SimError> {
    let path = instrumented::build("photofinish-load", "photofinish-load").map_err(ScenarioError::from)?;
    let mut client = Client::start(&path, Limits::default().threads_max, Isolation::Fork)?;
    let mut bench = Bench { client: &mut client, json: args.json };
    let empty = bench.time("load/empty", Strategy::Boring, SHORT_RUNS)?;
    bench.report("an isolated run of nothing", "us", &empty, micros);
    let tiny = bench.time("load/tiny", Strategy::Boring, SHORT_RUNS)?;
    bench.report("an isolated run of two threads", "us", &tiny, micros);
    let base = median(&empty);
    let pct = Strategy::Pct { depth: 3, points: 4096 };
    for threads in [2_u64, 8, 32, 60] {
        bench.points(
            &format!("load/points-{threads}"),
            Strategy::Boring,
            "an instrumented atomic operation",
            base,
        )?;
        bench.points(&format!("load/points-{threads}"), pct, "the same under PCT", base)?;
        bench.points(
            &format!("load/yields-{threads}"),
            Strategy::Boring,
            "sched_yield(2) and a switch",
            base,
        )?;
    }
    let walk = Strategy::Walk { gap: 1, nap_ns: 0, change_one_in: 0 };
    bench.points("load/points-2", walk, "a drawn point, its pick kept and carried to the client", base)?;
    let threads = bench.time("load/threads", Strategy::Boring, RUNS)?;
    bench.report("a thread, created, run and joined", "ns", &threads, |time| {
        nanos(time.saturating_sub(base)) / THREADS
    });
    Ok(())
}

/// What a message costs in worlds of more and more hosts, and in worlds with fewer hosts that send as many.
fn worlds(args: &BenchArgs) -> Result<(), SimError> {
    const HOSTS: u64 = 1_000;
    let path = instrumented::build("photofinish-load", "photofinish-load").map_err(ScenarioError::from)?;
    let threads_max = 2 * u32::try_from(HOSTS).expect("a thousand");
    let mut client = Client::start(&path, threads_max, Isolation::Fork)?;
    let mut bench = Bench { client: &mut client, json: args.json };
    // 3 messages of each host in each of 60 rounds, or with fewer hosts in so many more.
    for (program, what, messages) in [
        ("load/hosts-10", "10 hosts, a message", 10 * 180),
        ("load/hosts-100", "100 hosts, a message", 100 * 180),
        ("load/hosts-1000", "1,000 hosts, a message", 1_000 * 180),
        ("load/hosts-500-often", "500 hosts, as many messages, one", 1_000 * 180),
        ("load/hosts-250-often", "250 hosts, as many messages, one", 1_000 * 180),
    ] {
        for (strategy, how) in [(Strategy::Boring, "boring"), (WALK, "a walk")] {
            let times = bench.time(program, strategy, 3)?;
            bench.report(&format!("{what}, {how}"), "ns", &times, |time| nanos(time) / messages);
        }
    }
    let idle = bench.time("load/hosts-idle", Strategy::Boring, 3)?;
    bench.report("a host that is made, and does nothing for a minute", "us", &idle, |time| {
        micros(time) / HOSTS
    });
    Ok(())
}

/// Round trips per second of a program that is not instrumented: what the calls cost, and nothing else.
fn round_trips(args: &BenchArgs) -> Result<(), SimError> {
    let bin = Bin { package: "photofinish-load", name: "photofinish-load" };
    let path = instrumented::build_as(Kind::Plain, bin).map_err(ScenarioError::from)?;
    let mut client = Client::start(&path, Limits::default().threads_max, Isolation::Fork)?;
    let mut bench = Bench { client: &mut client, json: args.json };
    for (program, who) in
        [("load/echo-threads", "threads that block"), ("load/echo-tokio", "tokio, 3 workers")]
    {
        for (strategy, how) in [(Strategy::Boring, "boring"), (WALK, "a walk")] {
            let times = bench.time(program, strategy, RUNS)?;
            let what = format!("round trips over TCP, {who}, {how}, not instrumented");
            bench
                .report(&what, "per second", &times, |time| ROUND_TRIPS * 1_000_000_000 / nanos(time).max(1));
        }
    }
    Ok(())
}

/// Round trips that each of the `load/echo-*` makes.
const ROUND_TRIPS: u64 = 80_000;
/// A walk as the swarm draws it.
const WALK: Strategy = Strategy::Walk { gap: 32, nap_ns: 0, change_one_in: 0 };

/// Threads that `load/threads` makes.
const THREADS: u64 = 2_000;

struct Bench<'a> {
    client: &'a mut Client,
    json: bool,
}

impl Bench<'_> {
    fn points(
        &mut self,
        program: &str,
        strategy: Strategy,
        what: &str,
        base: Duration,
    ) -> Result<(), SimError> {
        let probe = self.client.run(&request(program, strategy, Seed(0)))?;
        let times = self.time(program, strategy, RUNS)?;
        let points = probe.figures.points.max(1);
        let share = 100 * probe.figures.switches / points;
        let threads = probe.figures.threads - 1;
        let what = format!("{what}, {threads} threads ({share} % switch)");
        self.report(&what, "ns/100", &times, |time| 100 * nanos(time.saturating_sub(base)) / points);
        Ok(())
    }

    fn time(&mut self, program: &str, strategy: Strategy, runs: u64) -> Result<Vec<Duration>, SimError> {
        let mut times = Vec::new();
        for seed in (0..=runs).map(Seed) {
            let began = Instant::now();
            let run = self.client.run(&request(program, strategy, seed))?;
            // The first run warms the machine up, and is not counted.
            if seed.0 > 0 {
                times.push(began.elapsed());
            }
            if !matches!(run.ending, photofinish::sim::ending::Ending::Returned) {
                return Err(SimError::Usage(format!("{program} did not run to its end: {:?}", run.ending)));
            }
        }
        times.sort();
        Ok(times)
    }

    fn report(
        &mut self,
        what: &str,
        unit: &'static str,
        times: &[Duration],
        figure: impl Fn(Duration) -> u64,
    ) {
        let [median, one, other] = [median(times), times[0], times[times.len() - 1]].map(figure);
        let (least, most) = (one.min(other), one.max(other));
        tell(&Figure { what: what.to_owned(), unit, median, least, most }, self.json);
    }
}

fn tell(figure: &Figure, json: bool) {
    if json {
        crate::say!("{}", serde_json::to_string(figure).expect("plain data has a JSON form"));
        return;
    }
    let show = |value: u64| match figure.unit {
        "ns/100" => format!("{}.{:02} ns", value / 100, value % 100),
        unit => format!("{value} {unit}"),
    };
    let Figure { what, median, least, most, .. } = figure;
    crate::say!("{what:<60} {:>12}   ({} to {})", show(*median), show(*least), show(*most));
}

fn request(program: &str, strategy: Strategy, seed: Seed) -> Request {
    let limits =
        Limits { real_ms_max: 30_000, threads_max: 2_000, points_max: 2_000_000_000, ..Limits::default() };
    Request { strategy, limits, ..Request::new(program, seed) }
}

fn median(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() / 2]
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn micros(time: Duration) -> u64 {
    nanos(time) / 1_000
}
