//! Which variant and which of its seeds a job takes next.
//!
//! Knows neither clock nor runs: how much time has passed is told. Invariant: within a variant seeds are handed out in order and
//! once; with a number of seeds, variants are, too, and with a budget of time none of them is left out.

use std::time::Duration;

/// Seeds that a job takes at a time.
const BATCH: u64 = 16;
/// The same where they share a process.
const BATCH_SHARED: u64 = 512;

/// The shortest time that a job stays with a variant, whose server costs a good part of that to start.
const SLICE_LEAST: Duration = Duration::from_millis(500);

/// The longest.
const SLICE_MOST: Duration = Duration::from_secs(10);

/// How much is swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Budget {
    /// So many seeds of each variant.
    Seeds(u64),
    /// So much time for all of them.
    Time(Duration),
}

/// Seeds of one variant, counted from the sweep's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Batch {
    /// The index of the variant.
    pub(super) variant: usize,
    /// The first seed.
    pub(super) begin: u64,
    /// How many there are.
    pub(super) len: u64,
}

/// A run, by its place in the order of variants and seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The index of the variant.
    pub(super) variant: usize,
    /// Its seed, counted from the sweep's first.
    pub(super) seed: u64,
}

/// What a variant has had.
#[derive(Clone, Debug, Default)]
struct Share {
    /// Seeds handed out.
    seeds: u64,
    /// Time that jobs have spent on it.
    spent: Duration,
    /// Jobs that are at it.
    jobs: usize,
}

/// What is still to be done.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    budget: Budget,
    slice: Duration,
    batch: u64,
    /// Seeds that there are.
    seeds_max: u64,
    shares: Vec<Share>,
    end: Option<Place>,
    is_over: bool,
}

/// A job's stay with a variant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    /// The index of the variant.
    pub(super) variant: usize,
    /// How long it has been at it.
    pub(super) spent: Duration,
}

impl Plan {
    /// A plan for so many variants and seeds from `from` on, for so many jobs.
    pub(super) fn new(budget: Budget, variants: usize, from: u64, jobs: usize) -> Self {
        let slice = match budget {
            Budget::Seeds(_) => Duration::MAX,
            // Several rounds, if the time suffices: what one has too much of a round is then little.
            Budget::Time(time) => {
                let jobs = u32::try_from(jobs).unwrap_or(u32::MAX);
                let variants = u32::try_from(variants.max(1)).unwrap_or(u32::MAX);
                (time.saturating_mul(jobs) / variants / 8).clamp(SLICE_LEAST, SLICE_MOST)
            }
        };
        let seeds_max = match budget {
            Budget::Seeds(seeds) => seeds,
            Budget::Time(_) => u64::MAX - from,
        };
        let shares = vec![Share::default(); variants];
        Self { budget, slice, batch: BATCH, seeds_max, shares, end: None, is_over: false }
    }

    /// The same with batches for runs that share a process. What they find depends on where a process begins, so these batches are
    /// the same for any number of jobs, and long.
    pub(super) fn shared(self) -> Self {
        Self { batch: BATCH_SHARED, ..self }
    }

    /// The same with no more seeds of each variant than so many.
    pub(super) fn at_most(self, seeds: u64) -> Self {
        Self { seeds_max: self.seeds_max.min(seeds), ..self }
    }

    /// What a job does next, which has spent so long with the variant of its last batch; `elapsed` is the age of the sweep.
    pub(super) fn next(&mut self, stay: Option<Stay>, elapsed: Duration) -> Option<Batch> {
        let chosen = if self.is_over { None } else { self.choose(stay, elapsed) };
        let before = stay.map(|stay| stay.variant);
        if before != chosen {
            before.into_iter().for_each(|variant| self.shares[variant].jobs -= 1);
            chosen.into_iter().for_each(|variant| self.shares[variant].jobs += 1);
        }
        let variant = chosen?;
        let share = &mut self.shares[variant];
        let begin = share.seeds;
        let len = self.batch.min(self.seeds_max - begin);
        share.seeds += len;
        Some(Batch { variant, begin, len })
    }

    /// Notes that a job has worked so long for a variant.
    pub(super) fn spend(&mut self, variant: usize, time: Duration) {
        self.shares[variant].spent += time;
    }

    /// Whether a job that has made a run is to make another, as far as the time goes.
    pub(super) fn has_time(&self, elapsed: Duration) -> bool {
        match self.budget {
            Budget::Seeds(_) => true,
            Budget::Time(time) => elapsed < time,
        }
    }

    /// Nothing after this run matters. With a budget of time nothing more is begun at all.
    pub(super) fn end_at(&mut self, place: Place) {
        self.end = Some(self.end.map_or(place, |end| end.min(place)));
        self.is_over |= matches!(self.budget, Budget::Time(_));
    }

    /// Nothing more is begun.
    pub(super) fn stop(&mut self) {
        self.is_over = true;
    }

    /// The run after which nothing matters.
    pub(super) fn end(&self) -> Option<Place> {
        self.end
    }

