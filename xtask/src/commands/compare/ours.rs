//! Our own figures: the runs that a sweep makes, with its mix of strategies.
//!
//! Does not look at a failure more closely than its verdict. Invariant: a range has the seeds that every other simulator that takes
//! seeds gets, and is made on one processor, as theirs are.

use std::path::Path;
use std::time::{Duration, Instant};

use photofinish::client::{Client, ClientError, Request};
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::verdict::{self, Verdict};

use super::figures::Measured;
use super::subjects::Effort;
use crate::cli::Sharing;
use crate::interrupt;

/// Runs that are asked for at a time where they share a process, at first and later: those behind a failure are made in vain.
const BATCH_FIRST: u64 = 4;
const BATCH_MAX: u64 = 512;

/// Looks through the ranges of a program.
pub(super) fn measure(
    path: &Path,
    program: &str,
    sharing: Sharing,
    effort: Effort,
) -> Result<Measured, ClientError> {
    let mut client = Client::start(path, Limits::default().threads_max, sharing.of_runs())?;
    let mut measured = Measured { cap: effort.cap, ..Measured::default() };
    let began = Instant::now();
    for range in 0..effort.ranges {
        if began.elapsed() > effort.limit || interrupt::requested() {
            break;
        }
        let request = Request::new(program, Seed(range * effort.cap));
        let range_began = Instant::now();
        let first = match sharing {
            Sharing::Rewind | Sharing::Fork => one_by_one(&mut client, request, effort)?,
            Sharing::None => in_series(&mut client, request, effort)?,
        };
        measured.first.push(first);
        measured.spent_ns.push(nanos(range_began.elapsed()));
        measured.runs += first.unwrap_or(effort.cap);
    }
    Ok(measured)
}

/// How many runs it takes until one fails, each in a process of its own.
fn one_by_one(client: &mut Client, mut request: Request, effort: Effort) -> Result<Option<u64>, ClientError> {
    let first = request.seed.0;
    for made in 1..=effort.cap {
        request.seed = Seed(first + made - 1);
        if fails(client, &mut request.clone())? {
            return Ok(Some(made));
        }
    }
    Ok(None)
}

/// The same, one after another in as few processes as can be. What fails is made again by itself, and only that counts.
fn in_series(client: &mut Client, request: Request, effort: Effort) -> Result<Option<u64>, ClientError> {
    let mut made = 0;
    let mut batch = BATCH_FIRST;
    while made < effort.cap {
        let from = Request { seed: Seed(request.seed.0 + made), ..request.clone() };
        let count = u32::try_from(batch.min(effort.cap - made)).expect("a batch is small");
        for run in client.process(&from, count)?.runs {
            let seed = Seed(request.seed.0 + made);
            made += 1;
            let is_suspect = verdict::judge(&run, client.symbols()).verdict != Verdict::Pass;
            if is_suspect && fails(client, &mut Request { seed, ..request.clone() })? {
                return Ok(Some(made));
            }
        }
        batch = (batch * 2).min(BATCH_MAX);
    }
    Ok(None)
}

/// Whether a run fails in a process of its own.
fn fails(client: &mut Client, request: &mut Request) -> Result<bool, ClientError> {
    request.strategy = client.resolve(request)?;
    let run = client.run(request)?;
    Ok(verdict::judge(&run, client.symbols()).verdict == Verdict::Fail)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
