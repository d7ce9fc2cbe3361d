//! The names of the strategies, and the swarm that draws one of them per seed.
//!
//! Knows every chooser and no question. Invariant: the resolved name of a strategy, with its seed and its program,
//! makes the same chooser again; `swarm` is never a resolved name.

use core::fmt;
use core::ops::RangeInclusive;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{
    Boring, Delay, Eager, Lengths, Pct, Pos, Selection, Shape, Spos, Starve, Surw, Urw, Walk, WalkKnobs,
    Words,
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
}

/// The points over which PCT spreads its changes, and a round robin its delays, when the command line does not say.
const PCT_POINTS: u64 = 4096;

/// The swarm is divided into so many equal shares. How many a strategy has was chosen by what each finds of the scenarios' races
/// (`cargo xtask compare-strategies`): none finds them all.
const SHARES: u64 = 32;

/// A program of fewer points is a short one.
const SHORT: u64 = 1024;

/// Of a program of fewer points most seeds draw interleavings alike. The more points there are, the more the drawn ones are like each
/// other, every thread as far as its share at each time: then a few changes of who comes first find more.
const TINY: u64 = 128;

/// A program of more points is asked at some of them only.
const LONG: u64 = 1 << 14;

impl Strategy {
    /// The strategy a seed runs: itself, or what the swarm draws for a program of unknown length.
    #[must_use]
    pub fn resolve(self, seed: Seed) -> Self {
        self.resolve_for(seed, PCT_POINTS)
    }

    /// The strategy a seed runs: itself, or what the swarm draws for a program that passes about `points` scheduling points.
    /// A random walk by what is left to do comes without lengths: whoever knows the program's puts them in.
    #[must_use]
    pub fn resolve_for(self, seed: Seed, points: u64) -> Self {
        if self != Self::Swarm {
            return self;
        }
        let points = points.clamp(2, 1 << 24);
        // A preemption must land somewhere in the program, so the knobs go by its length.
        let bits = points.ilog2();
        let mut config = Draws::new(seed, Stream::Config);
        if points < SHORT {
            return Self::of_a_short_program(seed, points, config);
        }
        match config.below(SHARES) {
            0..=1 => Self::Walk { gap: config.magnitude(0, bits / 2), nap_ns: 0, change_one_in: 0 },
            2..=12 => Self::Eager {
                percent: held_back(&mut config),
                gap: if config.one_in(2) { 0 } else { config.magnitude(bits.saturating_sub(4), bits) },
            },
            13..=20 => Self::Pos { gap: config.magnitude(0, bits / 3) },
            21..=24 => Self::Pct { depth: 1 + small(&mut config, 5), points },
            25..=27 => {
                // At each point it finds the most, where that is not too dear.
                let gap = if points < LONG { 1 } else { config.magnitude(0, bits / 4) };
                Self::uniform(gap)
            }
            28 => {
                let rule = match config.below(4) {
                    0 => Rule::Uniform,
                    1 => Rule::Pct { depth: 2 + small(&mut config, 3) },
                    _ => Rule::Pos,
                };
                // Of the many words of a long program, few matter.
                Self::selective(rule, if config.one_in(4) { Selection::Shared } else { Selection::One })
            }
            29 => napping(&mut config, bits),
            30 => Self::Delay { delays: 1 + small(&mut config, 3), points },
            _ => Self::Starve,
        }
    }

    /// A short program has few interleavings. Most seeds draw one of them all alike, or of the orders of what is shared, or of those that
    /// need few changes of priority; in between are the strategies for what is unlikely among them all.
    fn of_a_short_program(seed: Seed, points: u64, mut config: Draws) -> Self {
        let all = |rule| Self::selective(rule, Selection::All);
        if points < TINY {
            match seed.0 % 8 {
                0 if config.one_in(2) => return all(Rule::Pct { depth: 4 + small(&mut config, 3) }),
                3 if config.one_in(2) => return all(Rule::Pct { depth: 2 + small(&mut config, 4) }),
                6 => {
                    return match config.below(4) {
                        0 => all(Rule::Pos),
                        1 => Self::uniform(1),
                        2 => Self::selective(Rule::Uniform, Selection::One),
                        _ => Self::selective(Rule::Uniform, Selection::Shared),
                    };
                }
                0..=5 => return all(Rule::Uniform),
                _ => {}
            }
        } else {
            match seed.0 % 4 {
                0 => return all(Rule::Uniform),
                1 => {
                    let rule = Rule::Pct { depth: 3 + small(&mut config, 3) };
                    return Self::selective(rule, Selection::Shared);
                }
                2 => return Self::Walk { gap: config.magnitude(0, 2), nap_ns: 0, change_one_in: 0 },
                _ => {}
            }
        }
        let bits = points.ilog2();
        match config.below(SHARES) {
            0..=4 => Self::Walk { gap: config.magnitude(0, 2), nap_ns: 0, change_one_in: 0 },
            5..=14 => Self::Eager { percent: held_back(&mut config), gap: 0 },
            15..=20 => Self::Pos { gap: config.magnitude(0, 1) },
            21..=28 => Self::Pct { depth: 1 + small(&mut config, 5), points },
            29 => napping(&mut config, bits),
            30 => Self::Delay { delays: 1 + small(&mut config, 3), points },
            _ => Self::Starve,
        }
    }

