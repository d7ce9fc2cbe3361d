//! Many seeds of one program, counted by signature and held against its expectation.
//!
//! Does not choose seeds or print. Invariant: the counts of a set of seeds do not depend on how they were split among clients.

use std::collections::BTreeMap;

use photofinish_sim::seed::Seed;
use serde::{Deserialize, Serialize};

use crate::examine::Examined;
use crate::guard::Difference;
use crate::marks::Marks;
use crate::scenario::Listed;
use crate::verdict::Verdict;

/// How often a signature was found, and where first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What such runs mean.
    pub verdict: Verdict,
    /// In how many runs.
    pub runs: u64,
    /// The least seed that shows it.
    pub first: Seed,
    /// By strategy family (the word before the first colon): in how many runs.
    pub strategies: BTreeMap<String, u64>,
    /// If it is that equal runs differ: where and why the first did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

/// What a sweep over a program's seeds found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Runs made.
    pub runs: u64,
    /// Runs that passed.
    pub passed: u64,
    /// By signature.
    pub found: BTreeMap<String, Found>,
    /// The marks that the program passed.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
}

impl Tally {
    /// Counts a run.
    pub fn add(&mut self, seed: Seed, strategy: &str, examined: &Examined) {
        self.runs += 1;
        self.marks.merge(Marks::of(&examined.run));
        let Some(signature) = examined.judgement.signature.clone() else {
            self.passed += 1;
            return;
        };
        let verdict = examined.judgement.verdict;
        let fresh = || Found { verdict, runs: 0, first: seed, strategies: BTreeMap::new(), difference: None };
        let found = self.found.entry(signature).or_insert_with(fresh);
        found.runs += 1;
        if seed <= found.first {
            found.first = seed;
            found.difference.clone_from(&examined.difference);
        }
        let family = strategy.split(':').next().unwrap_or_default();
        *found.strategies.entry(family.to_owned()).or_default() += 1;
    }

    /// The worst that a run with a signature outside the expectation meant, if there is one.
    #[must_use]
    pub fn worst_unexpected(&self, listed: &Listed) -> Option<Verdict> {
        let unexpected =
            self.found.iter().filter(|(signature, found)| !is_expected(listed, signature, found));
        unexpected.map(|(_, found)| found.verdict).max_by_key(|verdict| match verdict {
            Verdict::Pass => 0,
            Verdict::Inconclusive => 1,
            Verdict::Fail => 2,
            Verdict::Diverged => 3,
            Verdict::Bug => 4,
        })
    }

    /// Adds what another client counted.
    pub fn merge(&mut self, other: Self) {
        self.runs += other.runs;
        self.passed += other.passed;
        self.marks.merge(other.marks);
        for (signature, more) in other.found {
            match self.found.get_mut(&signature) {
                None => {
                    self.found.insert(signature, more);
                }
                Some(found) => {
                    found.runs += more.runs;
                    if more.first < found.first {
                        found.first = more.first;
                        found.difference = more.difference;
                    }
                    for (family, runs) in more.strategies {
                        *found.strategies.entry(family).or_default() += runs;
                    }
                }
            }
        }
    }

    /// What the sweep shows that its expectation does not allow, or should show and does not. A signature that must be found
    /// within so many runs is missed only if as many seeds were run; `from` is the first of them.
    #[must_use]
    pub fn complaints(&self, listed: &Listed, from: Seed) -> Vec<String> {
        let mut complaints = Vec::new();
        for (signature, found) in &self.found {
            if !is_expected(listed, signature, found) {
                let runs = found.runs;
                complaints.push(format!(
                    "`{signature}` is not expected: {runs} runs, first at seed {}",
                    found.first
                ));
            }
        }
        for (pattern, within) in &listed.must {
            let first = self
                .found
                .iter()
                .filter(|(signature, _)| matches(pattern, signature))
                .map(|(_, f)| f.first)
                .min();
            match first {
                Some(seed) if seed.0 - from.0 < *within => {}
                Some(seed) => complaints
                    .push(format!("`{pattern}` was found first at seed {seed}, not within {within} runs")),
                None if self.runs >= *within => {
                    complaints.push(format!("`{pattern}` was not found in {} runs", self.runs));
                }
                None => {}
            }
        }
        if listed.always && self.passed > 0 {
            complaints.push(format!("{} of {} runs passed, and every run must fail", self.passed, self.runs));
        }
        complaints
    }
}

fn is_expected(listed: &Listed, signature: &str, found: &Found) -> bool {
    let mut allowed = listed.must.iter().map(|(pattern, _)| pattern).chain(&listed.may);
    found.verdict == Verdict::Fail && allowed.any(|pattern| matches(pattern, signature))
}

/// Whether a signature is meant by a pattern: the same, or beginning like what stands before the pattern's final `*`.
#[must_use]
pub fn matches(pattern: &str, signature: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == signature, |beginning| signature.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(must: &[(&str, u64)], may: &[&str]) -> Listed {
        Listed {
            scenario: "s".into(),
            variant: "v".into(),
            os: crate::scenario::Os::Linux,
            story: String::new(),
            differs: String::new(),
            must: must.iter().map(|(signature, runs)| ((*signature).to_owned(), *runs)).collect(),
            may: may.iter().map(|signature| (*signature).to_owned()).collect(),
            always: false,
        }
    }

    fn tally(runs: u64, found: &[(&str, Verdict, u64)]) -> Tally {
        let found = found.iter().map(|(signature, verdict, first)| {
            let strategies = BTreeMap::new();
            let found =
                Found { verdict: *verdict, runs: 1, first: Seed(*first), strategies, difference: None };
            ((*signature).to_owned(), found)
        });
        Tally { runs, passed: runs - found.len() as u64, found: found.collect(), marks: Marks::default() }
    }

    fn check(tally: &Tally, listed: &Listed, complaints: &[&str]) {
        assert_eq!(tally.complaints(listed, Seed(0)), complaints);
    }

    #[test]
    fn a_tally_is_held_against_its_expectation() {
        use Verdict::{Fail, Inconclusive};
        let lost = listed(&[("lost", 100)], &["deadlock*"]);
        check(&tally(100, &[("lost", Fail, 99)]), &lost, &[]);
        check(&tally(100, &[("lost", Fail, 3), ("deadlock: a and b", Fail, 4)]), &lost, &[]);
        check(&tally(50, &[]), &lost, &[]);
        check(&tally(100, &[]), &lost, &["`lost` was not found in 100 runs"]);
        check(
            &tally(300, &[("lost", Fail, 200)]),
            &lost,
            &["`lost` was found first at seed 200, not within 100 runs"],
        );
        check(&tally(9, &[("late", Fail, 5)]), &lost, &["`late` is not expected: 1 runs, first at seed 5"]);
        check(
            &tally(9, &[("lost", Inconclusive, 5)]),
            &lost,
            &["`lost` is not expected: 1 runs, first at seed 5"],
        );
        check(&tally(9, &[]), &listed(&[], &[]), &[]);
        let late = tally(300, &[("lost", Fail, 5_050)]);
        assert_eq!(late.complaints(&lost, Seed(5_000)), Vec::<String>::new(), "counted from the first seed");
    }
}
