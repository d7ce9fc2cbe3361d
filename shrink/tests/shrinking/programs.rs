//! Races on the kernel: from a random walk of thousands of decisions to the few that the race needs.
//!
//! Does not know how runs are made. Invariant: every seed that fails ends at the same run.

use std::fmt::Write as _;

use photofinish_shrink::{Budget, Cost, Kept, Minimal, shrink};
use photofinish_sim::chooser::{Boring, Lenient, Strategy};
use photofinish_sim::seed::Seed;

use crate::machine::{Failure, Op, Program, Runs, run};

/// Threads that have nothing to do with it, and do much.
fn with_noise(main: &[Op], race: &[Vec<Op>]) -> Program {
    let mut noise = Vec::new();
    for _ in 0..4 {
        noise.extend([Op::Work(7, 200), Op::Sleep(20_000), Op::Lock(6), Op::Work(7, 20), Op::Unlock(6)]);
    }
    let noise_script = 1 + race.len();
    let mut first: Vec<Op> = (0..4).map(|_| Op::Spawn(noise_script)).collect();
    first.extend_from_slice(main);
    first.extend((0..4).map(Op::Join));
    let mut program = vec![first];
    program.extend_from_slice(race);
    program.push(noise);
    program
}

fn lost_update() -> Program {
    let adder = vec![Op::Work(5, 150), Op::Load(0), Op::StoreMore(0), Op::Work(5, 150)];
    let main = [Op::Spawn(1), Op::Spawn(1), Op::Work(5, 100), Op::Join(4), Op::Join(5), Op::Expect(0, 2)];
    with_noise(&main, &[adder])
}

fn ab_ba() -> Program {
    let order = |first, second| {
        let body = [Op::Work(5, 150), Op::Lock(first), Op::Work(5, 10), Op::Lock(second), Op::Unlock(second)];
        [body.as_slice(), &[Op::Unlock(first), Op::Work(5, 150)]].concat()
    };
    let main = [Op::Spawn(1), Op::Spawn(2), Op::Join(4), Op::Join(5)];
    with_noise(&main, &[order(0, 1), order(1, 0)])
}

fn lost_wakeup() -> Program {
    let consumer = vec![Op::Work(5, 150), Op::Load(0), Op::Unless, Op::Wait(1)];
    let producer = vec![Op::Work(5, 160), Op::Add(0), Op::Wake(1), Op::Work(5, 100)];
    with_noise(&[Op::Spawn(1), Op::Spawn(2), Op::Join(4), Op::Join(5)], &[consumer, producer])
}

fn late() -> Program {
    let timer = vec![Op::Sleep(1_000_000), Op::Add(0)];
    let main = [Op::Spawn(1), Op::Work(5, 100), Op::Sleep(2_000), Op::Expect(0, 0), Op::Join(4)];
    with_noise(&main, &[timer])
}

/// Each of these seeds' failures shrinks to these numbers of preemptions and of stalls, and to nothing else.
fn check(program: &Program, failure: Failure, (preemptions, stalls): (u64, u64)) {
    assert_eq!(run(program, Box::new(Boring)).0, None, "it fails without a decision");
    let mut results: Vec<(Kept, u64)> = Vec::new();
    let mut table = String::new();
    let strategy = Strategy::Walk { gap: 2, nap_ns: 0, change_one_in: 2 };
    let failing = (0..).filter_map(|seed| {
        let (found, kept) = run(program, strategy.chooser(Seed(seed)));
        (found == Some(failure)).then_some((seed, kept))
    });
    for (seed, kept) in failing.take(6) {
        let (found, again) = run(program, Box::new(Lenient::new(kept.trace.plan())));
        // Their addresses are for people, and may differ.
        assert_eq!((found, Cost::of(&again).plan), (Some(failure), Cost::of(&kept).plan), "seed {seed}");
        let shrunk = shrink(kept, &mut Runs { program, failure, width: 2 }, Budget { runs: 20_000 });
        let (before, after, runs) = (&shrunk.stats.before, &shrunk.stats.after, shrunk.stats.runs);
        let counts = |cost: &Cost| (cost.decisions(), cost.preemptions, cost.stalls);
        writeln!(table, "seed {seed}: {:?} -> {:?}, {runs} runs", counts(before), counts(after))
            .expect("text");
        writeln!(table, "  {:?}", after.plan.decisions).expect("text");
        assert_eq!(shrunk.minimal, Minimal::Proved, "{table}");
        results.push((shrunk.best, runs));
    }
    for (best, runs) in &results {
        let cost = Cost::of(best);
        assert_eq!(
            (cost.preemptions, cost.stalls, cost.decisions()),
            (preemptions, stalls, preemptions + stalls),
            "{table}"
        );
        assert!(*runs <= 2000, "{table}");
    }
    assert!(results.iter().all(|(best, _)| best.plan == results[0].0.plan), "{table}");
}

#[test]
fn a_lost_update_needs_one_thread_to_be_late() {
    check(&lost_update(), Failure::Expectation, (0, 1));
}

#[test]
fn a_deadlock_of_two_locks_needs_one_thread_to_be_late() {
    check(&ab_ba(), Failure::Deadlock, (0, 1));
}

#[test]
fn a_lost_wakeup_needs_one_thread_to_be_late() {
    check(&lost_wakeup(), Failure::Deadlock, (0, 1));
}

#[test]
fn a_thread_that_oversleeps_is_one_that_is_late() {
    check(&late(), Failure::Expectation, (0, 1));
}
