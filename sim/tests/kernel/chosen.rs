//! What a program lets the search choose: every number, by every strategy, and the same again in a replay.
//!
//! Invariant: every run here is the main thread's alone, choosing and doing nothing else.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use photofinish_sim::choice::{Chooser, Kind};
use photofinish_sim::chooser::{Lenient, Strategy as Search, Strict};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Memory};
use photofinish_sim::kernel::{Detail, Kernel};
use photofinish_sim::limits::Limits;
use photofinish_sim::seed::Seed;

use crate::watch::strategies;

/// What a program chooses that asks so many times for a number from `from` on, the ending, and what is recorded.
fn run(chooser: Box<dyn Chooser>, from: i128, bounds: &[u64]) -> (Vec<i128>, Ending, Memory) {
    let memory = Rc::<RefCell<Memory>>::default();
    let mut kernel = Kernel::new(Limits::default(), chooser, Box::new(memory.clone()), Detail::Events);
    let chosen = bounds.iter().map(|bound| {
        let number = kernel.chosen(from, *bound);
        kernel.tell_chosen((number, from, *bound), "main.rs:1:1", None);
        number
    });
    let numbers = chosen.collect();
    let _ = kernel.end(Ending::Returned);
    let ending = kernel.ending().expect("it has ended").clone();
    (numbers, ending, memory.take())
}

#[test]
fn every_searching_strategy_draws_every_number_as_often() {
    const SEEDS: u64 = 800;
    for strategy in strategies().iter().filter(|strategy| **strategy != Search::Boring) {
        let mut times = [0_u64; 8];
        for seed in (0..SEEDS).map(Seed) {
            let (numbers, ..) = run(strategy.chooser(seed), 0, &[8]);
            times[usize::try_from(numbers[0]).expect("below 8")] += 1;
        }
        assert!(times.iter().all(|times| (60..=140).contains(times)), "{strategy}: {times:?}");
    }
}

#[test]
fn a_run_chooses_anew_each_time_and_its_trace_gives_the_same_numbers_again() {
    for strategy in strategies().iter().filter(|strategy| **strategy != Search::Boring) {
        let mut seen = BTreeSet::new();
        for seed in (0..20).map(Seed) {
            let (numbers, ending, memory) = run(strategy.chooser(seed), -1, &[5; 6]);
            assert_eq!(ending, Ending::Returned);
            seen.extend(numbers.iter().copied());
            let picks: Vec<_> = numbers.iter().filter(|number| **number != -1).collect();
            assert_eq!(memory.trace.picks.len(), picks.len(), "{strategy} {seed}: the first is boring");
            assert!(memory.trace.picks.iter().all(|pick| (pick.kind, pick.bound) == (Kind::Chosen, 5)));
            let strict = run(Box::new(Strict::new(memory.trace.clone())), -1, &[5; 6]);
            assert_eq!(
                (strict.0, strict.1, strict.2.events),
                (numbers.clone(), ending, memory.events.clone())
            );
            let lenient = run(Box::new(Lenient::new(memory.trace.plan())), -1, &[5; 6]);
            assert_eq!((lenient.0, lenient.2.trace), (numbers, memory.trace));
        }
        assert_eq!(seen, BTreeSet::from([-1, 0, 1, 2, 3]), "{strategy}");
    }
}

#[test]
fn a_number_that_is_not_there_any_more_is_boring_to_a_lenient_replay_and_ends_a_strict_one() {
    let seeds = (0..).map(Seed);
    let mut runs = seeds.map(|seed| run(Search::Swarm.chooser(seed), 0, &[8, 8]));
    let (_, _, memory) =
        runs.find(|(numbers, ..)| numbers[0] == 7 && numbers[1] == 1).expect("some seed does");
    let (numbers, ending, followed) = run(Box::new(Lenient::new(memory.trace.plan())), 0, &[4, 4]);
    assert_eq!((numbers, ending, followed.trace.picks.len()), (vec![0, 1], Ending::Returned, 1));
    let (numbers, ending, strict) = run(Box::new(Strict::new(memory.trace)), 0, &[4, 4]);
    assert!(matches!(ending, Ending::Diverged(_)), "{ending:?}");
    assert_eq!(numbers, [0, 0]);
    assert!(strict.events.is_empty(), "nothing was chosen: {:?}", strict.events);
}

#[test]
fn the_boring_run_has_the_first_of_each_and_says_so() {
    let (numbers, _, memory) = run(Search::Boring.chooser(Seed(3)), 2, &[7, 1, 2]);
    assert_eq!((numbers, memory.trace.picks.len()), (vec![2, 2, 2], 0));
    let chose = |to| Event::Chose { number: 2, from: 2, to, place: String::from("main.rs:1:1"), words: None };
    let told: Vec<Event> = memory.events.into_iter().map(|(_, event)| event).collect();
    assert_eq!(told, [chose(8), chose(3)], "of a single number there is nothing to choose");
}

#[test]
fn the_largest_bound_has_room() {
    let from = i128::from(i64::MIN);
    for seed in (0..100).map(Seed) {
        let (numbers, ..) = run(Search::Swarm.chooser(seed), from, &[u64::MAX]);
        assert!((from..i128::from(i64::MAX)).contains(&numbers[0]), "{numbers:?}");
    }
}
