//! The jobs: each asks the plan for seeds, makes the runs, and hands in what they showed.
//!
//! Does not judge or print results. Invariant: a failing run is in the corpus before the next run of its job begins.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use photofinish::client::Client;
use photofinish::client::Request;
use photofinish::examine::{Examined, count};
use photofinish::guard::Known;
use photofinish::series::{DEPENDS, Steps};
use photofinish::sim::mark::Mark;
use photofinish::sim::seed::Seed;
use photofinish::tracefile::TraceFile;
use photofinish::verdict::Verdict;

use super::gathered::{Extent, Gathered, Part, Shown};
use super::plan::{Batch, Budget, Place, Plan, Stay};
use super::progress::Progress;
use super::{Sweep, SweepError};
use crate::cli::Sharing;
use crate::interrupt;

/// What all jobs have shown together.
#[derive(Clone, Debug, Default)]
pub(super) struct Board {
    /// By variant.
    pub(super) gathered: Vec<Gathered>,
    /// The marks of each executable that a job has begun with.
    pub(super) marks: BTreeMap<String, Vec<Mark>>,
    /// How many variants have been told.
    pub(super) told: usize,
    /// Runs after which a process that they shared was given up for what they left behind.
    pub(super) replaced: u64,
    /// Where the sweep ended before it was done, because a run did not pass.
    pub(super) end: Option<Place>,
}

impl Board {
    /// Nothing yet, of so many variants.
    pub(super) fn of(variants: usize) -> Self {
        Self { gathered: vec![Gathered::default(); variants], ..Self::default() }
    }

    /// Leaves out the marks of executables that have no variant up to the end: whether a job had begun with one depends on the jobs.
    pub(super) fn forget_marks(&mut self, sweep: &Sweep<'_>) {
        if let (Some(end), Budget::Seeds(_)) = (self.end, sweep.budget) {
            self.marks.retain(|name, _| (0..=end.variant).any(|variant| sweep.holder(variant).name == name));
        }
    }

    /// The next variant to be told, if it is done.
    fn done(&self, budget: Budget) -> Option<usize> {
        let Budget::Seeds(seeds) = budget else { return None };
        self.gathered.get(self.told).filter(|gathered| gathered.is_whole(seeds)).map(|_| self.told)
    }
}

/// What the jobs share.
struct Shared {
    plan: Plan,
    board: Board,
}

struct Jobs<'a, T> {
    sweep: &'a Sweep<'a>,
    progress: &'a Progress,
    shared: Mutex<Shared>,
    began: Instant,
    tell: T,
}

/// A job's server, and the variant that it serves.
struct Post {
    stay: Stay,
    client: Client,
    /// The failures that were looked at again.
    known: Known,
}

/// Sweeps; a variant is told as soon as it and all before it are done. Also what was interrupted or went wrong leaves what was
/// gathered until then.
pub(super) fn run(
    sweep: &Sweep<'_>,
    progress: &Progress,
    (budget, began): (Budget, Instant),
    tell: impl Fn(usize, &Gathered) + Sync,
) -> (Board, Result<(), SweepError>) {
    let plan = Plan::new(budget, sweep.selected.len(), sweep.args.from, sweep.jobs);
    let plan = match sweep.args.isolation {
        Sharing::Rewind | Sharing::Fork => plan,
        Sharing::None => plan.shared(),
    };
    let plan = plan.at_most(sweep.seeds_max);
    let shared = Mutex::new(Shared { plan, board: Board::of(sweep.selected.len()) });
    let jobs = Jobs { sweep, progress, shared, began, tell };
    let outcome = std::thread::scope(|scope| {
        let started: Vec<_> = (0..sweep.jobs).map(|_| scope.spawn(|| jobs.job())).collect();
        let ended = started.into_iter().map(|job| job.join().expect("a job does not panic"));
        // All of them are waited for, and the first error is what is said.
        ended.fold(Ok(()), Result::and)
    });
    let Shared { plan, mut board } = jobs.shared.into_inner().expect("no job panics with it");
    let end = plan.end();
    board.end = end;
    for (variant, gathered) in board.gathered.iter_mut().enumerate() {
        match end {
            Some(end) if matches!(sweep.budget, Budget::Seeds(_)) && variant > end.variant => {
                *gathered = Gathered::default();
            }
            Some(end) if variant == end.variant => gathered.finish(Some(end.seed + 1)),
            _ => gathered.finish(None),
        }
    }
    board.forget_marks(sweep);
    (board, outcome)
}

