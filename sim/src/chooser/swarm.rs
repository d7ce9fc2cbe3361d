//! The swarm: which strategy a seed runs, by the length of its program.
//!
//! Does not know the program's races. Invariant: what a seed draws follows from it and from the length alone.

use super::lengths::Lengths;
use super::strategy::{PCT_POINTS, Rule, Strategy};
use super::{Selection, Words};
use crate::seed::{Draws, Seed, Stream};

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
        let config = Draws::new(seed, Stream::Config);
        match points {
            ..TINY => of_a_tiny_program(seed, points, config),
            TINY..SHORT => of_a_short_program(seed, points, config),
            SHORT.. => of_a_program(points, config),
        }
    }

    pub(super) fn uniform(gap: u64) -> Self {
        Self::Urw { gap, clock: 0, lengths: Lengths::EMPTY }
    }

    pub(super) fn selective(rule: Rule, selection: Selection) -> Self {
        Self::Selective { rule, selection, words: Words::EMPTY, clock: 0, touches: Lengths::EMPTY }
    }
}

fn of_a_program(points: u64, mut config: Draws) -> Strategy {
    // A preemption must land somewhere in the program, so the knobs go by its length.
    let bits = points.ilog2();
    match config.below(SHARES) {
        0..=1 => walk(config.magnitude(0, bits / 2)),
        2..=12 => Strategy::Eager {
            percent: held_back(&mut config),
            gap: if config.one_in(2) { 0 } else { config.magnitude(bits.saturating_sub(4), bits) },
        },
        13..=20 => Strategy::Pos { gap: config.magnitude(0, bits / 3) },
        21..=24 => Strategy::Pct { depth: 1 + small(&mut config, 5), points },
        25..=27 => {
            // At each point it finds the most, where that is not too dear.
            let gap = if points < LONG { 1 } else { config.magnitude(0, bits / 4) };
            Strategy::uniform(gap)
        }
        28 => {
            let rule = match config.below(4) {
                0 => Rule::Uniform,
                1 => Rule::Pct { depth: 2 + small(&mut config, 3) },
                _ => Rule::Pos,
            };
            // Of the many words of a long program, few matter.
            Strategy::selective(rule, if config.one_in(4) { Selection::Shared } else { Selection::One })
        }
        29 => napping(&mut config, bits),
        30 => Strategy::Delay { delays: 1 + small(&mut config, 3), points },
        _ => Strategy::Starve,
    }
}

/// A tiny program has few interleavings. Most seeds draw one of the orders of what it touches, all alike; in between are the strategies for
/// what is unlikely among those: that threads take turns at each touch, that some are far ahead, or that one is stopped between touches.
fn of_a_tiny_program(seed: Seed, points: u64, mut config: Draws) -> Strategy {
    let all = |rule| Strategy::selective(rule, Selection::All);
    match seed.0 % 8 {
        0 if config.one_in(2) => all(Rule::Pos),
        4 => match config.below(4) {
            0 => Strategy::selective(Rule::Uniform, Selection::Shared),
            1 => all(Rule::Walk { percent: 90 }),
            _ => all(Rule::Walk { percent: 100 }),
        },
        5 => match config.below(4) {
            0 => all(Rule::Pct { depth: 3 + small(&mut config, 4) }),
            1 => Strategy::selective(Rule::Uniform, Selection::Shared),
            _ => all(Rule::Uniform),
        },
        6 => match config.below(4) {
            0 => all(Rule::Pct { depth: 2 }),
            1 => Strategy::uniform(1),
            2 => Strategy::selective(Rule::Uniform, Selection::One),
            _ => Strategy::selective(Rule::Uniform, Selection::Shared),
        },
        7 => over_points(points, &mut config),
        _ => all(Rule::Uniform),
    }
}

/// In a short program uniform orders are alike; that threads take turns, or that the woken run first, is found by those who seek it.
fn of_a_short_program(seed: Seed, points: u64, mut config: Draws) -> Strategy {
    match seed.0 % 8 {
        0 => Strategy::selective(Rule::Walk { percent: 60 }, Selection::All),
        1 if config.one_in(3) => Strategy::selective(Rule::Walk { percent: 100 }, Selection::All),
        1 => Strategy::Eager { percent: 100, gap: 0 },
        2 | 6 => Strategy::selective(Rule::Uniform, Selection::All),
        3 | 5 => Strategy::selective(Rule::Pct { depth: 3 + small(&mut config, 3) }, Selection::Shared),
        4 => walk(config.magnitude(0, 2)),
        _ => over_points(points, &mut config),
    }
}

/// What goes by no word, for a program that is not long.
fn over_points(points: u64, config: &mut Draws) -> Strategy {
    match config.below(SHARES) {
        0..=4 => walk(config.magnitude(0, 2)),
        5..=14 => Strategy::Eager { percent: held_back(config), gap: 0 },
        15..=20 => Strategy::Pos { gap: config.magnitude(0, 1) },
        21..=28 => Strategy::Pct { depth: 1 + small(config, 5), points },
        29 => napping(config, points.ilog2()),
        30 => Strategy::Delay { delays: 1 + small(config, 3), points },
        _ => Strategy::Starve,
    }
}

/// A walk that takes nobody off the processor.
fn walk(gap: u64) -> Strategy {
    Strategy::Walk { gap, nap_ns: 0, change_one_in: 0 }
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
