//! Asking: each plan once, several at a time, and the first that is simpler wins.
//!
//! Does not know where candidates come from. Invariant: which run is the simplest so far, and after how many used answers, does not depend
//! on how many plans are asked for at once; what was asked for ahead of need waits unread until it is needed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use photofinish_sim::plan::Plan;
use photofinish_sim::thread::Pedigree;

use crate::cost::Cost;
use crate::digest::Digest;
use crate::judge::{Asked, Budget, Judge, Kept, Places, Stopped};

/// What is known of a plan.
#[derive(Debug)]
enum Known {
    /// The judge has answered, and nobody has needed it yet.
    Unread(Option<Kept>),
    /// It gave a run with the failure that was no simpler than the simplest at that time, or was itself that.
    Fails,
    /// It gave another run.
    Passes,
}

/// Why there are no more answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Budget,
    Stopped,
}

impl From<Stopped> for Over {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// How long a pass goes on without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Until something else is more promising.
    Quick,
    /// To its end.
    Full,
}

/// After so many candidates in a row that were no better, a quick effort ends.
const QUICK_MISSES_MAX: u64 = 128;

/// What the judge saw in the runs of the plans that it was asked of.
type Seen<T> = BTreeMap<Digest, Rc<[T]>>;

/// What was seen in the run of a plan; the judge looks once.
fn remembered<T>(
    seen: &mut Seen<T>,
    plan: &Plan,
    look: impl FnOnce() -> Result<Vec<T>, Stopped>,
) -> Result<Rc<[T]>, Over> {
    match seen.entry(Digest::of(plan)) {
        Entry::Occupied(entry) => Ok(Rc::clone(entry.get())),
        Entry::Vacant(entry) => Ok(Rc::clone(entry.insert(look()?.into()))),
    }
}

/// The simplest run so far, and all that was asked on the way.
pub(crate) struct Search<'a> {
    judge: &'a mut dyn Judge,
    budget: Budget,
    best: Kept,
    /// Of the best.
    cost: Cost,
    known: BTreeMap<Digest, Known>,
    places: Seen<Places>,
    asked: Seen<Asked>,
    effort: Effort,
    /// Candidates in a row that were no better.
    misses: u64,
    counts: Counts,
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Answers used.
    pub(crate) runs: u64,
    /// Plans that the judge was asked for.
    pub(crate) asked: u64,
    /// Candidates that were better.
    pub(crate) kept: u64,
}

impl<'a> Search<'a> {
    pub(crate) fn new(failing: Kept, judge: &'a mut dyn Judge, budget: Budget) -> Self {
        let cost = Cost::of(&failing);
        let known = BTreeMap::from([(Digest::of(&cost.plan), Known::Fails)]);
        let (places, asked) = (BTreeMap::new(), BTreeMap::new());
        let (effort, misses, counts) = (Effort::Quick, 0, Counts::default());
        Self { judge, budget, best: failing, cost, known, places, asked, effort, misses, counts }
    }

    /// The plan of the simplest run so far.
    pub(crate) fn plan(&self) -> &Plan {
        &self.cost.plan
    }

    pub(crate) fn cost(&self) -> &Cost {
        &self.cost
    }

    pub(crate) fn best(&self) -> &Kept {
        &self.best
    }

