//! Figures: medians with their spread, and how each side stands to the one beside it.
//!
//! Does not measure. Invariant: a ratio is taken of samples of the same round, and then the median of those.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Group;
use super::stage::Sample;
use super::works::{Source, Work};

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Nanoseconds of an operation: less is better.
    Ns,
    /// So many of something a second: more is better.
    Rate(&'static str),
    /// The same of bytes.
    GibPerSecond,
}

impl Unit {
    /// Its name.
    fn name(self) -> &'static str {
        match self {
            Self::Ns => "ns",
            Self::Rate(name) => name,
            Self::GibPerSecond => "GiB/s",
        }
    }

    /// What so many nanoseconds of an operation are in this unit.
    pub(super) fn of(self, each_ns: f64) -> f64 {
        match self {
            Self::Ns => each_ns,
            Self::Rate(_) => 1e9 / each_ns,
            Self::GibPerSecond => 1e9 / each_ns / f64::from(1 << 30),
        }
    }

    /// A value in this unit, in three digits.
    pub(super) fn shown(self, value: f64) -> String {
        match self {
            Self::Ns => time(value),
            Self::Rate(name) if name.starts_with('/') => format!("{}{name}", scaled(value)),
            Self::Rate(_) | Self::GibPerSecond => format!("{} {}", scaled(value), self.name()),
        }
    }
}

/// One side of a work, measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    group: Group,
    pub(super) work: String,
    pub(super) side: &'static str,
    #[serde(rename = "unit", serialize_with = "named")]
    pub(super) unit: Unit,
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
    samples: usize,
    /// The most memory that was there at one time, where somebody tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) memory_kib: Option<u64>,
    /// The side that it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) beside: Option<&'static str>,
    /// How many times as long it takes as that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<f64>,
    /// Whose it is.
    #[serde(skip)]
    pub(super) is_peer: bool,
    #[serde(skip)]
    pub(super) each_ns: f64,
}

fn named<S: serde::Serializer>(unit: &Unit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(unit.name())
}

/// The figures of a work, of the samples of each side by round.
pub(super) fn figures(work: &Work, samples: &[Vec<Sample>]) -> Vec<Figure> {
    let by_name: BTreeMap<&str, &Vec<Sample>> =
        work.sides.iter().map(|side| side.name).zip(samples).collect();
    let sides = work.sides.iter().zip(samples).filter(|(_, taken)| !taken.is_empty());
    sides
        .map(|(side, taken)| {
            let each: Vec<f64> = taken.iter().map(|sample| sample.each_ns).collect();
            let times = side.beside.and_then(|beside| {
                let pairs = taken.iter().zip(by_name[beside]);
                middle(pairs.map(|(own, other)| own.each_ns / other.each_ns).collect())
            });
            let each_ns = middle(each.clone()).expect("there are samples");
            let shown: Vec<f64> = each.into_iter().map(|each_ns| work.unit.of(each_ns)).collect();
            Figure {
                group: work.group,
                work: work.name.clone(),
                side: side.name,
                unit: work.unit,
                median: work.unit.of(each_ns),
                least: shown.iter().copied().fold(f64::INFINITY, f64::min),
                most: shown.iter().copied().fold(0.0, f64::max),
                samples: taken.len(),
                memory_kib: taken.iter().filter_map(|sample| sample.memory_kib).max(),
                beside: side.beside,
                times,
                is_peer: matches!(side.source, Source::Peer(..)),
                each_ns,
            }
        })
        .collect()
}

/// The middle one, the lower of two.
fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().div_ceil(2).checked_sub(1)?).copied()
}

/// All figures so far, by work and side.
#[derive(Default)]
pub(super) struct Figures(BTreeMap<(String, &'static str), Figure>);

impl Figures {
    /// Takes more of them.
    pub(super) fn extend(&mut self, figures: Vec<Figure>) {
        self.0.extend(figures.into_iter().map(|figure| ((figure.work.clone(), figure.side), figure)));
    }

    /// That of a side of a work, if it was measured.
    pub(super) fn of(&self, work: &str, side: &'static str) -> Option<&Figure> {
        self.0.get(&(work.to_owned(), side))
    }
}

/// A time in three digits.
fn time(ns: f64) -> String {
    match ns {
        1e9.. => format!("{} s", digits(ns / 1e9)),
        1e6.. => format!("{} ms", digits(ns / 1e6)),
        1e3.. => format!("{} µs", digits(ns / 1e3)),
        _ => format!("{} ns", digits(ns)),
    }
}

/// A number in three digits, of thousands or millions.
fn scaled(value: f64) -> String {
    match value {
        1e6.. => format!("{} M", digits(value / 1e6)),
        1e3.. => format!("{} k", digits(value / 1e3)),
        _ => digits(value),
    }
}

/// A number in three digits.
pub(super) fn digits(value: f64) -> String {
    match value {
        99.95.. => format!("{value:.0}"),
        9.995.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::works;
    use super::*;

    #[test]
    fn values_have_three_digits_and_a_unit() {
        let check = |unit: Unit, value: f64, shown: &str| assert_eq!(unit.shown(value), shown);
        check(Unit::Ns, 0.5, "0.50 ns");
        check(Unit::Ns, 9.996, "10.0 ns");
        check(Unit::Ns, 99.96, "100 ns");
        check(Unit::Ns, 12_345.0, "12.3 µs");
        check(Unit::Ns, 61e9, "61.0 s");
        check(Unit::Rate("runs/s"), 92_100.0, "92.1 k runs/s");
        check(Unit::Rate("/s"), 1_030_000.0, "1.03 M/s");
        check(Unit::Rate("s/s"), 541.0, "541 s/s");
        check(Unit::GibPerSecond, 6.9, "6.90 GiB/s");
    }

    #[test]
    fn rates_are_the_other_way_round() {
        assert_eq!(Unit::Rate("/s").of(1_000.0), 1e6);
        assert_eq!(Unit::GibPerSecond.of(1e9 / f64::from(1 << 30)), 1.0);
        assert_eq!(Unit::Ns.of(7.0), 7.0);
    }

    #[test]
    fn the_median_is_one_of_the_samples() {
        assert_eq!(middle(vec![]), None);
        assert_eq!(middle(vec![3.0]), Some(3.0));
        assert_eq!(middle(vec![9.0, 1.0]), Some(1.0));
        assert_eq!(middle(vec![9.0, 1.0, 5.0]), Some(5.0));
    }

    /// A machine that was slow in one round was so for both.
    #[test]
    fn ratios_are_taken_round_by_round() {
        let mut work = works::all().swap_remove(0);
        work.sides.retain(|side| [works::RANDOM, works::SHUTTLE].contains(&side.name));
        let samples = |each: [f64; 3]| each.map(|each_ns| Sample { each_ns, memory_kib: Some(5) }).to_vec();
        let figures = figures(&work, &[samples([10.0, 90.0, 20.0]), samples([40.0, 360.0, 100.0])]);
        assert_eq!((figures[0].median, figures[0].least, figures[0].most), (20.0, 10.0, 90.0));
        assert_eq!((figures[0].times, figures[0].is_peer), (None, false));
        assert_eq!((figures[1].times, figures[1].is_peer), (Some(4.0), true));
        assert_eq!(figures[1].memory_kib, Some(5));
    }
}
