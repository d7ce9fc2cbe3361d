//! The search of one row: ranges of seeds until the first finding, the finding made small, and the version without the bug.
//!
//! Does not look at a failure more closely than its signature. Invariant: only what the scenario expects of the version with the bug, and
//! not of the one without, counts as found.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use photofinish::client::{Client, ClientError, Isolation, Request};
use photofinish::examine::examine;
use photofinish::scenario::Listed;
use photofinish::shrinking::{Go, Operation, Small, Spend, shrink};
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::sweep::allows;
use photofinish::verdict::{self, Verdict};

use super::WildError;
use super::figures::{Figures, Known, Mended, Smallest};
use crate::commands::compare::figures::Measured;
use crate::interrupt;

/// How much is done for a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Ranges of seeds.
    pub(super) ranges: u64,
    /// The most runs of a range.
    pub(super) cap: u64,
    /// Runs of the version without the bug.
    pub(super) mended: u64,
    /// Time for making the first finding small.
    pub(super) shrink: Duration,
}

/// Looks for a row.
pub(super) fn measure(
    path: &Path,
    row: &str,
    variants: &[&Listed],
    effort: Effort,
) -> Result<Figures, WildError> {
    let named = |name: &str| variants.iter().find(|listed| listed.variant == name);
    let unknown = || WildError::Published {
        path: row.to_owned(),
        said: String::from("the scenario has no variants `buggy` and `fixed`"),
    };
    let (buggy, fixed) = (named("buggy").ok_or_else(unknown)?, named("fixed").ok_or_else(unknown)?);
    let row_of = Sought { buggy, fixed };
    let found = ranges(path, row_of, effort)?;
    let small = match found.first() {
        Some(seed) => Some(made_small(path, buggy, seed, effort.shrink)?),
        None => None,
    };
    let mended = mended(path, fixed, effort.mended)?;
    let Found { measured, by, others, .. } = found;
    Ok(Figures { row: row.to_owned(), buggy: measured, by, others, small, mended })
}

/// What is looked for.
#[derive(Clone, Copy)]
struct Sought<'a> {
    buggy: &'a Listed,
    fixed: &'a Listed,
}

impl Sought<'_> {
    /// Whether a failure of the version with the bug is that bug.
    fn is_it(self, signature: &str) -> bool {
        let is_expected = allows(self.buggy, signature);
        is_expected && !allows(self.fixed, signature)
    }
}

/// What the ranges showed.
#[derive(Default)]
struct Found {
    measured: Measured,
    by: BTreeMap<String, u64>,
    others: BTreeMap<String, u64>,
    seeds: BTreeMap<u64, Seed>,
}

impl Found {
    /// The seed of the first range that found it.
    fn first(&self) -> Option<Seed> {
        self.seeds.values().next().copied()
    }
}

/// A range: what it took, and what it found.
struct Range {
    first: Option<(u64, Seed, String)>,
    others: BTreeMap<String, u64>,
    spent: Duration,
}

fn ranges(path: &Path, sought: Sought<'_>, effort: Effort) -> Result<Found, ClientError> {
    let made = Mutex::new(BTreeMap::new());
    shared(path, effort.ranges, |client, range| {
        let made_here = one_range(client, sought, Seed(range * effort.cap), effort.cap)?;
        made.lock().expect("no job panics with it").insert(range, made_here);
        Ok(())
    })?;
    let mut found =
        Found { measured: Measured { cap: effort.cap, ..Measured::default() }, ..Found::default() };
    for (number, range) in made.into_inner().expect("no job panics with it") {
        let Range { first, others, spent } = range;
        found.measured.first.push(first.as_ref().map(|(runs, ..)| *runs));
        found.measured.spent_ns.push(u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX));
        found.measured.runs += first.as_ref().map_or(effort.cap, |(runs, ..)| *runs);
        for (signature, runs) in others {
            *found.others.entry(signature).or_default() += runs;
        }
        if let Some((_, seed, family)) = first {
            *found.by.entry(family).or_default() += 1;
            found.seeds.insert(number, seed);
        }
    }
    Ok(found)
}

