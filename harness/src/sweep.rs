//! Many seeds of one program, counted by signature and held against its expectation.
//!
//! Does not choose seeds or print. Invariant: parts that are merged in the order of their seeds give the same counts however the
//! seeds were split among them.

use std::collections::BTreeMap;

use photofinish_reports::complaint::{About, Complaint};
use photofinish_sim::seed::Seed;
use serde::{Deserialize, Serialize};

use crate::examine::Examined;
use crate::guard::Difference;
use crate::marks::Marks;
use crate::scenario::Listed;
use crate::verdict::{Judgement, Verdict};

/// How often a signature was found, and where first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What such runs mean.
    pub verdict: Verdict,
    /// In how many runs.
    pub runs: u64,
    /// The least seed that shows it.
    pub first: Seed,
    /// By strategy family (the word before the first colon).
    pub strategies: BTreeMap<String, Share>,
    /// If it is that equal runs differ: where and why the first did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
}

/// What a strategy family had of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// In how many of its runs.
    pub runs: u64,
    /// Of its runs, in the order of seeds, the number of the first that shows it.
    pub first_after: u64,
}

/// What a sweep over a program's seeds found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Runs made.
    pub runs: u64,
    /// Runs that passed.
    pub passed: u64,
    /// Scheduling points that they passed.
    #[serde(default)]
    pub points: u64,
    /// Runs by strategy family.
    #[serde(default)]
    pub strategies: BTreeMap<String, u64>,
    /// By signature.
    pub found: BTreeMap<String, Found>,
    /// The marks that the program passed.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
}

impl Tally {
    /// Counts a run; its seed comes after those that were counted before.
    pub fn add(&mut self, seed: Seed, strategy: &str, examined: &Examined) {
        self.marks.merge(Marks::of(&examined.run));
        self.points += examined.run.figures.points;
        self.count(seed, strategy, &examined.judgement, examined.difference.as_ref());
    }

    fn count(&mut self, seed: Seed, strategy: &str, judgement: &Judgement, difference: Option<&Difference>) {
        let family = strategy.split(':').next().unwrap_or_default();
        let runs_of_family = self.strategies.entry(family.to_owned()).or_default();
        *runs_of_family += 1;
        self.runs += 1;
        let Some(signature) = judgement.signature.clone() else {
            self.passed += 1;
            return;
        };
        let verdict = judgement.verdict;
        let fresh = || Found { verdict, runs: 0, first: seed, strategies: BTreeMap::new(), difference: None };
        let found = self.found.entry(signature).or_insert_with(fresh);
        found.runs += 1;
        if seed <= found.first {
            found.first = seed;
            found.difference = difference.cloned();
        }
        let fresh = Share { runs: 0, first_after: *runs_of_family };
        found.strategies.entry(family.to_owned()).or_insert(fresh).runs += 1;
    }

    /// The worst that a run with a signature outside the expectation meant, if there is one.
    #[must_use]
    pub fn worst_unexpected(&self, listed: &Listed) -> Option<Verdict> {
        let unexpected =
            self.found.iter().filter(|(signature, found)| !is_expected(listed, signature, found));
        unexpected.map(|(_, found)| found.verdict).max_by_key(|verdict| verdict.severity())
    }

    /// Adds what was counted over seeds that come after ours.
    pub fn merge(&mut self, later: Self) {
        for (signature, mut more) in later.found {
            for (family, share) in &mut more.strategies {
                share.first_after += self.strategies.get(family).copied().unwrap_or(0);
            }
            let Some(found) = self.found.get_mut(&signature) else {
                self.found.insert(signature, more);
                continue;
            };
            found.runs += more.runs;
            if more.first < found.first {
                found.first = more.first;
                found.difference = more.difference;
            }
            for (family, share) in more.strategies {
                let fresh = Share { runs: 0, ..share };
                found.strategies.entry(family).or_insert(fresh).runs += share.runs;
            }
        }
        self.runs += later.runs;
        self.passed += later.passed;
        self.points += later.points;
        self.marks.merge(later.marks);
        for (family, runs) in later.strategies {
            *self.strategies.entry(family).or_default() += runs;
        }
    }

    /// What the sweep shows that its expectation does not allow, or should show and does not. A signature that must be found
    /// within so many runs is missed only if as many seeds were run; `from` is the first of them.
    #[must_use]
    pub fn complaints(&self, listed: &Listed, from: Seed) -> Vec<Complaint> {
        self.complaints_over(listed, &Over::From(from))
    }

    /// As [`Tally::complaints`], for seeds that need not be consecutive, or are not all.
    #[must_use]
    pub fn complaints_over(&self, listed: &Listed, over: &Over) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        for (signature, found) in &self.found {
            if !is_expected(listed, signature, found) {
                let runs = found.runs;
                let words =
                    format!("`{signature}` is not expected: {runs} runs, first at seed {}", found.first);
                let about = About::Unexpected { signature: signature.clone() };
                complaints.push(Complaint { about, words });
            }
        }
        complaints.extend(self.missing(listed, over));
        if listed.always && self.passed > 0 {
            let words = format!("{} of {} runs passed, and every run must fail", self.passed, self.runs);
            complaints.push(Complaint { about: About::Program, words });
        }
        complaints
    }

    /// What must be found, and was not within as many runs as it may take.
    fn missing(&self, listed: &Listed, over: &Over) -> Vec<Complaint> {
        let mut missing = Vec::new();
        for (pattern, within) in &listed.must {
            let of = pattern.clone();
            let found = self.found.iter().filter(|(signature, _)| matches(pattern, signature));
            match found.map(|(_, found)| found.first).min() {
                Some(seed) if over.before(seed).is_none_or(|before| before < *within) => {}
                Some(seed) => {
                    let words =
                        format!("`{pattern}` was found first at seed {seed}, not within {within} runs");
                    missing.push(Complaint { about: About::Late { pattern: of }, words });
                }
                None if self.runs >= *within && *over != Over::Part => {
                    let words = format!("`{pattern}` was not found in {} runs", self.runs);
                    missing.push(Complaint { about: About::Missed { pattern: of }, words });
                }
                None => {}
            }
        }
        missing
    }
}

