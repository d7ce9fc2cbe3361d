//! `sweep`: many seeds of each target, counted by signature and held against what is expected of it.
//!
//! Does not make runs or print. Invariant: for a number of seeds, what is counted, kept and told does not depend on the number of jobs: runs
//! are taken in by the order of their seeds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

use photofinish::examine::Examined;
use photofinish::scenario::Listed;
use photofinish::sim::seed::Seed;
use photofinish::sweep::{Tally, allows};
use photofinish::target::{STRATEGY, SeedWatch};
use photofinish::verdict::Verdict;

use super::ForeignError;
use super::kept::{Again, Kept};
use super::sim::{one, recorded};
use super::told::Told;
use crate::cli::SweepArgs;
use crate::commands::sim::{exit_of, worse};
use crate::exit::Exit;
use crate::interrupt;
use crate::reporting::Folder;
use crate::targets::config::{Drawn, draw};
use crate::targets::declared::IgnoredSeed;
use crate::targets::open::Ready;
use crate::targets::{Declared, Targets};

/// Seeds of each target when the command line does not say.
const SEEDS: u64 = 1_000;

/// The first run that showed a signature.
pub(super) struct Found {
    seed: u64,
    pub(super) drawn: Drawn,
    examined: Examined,
}

/// What the runs of a target have shown, seed by seed.
#[derive(Default)]
struct Seen {
    tally: Tally,
    found: BTreeMap<String, Found>,
    watch: SeedWatch,
}

/// A seed's run, or why there is none.
type Made = (u64, Result<Examined, ForeignError>);

/// What is the same for all runs of a target.
struct Sweep<'a> {
    args: &'a SweepArgs,
    ready: Ready<'a>,
    declared: &'a Declared,
    /// How many seeds, and until when.
    seeds: u64,
    until: Option<Instant>,
}

/// Sweeps the targets.
pub(super) fn run(args: &SweepArgs, targets: &Targets, meant: &[&Declared]) -> Result<Exit, ForeignError> {
    let _graceful = interrupt::gracefully();
    let seeds = args.seeds.unwrap_or(if args.time.is_some() { u64::MAX - args.from } else { SEEDS });
    if args.from.checked_add(seeds).is_none() {
        let message =
            format!("there are not {seeds} seeds from {} on\nnext: a smaller --seeds or --from", args.from);
        return Err(ForeignError::Usage(message));
    }
    let folder = args.report.as_deref().map(Folder::create).transpose()?;
    let mut kept = Kept::open(args.corpus.as_deref())?;
    let ready: Vec<Ready<'_>> =
        meant.iter().map(|declared| Ready::new(targets, declared)).collect::<Result<_, _>>()?;
    let share = args.time.map(|time| time / u32::try_from(meant.len().max(1)).unwrap_or(u32::MAX));
    let mut worst = Exit::Passed;
    for ready in ready {
        let until = share.map(|share| Instant::now() + share);
        let sweep = Sweep { args, declared: ready.declared, ready, seeds, until };
        let (exit, seen, ended) = sweep.run(&mut kept)?;
        worst = worse(worst, exit);
        if let Some(folder) = &folder {
            for Found { seed, drawn, examined } in seen.found.values() {
                eprintln!(
                    "report: {}",
                    folder.draw(&recorded(sweep.declared, (*seed, drawn), examined))?.display()
                );
            }
        }
        ended?;
        if interrupt::requested() {
            return Ok(Exit::Interrupted);
        }
        if args.stop_on_first && seen.tally.passed < seen.tally.runs {
            break;
        }
    }
    Ok(worst)
}