fn one_range(client: &mut Client, sought: Sought<'_>, from: Seed, cap: u64) -> Result<Range, ClientError> {
    let began = Instant::now();
    let mut others = BTreeMap::new();
    for made in 1..=cap {
        if interrupt::requested() {
            break;
        }
        let mut request = Request::new(sought.buggy.name(), Seed(from.0 + made - 1));
        request.strategy = client.resolve(&request)?;
        let run = client.run(&request)?;
        let judgement = verdict::judge(&run, client.symbols());
        let Some(signature) = judgement.signature.filter(|_| judgement.verdict != Verdict::Pass) else {
            continue;
        };
        if judgement.verdict == Verdict::Fail && sought.is_it(&signature) {
            let strategy = request.strategy.to_string();
            let family = strategy.split(':').next().unwrap_or_default().to_owned();
            let first = Some((made, request.seed, family));
            return Ok(Range { first, others, spent: began.elapsed() });
        }
        *others.entry(signature).or_default() += 1;
    }
    Ok(Range { first: None, others, spent: began.elapsed() })
}

fn made_small(path: &Path, listed: &Listed, seed: Seed, budget: Duration) -> Result<Smallest, WildError> {
    let mut clients = Vec::new();
    for _ in 0..jobs() {
        clients.push(start(path)?);
    }
    let first = clients.first_mut().expect("at least one job");
    let mut request = Request::new(listed.name(), seed);
    request.strategy = first.resolve(&request)?;
    let failed = examine(first, &request)?;
    let mut progress = |_| if interrupt::requested() { Go::Stop } else { Go::On };
    let small = shrink(&mut clients, (&request, &failed), Spend::time(budget), &mut progress)?;
    let Small { stats, explanation, token, examined, .. } = small;
    let pair = explanation.decisions.iter().rev().find_map(|decision| decision.pair.as_ref());
    Ok(Smallest {
        signature: examined.judgement.signature.unwrap_or_default(),
        decisions: stats.after.decisions(),
        preemptions: stats.after.preemptions,
        stalls: stats.after.stalls,
        token: token.ok(),
        window: pair.map(|pair| (within(&pair.first), within(&pair.second))),
    })
}

/// An operation by the innermost place that is not the row's own.
fn within(operation: &Operation) -> String {
    let Operation { thread, function, line, stack, .. } = operation;
    let own = (function.clone(), line.clone());
    let (function, line) = stack.iter().find(|(_, other)| other != line).unwrap_or(&own);
    format!("{thread}: {function} at {line}")
}

fn mended(path: &Path, listed: &Listed, runs: u64) -> Result<Mended, ClientError> {
    /// Seeds that a job takes at a time.
    const BATCH: u64 = 100;
    let all = Mutex::new(Mended::default());
    shared(path, runs.div_ceil(BATCH), |client, batch| {
        for seed in batch * BATCH..runs.min((batch + 1) * BATCH) {
            let mut request = Request::new(listed.name(), Seed(seed));
            request.strategy = client.resolve(&request)?;
            let run = client.run(&request)?;
            let judgement = verdict::judge(&run, client.symbols());
            let mut all = all.lock().expect("no job panics with it");
            all.runs += 1;
            if judgement.verdict != Verdict::Pass {
                let signature = judgement.signature.unwrap_or_default();
                if allows(listed, &signature) {
                    let known = all.known.entry(signature).or_insert(Known { first: seed, runs: 0 });
                    *known = Known { first: seed.min(known.first), runs: known.runs + 1 };
                } else {
                    let first = all.failures.entry(signature).or_insert(seed);
                    *first = seed.min(*first);
                }
            }
        }
        Ok(())
    })?;
    Ok(all.into_inner().expect("no job panics with it"))
}

/// Has every piece of work done once, by as many jobs as there are processors.
fn shared(
    path: &Path,
    pieces: u64,
    work: impl Fn(&mut Client, u64) -> Result<(), ClientError> + Sync,
) -> Result<(), ClientError> {
    let next = AtomicU64::new(0);
    let job = || {
        let mut client = start(path)?;
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces || interrupt::requested() {
                return Ok(());
            }
            work(&mut client, piece)?;
        }
    };
    thread::scope(|scope| {
        let jobs: Vec<_> = (0..jobs()).map(|_| scope.spawn(job)).collect();
        jobs.into_iter().try_for_each(|job| job.join().expect("a job does not panic"))
    })
}

fn jobs() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

fn start(path: &Path) -> Result<Client, ClientError> {
    Client::start(path, Limits::default().threads_max, Isolation::Rewind)
}