/// Consecutive seeds that were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first of them.
    pub begin: Seed,
    /// How many there are.
    pub runs: u64,
}

/// Which seeds a sweep has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Over {
    /// Consecutive ones from this one on.
    From(Seed),
    /// These blocks.
    Blocks(Vec<Block>),
    /// Some, and others are missing, among which anything may be found.
    Part,
}

impl Over {
    /// How many runs come before that of a seed, if that is known.
    #[must_use]
    pub fn before(&self, seed: Seed) -> Option<u64> {
        match self {
            Self::From(from) => Some(seed.0 - from.0),
            Self::Blocks(blocks) => {
                let of_block = |block: &Block| block.runs.min(seed.0.saturating_sub(block.begin.0));
                Some(blocks.iter().map(of_block).sum())
            }
            Self::Part => None,
        }
    }
}

fn is_expected(listed: &Listed, signature: &str, found: &Found) -> bool {
    found.verdict == Verdict::Fail && allows(listed, signature)
}

/// Whether a variant's runs may fail so.
#[must_use]
pub fn allows(listed: &Listed, signature: &str) -> bool {
    let mut allowed = listed.must.iter().map(|(pattern, _)| pattern).chain(&listed.may);
    allowed.any(|pattern| matches(pattern, signature))
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
        Tally { runs, passed: runs - found.len() as u64, found: found.collect(), ..Tally::default() }
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
        assert_eq!(late.complaints(&lost, Seed(5_000)), [""; 0], "counted from the first seed");
    }

    #[test]
    fn what_must_be_found_is_looked_for_in_the_runs_that_were_made() {
        let lost = listed(&[("lost", 100)], &[]);
        let over = |tally: &Tally, blocks: &[(u64, u64)]| {
            let blocks = blocks.iter().map(|(begin, runs)| Block { begin: Seed(*begin), runs: *runs });
            tally.complaints_over(&lost, &Over::Blocks(blocks.collect()))
        };
        let far = tally(300, &[("lost", Verdict::Fail, 5_009)]);
        assert_eq!(over(&far, &[(0, 90), (5_000, 210)]), [""; 0], "99 runs before it");
        let said = ["`lost` was found first at seed 5009, not within 100 runs"];
        assert_eq!(over(&far, &[(0, 91), (5_000, 209)]), said);
        let none = tally(300, &[]);
        assert_eq!(over(&none, &[(0, 300)]), ["`lost` was not found in 300 runs"]);
        assert_eq!(none.complaints_over(&lost, &Over::Part), [""; 0], "it may be elsewhere");
        let late = tally(9, &[("late", Verdict::Fail, 5)]);
        assert_eq!(
            late.complaints_over(&lost, &Over::Part),
            ["`late` is not expected: 1 runs, first at seed 5"],
            "that is so whatever is elsewhere"
        );
    }

    /// A run of a seed, with a strategy and a signature if it failed.
    fn add(tally: &mut Tally, (seed, strategy, signature): (u64, &str, Option<&str>)) {
        let verdict = signature.map_or(Verdict::Pass, |_| Verdict::Fail);
        let judgement = Judgement { verdict, signature: signature.map(str::to_owned), detail: String::new() };
        tally.points += 100 + seed;
        tally.count(Seed(seed), strategy, &judgement, None);
    }

    const RUNS: [(u64, &str, Option<&str>); 8] = [
        (0, "pct:1:9", None),
        (1, "walk:4:0:0", Some("lost")),
        (2, "pct:2:9", Some("late")),
        (3, "pct:3:9", Some("lost")),
        (4, "starve", None),
        (5, "walk:8:0:0", Some("late")),
        (6, "pct:3:9", Some("lost")),
        (7, "starve", Some("lost")),
    ];

    #[test]
    fn each_strategy_has_found_a_failure_after_so_many_of_its_runs() {
        let mut tally = Tally::default();
        RUNS.iter().for_each(|run| add(&mut tally, *run));
        let share = |signature: &str, family: &str| {
            tally.found[signature].strategies.get(family).map(|share| (share.runs, share.first_after))
        };
        assert_eq!(share("lost", "walk"), Some((1, 1)));
        assert_eq!(share("lost", "pct"), Some((2, 3)));
        assert_eq!(share("lost", "starve"), Some((1, 2)));
        assert_eq!((share("late", "pct"), share("late", "starve")), (Some((1, 2)), None));
        assert_eq!(tally.strategies["pct"], 4);
    }

    #[test]
    fn a_tally_does_not_depend_on_how_its_seeds_were_split() {
        let mut whole = Tally::default();
        RUNS.iter().for_each(|run| add(&mut whole, *run));
        for size in 1..RUNS.len() {
            let mut merged = Tally::default();
            for part in RUNS.chunks(size) {
                let mut tally = Tally::default();
                part.iter().for_each(|run| add(&mut tally, *run));
                merged.merge(tally);
            }
            assert_eq!(merged, whole, "parts of {size}");
        }
    }
}
