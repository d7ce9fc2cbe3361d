//! The strategies and their names.
//!
//! Knows every chooser and no question, and not which seed gets which. Invariant: the resolved name of a strategy, with its seed and its
//! program, makes the same chooser again; `swarm` is never a resolved name.

use core::fmt;
use core::ops::RangeInclusive;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    Boring, Delay, Eager, Lengths, Pct, Pos, Selection, Shape, Spos, Starve, Surw, Swalk, Urw, Walk,
    WalkKnobs, Words,
};
use crate::choice::Chooser;
use crate::seed::{Draws, Seed, Stream};

/// A search strategy with its knobs, as typed after `--strategy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strategy {
    /// Draw one of the others, and its knobs, from the seed.
    Swarm,
    /// Never anything but pick 0.
    Boring,
    /// Random walk.
    Walk {
        /// Mean points between two preemptions.
        gap: u64,
        /// Mean virtual nanoseconds for which a preempted thread is off the processor.
        nap_ns: u64,
        /// A thread is preempted once in so many times that it made something new possible; 0 for never.
        change_one_in: u64,
    },
    /// PCT.
    Pct {
        /// Ordering constraints the bug needs; the number of preemptions plus one.
        depth: u32,
        /// Scheduling points over which the priority changes are spread.
        points: u64,
    },
    /// The woken run before the waker.
    Eager {
        /// A thread is held back in so many of a hundred cases in which it made something new possible.
        percent: u64,
        /// Mean points between two exchanges of a held thread and the running one; 0 for none.
        gap: u64,
    },
    /// One thread starved.
    Starve,
    /// Partial order sampling.
    Pos {
        /// Mean points that make one event.
        gap: u64,
    },
    /// Uniform random walk by what each thread has left to do.
    Urw {
        /// Mean points between two draws.
        gap: u64,
        /// How often time passes in a run.
        clock: u64,
        /// How long each thread is; empty where nobody has looked, and then it is a plain walk.
        lengths: Lengths,
    },
    /// A strategy that looks at nothing but the touches of a few words.
    Selective {
        /// Who goes first of those that stand before one.
        rule: Rule,
        /// Which words.
        selection: Selection,
        /// Where they lie; none where nobody has looked, and then nobody is preempted.
        words: Words,
        /// How often time passes in a run.
        clock: u64,
        /// How often each thread touches one of them.
        touches: Lengths,
    },
    /// A round robin with a few delays.
    Delay {
        /// How many threads lose their turn, at most.
        delays: u32,
        /// Scheduling points over which the delays are spread.
        points: u64,
    },
}

/// How a selective strategy orders touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// By what each thread has left to do: SURW.
    Uniform,
    /// By priorities of touches: POS.
    Pos,
    /// By priorities of threads: PCT.
    Pct {
        /// As of [`Strategy::Pct`].
        depth: u32,
    },
    /// By turns: a random walk.
    Walk {
        /// Another thread goes first before so many touches of a hundred.
        percent: u64,
    },
}

/// The points over which PCT spreads its changes, and a round robin its delays, when the command line does not say.
pub(super) const PCT_POINTS: u64 = 4096;

impl Strategy {
    /// What runs in its place where runs share a process: there nothing need lie at the addresses that were learned in another. `points` as
    /// for [`Strategy::resolve_for`].
    #[must_use]
    pub fn without_addresses(self, points: u64) -> Self {
        match self {
            Self::Selective { rule, .. } => Self::over_points(rule, points),
            strategy => strategy,
        }
    }

    /// The same rule where there are no words to stop at.
    fn over_points(rule: Rule, points: u64) -> Self {
        match rule {
            Rule::Uniform => Self::uniform(1),
            Rule::Pos => Self::Pos { gap: 1 },
            Rule::Pct { depth } => Self::Pct { depth, points: points.clamp(2, 1 << 24) },
            Rule::Walk { .. } => Self::Walk { gap: 1, nap_ns: 0, change_one_in: 0 },
        }
    }

    /// Whether nothing of its program is left to be learned.
    #[must_use]
    pub fn is_learned(self) -> bool {
        match self {
            Self::Urw { lengths, .. } => !lengths.is_empty(),
            Self::Selective { words, .. } => !words.is_empty(),
            _ => true,
        }
    }

