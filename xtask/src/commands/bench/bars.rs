//! The bars that Photofinish has set itself, and which of them the figures meet.
//!
//! Does not measure. Invariant: a bar is judged by the worst of its numbers, and only if all of them were measured.

use serde::Serialize;

use super::BenchArgs;
use super::figures::{Figures, digits};
use super::works::{
    BLOCKING, IMAGE, INSTRUMENTED, ISOLATED, LIMITED, LINKED, LOCKS, MADSIM, OPERATIONS, PCT, PLAIN, RANDOM,
    SHUTTLE, SHUTTLE_PCT, SORT, TOKIO, TURMOIL, gossip_name, point_name,
};

/// A bar, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Judged {
    /// What is asked.
    pub(super) bar: String,
    /// Whether it is so.
    pub(super) met: bool,
    /// The worst of its numbers, as people read it.
    pub(super) number: String,
}

/// A number that a bar is about.
#[derive(Clone, Debug)]
enum Number {
    /// What an operation takes, in nanoseconds.
    Cost(String, &'static str),
    /// How many times as long the second side takes as the first one.
    Times(String, &'static str, &'static str),
    /// How many times as long a side takes in the second work as in the first one.
    Growth([String; 2], &'static str),
}

/// What a number must be.
#[derive(Clone, Copy, Debug)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

struct Bar {
    says: String,
    limit: Limit,
    numbers: Vec<Number>,
}

/// Every bar whose numbers were measured.
pub(super) fn judged(figures: &Figures) -> Vec<Judged> {
    let all = points().into_iter().chain(runs()).chain(networks()).chain(worlds()).chain(slowdown());
    all.filter_map(|bar| judge(&bar, figures)).collect()
}

/// Prints them.
pub(super) fn tell(bars: &[Judged], args: &BenchArgs) {
    if !args.json && !bars.is_empty() {
        crate::say!("\nbars:");
    }
    for judged in bars {
        if args.json {
            crate::say!("{}", serde_json::to_string(judged).expect("plain data has a JSON form"));
        } else {
            let met = if judged.met { "met    " } else { "NOT met" };
            crate::say!("  {met}  {}: {}", judged.bar, judged.number);
        }
    }
}

fn judge(bar: &Bar, figures: &Figures) -> Option<Judged> {
    let values: Option<Vec<f64>> = bar.numbers.iter().map(|number| value(number, figures)).collect();
    let values = values?.into_iter();
    let (worst, met) = match bar.limit {
        Limit::AtMost(most) => {
            let worst = values.fold(0.0, f64::max);
            (worst, worst <= most)
        }
        Limit::AtLeast(least) => {
            let worst = values.fold(f64::INFINITY, f64::min);
            (worst, worst >= least)
        }
    };
    let number = match bar.numbers.first()? {
        Number::Cost(work, side) => {
            let unit = figures.of(work, side)?.unit;
            unit.shown(unit.of(worst))
        }
        Number::Times(..) | Number::Growth(..) if worst < 2.0 => format!("{worst:.3} x"),
        Number::Times(..) | Number::Growth(..) => format!("{} x", digits(worst)),
    };
    Some(Judged { bar: bar.says.clone(), met, number })
}

fn value(number: &Number, figures: &Figures) -> Option<f64> {
    Some(match number {
        Number::Cost(work, side) => figures.of(work, side)?.each_ns,
        Number::Times(work, side, other) => match figures.of(work, other)? {
            figure if figure.beside == Some(side) => figure.times?,
            figure => figure.each_ns / figures.of(work, side)?.each_ns,
        },
        Number::Growth([from, to], side) => figures.of(to, side)?.each_ns / figures.of(from, side)?.each_ns,
    })
}

fn bar(says: &str, limit: Limit, numbers: Vec<Number>) -> Bar {
    Bar { says: says.to_owned(), limit, numbers }
}

/// Scheduling points. A lock and its release are two of them.
fn points() -> Vec<Bar> {
    let cost = |called: &str, threads: u64| {
        let work = point_name(called, threads);
        vec![Number::Cost(work.clone(), RANDOM), Number::Cost(work, PCT)]
    };
    let mut bars = Vec::new();
    for (_, called) in OPERATIONS {
        let points = if called.starts_with("lock") { 2.0 } else { 1.0 };
        for (threads, most) in [(2, 25.0 * points), (64, 40.0 * points)] {
            let says =
                format!("{called} of {threads} threads, at random and by PCT, takes at most {most} ns");
            bars.push(bar(&says, Limit::AtMost(most), cost(called, threads)));
        }
        let ratios = [2, 8, 64].into_iter().flat_map(|threads| {
            let work = point_name(called, threads);
            [Number::Times(work.clone(), RANDOM, SHUTTLE), Number::Times(work, PCT, SHUTTLE_PCT)]
        });
        let says = format!("{called} is at least 4 x cheaper than shuttle's, at random and by PCT");
        bars.push(bar(&says, Limit::AtLeast(4.0), ratios.collect()));
    }
    bars
}

fn runs() -> Vec<Bar> {
    let work = || String::from("bounded buffer");
    let us_200 = Limit::AtMost(200_000.0);
    vec![
        bar(
            "bounded buffer in one image: at least 3 x shuttle's runs",
            Limit::AtLeast(3.0),
            vec![Number::Times(work(), IMAGE, SHUTTLE)],
        ),
        bar(
            "bounded buffer isolated: at least 5,000 runs a second",
            us_200,
            vec![Number::Cost(work(), ISOLATED)],
        ),
    ]
}

fn networks() -> Vec<Bar> {
    let echo = |side, peer| vec![Number::Times(String::from("round trip, 4 connections"), side, peer)];
    let bulk = |side| Number::Cost(String::from("bulk transfer of 64 MiB"), side);
    // 5 GiB/s.
    let byte_ns = 1e9 / (5.0 * f64::from(1 << 30));
    vec![
        bar("round trips of std that blocks: at least madsim's", Limit::AtLeast(1.0), echo(BLOCKING, MADSIM)),
        bar(
            "round trips of tokio, instrumented: at least half of madsim's",
            Limit::AtLeast(0.5),
            echo(TOKIO, MADSIM),
        ),
        bar(
            "round trips of tokio, instrumented: at least turmoil's at its best",
            Limit::AtLeast(1.0),
            echo(TOKIO, TURMOIL),
        ),
        bar(
            "bulk transfer with windows and bandwidth: at least 5 GiB/s",
            Limit::AtMost(byte_ns),
            vec![bulk(BLOCKING), bulk(LIMITED)],
        ),
    ]
}

fn worlds() -> Vec<Bar> {
    let idle = String::from("idle virtual seconds, 2 hosts");
    vec![
        bar(
            "idle virtual time: at least madsim's",
            Limit::AtLeast(1.0),
            vec![Number::Times(idle, BLOCKING, MADSIM)],
        ),
        bar(
            "a message among 1,000 hosts takes at most madsim's time",
            Limit::AtLeast(1.0),
            vec![Number::Times(gossip_name(1_000), BLOCKING, MADSIM)],
        ),
        bar(
            "a message among 1,000 hosts takes at most 1.25 x that among 10",
            Limit::AtMost(1.25),
            vec![Number::Growth([gossip_name(10), gossip_name(1_000)], BLOCKING)],
        ),
    ]
}

fn slowdown() -> Vec<Bar> {
    let times = |side| Number::Times(String::from(LOCKS), PLAIN, side);
    let linked = |work| Number::Times(String::from(work), PLAIN, LINKED);
    vec![
        bar(
            "instrumented locks outside a simulation: at most 1.3 x",
            Limit::AtMost(1.3),
            vec![times(INSTRUMENTED)],
        ),
        bar(
            "not instrumented, the boundary linked, outside a simulation: at most 1.01 x",
            Limit::AtMost(1.01),
            vec![linked(LOCKS), linked(SORT)],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::figures::{Figure, figures};
    use super::super::stage::Sample;
    use super::super::works;
    use super::*;

    /// Figures of all works, each side taking what is said of it.
    fn measured(each_ns: impl Fn(&str, &str) -> f64) -> Figures {
        let mut all = Figures::default();
        for work in works::all() {
            let samples = work
                .sides
                .iter()
                .map(|side| vec![Sample { each_ns: each_ns(&work.name, side.name), memory_kib: None }]);
            let samples: Vec<Vec<Sample>> = samples.collect();
            let figures: Vec<Figure> = figures(&work, &samples);
            all.extend(figures);
        }
        all
    }

    #[test]
    fn every_bar_names_works_and_sides_that_there_are_and_has_words_of_its_own() {
        let judged = judged(&measured(|_, _| 1.0));
        let all = points().len() + runs().len() + networks().len() + worlds().len() + slowdown().len();
        assert_eq!(judged.len(), all);
        let words: BTreeSet<&String> = judged.iter().map(|judged| &judged.bar).collect();
        assert_eq!(words.len(), all);
    }

    #[test]
    fn a_bar_is_judged_by_its_worst_number() {
        let find = |figures: &Figures, words: &str| {
            let judged = judged(figures);
            let found = judged.iter().find(|judged| judged.bar.contains(words)).expect("such a bar");
            (found.met, found.number.clone())
        };
        let check = |each_ns: &dyn Fn(&str, &str) -> f64, words: &str, met: bool, number: &str| {
            assert_eq!(find(&measured(each_ns), words), (met, number.to_owned()), "{words}");
        };
        let yields = |_: &str, side: &str| if side == PCT { 26.0 } else { 4.0 };
        check(&yields, "yield of 2 threads", false, "26.0 ns");
        check(&yields, "yield of 64 threads", true, "26.0 ns");
        check(&yields, "yield is at least 4 x", false, "0.154 x");
        let shuttle = |_: &str, side: &str| if side.starts_with("shuttle") { 90.0 } else { 20.0 };
        check(&shuttle, "yield is at least 4 x", true, "4.50 x");
        let isolated = |_: &str, side: &str| if side == ISOLATED { 250_000.0 } else { 1.0 };
        check(&isolated, "isolated: at least 5,000", false, "4.00 k runs/s");
        let grown = |work: &str, _: &str| if work.contains("1000") { 2_400.0 } else { 2_000.0 };
        check(&grown, "1.25 x that among 10", true, "1.200 x");
        let linked = |_: &str, side: &str| if side == LINKED { 1.02 } else { 1.0 };
        check(&linked, "at most 1.01 x", false, "1.020 x");
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        assert_eq!(judged(&Figures::default()), []);
    }
}