impl Sweep<'_> {
    /// Sweeps it and tells what was seen, though it may have ended early, and last why it did.
    fn run(&self, kept: &mut Kept) -> Result<(Exit, Seen, Result<(), ForeignError>), ForeignError> {
        let began = Instant::now();
        let again = self.again(kept)?;
        let (seen, ended) = self.seeds(kept);
        let listed = self.declared.listed();
        let ignored = match self.declared.ignored_seed {
            IgnoredSeed::Allow => None,
            IgnoredSeed::Warn | IgnoredSeed::Fail => seen.watch.complaint(),
        };
        let (mut exit, mut complaints) = self.judged(&listed, &seen.tally, &again);
        if let (Some(words), IgnoredSeed::Fail) = (&ignored, self.declared.ignored_seed) {
            complaints.push(words.clone());
            exit = worse(exit, Exit::Failed);
        }
        if let Err(error) = &ended {
            let (words, seed) = (error.to_string(), self.args.from + seen.tally.runs);
            let why = words.lines().next().unwrap_or_default();
            complaints.push(format!("it was swept to before seed {seed} alone: {why}"));
        }
        let (tally, found, took) = (&seen.tally, &seen.found, began.elapsed());
        let (again, ignored) = (&*again, ignored.as_deref());
        let complaints = &*complaints;
        Told { declared: self.declared, listed: &listed, tally, found, again, ignored, complaints, took }
            .tell(self.args);
        Ok((exit, seen, ended))
    }

    /// Runs what the corpus knows again.
    fn again(&self, kept: &mut Kept) -> Result<Vec<Again>, ForeignError> {
        let entries = kept.entries(&self.declared.name)?;
        let mut again = Vec::new();
        if entries.is_empty() {
            return Ok(again);
        }
        let mut target = self.ready.open()?;
        for entry in entries {
            if interrupt::requested() {
                break;
            }
            let seed = entry.example.seed;
            let drawn = draw(&self.declared.config, Seed(seed));
            let examined = one(target.as_mut(), self.declared, (Seed(seed), &drawn), self.args.guard)?;
            again.push(kept.note(&entry, &self.ready.build, &examined)?);
        }
        Ok(again)
    }

    /// Makes the runs on as many jobs as were asked for, and takes them in by their seeds, up to the first that could not be made.
    fn seeds(&self, kept: &mut Kept) -> (Seen, Result<(), ForeignError>) {
        let jobs = self
            .args
            .jobs
            .map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
        let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
        let (made, taken) = channel::<Made>();
        thread::scope(|scope| {
            for _ in 0..jobs {
                let made = made.clone();
                let (next, stop) = (&next, &stop);
                scope.spawn(move || self.job(next, stop, &made));
            }
            drop(made);
            let mut seen = Seen::default();
            let mut waiting = BTreeMap::new();
            let mut outcome = Ok(());
            for (offset, examined) in taken {
                waiting.insert(offset, examined);
                while let Some(examined) = waiting.remove(&seen.tally.runs) {
                    if outcome.is_err() || self.is_enough(&seen) {
                        break;
                    }
                    outcome = examined.and_then(|examined| self.take(&mut seen, kept, examined));
                }
                if outcome.is_err() || self.is_enough(&seen) {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            (seen, outcome)
        })
    }

    fn is_enough(&self, seen: &Seen) -> bool {
        self.args.stop_on_first && seen.tally.passed < seen.tally.runs
    }

    /// Makes runs until there are no more seeds, no more time, or somebody says so.
    fn job(&self, next: &AtomicU64, stop: &AtomicBool, made: &Sender<Made>) {
        let mut target = None;
        loop {
            let is_late = self.until.is_some_and(|until| Instant::now() >= until);
            if stop.load(Ordering::Relaxed) || interrupt::requested() || (is_late && target.is_some()) {
                return;
            }
            let offset = next.fetch_add(1, Ordering::Relaxed);
            if offset >= self.seeds {
                return;
            }
            let seed = Seed(self.args.from + offset);
            let drawn = draw(&self.declared.config, seed);
            let opened = match target.take() {
                Some(target) => Ok(target),
                None => self.ready.open().map_err(ForeignError::from),
            };
            let examined = opened.and_then(|opened| {
                one(target.insert(opened).as_mut(), self.declared, (seed, &drawn), self.args.guard)
            });
            let has_failed = examined.is_err();
            if made.send((offset, examined)).is_err() || has_failed {
                return;
            }
        }
    }

    /// Counts a run, and keeps it if it did not pass.
    fn take(&self, seen: &mut Seen, kept: &mut Kept, examined: Examined) -> Result<(), ForeignError> {
        let seed = self.args.from + seen.tally.runs;
        seen.tally.add(Seed(seed), STRATEGY, &examined);
        seen.watch.saw(Seed(seed), &examined.run, &examined.judgement);
        let Some(signature) = examined.judgement.signature.clone() else { return Ok(()) };
        if examined.judgement.verdict == Verdict::Fail
            && let Some(news) = kept.record(&self.declared.name, &signature, (seed, &self.ready.build))?
        {
            match self.args.json {
                true => eprintln!("{}", serde_json::json!({ "recorded": news })),
                false => eprintln!("{news}"),
            }
        }
        let drawn = draw(&self.declared.config, Seed(seed));
        seen.found.entry(signature).or_insert(Found { seed, drawn, examined });
        Ok(())
    }

    /// Holds what was seen against what is expected.
    fn judged(&self, listed: &Listed, tally: &Tally, again: &[Again]) -> (Exit, Vec<String>) {
        let said = tally.complaints(listed, Seed(self.args.from));
        let mut complaints: Vec<String> = said.iter().map(ToString::to_string).collect();
        let mut exit = match (tally.worst_unexpected(listed), complaints.is_empty()) {
            (Some(verdict), _) => exit_of(verdict),
            (None, false) => Exit::Failed,
            (None, true) => Exit::Passed,
        };
        for Again { id, signature, outcome, instead, verdict } in again {
            let shown = if matches!(*outcome, "still" | "back") { Some(signature) } else { instead.as_ref() };
            let is_fine = |shown: &String| exit_of(*verdict) == Exit::Failed && allows(listed, shown);
            if let Some(shown) = shown.filter(|shown| !is_fine(shown)) {
                complaints.push(format!("`{shown}` is not expected: #{id} of the corpus ends so"));
                exit = worse(exit, exit_of(*verdict));
            }
        }
        (exit, complaints)
    }
}