    /// The strategy that a seed runs with what one run showed of its program. Where it showed no words, what goes by touches goes by
    /// points.
    #[must_use]
    pub fn learned(self, seed: Seed, shape: &Shape) -> Self {
        let Shape { clock, lengths, points, .. } = *shape;
        match self {
            known if known.is_learned() => known,
            Self::Selective { rule, selection, .. } => {
                match shape.select(selection, &mut Draws::new(seed, Stream::Words)) {
                    Some((words, touches)) => Self::Selective { rule, selection, words, clock, touches },
                    None => Self::over_points(rule, points).learned(seed, shape),
                }
            }
            Self::Urw { gap, .. } => Self::Urw { gap, clock, lengths },
            strategy => strategy,
        }
    }

    /// The chooser of a resolved strategy.
    #[must_use]
    pub fn chooser(self, seed: Seed) -> Box<dyn Chooser> {
        match self.resolve(seed) {
            Self::Boring => Box::new(Boring),
            Self::Walk { gap, nap_ns, change_one_in } => {
                Box::new(Walk::new(seed, WalkKnobs { gap, nap_ns, change_one_in }))
            }
            Self::Pct { depth, points } => Box::new(Pct::new(seed, depth, points)),
            Self::Eager { percent, gap } => Box::new(Eager::new(seed, percent, gap)),
            Self::Pos { gap } => Box::new(Pos::new(seed, gap)),
            Self::Urw { gap, clock, lengths } => Box::new(Urw::new(seed, gap, clock, &lengths)),
            Self::Selective { rule, words, clock, touches, .. } => match rule {
                Rule::Uniform => Box::new(Surw::new(seed, words, clock, &touches)),
                Rule::Pos => Box::new(Spos::new(seed, words)),
                Rule::Walk { percent } => Box::new(Swalk::new(seed, percent, words)),
                Rule::Pct { depth } => Box::new(Pct::selective(seed, depth, words, touches.total().max(1))),
            },
            Self::Delay { delays, points } => Box::new(Delay::new(seed, delays, points)),
            Self::Starve | Self::Swarm => Box::new(Starve::new(seed)),
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Swarm => write!(f, "swarm"),
            Self::Boring => write!(f, "boring"),
            Self::Walk { gap, nap_ns, change_one_in } => write!(f, "walk:{gap}:{nap_ns}:{change_one_in}"),
            Self::Pct { depth, points } => write!(f, "pct:{depth}:{points}"),
            Self::Eager { percent, gap } => write!(f, "eager:{percent}:{gap}"),
            Self::Starve => write!(f, "starve"),
            Self::Pos { gap } => write!(f, "pos:{gap}"),
            Self::Urw { gap, lengths, .. } if lengths.is_empty() => write!(f, "urw:{gap}"),
            Self::Urw { gap, clock, lengths } => write!(f, "urw:{gap}:{clock}:{lengths}"),
            // Addresses are of one build: whoever reads the name has the program, and looks again.
            Self::Selective { rule, selection, .. } => match rule {
                Rule::Uniform => write!(f, "surw:{selection}"),
                Rule::Pos => write!(f, "spos:{selection}"),
                Rule::Pct { depth } => write!(f, "spct:{depth}:{selection}"),
                Rule::Walk { percent } => write!(f, "swalk:{percent}:{selection}"),
            },
            Self::Delay { delays, points } => write!(f, "delay:{delays}:{points}"),
        }
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split(':');
        let name = words.next().unwrap_or_default();
        let mut knob = |range: RangeInclusive<u64>, default: u64| match words.next() {
            None => Ok(default),
            Some(word) => word.parse().ok().filter(|n| range.contains(n)).ok_or_else(|| unknown(text)),
        };
        let strategy = match name {
            "swarm" => Self::Swarm,
            "boring" => Self::Boring,
            "starve" => Self::Starve,
            "walk" => Self::Walk {
                gap: knob(1..=1 << 40, 16)?,
                nap_ns: knob(0..=1 << 40, 0)?,
                change_one_in: knob(0..=1 << 40, 0)?,
            },
            "eager" => Self::Eager { percent: knob(1..=100, 90)?, gap: knob(0..=1 << 40, 0)? },
            "pct" => {
                let depth = u32::try_from(knob(1..=64, 3)?).expect("at most 64");
                Self::Pct { depth, points: knob(1..=1 << 40, PCT_POINTS)? }
            }
            "pos" => Self::Pos { gap: knob(1..=1 << 40, 1)? },
            "delay" => {
                let delays = u32::try_from(knob(0..=64, 2)?).expect("at most 64");
                Self::Delay { delays, points: knob(1..=1 << 40, PCT_POINTS)? }
            }
            "urw" => {
                let gap = knob(1..=1 << 40, 1)?;
                let clock = knob(0..=1 << 40, 0)?;
                let lengths: Lengths = words.next().unwrap_or_default().parse()?;
                // By these names only does it read back: a clock says nothing without lengths.
                if lengths.is_empty() && text.split(':').count() > 2 {
                    return Err(unknown(text));
                }
                Self::Urw { gap, clock, lengths }
            }
            "surw" | "spos" | "spct" | "swalk" => {
                let rule = match name {
                    "surw" => Rule::Uniform,
                    "spos" => Rule::Pos,
                    "swalk" => Rule::Walk { percent: knob(1..=100, 75)? },
                    _ => Rule::Pct { depth: u32::try_from(knob(1..=64, 3)?).expect("at most 64") },
                };
                let selection = match words.next() {
                    None | Some("shared") => Selection::Shared,
                    Some("one") => Selection::One,
                    Some("all") => Selection::All,
                    Some(_) => return Err(unknown(text)),
                };
                Self::selective(rule, selection)
            }
            _ => return Err(unknown(text)),
        };
        if words.next().is_some() { Err(unknown(text)) } else { Ok(strategy) }
    }
}

