//! What one simulator shows of one subject, as a line of JSON.
//!
//! Does not know how it was found out. Invariant: a line that was written is read as the same row.

use serde::{Deserialize, Serialize};

/// What a simulator shows of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) struct Row {
    /// The subject, as people type it.
    pub(in crate::commands) subject: String,
    /// The simulator, as tables call it.
    pub(in crate::commands) simulator: String,
    /// What came of it.
    #[serde(flatten)]
    pub(in crate::commands) outcome: Outcome,
}

/// What came of a simulator on a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::commands) enum Outcome {
    /// It was run.
    Ran(Measured),
    /// It cannot run the subject.
    Cannot(Why),
}

/// Why a simulator cannot, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) struct Why {
    /// The reason, in a few words.
    pub(in crate::commands) cannot: String,
    /// Its own documentation or source.
    pub(in crate::commands) reference: String,
}

/// Runs to the first failure, by range of seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::commands) struct Measured {
    /// The most runs of a range.
    pub(in crate::commands) cap: u64,
    /// Runs to the first failure, by range; a range without one has none.
    pub(in crate::commands) first: Vec<Option<u64>>,
    /// The time until then, in nanoseconds; of a range without a failure, all of it.
    pub(in crate::commands) spent_ns: Vec<u64>,
    /// Runs in all.
    pub(in crate::commands) runs: u64,
}

impl Measured {
    /// In how many ranges something was found.
    #[must_use]
    pub(in crate::commands) fn found(&self) -> usize {
        self.first.iter().flatten().count()
    }

    /// Runs to the first failure in half the ranges, if so many have one.
    #[must_use]
    pub(in crate::commands) fn runs_median(&self) -> Option<u64> {
        let mut first: Vec<u64> = self.first.iter().map(|runs| runs.unwrap_or(u64::MAX)).collect();
        first.sort_unstable();
        middle(&first).filter(|runs| *runs < u64::MAX)
    }

    /// Nanoseconds to the first failure in half the ranges, if so many have one.
    #[must_use]
    pub(in crate::commands) fn spent_median_ns(&self) -> Option<u64> {
        let spent = self.first.iter().zip(&self.spent_ns);
        let mut spent: Vec<u64> = spent.map(|(runs, spent)| runs.map_or(u64::MAX, |_| *spent)).collect();
        spent.sort_unstable();
        middle(&spent).filter(|spent| *spent < u64::MAX)
    }

    /// Nanoseconds of a run, on the average.
    #[must_use]
    pub(in crate::commands) fn run_ns(&self) -> u64 {
        self.spent_ns.iter().sum::<u64>() / self.runs.max(1)
    }
}

/// The middle one, the lower of two.
fn middle(sorted: &[u64]) -> Option<u64> {
    sorted.get(sorted.len().div_ceil(2).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(first: &[Option<u64>]) -> Measured {
        let spent_ns = first.iter().map(|runs| runs.unwrap_or(10) * 1_000).collect();
        let runs = first.iter().map(|runs| runs.unwrap_or(10)).sum();
        Measured { cap: 10, first: first.to_vec(), spent_ns, runs }
    }

    #[test]
    fn the_median_counts_ranges_without_a_failure() {
        let check = |first: &[Option<u64>], runs: Option<u64>| {
            let measured = measured(first);
            assert_eq!(measured.runs_median(), runs, "{first:?}");
            assert_eq!(measured.spent_median_ns(), runs.map(|runs| runs * 1_000), "{first:?}");
        };
        check(&[], None);
        check(&[None], None);
        check(&[Some(7)], Some(7));
        check(&[None, Some(7)], Some(7));
        check(&[Some(7), None, None], None);
        check(&[Some(9), Some(2), Some(5)], Some(5));
        assert_eq!(measured(&[None, Some(7)]).run_ns(), 1_000);
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let of = |outcome| Row { subject: "a/b".to_owned(), simulator: "c".to_owned(), outcome };
        let why = Why { cannot: "no threads".to_owned(), reference: "its README".to_owned() };
        for row in [of(Outcome::Ran(measured(&[None, Some(3)]))), of(Outcome::Cannot(why))] {
            let line = serde_json::to_string(&row).unwrap();
            assert_eq!(serde_json::from_str::<Row>(&line).unwrap(), row, "{line}");
        }
        assert!(serde_json::from_str::<Row>(r#"{"subject":"a/b","simulator":"c"}"#).is_err());
    }
}