    fn uniform(gap: u64) -> Self {
        Self::Urw { gap, clock: 0, lengths: Lengths::EMPTY }
    }

    fn selective(rule: Rule, selection: Selection) -> Self {
        Self::Selective { rule, selection, words: Words::EMPTY, clock: 0, touches: Lengths::EMPTY }
    }

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
            "surw" | "spos" | "spct" => {
                let rule = match name {
                    "surw" => Rule::Uniform,
                    "spos" => Rule::Pos,
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

/// In how many of a hundred cases an eager search holds a thread back.
fn held_back(config: &mut Draws) -> u64 {
    one_of(config, &[100, 100, 95, 90, 75])
}

/// Draws one of these, each as likely as any other.
fn one_of(config: &mut Draws, these: &[u64]) -> u64 {
    let drawn = config.below(these.len() as u64);
    these[usize::try_from(drawn).expect("below a length")]
}

/// A walk that preempts seldom, and for long.
fn napping(config: &mut Draws, bits: u32) -> Strategy {
    Strategy::Walk {
        gap: config.magnitude(bits / 2, bits + 1),
        nap_ns: config.magnitude(17, 24),
        change_one_in: config.magnitude(0, 4),
    }
}

/// Draws a number below another.
fn small(config: &mut Draws, bound: u32) -> u32 {
    u32::try_from(config.below(u64::from(bound))).expect("below a small number")
}

fn unknown(text: &str) -> String {
    format!(
        "no strategy {text:?}: there are swarm, boring, walk[:GAP[:NAP_NS[:ONE_IN]]], pct[:DEPTH[:POINTS]] (depth at most 64), pos[:GAP], urw[:GAP[:CLOCK:LENGTHS]], surw[:shared|one|all], spos[:shared|one|all], spct[:DEPTH[:shared|one|all]], delay[:DELAYS[:POINTS]] (at most 64), eager[:PERCENT[:GAP]] and starve"
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
    fn each_strategy_has_a_share_of_the_swarm_that_a_sweep_of_hundreds_meets() {
        for points in [20, 3_000, 1 << 20] {
            let drawn: Vec<_> =
                (0..500).map(|seed| Strategy::Swarm.resolve_for(Seed(seed), points)).collect();
            let has = |is: fn(&Strategy) -> bool| drawn.iter().any(is);
            assert!(has(|s| matches!(s, Strategy::Walk { nap_ns: 0, .. })), "{points}");
            assert!(has(|s| matches!(s, Strategy::Walk { nap_ns: 1.., .. })), "{points}");
            assert!(has(|s| matches!(s, Strategy::Eager { .. })), "{points}");
            assert!(has(|s| matches!(s, Strategy::Pos { .. })), "{points}");
            assert!(has(|s| matches!(s, Strategy::Urw { .. })), "{points}");
            assert!(has(|s| matches!(s, Strategy::Selective { .. })), "{points}");
            assert!(has(|s| matches!(s, Strategy::Starve)), "{points}");
            let mut depths: Vec<u32> = Vec::new();
            let mut delays = depths.clone();
            for strategy in &drawn {
                match *strategy {
                    Strategy::Pct { depth, points: over } if over == points => depths.push(depth),
                    Strategy::Delay { delays: many, points: over } if over == points => delays.push(many),
                    Strategy::Pct { .. } | Strategy::Delay { .. } => panic!("{strategy} of {points} points"),
                    _ => {}
                }
            }
            [&mut depths, &mut delays].into_iter().for_each(|drawn| {
                drawn.sort_unstable();
                drawn.dedup();
            });
            assert_eq!((depths, delays), (vec![1, 2, 3, 4, 5], vec![1, 2, 3]), "{points}");
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