impl<T: Fn(usize, &Gathered) + Sync> Jobs<'_, T> {
    fn job(&self) -> Result<(), SweepError> {
        let mut post: Option<Post> = None;
        let outcome = loop {
            let stay = post.as_ref().map(|post| post.stay);
            let Some(batch) = self.shared().plan.next(stay, self.began.elapsed()) else { break Ok(()) };
            let began = Instant::now();
            let (part, outcome) = self.batch(&mut post, batch);
            let took = began.elapsed();
            if let Some(post) = &mut post {
                post.stay.spent += took;
            }
            self.hand_in(batch, part, (began, took), post.as_ref());
            if outcome.is_err() {
                break outcome;
            }
        };
        if outcome.is_err() {
            self.shared().plan.stop();
        }
        outcome
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no job panics with it")
    }

    fn hand_in(&self, batch: Batch, part: Part, (began, took): (Instant, Duration), post: Option<&Post>) {
        let mut shared = self.shared();
        let Shared { plan, board } = &mut *shared;
        plan.spend(batch.variant, took);
        if interrupt::requested() {
            plan.stop();
        }
        if let Some(seed) = first_failed(&part).filter(|_| self.sweep.args.stop_on_first) {
            plan.end_at(Place { variant: batch.variant, seed: seed.0 - self.sweep.args.from });
        }
        self.progress.ran(&self.sweep.listed(batch.variant).name(), &part.tally);
        board.gathered[batch.variant].put(batch.begin, part, began);
        let holder = self.sweep.holder(batch.variant).name;
        if !board.marks.contains_key(holder)
            && let Some(post) = post
        {
            board.marks.insert(holder.to_owned(), post.client.marks().to_vec());
        }
        while let Some(variant) = board.done(self.sweep.budget) {
            board.told += 1;
            self.progress.suspend(|| (self.tell)(variant, &board.gathered[variant]));
        }
    }

    /// Makes a batch's runs, or those that are still wanted, and says what they showed, also if one could not be made.
    fn batch(&self, post: &mut Option<Post>, batch: Batch) -> (Part, Result<(), SweepError>) {
        let mut part = Part::default();
        let post = match self.begin(post, batch.variant) {
            Ok(post) => post,
            Err(error) => return (part, Err(error)),
        };
        post.known.begin_batch();
        if self.sweep.args.isolation == Sharing::None {
            let outcome = self.in_one_process(post, batch, &mut part);
            return (part, outcome);
        }
        for offset in batch.begin..batch.begin + batch.len {
            if interrupt::requested() || (part.tally.runs > 0 && self.is_out_of_time()) {
                break;
            }
            let outcome = self.one(post, Seed(self.sweep.args.from + offset), &mut part);
            let has_failed = part.tally.passed < part.tally.runs;
            if outcome.is_err() || (has_failed && self.sweep.args.stop_on_first) {
                return (part, outcome);
            }
        }
        (part, Ok(()))
    }

    /// A server for a variant: the one that served the job's last variant, for a run is the same wherever it is made. Runs that share a
    /// process are not, if the pool was enlarged before they began, so each variant's get a server of their own.
    fn begin<'p>(&self, post: &'p mut Option<Post>, variant: usize) -> Result<&'p mut Post, SweepError> {
        let stay = Stay { variant, spent: Duration::ZERO };
        let executable = |variant: usize| self.sweep.selected[variant].executable;
        let post = match post.take() {
            Some(before) if before.stay.variant == variant => post.insert(before),
            Some(before)
                if self.sweep.args.isolation != Sharing::None
                    && executable(before.stay.variant) == executable(variant) =>
            {
                post.insert(Post { stay, known: Known::default(), ..before })
            }
            before => {
                // The server before it ends first: what it takes is free for this one.
                drop(before);
                let client = self.sweep.client(executable(variant), self.progress)?;
                post.insert(Post { stay, client, known: Known::default() })
            }
        };
        Ok(post)
    }

    fn is_out_of_time(&self) -> bool {
        match self.sweep.budget {
            Budget::Seeds(_) => false,
            Budget::Time(_) => !self.shared().plan.has_time(self.began.elapsed()),
        }
    }

    /// Makes the run of one seed.
    fn one(&self, post: &mut Post, seed: Seed, part: &mut Part) -> Result<(), SweepError> {
        let Post { client, known, stay } = post;
        let mut request = self.sweep.request(stay.variant, seed);
        request.strategy = client.resolve(&request)?;
        let examined = count(client, &request, known)?;
        self.note(stay.variant, &request, &examined, part)
    }

    /// Makes a batch's runs in as few processes as can be, or those that are still wanted. What was found is kept before the next
    /// one is examined; runs that were made and are not wanted any more are not counted.
    fn in_one_process(&self, post: &mut Post, batch: Batch, part: &mut Part) -> Result<(), SweepError> {
        let Post { client, known, stay } = post;
        let first = self.sweep.request(stay.variant, Seed(self.sweep.args.from + batch.begin));
        let count = u32::try_from(batch.len).expect("a batch is small");
        let mut steps = Steps::new(&first, count);
        let mut outcome = Ok(true);
        while let Ok(true) = outcome {
            outcome = self.step(&mut steps, client, (stay.variant, known), &first, part);
        }
        self.shared().board.replaced += steps.given_up();
        outcome.map(|_| ())
    }

    /// Examines the next run of a series, if it is wanted, and says whether there may be another.
    fn step(
        &self,
        steps: &mut Steps,
        client: &mut Client,
        (variant, known): (usize, &mut Known),
        first: &Request,
        part: &mut Part,
    ) -> Result<bool, SweepError> {
        if interrupt::requested() || (part.tally.runs > 0 && self.is_out_of_time()) {
            return Ok(false);
        }
        let next = steps.examine_next(client, known)?;
        let Some((seed, strategy, examined)) = next else { return Ok(false) };
        self.note(variant, &Request { seed, strategy, ..first.clone() }, &examined, part)?;
        Ok(!(first_failed(part).is_some() && self.sweep.args.stop_on_first))
    }

    /// Counts what a run showed, and keeps it if it did not pass.
    fn note(
        &self,
        variant: usize,
        request: &Request,
        examined: &Examined,
        part: &mut Part,
    ) -> Result<(), SweepError> {
        part.tally.add(request.seed, &request.strategy.to_string(), examined);
        // The run by itself passes, so it is no example of what failed behind others.
        let signature = examined.judgement.signature.as_ref().filter(|signature| *signature != DEPENDS);
        let Some(signature) = signature else { return Ok(()) };
        let shown = Shown {
            verdict: examined.judgement.verdict,
            file: TraceFile::of(request, &examined.run, self.sweep.build(variant)),
            trace: if examined.run.truncated { Extent::Beginning } else { Extent::Whole },
        };
        if shown.verdict == Verdict::Fail {
            self.sweep.kept.record(signature, &shown, self.progress)?;
        }
        part.show(signature, shown);
        Ok(())
    }
}

/// The first seed that did not pass by itself.
fn first_failed(part: &Part) -> Option<Seed> {
    let found = part.tally.found.iter().filter(|(signature, _)| *signature != DEPENDS);
    found.map(|(_, found)| found.first).min()
}
