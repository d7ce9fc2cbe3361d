//! What came of a program, in the few words that a list of results has room for: of one run, or of a sweep over many.
//!
//! Knows no format and no seed. Invariant: an outcome passes only if nothing was complained of and nothing was found that its program
//! does not promise.

use serde::{Deserialize, Serialize};

use crate::record::{Record, Verdict, What};

/// What came of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// The program: scenario and variant, or a test's path.
    pub program: String,
    /// Runs made.
    pub runs: u64,
    /// For how long they ran on the real clock, in milliseconds; 0 if nobody looked.
    pub wall_ms: u64,
    /// What was found, by signature.
    pub findings: Vec<Finding>,
    /// What was promised and did not come, or came too late, in words.
    pub complaints: Vec<String>,
}

/// A signature that runs of a program had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Finding {
    /// What such runs mean.
    pub verdict: Verdict,
    /// How they fail.
    pub signature: String,
    /// Whether the program promises it.
    pub promised: Promised,
    /// How many did.
    pub runs: u64,
    /// What the oracle or the ending said of one of them, line by line.
    pub detail: Vec<String>,
    /// What that one wrote to its standard output.
    pub output: String,
    /// What it wrote to its standard error, its panic messages among it.
    pub error: String,
    /// What to type to see it again.
    pub replay: Option<String>,
    /// The run as a token.
    pub token: Option<String>,
    /// The file of its own report.
    pub report: Option<String>,
}

/// Whether a program is there to show a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promised {
    /// It is: the finding is as it should be.
    Yes,
    /// It is not.
    #[default]
    No,
}

impl Outcome {
    /// The findings that nobody promised, worst first, and within one verdict in their own order.
    #[must_use]
    pub fn unexpected(&self) -> Vec<&Finding> {
        let mut found: Vec<&Finding> =
            self.findings.iter().filter(|found| found.promised == Promised::No).collect();
        found.sort_by_key(|found| std::cmp::Reverse(severity(found.verdict)));
        found
    }

    /// What it means: the worst that was found and not promised, and a failure if something was complained of.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let found = self.unexpected().first().map_or(Verdict::Pass, |found| found.verdict);
        if self.complaints.is_empty() || severity(found) > severity(Verdict::Fail) {
            found
        } else {
            Verdict::Fail
        }
    }
}

/// How bad it is: from what passed to what is our own mistake.
fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Inconclusive => 1,
        Verdict::Fail => 2,
        Verdict::Diverged => 3,
        Verdict::Bug => 4,
    }
}

impl From<&Record> for Outcome {
    /// One run. A record does not say what its program promises, so a failure is one.
    fn from(record: &Record) -> Self {
        let headline = &record.headline;
        let finding = Finding {
            verdict: headline.verdict,
            signature: headline.signature.clone().unwrap_or_else(|| headline.ending.clone()),
            promised: Promised::No,
            runs: 1,
            detail: headline.detail.clone(),
            output: wrote(record, 1),
            error: wrote(record, 2),
            replay: Some(record.commands.replay.clone()).filter(|line| !line.is_empty()),
            token: record.commands.token.clone(),
            report: None,
        };
        let findings = if headline.verdict == Verdict::Pass { Vec::new() } else { vec![finding] };
        Self { program: headline.program.clone(), runs: 1, wall_ms: 0, findings, complaints: Vec::new() }
    }
}

/// What the program wrote to a descriptor in the whole run.
fn wrote(record: &Record, wanted: i32) -> String {
    let mut all = String::new();
    for step in &record.steps {
        if let What::Wrote { fd, text } = &step.what
            && *fd == wanted
        {
            all.push_str(text);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(verdict: Verdict, promised: Promised) -> Finding {
        Finding { verdict, promised, signature: format!("{verdict:?}"), runs: 1, ..Finding::default() }
    }

    #[track_caller]
    fn check(findings: Vec<Finding>, complaints: &[&str], expected: Verdict) {
        let complaints = complaints.iter().map(|&line| line.to_owned()).collect();
        let outcome = Outcome { findings, complaints, ..Outcome::default() };
        assert_eq!(outcome.verdict(), expected);
    }

    #[test]
    fn the_worst_that_nobody_promised_counts() {
        use Promised::{No, Yes};
        check(vec![], &[], Verdict::Pass);
        check(vec![finding(Verdict::Fail, Yes)], &[], Verdict::Pass);
        check(
            vec![finding(Verdict::Fail, Yes), finding(Verdict::Inconclusive, No)],
            &[],
            Verdict::Inconclusive,
        );
        check(vec![finding(Verdict::Fail, No), finding(Verdict::Bug, No)], &[], Verdict::Bug);
        check(vec![], &["`panic in a` was not found in 100 runs"], Verdict::Fail);
        check(vec![finding(Verdict::Inconclusive, No)], &["`panic in a` was not found"], Verdict::Fail);
        check(vec![finding(Verdict::Diverged, No)], &["`panic in a` was not found"], Verdict::Diverged);
    }
}