    /// How many runs pass so many points together, if each is as long as the simplest.
    pub(crate) fn runs_of(&self, points: u64) -> usize {
        usize::try_from(points / self.best.size.points.max(1)).unwrap_or(usize::MAX)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    pub(crate) fn into_best(self) -> (Kept, Cost) {
        (self.best, self.cost)
    }

    pub(crate) fn boundaries(&mut self, thread: &Pedigree, around: u64) -> Vec<u64> {
        self.judge.boundaries(thread, around)
    }

    /// What the judge makes of some of the decisions of the simplest run, without the others.
    pub(crate) fn relocated(&mut self, keep: &[usize]) -> Result<Vec<Plan>, Over> {
        Ok(self.judge.relocated(&self.best, keep)?)
    }

    /// Where threads of the run that follows a plan can be stopped so that others notice.
    pub(crate) fn places(&mut self, plan: &Plan) -> Result<Rc<[Places]>, Over> {
        remembered(&mut self.places, plan, || self.judge.places(plan))
    }

    /// Of what takes some time in the run that follows a plan, how long.
    pub(crate) fn asked(&mut self, plan: &Plan) -> Result<Rc<[Asked]>, Over> {
        remembered(&mut self.asked, plan, || self.judge.asked(plan))
    }

    /// Something else is tried from here on.
    pub(crate) fn begin(&mut self, effort: Effort) {
        self.effort = effort;
        self.misses = 0;
    }

    pub(crate) fn effort(&self) -> Effort {
        self.effort
    }

    /// The same effort, on candidates of another sort.
    pub(crate) fn go_on(&mut self) {
        self.misses = 0;
    }

    /// Takes the first candidate whose run fails and is simpler than the simplest so far, and says its number.
    pub(crate) fn first(
        &mut self,
        candidates: impl IntoIterator<Item = Plan>,
    ) -> Result<Option<usize>, Over> {
        let mut candidates = candidates.into_iter();
        let mut index = 0;
        while !self.is_tired() {
            let batch = self.gather(&mut candidates)?;
            if batch.is_empty() {
                return Ok(None);
            }
            for digest in batch {
                if self.is_tired() {
                    return Ok(None);
                }
                if self.read(digest)? {
                    return Ok(Some(index));
                }
                index += 1;
            }
        }
        Ok(None)
    }

    /// Whether a quick effort is over.
    pub(crate) fn is_tired(&self) -> bool {
        self.effort == Effort::Quick && self.misses >= QUICK_MISSES_MAX
    }

    /// Whether one candidate's run fails and is simpler; it then is the simplest.
    pub(crate) fn takes(&mut self, candidate: Plan) -> Result<bool, Over> {
        Ok(self.first([candidate])?.is_some())
    }

    /// Whether a plan that was a candidate gave a run that fails.
    pub(crate) fn fails(&self, plan: &Plan) -> bool {
        matches!(self.known.get(&Digest::of(plan)), Some(Known::Fails))
    }

    /// The next candidates, as many as it takes to make one question of those that nobody has asked yet, with the answers.
    fn gather(&mut self, candidates: &mut impl Iterator<Item = Plan>) -> Result<Vec<Digest>, Over> {
        let left = self.budget.runs.saturating_sub(self.counts.runs);
        let width = usize::try_from(left).unwrap_or(usize::MAX).min(self.judge.width()).max(1);
        let (mut batch, mut fresh, mut plans) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        while plans.len() < width
            && let Some(plan) = candidates.next()
        {
            let digest = Digest::of(&plan);
            batch.push(digest);
            if !self.known.contains_key(&digest) && seen.insert(digest) {
                fresh.push(digest);
                plans.push(plan);
            }
        }
        if !plans.is_empty() && left > 0 {
            self.counts.asked += plans.len() as u64;
            let answers = self.judge.ask(&plans)?;
            assert_eq!(answers.len(), plans.len(), "a judge answers each plan");
            self.known.extend(fresh.into_iter().zip(answers.into_iter().map(Known::Unread)));
        }
        Ok(batch)
    }

    /// Needs the answer to a candidate; whether it is the simplest now.
    fn read(&mut self, digest: Digest) -> Result<bool, Over> {
        let kept = match self.known.get_mut(&digest) {
            Some(Known::Fails | Known::Passes) => return Ok(false),
            Some(Known::Unread(_)) | None if self.counts.runs >= self.budget.runs => {
                return Err(Over::Budget);
            }
            Some(Known::Unread(kept)) => kept.take(),
            None => unreachable!("it was asked for while there was a budget"),
        };
        self.counts.runs += 1;
        self.misses += 1;
        self.known.insert(digest, if kept.is_some() { Known::Fails } else { Known::Passes });
        let Some(kept) = kept else { return Ok(false) };
        let cost = Cost::of(&kept);
        // The plan of what was recorded would give the same run again.
        self.known.insert(Digest::of(&cost.plan), Known::Fails);
        if cost >= self.cost {
            return Ok(false);
        }
        (self.best, self.cost) = (kept, cost);
        self.misses = 0;
        self.counts.kept += 1;
        Ok(true)
    }
}
