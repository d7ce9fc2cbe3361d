//! Marks of the program: what becomes an event, and which fault points strike.
//!
//! Does not know how a program sets one. Invariant: every run here is the main thread's alone, passing marks and doing nothing
//! else.

use std::cell::RefCell;
use std::rc::Rc;

use photofinish_sim::choice::{Kind, Odds};
use photofinish_sim::chooser::{Strategy as Search, Strict};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Memory, Stamp};
use photofinish_sim::kernel::{Detail, Kernel};
use photofinish_sim::limits::Limits;
use photofinish_sim::mark::{Asks, Mark, Outcome};
use photofinish_sim::seed::Seed;

fn mark(line: u32, asks: Asks) -> Mark {
    Mark { file: "main.rs".into(), line, column: 5, message: "a mark".into(), asks }
}

/// What a run that only passes marks leaves behind: without events, as a search makes it.
fn run(
    chooser: Box<dyn photofinish_sim::choice::Chooser>,
    ending: Ending,
    program: impl FnOnce(&mut Kernel),
) -> Memory {
    let memory = Rc::<RefCell<Memory>>::default();
    let mut kernel = Kernel::new(Limits::default(), chooser, Box::new(memory.clone()), Detail::HashOnly);
    program(&mut kernel);
    let _ = kernel.end(ending.clone());
    assert_eq!(kernel.ending(), Some(&ending));
    memory.take()
}

fn told(memory: Memory) -> Vec<String> {
    let tell = |(_, event): (Stamp, Event)| match event {
        Event::Marked { mark, outcome, detail } => format!("{} {outcome:?} {detail}", mark.line),
        Event::Unfulfilled { mark, detail } => format!("{} unfulfilled {detail}", mark.line),
        event => panic!("{event:?}"),
    };
    memory.events.into_iter().map(tell).collect()
}

fn boring(ending: Ending, program: impl FnOnce(&mut Kernel)) -> Vec<String> {
    told(run(Search::Boring.chooser(Seed(0)), ending, program))
}

#[test]
fn each_outcome_of_a_mark_is_told_once() {
    let said = boring(Ending::Returned, |kernel| {
        for outcome in [Outcome::True, Outcome::True, Outcome::False, Outcome::True, Outcome::False] {
            kernel.passed(&mark(1, Asks::Always), outcome, "why");
            kernel.passed(&mark(2, Asks::Sometimes), Outcome::False, "");
        }
        kernel.passed(&mark(3, Asks::Reachable), Outcome::True, "");
    });
    assert_eq!(said, ["1 True why", "2 False ", "1 False why", "3 True "]);
}

#[test]
fn marks_differ_by_place_and_by_message() {
    let one = mark(1, Asks::Reachable);
    let others = [
        Mark { file: "lib.rs".into(), ..one.clone() },
        Mark { column: 6, ..one.clone() },
        Mark { message: "another".into(), ..one.clone() },
        one,
    ];
    let said = boring(Ending::Returned, |kernel| {
        for mark in others.iter().chain(&others) {
            kernel.passed(mark, Outcome::True, "");
        }
    });
    assert_eq!(said, ["1 True "; 4]);
}

#[test]
fn what_must_be_true_in_the_end_is_told_by_its_last_time_and_only_of_a_run_that_returns() {
    use Outcome::{False, True};
    let check = |outcomes: &[Outcome], ending: Ending, expected: bool| {
        let said = boring(ending, |kernel| {
            for (time, outcome) in outcomes.iter().enumerate() {
                kernel.passed(&mark(1, Asks::Eventually), *outcome, &time.to_string());
            }
        });
        let last = format!("1 unfulfilled {}", outcomes.len().saturating_sub(1));
        assert_eq!(said.contains(&last), expected, "{outcomes:?}: {said:?}");
    };
    check(&[False], Ending::Returned, true);
    check(&[True, False], Ending::Exited(0), true);
    check(&[False, True, False], Ending::Returned, true);
    check(&[False, True], Ending::Returned, false);
    check(&[], Ending::Returned, false);
    check(&[False], Ending::Panicked, false);
    check(&[False], Ending::Exited(1), false);
    check(&[False], Ending::Deadlock(Vec::new()), false);
}

#[test]
fn a_fault_point_strikes_in_a_quarter_of_all_runs_and_then_more_than_once() {
    const RUNS: u64 = 800;
    let odds = Odds { strikes: 1, of: 2 };
    let mut struck = 0;
    for seed in (0..RUNS).map(Seed) {
        let mut answers = [false; 40];
        let memory = run(Search::Swarm.chooser(seed), Ending::Returned, |kernel| {
            answers = answers.map(|_| kernel.buggify(&mark(1, Asks::Buggify), odds));
        });
        let times = answers.iter().filter(|answer| **answer).count();
        assert!(times == 0 || (6..=34).contains(&times), "seed {seed}: {times} of 40");
        struck += u64::from(times > 0);
        let armed = memory.trace.picks.iter().filter(|pick| pick.kind == Kind::Armed).count();
        assert_eq!((armed, memory.trace.picks.len()), (usize::from(times > 0), times + armed));
        let again = run(Box::new(Strict::new(memory.trace.clone())), Ending::Returned, |kernel| {
            for answer in answers {
                assert_eq!(kernel.buggify(&mark(1, Asks::Buggify), odds), answer);
            }
        });
        assert_eq!(again.events, memory.events);
    }
    assert!((RUNS / 5..RUNS * 3 / 10).contains(&struck), "{struck} of {RUNS}");
}

#[test]
fn the_boring_run_has_no_faults() {
    let said = boring(Ending::Returned, |kernel| {
        assert!((0..100).all(|_| !kernel.buggify(&mark(1, Asks::Buggify), Odds { strikes: 9, of: 10 })));
    });
    assert_eq!(said, ["1 False "]);
}
