//! `cargo xtask bench runs`: what a run of two threads costs in a process of its own, and how many there are in a second that
//! share one.
//!
//! Does not know how a run is isolated. Each is timed twice: by the clock, which on a busy machine tells of others, too, and by
//! the processor time of the server, its runs and ourselves. Invariant: a figure counts whole requests, from the question to the answer read.

use std::time::{Duration, Instant};

use photofinish::client::{Client, Isolation};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;

use super::{Figure, SimError, micros, nanos, request, tell};
use crate::cli::BenchArgs;
use crate::instrumented;
use crate::scenarios::ScenarioError;

const TINY: &str = "load/tiny";
/// Measurements that a median is taken of.
const SAMPLES: usize = 15;
/// Runs in processes of their own that share a look at the processor time, whose tick is 10 ms.
const FORKED: u64 = 400;
/// Runs that share a process.
const SHARED: u32 = 40_000;

/// Measures and prints.
pub(super) fn run(args: &BenchArgs) -> Result<(), SimError> {
    let path = instrumented::build("photofinish-load", "photofinish-load").map_err(ScenarioError::from)?;
    let mut client = Client::start(&path, Limits::default().threads_max, Isolation::Fork)?;
    for (strategy, how) in [(Strategy::Boring, "boring"), (Strategy::Swarm, "the default mix")] {
        forked(&mut client, strategy, how, args)?;
        shared(&mut client, strategy, how, args)?;
    }
    Ok(())
}

fn forked(client: &mut Client, strategy: Strategy, how: &str, args: &BenchArgs) -> Result<(), SimError> {
    let (mut by_clock, mut by_processor) = (Vec::new(), Vec::new());
    for sample in 0..SAMPLES as u64 {
        let before = client.processor_time();
        for seed in (sample * FORKED..(sample + 1) * FORKED).map(Seed) {
            let mut request = request(TINY, strategy, seed);
            request.strategy = client.resolve(&request)?;
            let began = Instant::now();
            let run = client.run(&request)?;
            by_clock.push(micros(began.elapsed()));
            returned(&run.ending)?;
        }
        by_processor.extend(since(client, before).map(|time| micros(time) / FORKED));
    }
    let what = format!("two threads in a process of their own, {how}");
    spread(&what, "us", by_clock, args);
    spread(&format!("{what}, processor"), "us", by_processor, args);
    Ok(())
}

fn shared(client: &mut Client, strategy: Strategy, how: &str, args: &BenchArgs) -> Result<(), SimError> {
    let (mut by_clock, mut by_processor) = (Vec::new(), Vec::new());
    let mut processes = 0;
    for sample in 0..SAMPLES as u64 {
        let first = request(TINY, strategy, Seed(sample * u64::from(SHARED)));
        let before = client.processor_time();
        let began = Instant::now();
        let made = client.series(&first, SHARED)?;
        by_clock.push(per_second(began.elapsed()));
        by_processor.extend(since(client, before).map(per_second));
        made.runs.iter().try_for_each(|run| returned(&run.ending))?;
        processes = processes.max(made.processes);
    }
    let what = format!("two threads, without isolation, {how}, {processes} processes");
    spread(&what, "runs/s", by_clock, args);
    spread(&format!("{what}, processor"), "runs/s", by_processor, args);
    Ok(())
}

fn since(client: &Client, before: Option<Duration>) -> Option<Duration> {
    Some(client.processor_time()?.saturating_sub(before?))
}

fn per_second(time: Duration) -> u64 {
    u64::from(SHARED) * 1_000_000_000 / nanos(time).max(1)
}

fn returned(ending: &photofinish::sim::ending::Ending) -> Result<(), SimError> {
    match ending {
        photofinish::sim::ending::Ending::Returned => Ok(()),
        other => Err(SimError::Usage(format!("{TINY} did not run to its end: {other:?}"))),
    }
}

fn spread(what: &str, unit: &'static str, mut values: Vec<u64>, args: &BenchArgs) {
    values.sort_unstable();
    let (Some(least), Some(most)) = (values.first(), values.last()) else { return };
    let median = values[values.len() / 2];
    tell(&Figure { what: what.to_owned(), unit, median, least: *least, most: *most }, args.json);
}
