//! Random walk over the touches of a few words: before each, in so many of a hundred cases, another thread goes first.
//!
//! Of the orders of touches in which threads take turns at each there are few, so that a uniform walk seldom draws one, and a race that
//! needs several turns is among them. Between touches nobody is preempted. Does not know what blocks, nor whether a touch writes.
//! Invariant: a thread that stands before no touch goes on.

use super::aside::Aside;
use super::touches::Touches;
use super::words::Words;
use crate::choice::{Chooser, Divergence, Kind, Moment, Question};
use crate::seed::{Draws, Seed, Stream};

/// A walk over the touches of a few words.
#[derive(Debug)]
pub struct Swalk {
    touches: Touches,
    percent: u64,
    schedule: Draws,
    aside: Aside,
}

impl Swalk {
    /// A walk over the touches of these words, which gives way before so many of a hundred.
    #[must_use]
    pub fn new(seed: Seed, percent: u64, words: Words) -> Self {
        let schedule = Draws::new(seed, Stream::Schedule);
        Self { touches: Touches::new(words), percent, schedule, aside: Aside::new(seed) }
    }
}

impl Chooser for Swalk {
    fn quiet_points(&mut self, at: &Moment) -> u64 {
        self.touches.made(at);
        0
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        Ok(match question.kind {
            Kind::Preempt if self.touches.stops(&question.at).is_none() => 0,
            Kind::Preempt if self.schedule.below(100) >= self.percent => 0,
            Kind::Preempt => 1 + self.schedule.below(question.bound - 1),
            Kind::Next => self.schedule.below(question.bound),
            _ => self.aside.choose(question),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::play::{Part, WORD, goes_on, order};
    use super::*;
    use crate::thread::ThreadId;

    fn walk(seed: u64, percent: u64) -> Swalk {
        Swalk::new(Seed(seed), percent, Words::new([WORD]))
    }

    #[test]
    fn threads_take_turns_at_each_touch_where_all_give_way() {
        let turns = |seed| order(&mut walk(seed, 100), &[Part::new(3, 4), Part::new(2, 0)]);
        let orders: BTreeSet<Vec<u32>> = (0..40).map(turns).collect();
        assert_eq!(orders, BTreeSet::from([vec![1, 2, 1, 2, 1], vec![2, 1, 2, 1, 1]]));
    }

    #[test]
    fn a_thread_gives_way_as_often_as_is_said_and_between_touches_never() {
        const RUNS: u64 = 10_000;
        for percent in [1, 60, 100] {
            let gives_way = |seed: &u64| !goes_on(&mut walk(*seed, percent), ThreadId(1), WORD);
            let count = (0..RUNS).filter(gives_way).count() as u64;
            assert!((count * 100).abs_diff(RUNS * percent) < RUNS * 2, "{percent}: {count}");
            assert!((0..100).all(|seed| goes_on(&mut walk(seed, percent), ThreadId(1), WORD + 8)));
        }
    }

    #[test]
    fn every_order_can_come() {
        let turns = |seed| order(&mut walk(seed, 60), &[Part::new(3, 1), Part::new(2, 7)]);
        // 5! / (3! 2!)
        assert_eq!((0..2_000).map(turns).collect::<BTreeSet<_>>().len(), 10);
    }
}
