//! Questions that are asked with odds: whether a fault strikes.
//!
//! Does not know what the faults are. Invariant: every run here is the main thread's alone, asking and doing nothing else.

use std::cell::RefCell;
use std::rc::Rc;

use photofinish_sim::choice::{Chooser, Kind, Odds, Pick};
use photofinish_sim::chooser::{Strategy as Search, Strict};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Recorder, Stamp};
use photofinish_sim::kernel::{Detail, Kernel};
use photofinish_sim::limits::Limits;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::ThreadId;
use photofinish_sim::trace::Trace;

use crate::watch::{Watch, strategies};

const KINDS: [Kind; 11] = [
    Kind::Armed,
    Kind::Buggify,
    Kind::Loss,
    Kind::Duplicate,
    Kind::Reorder,
    Kind::Enabled,
    Kind::Crash,
    Kind::Pause,
    Kind::Partition,
    Kind::Hold,
    Kind::Reset,
];

#[derive(Clone, Default)]
struct Picks(Rc<RefCell<Vec<Pick>>>);

impl Recorder for Picks {
    fn pick(&mut self, pick: &Pick) {
        self.0.borrow_mut().push(*pick);
    }

    fn born(&mut self, _parent: ThreadId) {}

    fn event(&mut self, _stamp: &Stamp, _event: &Event) {}
}

/// Asks `times` times; returns each answer, the picks and the ending.
fn ask(chooser: Box<dyn Chooser>, kind: Kind, odds: Odds, times: usize) -> (Vec<bool>, Trace, Ending) {
    let picks = Picks::default();
    let mut kernel = Kernel::new(Limits::default(), chooser, Box::new(picks.clone()), Detail::HashOnly);
    let answers = (0..times).map(|_| kernel.strikes(kind, odds)).collect();
    let _ = kernel.end(Ending::Returned);
    let ending = kernel.ending().unwrap().clone();
    (answers, Trace { picks: picks.0.take(), ..Trace::default() }, ending)
}

fn strikes(answers: &[bool]) -> usize {
    answers.iter().filter(|answer| **answer).count()
}

#[test]
fn every_strategy_but_boring_strikes_as_often_as_the_odds_say() {
    const TIMES: usize = 100;
    const SEEDS: u64 = 40;
    for strategy in strategies() {
        for kind in KINDS {
            for (odds, percent) in [((1, 4), 25), ((1, 100), 1), ((2, 3), 66), ((9, 10), 90)] {
                let odds = Odds { strikes: odds.0, of: odds.1 };
                let all: usize = (0..SEEDS)
                    .map(|seed| strikes(&ask(strategy.chooser(Seed(seed)), kind, odds, TIMES).0))
                    .sum();
                let expected = if strategy == Search::Boring { 0 } else { 40 * percent };
                // Four thousand draws deviate by 31 at most; four times that is certain enough.
                assert!(
                    all.abs_diff(expected) <= if expected == 0 { 0 } else { 125 },
                    "{strategy} {odds:?}: {all}"
                );
            }
        }
    }
}

#[test]
fn what_is_certain_is_not_asked() {
    for strategy in strategies() {
        for (strikes, of, answer) in [(0, 1, false), (0, 0, false), (3, 0, false), (1, 1, true), (5, 4, true)]
        {
            let (chooser, log) = Watch::around(strategy.chooser(Seed(1)));
            let (answers, trace, _) = ask(chooser, Kind::Armed, Odds { strikes, of }, 3);
            assert_eq!(answers, [answer; 3], "{strikes} of {of}");
            assert_eq!(trace, Trace::default());
            assert!(log.borrow().is_empty());
        }
    }
}

#[test]
fn strikes_are_replayed() {
    let odds = Odds { strikes: 1, of: 3 };
    for seed in (0..20).map(Seed) {
        let (answers, trace, _) = ask(Search::Swarm.chooser(seed), Kind::Buggify, odds, 50);
        assert_eq!(trace.picks.len(), strikes(&answers));
        let replayed = ask(Box::new(Strict::new(trace.clone())), Kind::Buggify, odds, 50);
        assert_eq!(replayed, (answers, trace, Ending::Returned), "seed {seed}");
    }
}
