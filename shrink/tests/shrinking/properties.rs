//! What holds for every judge, honest or not.
//!
//! Does not know what is needed. Invariant: cases are the same in every run, and other ones with `PROPTEST_RNG_SEED`.

use std::collections::BTreeSet;

use photofinish_shrink::{Budget, Cost, Minimal, Places, Shrunk, shrink};
use photofinish_sim::plan::Plan;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::toy::{Toy, crowd, kept, thread};

fn cases(cases: u32) -> ProptestConfig {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    match config.rng_seed {
        RngSeed::Random => ProptestConfig { rng_seed: RngSeed::Fixed(6), ..config },
        RngSeed::Fixed(_) => config,
    }
}

/// A failure: one of several sets of decisions must be there whole, and the others of a set of opponents must not, or both.
#[derive(Clone, Debug)]
struct Failure {
    count: u64,
    salt: u64,
    ways: Vec<BTreeSet<usize>>,
    /// The first of a pair keeps the run from failing unless the second is there.
    pairs: Vec<(usize, usize)>,
}

impl Failure {
    fn plan(&self) -> Plan {
        crowd(self.count, self.salt)
    }

    fn of(&self, plan: &Plan) -> bool {
        let all = self.plan();
        let has = |index: &usize| plan.decisions.contains(&all.decisions[*index]);
        self.ways.iter().any(|way| way.iter().all(has))
            && self.pairs.iter().all(|(bad, cure)| !has(bad) || has(cure))
    }
}

fn failures() -> impl Strategy<Value = Failure> {
    (1..120_usize).prop_flat_map(|count| {
        let way = prop::collection::btree_set(0..count, 0..5);
        let ways = prop::collection::vec(way, 1..3);
        let pairs = prop::collection::vec((0..count, 0..count), 0..3);
        (0..50_u64, ways, pairs).prop_map(move |(salt, ways, pairs)| Failure {
            count: count as u64,
            salt,
            ways,
            pairs,
        })
    })
}

fn run(failure: &Failure, width: usize, runs: u64) -> (Shrunk, Vec<Plan>) {
    let mut judge = Toy::of(width, |plan| failure.of(plan));
    judge.places = places();
    let shrunk = shrink(kept(&failure.plan()), &mut judge, Budget { runs });
    let asked = judge.asked.clone();
    (shrunk, asked)
}

/// Threads can be stopped where others of their decisions are, and elsewhere.
fn places() -> Vec<Places> {
    (0..3).map(|number| Places { thread: thread(number), points: (0..120).step_by(7).collect() }).collect()
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn the_result_fails_is_never_worse_and_is_minimal_where_that_is_said(failure in failures()) {
        let (shrunk, asked) = run(&failure, 1, 20_000);
        let plan = shrunk.best.trace.plan();
        prop_assert!(failure.of(&plan));
        prop_assert!(Cost::of(&shrunk.best) <= Cost::of(&kept(&failure.plan())));
        prop_assert_eq!(shrunk.minimal, Minimal::Proved);
        for index in 0..plan.decisions.len() {
            let mut less = plan.clone();
            less.decisions.remove(index);
            prop_assert!(!failure.of(&less), "decision {} is not needed", index);
        }
        prop_assert_eq!(shrunk.stats.runs, asked.len() as u64);
        let tried: u64 = shrunk.stats.passes.iter().map(|pass| pass.tried).sum();
        prop_assert_eq!(tried, shrunk.stats.runs);
        let different: BTreeSet<&Plan> = asked.iter().collect();
        prop_assert_eq!(different.len(), asked.len(), "a plan was asked for twice");
    }

    #[test]
    fn the_result_does_not_depend_on_how_many_are_asked_at_once(failure in failures(), runs in 0..200_u64) {
        for runs in [runs, 20_000] {
            let (alone, _) = run(&failure, 1, runs);
            prop_assert!(alone.stats.runs <= runs);
            prop_assert_eq!(alone.stats.spare_runs, 0);
            for width in [2, 7] {
                let (wide, asked) = run(&failure, width, runs);
                prop_assert_eq!(&wide.best, &alone.best);
                prop_assert_eq!(wide.minimal, alone.minimal);
                prop_assert_eq!(wide.stats.runs, alone.stats.runs);
                prop_assert_eq!(&wide.stats.passes, &alone.stats.passes);
                prop_assert_eq!(wide.stats.runs + wide.stats.spare_runs, asked.len() as u64);
                let different: BTreeSet<&Plan> = asked.iter().collect();
                prop_assert_eq!(different.len(), asked.len(), "a plan was asked for twice");
            }
        }
    }

    #[test]
    fn a_judge_that_contradicts_itself_ends_it_nevertheless(
        answers in prop::collection::vec(0..4_u8, 1..40),
        count in 0..60_u64,
        width in 1..5_usize,
    ) {
        let mut next = answers.iter().cycle();
        let mut other = 0;
        // Passes, fails as asked, fails with what nobody asked for, or fails with one decision more.
        let answer = |plan: &Plan| match next.next().expect("a cycle") {
            0 | 1 => None,
            2 => Some(plan.clone()),
            _ => {
                other += 1;
                Some(crowd(other % 20, other))
            }
        };
        let failing = crowd(count, 9);
        let mut judge = Toy::new(width, answer);
        judge.places = places();
        let shrunk = shrink(kept(&failing), &mut judge, Budget { runs: 3000 });
        prop_assert!(Cost::of(&shrunk.best) <= Cost::of(&kept(&failing)));
        prop_assert!(shrunk.stats.runs <= 3000);
    }
}
