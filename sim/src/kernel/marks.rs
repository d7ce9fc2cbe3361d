//! What a run sees of its program's marks, which of its fault points strike, and what it lets the search choose.
//!
//! Does not judge. Invariant: an outcome of a mark is an event the first time, and only then.

use super::Kernel;
use crate::choice::{Kind, Odds};
use crate::event::Event;
use crate::host::HostId;
use crate::mark::{Asks, Mark, Outcome, Seen};

/// How many of all runs a fault point is switched on in.
const ARMED: Odds = Odds { strikes: 1, of: 4 };

impl Kernel {
    /// The program passed a mark; `detail` is what it says of it, if anything.
    pub fn passed(&mut self, mark: &Mark, outcome: Outcome, detail: &str) {
        let host = self.host_id();
        let seen = self.seen(mark);
        if mark.asks == Asks::Eventually {
            match outcome {
                Outcome::True => seen.unfulfilled.remove(&host),
                Outcome::False => seen.unfulfilled.insert(host, detail.to_owned()),
            };
        }
        if seen.is_first(outcome) {
            self.emit(&Event::Marked { mark: Box::new(mark.clone()), outcome, detail: detail.to_owned() });
        }
    }

    /// Whether a fault point strikes: with odds of its own, in the runs in which it is switched on.
    pub fn buggify(&mut self, mark: &Mark, odds: Odds) -> bool {
        let armed = match self.seen(mark).armed {
            Some(armed) => armed,
            None => {
                let armed = self.strikes(Kind::Armed, ARMED);
                self.seen(mark).armed = Some(armed);
                armed
            }
        };
        let strikes = armed && self.strikes(Kind::Buggify, odds);
        self.passed(mark, strikes.into(), "");
        strikes
    }

    /// A number from `from` on that is one of `bound`, which the program lets the search choose.
    pub fn chosen(&mut self, from: i128, bound: u64) -> i128 {
        from + i128::from(self.choose(Kind::Chosen, bound))
    }

    /// The number that was chosen, from which on, and of how many; `place` is where the program lets it be chosen, and `words` what it says of it.
    pub fn tell_chosen(&mut self, chosen: (i128, i128, u64), place: &str, words: Option<&str>) {
        let (number, from, bound) = chosen;
        if bound > 1 && self.ending.is_none() {
            let to = from + i128::from(bound - 1);
            let words = words.map(str::to_owned);
            self.emit(&Event::Chose { number, from, to, place: place.to_owned(), words });
        }
    }

    fn seen(&mut self, mark: &Mark) -> &mut Seen {
        if !self.marks.contains_key(mark) {
            self.marks.insert(mark.clone(), Seen::default());
        }
        self.marks.get_mut(mark).expect("it was put there")
    }

    /// What is said of a mark, and on which host if there are several.
    fn on_host(&self, host: HostId, detail: &str) -> String {
        let name = &self.net.hosts.get(host).spec.name;
        match (self.net.hosts.count(), detail) {
            (1, detail) => detail.to_owned(),
            (_, "") => format!("on {name}"),
            (_, detail) => format!("on {name}: {detail}"),
        }
    }

    /// The program is done: whatever had to be true in the end and is not.
    pub(super) fn tell_unfulfilled(&mut self) {
        let unfulfilled: Vec<Event> = self
            .marks
            .iter()
            .flat_map(|(mark, seen)| seen.unfulfilled.iter().map(move |(host, detail)| (mark, *host, detail)))
            .map(|(mark, host, detail)| Event::Unfulfilled {
                mark: Box::new(mark.clone()),
                detail: self.on_host(host, detail),
            })
            .collect();
        unfulfilled.iter().for_each(|event| self.emit(event));
    }
}