fn unknown(text: &str) -> String {
    format!(
        "no strategy {text:?}: there are swarm, boring, walk[:GAP[:NAP_NS[:ONE_IN]]], pct[:DEPTH[:POINTS]] (depth at most 64), pos[:GAP], urw[:GAP[:CLOCK:LENGTHS]], surw[:shared|one|all], spos[:shared|one|all], spct[:DEPTH[:shared|one|all]], swalk[:PERCENT[:shared|one|all]], delay[:DELAYS[:POINTS]] (at most 64), eager[:PERCENT[:GAP]] and starve"
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Sharing, Word};
    use super::*;

    #[test]
    fn a_resolved_strategy_reads_back_from_its_name() {
        for seed in (0..200).map(Seed) {
            let strategy = Strategy::Swarm.resolve(seed);
            assert_ne!(strategy, Strategy::Swarm);
            assert_eq!(strategy.to_string().parse(), Ok(strategy));
        }
    }

    #[test]
    fn what_was_learned_is_part_of_the_name() {
        let shape = Shape { points: 50, clock: 3, lengths: "5,7@0".parse().unwrap(), words: Vec::new() };
        let named = |name: &str, shape: &Shape| name.parse::<Strategy>().unwrap().learned(Seed(1), shape);
        assert_eq!(named("urw:2", &shape).to_string(), "urw:2:3:5,7@0");
        assert_eq!(named("pos:2", &shape).to_string(), "pos:2");
        // Where it touches no word that is told, it goes by all points.
        assert_eq!(named("surw:one", &shape).to_string(), "urw:1:3:5,7@0");
        assert_eq!(named("spos:one", &shape).to_string(), "pos:1");
        assert_eq!(named("spct:5:all", &shape).to_string(), "pct:5:50");
        // And so it does where addresses say nothing.
        let elsewhere = |name: &str| name.parse::<Strategy>().unwrap().without_addresses(50).to_string();
        assert_eq!(
            ["surw", "spos", "spct:2", "pos:7"].map(elsewhere),
            ["urw:1", "pos:1", "pct:2:50", "pos:7"]
        );
        let word = Word { address: 0x40, touches: "0,2@0".parse().unwrap(), sharing: Sharing::Shared };
        let walk = named("surw", &Shape { words: vec![word], ..shape });
        let words = Words::new([0x40]);
        assert_eq!(
            walk,
            Strategy::Selective {
                rule: Rule::Uniform,
                selection: Selection::Shared,
                words,
                clock: 3,
                touches: word.touches
            }
        );
        // What was learned of words is not: it is learned again.
        assert_eq!(walk.to_string(), "surw:shared");
        let again: Strategy = walk.to_string().parse().unwrap();
        assert_eq!((walk.is_learned(), again.is_learned()), (true, false));
    }

    #[test]
    fn what_is_no_strategy_is_refused_by_name() {
        for text in [
            "",
            "pct:0",
            "pct:65",
            "pct:3:0",
            "walk:x",
            "walk:0",
            "walk:1:2:3:4",
            "boring:1",
            "PCT",
            "surw:few",
            "surw:one:1",
        ] {
            let error = text.parse::<Strategy>().unwrap_err();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
