//! Choosers around other choosers: one that writes down what is asked, one that wants to be asked at other moments.
//!
//! Does not answer anything itself. Invariant: the answers are those of the chooser within.

use std::cell::RefCell;
use std::rc::Rc;

use photofinish_sim::choice::{Attention, Candidate, Chooser, Divergence, Kind, Moment, Notice, Question};
use photofinish_sim::chooser::{Lengths, Rule, Selection, Strategy, Words};
use photofinish_sim::seed::{Draws, Seed, Stream};

use crate::driver::address;

/// A question as it was put, and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) kind: Kind,
    pub(crate) at: Moment,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) pick: u64,
}

pub(crate) type Log = Rc<RefCell<Vec<Asked>>>;

/// Writes down every question.
pub(crate) struct Watch {
    inner: Box<dyn Chooser>,
    log: Log,
}

impl Watch {
    pub(crate) fn around(inner: Box<dyn Chooser>) -> (Box<dyn Chooser>, Log) {
        let log = Log::default();
        (Box::new(Self { inner, log: Rc::clone(&log) }), log)
    }
}

impl Chooser for Watch {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        self.inner.quiet_points(at)
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        let pick = self.inner.choose(question)?;
        let candidates = match question.kind {
            Kind::Preempt | Kind::Next => question.candidates.to_vec(),
            _ => Vec::new(),
        };
        self.log.borrow_mut().push(Asked { kind: question.kind, at: question.at, candidates, pick });
        Ok(pick)
    }

    fn notice(&mut self, notice: Notice) {
        self.inner.notice(notice);
    }

    fn attention(&self) -> Attention {
        self.inner.attention()
    }

    fn finish(&mut self, at: &Moment) -> Result<(), Divergence> {
        self.inner.finish(at)
    }
}

/// Wants to be asked more often than the chooser within does: at most `most` points are quiet.
pub(crate) struct Restless {
    inner: Box<dyn Chooser>,
    most: u64,
    draws: Draws,
}

impl Restless {
    pub(crate) fn around(inner: Box<dyn Chooser>, most: u64) -> Box<dyn Chooser> {
        Box::new(Self { inner, most, draws: Draws::new(Seed(most), Stream::Config) })
    }
}

impl Chooser for Restless {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        self.inner.quiet_points(at).min(self.draws.below(self.most + 1))
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        self.inner.choose(question)
    }

    fn notice(&mut self, notice: Notice) {
        self.inner.notice(notice);
    }

    fn attention(&self) -> Attention {
        if self.draws.clone().one_in(2) { Attention::AtEveryChange } else { Attention::AtOwnPoints }
    }

    fn finish(&mut self, at: &Moment) -> Result<(), Divergence> {
        self.inner.finish(at)
    }
}

/// One of each strategy, some with several knobs.
pub(crate) fn strategies() -> Vec<Strategy> {
    let touches = "9,9@0,9@0,9@0".parse().expect("touches of four threads");
    let selective = |rule, addresses: &[u64]| Strategy::Selective {
        rule,
        selection: Selection::All,
        words: Words::new(addresses.iter().copied()),
        clock: 5,
        touches,
    };
    vec![
        Strategy::Swarm,
        Strategy::Boring,
        Strategy::Walk { gap: 1, nap_ns: 0, change_one_in: 0 },
        Strategy::Walk { gap: 16, nap_ns: 0, change_one_in: 0 },
        Strategy::Walk { gap: 40, nap_ns: 200_000, change_one_in: 3 },
        Strategy::Walk { gap: 1_000, nap_ns: 20_000_000, change_one_in: 1 },
        Strategy::Pct { depth: 1, points: 64 },
        Strategy::Pct { depth: 4, points: 200 },
        Strategy::Eager { percent: 100, gap: 0 },
        Strategy::Eager { percent: 100, gap: 30 },
        Strategy::Eager { percent: 75, gap: 0 },
        Strategy::Starve,
        Strategy::Pos { gap: 1 },
        Strategy::Pos { gap: 20 },
        Strategy::Urw { gap: 1, clock: 0, lengths: Lengths::EMPTY },
        Strategy::Urw { gap: 12, clock: 0, lengths: Lengths::EMPTY },
        Strategy::Delay { delays: 0, points: 64 },
        Strategy::Delay { delays: 3, points: 200 },
        selective(Rule::Uniform, &[address(0), address(1), address(2)]),
        selective(Rule::Uniform, &[address(1)]),
        selective(Rule::Pos, &[address(0), address(1), address(2)]),
        selective(Rule::Pct { depth: 3 }, &[address(0), address(2)]),
        selective(Rule::Walk { percent: 75 }, &[address(0), address(1)]),
    ]
}