    fn choose(&self, stay: Option<Stay>, elapsed: Duration) -> Option<usize> {
        let is_left = |variant: &usize| self.shares[*variant].seeds < self.seeds_max;
        let mut left = (0..self.shares.len()).filter(is_left);
        let Budget::Time(time) = self.budget else {
            let is_before = |variant: &usize| self.end.is_none_or(|end| self.place(*variant) <= end);
            return left.next().filter(is_before);
        };
        if elapsed >= time {
            return left.find(|variant| self.shares[*variant].seeds == 0);
        }
        if let Some(stay) = stay
            && stay.spent < self.slice
            && is_left(&stay.variant)
        {
            return Some(stay.variant);
        }
        left.min_by_key(|variant| {
            let Share { seeds, spent, jobs } = &self.shares[*variant];
            // One's own place is free once one leaves.
            let others = jobs - usize::from(stay.is_some_and(|stay| stay.variant == *variant));
            (*seeds > 0, *spent, others)
        })
    }

    fn place(&self, variant: usize) -> Place {
        Place { variant, seed: self.shares[variant].seeds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: Duration = Duration::ZERO;

    fn all(plan: &mut Plan) -> Vec<(usize, u64, u64)> {
        let mut batches = Vec::new();
        let mut stay = None;
        while let Some(batch) = plan.next(stay, ZERO) {
            stay = Some(Stay { variant: batch.variant, spent: ZERO });
            batches.push((batch.variant, batch.begin, batch.len));
        }
        batches
    }

    #[test]
    fn seeds_are_handed_out_in_order() {
        let mut plan = Plan::new(Budget::Seeds(40), 2, 5, 1);
        let expected = [(0, 0, 16), (0, 16, 16), (0, 32, 8), (1, 0, 16), (1, 16, 16), (1, 32, 8)];
        assert_eq!(all(&mut plan), expected);
    }

    #[test]
    fn nothing_is_begun_after_the_end_and_everything_before_it() {
        let mut plan = Plan::new(Budget::Seeds(40), 3, 0, 1);
        assert_eq!(plan.next(None, ZERO), Some(Batch { variant: 0, begin: 0, len: 16 }));
        plan.end_at(Place { variant: 1, seed: 20 });
        plan.end_at(Place { variant: 1, seed: 17 });
        plan.end_at(Place { variant: 2, seed: 0 });
        assert_eq!(all(&mut plan), [(0, 16, 16), (0, 32, 8), (1, 0, 16), (1, 16, 16)]);
        assert_eq!(plan.end(), Some(Place { variant: 1, seed: 17 }));
    }

    /// Jobs that each make batches of a variant's own duration, in virtual time; returns the time that each variant had.
    fn worked(budget_s: u64, jobs: usize, batch_ms: &[u64]) -> (Vec<Duration>, Duration) {
        let mut plan = Plan::new(Budget::Time(Duration::from_secs(budget_s)), batch_ms.len(), 0, jobs);
        let mut at: Vec<(Duration, Option<Stay>)> = vec![(ZERO, None); jobs];
        let mut had = vec![ZERO; batch_ms.len()];
        let mut seeds = vec![0; batch_ms.len()];
        loop {
            let job = (0..jobs).min_by_key(|job| at[*job].0).expect("there is a job");
            let (now, stay) = at[job];
            let Some(batch) = plan.next(stay, now) else {
                let end = at.iter().map(|(time, _)| *time).max().unwrap_or_default();
                return (had, end);
            };
            assert_eq!(batch.begin, seeds[batch.variant], "in order");
            seeds[batch.variant] += batch.len;
            let took = Duration::from_millis(batch_ms[batch.variant]);
            let stayed = stay.filter(|stay| stay.variant == batch.variant).map_or(ZERO, |stay| stay.spent);
            at[job] = (now + took, Some(Stay { variant: batch.variant, spent: stayed + took }));
            had[batch.variant] += took;
            plan.spend(batch.variant, took);
        }
    }

    #[test]
    fn a_budget_of_time_is_shared_fairly() {
        for jobs in [1, 2, 3] {
            let (had, end) = worked(60, jobs, &[5, 400, 20, 60, 3]);
            let fair = 60.0 * jobs as f64 / 5.0;
            for time in &had {
                assert!((time.as_secs_f64() / fair - 1.0).abs() < 0.2, "{jobs} jobs: {had:?}");
            }
            assert!(end < Duration::from_secs(61), "{end:?}");
        }
    }

    #[test]
    fn no_variant_is_left_out_of_a_short_budget() {
        let (had, _) = worked(1, 2, &[300; 40]);
        assert!(had.iter().all(|time| *time > ZERO), "{had:?}");
    }

    #[test]
    fn a_budget_of_time_ends_with_the_last_seed() {
        let mut plan = Plan::new(Budget::Time(Duration::from_secs(9)), 1, u64::MAX - 20, 1);
        assert_eq!(all(&mut plan), [(0, 0, 16), (0, 16, 4)]);
        let mut plan = Plan::new(Budget::Time(Duration::from_secs(9)), 1, 0, 1).at_most(20);
        assert_eq!(all(&mut plan), [(0, 0, 16), (0, 16, 4)]);
    }
}
