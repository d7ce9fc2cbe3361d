//! What came of each program of a sweep, for a list of results.
//!
//! Knows no format. Invariant: a program whose expectation was kept, or was not judged, passes; what is excused is not held against it.

use super::baseline::Excuse;
use super::{Expected, Kept, News, Signature, SweepRecord, Variant};
use crate::complaint::Complaint;
use crate::outcome::{Finding, Outcome, Promised};

impl SweepRecord {
    /// One outcome for each program that ran, or that the corpus says something of.
    #[must_use]
    pub fn outcomes(&self) -> Vec<Outcome> {
        let ran = self.variants.iter().filter(|variant| variant.runs > 0 || !variant.signatures.is_empty());
        ran.map(Outcome::from).collect()
    }
}

impl From<&Variant> for Outcome {
    fn from(variant: &Variant) -> Self {
        let showed: Vec<&Signature> =
            variant.signatures.iter().filter(|signature| signature.news != News::Fixed).collect();
        // What is said of a signature that is not expected stands with that one.
        let is_told = |complaint: &&Complaint| {
            complaint.unexpected().is_some_and(|words| showed.iter().any(|of| of.signature == words))
        };
        let findings = showed.iter().map(|signature| finding(variant, signature)).collect();
        let complaints = variant.complaints.iter().filter(|complaint| !is_told(complaint));
        let complaints = complaints.map(ToString::to_string);
        let complaints = complaints.filter(|_| variant.kept == Kept::No).collect();
        Self {
            program: variant.program(),
            runs: variant.runs,
            wall_ms: variant.spent_ms,
            findings,
            complaints,
        }
    }
}

fn finding(variant: &Variant, signature: &Signature) -> Finding {
    let is_excused = signature.excuse.is_some();
    let is_promised = is_excused || signature.expected != Expected::No || variant.kept != Kept::No;
    let mut detail = signature.detail.clone();
    let small = signature.small.as_ref();
    detail.extend(small.and_then(|small| small.pair.clone()));
    detail.extend(
        signature.excuse.as_ref().map(|Excuse { why, since }| format!("let pass since {since}: {why}")),
    );
    Finding {
        verdict: signature.verdict,
        signature: signature.signature.clone(),
        promised: if is_promised { Promised::Yes } else { Promised::No },
        runs: signature.runs,
        detail,
        replay: signature.replay.clone(),
        token: small.map(|small| small.token.clone()),
        report: signature.report.clone(),
        ..Finding::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use crate::complaint::About;

    fn signature(words: &str, verdict: Verdict, (news, expected): (News, Expected)) -> Signature {
        Signature { signature: words.to_owned(), verdict, news, expected, runs: 3, ..Signature::default() }
    }

    fn complaint(words: &str) -> Complaint {
        let about = match words.strip_prefix('`').and_then(|words| words.split_once("` is not expected")) {
            Some((signature, _)) => About::Unexpected { signature: signature.to_owned() },
            None => About::Program,
        };
        Complaint { about, words: words.to_owned() }
    }

    #[test]
    fn a_program_passes_as_its_sweep_does() {
        use Verdict::{Fail, Inconclusive, Pass};
        let lost = signature("lost", Fail, (News::Known, Expected::Must));
        let late = signature("late", Fail, (News::New, Expected::No));
        let escaped = signature("escaped", Inconclusive, (News::Unjudged, Expected::No));
        let gone = signature("gone", Pass, (News::Fixed, Expected::No));
        let check = |signatures: &[&Signature], complaints: &[&str], kept, expected| {
            let variant = Variant {
                signatures: signatures.iter().map(|of| (*of).clone()).collect(),
                complaints: complaints.iter().map(|words| complaint(words)).collect(),
                kept,
                ..Variant::default()
            };
            assert_eq!(Outcome::from(&variant).verdict(), expected, "{variant:?}");
        };
        check(&[], &[], Kept::Yes, Pass);
        check(&[&lost, &gone], &[], Kept::Yes, Pass);
        check(&[&lost, &late], &["`late` is not expected: 3 runs, first at seed 9"], Kept::No, Fail);
        check(&[&escaped], &["`escaped` is not expected: 3 runs, first at seed 9"], Kept::No, Inconclusive);
        check(&[&escaped], &["`lost` was not found in 9 runs"], Kept::No, Fail);
        check(&[&late], &[], Kept::Unjudged, Pass);
        let excuse = Some(Excuse { why: String::from("later"), since: String::from("2026-11-22") });
        let excused = Signature { excuse, ..late.clone() };
        check(&[&excused], &[], Kept::Yes, Pass);
        check(&[&excused], &["`lost` was not found in 9 runs"], Kept::No, Fail);
        check(&[&excused, &late], &["`late` is not expected: 3 runs, first at seed 9"], Kept::No, Fail);
    }

    #[test]
    fn what_was_not_swept_has_no_outcome() {
        let swept = Variant { runs: 3, variant: String::from("v"), ..Variant::default() };
        let record = SweepRecord { variants: vec![Variant::default(), swept], ..SweepRecord::default() };
        let outcomes = record.outcomes();
        assert_eq!((outcomes.len(), &*outcomes[0].program), (1, "/v"));
    }
}
