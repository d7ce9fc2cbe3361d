//! Runs to the first failure, in ranges of seeds: the figures of one simulator on one subject.
//!
//! It does not know who makes the runs. Invariant: a range ends at its first failure, or at the cap.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Serialize;

/// What a simulator shows of a subject.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Measured {
    /// The most runs of a range.
    cap: u64,
    /// Runs to the first failure, by range; a range without one has none.
    first: Vec<Option<u64>>,
    /// The time until then, in nanoseconds; of a range without a failure, all of it.
    spent_ns: Vec<u64>,
    /// Runs in all.
    runs: u64,
}

/// Asks with the words of the command line, and prints what came of it: a line of JSON, or the problem and how to ask. Threads that hang
/// are left behind: they end with this one.
pub(crate) fn answer(measure: impl FnOnce(&[String]) -> Result<Measured, String>, usage: &str) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match measure(&arguments) {
        Ok(measured) => {
            println!("{}", serde_json::to_string(&measured).expect("plain data has a JSON form"));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{usage}");
            ExitCode::from(2)
        }
    }
}

/// How much is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Ranges of seeds.
    pub(crate) ranges: u64,
    /// Runs of each, at most.
    pub(crate) cap: u64,
    /// No range is begun after so long.
    pub(crate) limit: Duration,
}

impl Effort {
    /// Of three words: ranges, cap, and seconds.
    ///
    /// # Errors
    /// One that is no number.
    pub(crate) fn of([ranges, cap, seconds]: [&String; 3]) -> Result<Self, String> {
        let number = |word: &String| word.parse().map_err(|_| format!("{word:?} is not a number"));
        let limit = Duration::from_secs(number(seconds)?);
        Ok(Self { ranges: number(ranges)?, cap: number(cap)?, limit })
    }
}

/// What came of one range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// Runs that were made.
    pub(crate) runs: u64,
    /// Whether the last of them failed.
    pub(crate) found: bool,
    /// How long they took.
    pub(crate) spent_ns: u64,
}

impl Measured {
    /// Looks through ranges. `range` gets the number of each.
    ///
    /// # Errors
    /// That of `range`.
    pub(crate) fn over(
        effort: Effort,
        mut range: impl FnMut(u64) -> Result<Range, String>,
    ) -> Result<Self, String> {
        let mut measured = Self { cap: effort.cap, ..Self::default() };
        let began = Instant::now();
        for number in 0..effort.ranges {
            if began.elapsed() > effort.limit {
                break;
            }
            let Range { runs, found, spent_ns } = range(number)?;
            measured.first.push(found.then_some(runs));
            measured.spent_ns.push(spent_ns);
            measured.runs += runs;
        }
        Ok(measured)
    }
}

/// A range of runs that are made one by one: `fails` gets the seed of each.
///
/// # Errors
/// That of `fails`.
pub(crate) fn by_seed(
    range: u64,
    cap: u64,
    mut fails: impl FnMut(u64) -> Result<bool, String>,
) -> Result<Range, String> {
    let began = Instant::now();
    let mut made = Range { runs: 0, found: false, spent_ns: 0 };
    while made.runs < cap && !made.found {
        made.found = fails(range * cap + made.runs)?;
        made.runs += 1;
    }
    made.spent_ns = nanos(began);
    Ok(made)
}

/// Nanoseconds since then.
pub(crate) fn nanos(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_at_its_first_failure_or_at_the_cap() {
        let check = |wrong: &[u64], runs, found| {
            let made = by_seed(1, 10, |seed| Ok(wrong.contains(&seed))).unwrap();
            assert_eq!((made.runs, made.found), (runs, found), "{wrong:?}");
        };
        check(&[], 10, false);
        check(&[9, 20], 10, false);
        check(&[10], 1, true);
        check(&[19], 10, true);
        check(&[12, 14], 3, true);
    }

    #[test]
    fn ranges_without_a_failure_are_counted() {
        let effort = Effort { ranges: 3, cap: 10, limit: Duration::MAX };
        let measured = Measured::over(effort, |range| by_seed(range, 10, |seed| Ok(seed == 14))).unwrap();
        assert_eq!((measured.first, measured.runs), (vec![None, Some(5), None], 25));
    }
}
