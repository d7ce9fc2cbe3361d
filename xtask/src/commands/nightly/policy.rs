//! What a night comes to: its record, held against the baseline.
//!
//! Reads nothing and runs nothing. Invariant: only a failure is ever excused. What could not be judged, did not repeat or is our own
//! mistake is not, whatever the baseline says; and no excuse makes a night worse.
//!
//! | what a night shows | fails |
//! |---|---|
//! | a failure that the scenario expects, seen before or not | no |
//! | a failure that it does not expect, seen before or not | yes, unless the baseline excuses it |
//! | an entry of the baseline that is fixed, or that nothing showed | no, and it is said |
//! | what must be found, and was found later than promised | no, and it is said: the promise is about other seeds |
//! | what must be found, and was not in ten times as many runs as promised | yes |
//! | a run that passes where every run must fail; a corpus's example that cannot be judged | yes |
//! | a run that is inconclusive, did not repeat, or met a bug of ours | yes, with the exit code of that |

use photofinish::sweep::matches;
use photofinish_corpus::State;
use photofinish_reports::complaint::{About, Complaint};
use photofinish_reports::sweep::baseline::{Came, Entry};
use photofinish_reports::sweep::{Expected, Kept, News, Signature, SweepRecord, Variant, Verdict};

use super::baseline::{Baseline, Failure};
use crate::commands::sim::worse;
use crate::exit::Exit;

/// What must be found within so many runs may take so many times as many: another night searches other seeds, and has other luck.
const PATIENCE: u64 = 10;

/// A failure that the corpus knows.
#[derive(Clone, Debug)]
pub(super) struct Remembered {
    /// Its program.
    pub(super) program: String,
    /// Its signature.
    pub(super) signature: String,
    /// Whether it shows.
    pub(super) state: State,
}

/// Holds a night against the baseline: whom that excuses has an excuse, what is no complaint by other seeds is a note, and a variant with
/// nothing left to complain of has kept its expectation. Returns how the night ends.
pub(super) fn hold(record: &mut SweepRecord, baseline: &Baseline, corpus: &[Remembered]) -> Exit {
    for variant in &mut record.variants {
        excuse(variant, baseline);
        forgive_luck(variant);
        if variant.kept == Kept::No && variant.complaints.is_empty() {
            variant.kept = Kept::Yes;
        }
    }
    record.baseline = baseline.failures.iter().map(|failure| entry(failure, record, corpus)).collect();
    record.sum_up();
    record.variants.iter().map(exit).fold(Exit::Passed, worse)
}

/// What fails the night: with its variant each signature that nobody expects or excuses.
pub(super) fn unexpected(record: &SweepRecord) -> impl Iterator<Item = (&Variant, &Signature)> {
    let broken = record.variants.iter().filter(|variant| variant.kept == Kept::No);
    let all = broken.flat_map(|variant| variant.signatures.iter().map(move |signature| (variant, signature)));
    all.filter(|(_, signature)| {
        signature.expected == Expected::No && signature.excuse.is_none() && signature.news != News::Fixed
    })
}

fn exit(variant: &Variant) -> Exit {
    if variant.kept != Kept::No {
        return Exit::Passed;
    }
    let of = |complaint: &Complaint| {
        let about = variant.signatures.iter().find(|signature| is_about(complaint, signature));
        match about.map(|signature| signature.verdict) {
            // A complaint that no signature stands for is a failure.
            None | Some(Verdict::Pass | Verdict::Fail) => Exit::Failed,
            Some(Verdict::Inconclusive) => Exit::Inconclusive,
            Some(Verdict::Diverged) => Exit::Diverged,
            Some(Verdict::Bug) => Exit::Bug,
        }
    };
    variant.complaints.iter().map(of).fold(Exit::Passed, worse)
}

/// Gives each failure that nobody expects its excuse, and takes back what was complained of it.
fn excuse(variant: &mut Variant, baseline: &Baseline) {
    let program = variant.program();
    let found = |signature: &str| baseline.failures.iter().find(|of| of.excuses(&program, signature));
    for signature in &mut variant.signatures {
        let is_meant = signature.verdict == Verdict::Fail && signature.expected == Expected::No;
        signature.excuse = found(&signature.signature).filter(|_| is_meant).map(Failure::excuse);
    }
    // A run of the corpus may fail otherwise than its entry, and then no signature stands for it.
    let is_judged = |words: &str| {
        let of = variant.signatures.iter().find(|signature| signature.signature == words);
        of.is_none_or(|signature| signature.verdict == Verdict::Fail)
    };
    let is_excused = |complaint: &Complaint| {
        complaint.unexpected().is_some_and(|signature| found(signature).is_some() && is_judged(signature))
    };
    let complaints = std::mem::take(&mut variant.complaints);
    variant.complaints = complaints.into_iter().filter(|complaint| !is_excused(complaint)).collect();
}

/// Makes notes of what was found later than promised, or not yet.
fn forgive_luck(variant: &mut Variant) {
    let runs = variant.runs;
    let within = |wanted: &str| variant.expectation.must.iter().find(|(pattern, _)| pattern == wanted);
    let is_luck = |complaint: &mut Complaint| match &complaint.about {
        About::Late { .. } => true,
        About::Missed { pattern } => {
            within(pattern).is_some_and(|(_, within)| runs < within.saturating_mul(PATIENCE))
        }
        About::Unexpected { .. } | About::Unjudged { .. } | About::Program => false,
    };
    variant.notes.extend(variant.complaints.extract_if(.., is_luck).map(|complaint| complaint.words));
}

/// Whether a complaint is that a signature is not expected, or that the corpus's example of it cannot be judged.
fn is_about(complaint: &Complaint, signature: &Signature) -> bool {
    match &complaint.about {
        About::Unexpected { signature: words } => *words == signature.signature,
        About::Unjudged { corpus } => signature.news == News::Unjudged && signature.corpus == Some(*corpus),
        About::Late { .. } | About::Missed { .. } | About::Program => false,
    }
}

fn entry(failure: &Failure, record: &SweepRecord, corpus: &[Remembered]) -> Entry {
    let variants = || record.variants.iter().filter(|variant| failure.is_about(&variant.program()));
    let runs = variants().map(|variant| variant.runs).sum();
    let shows = |signature: &Signature| {
        signature.verdict == Verdict::Fail
            && signature.news != News::Fixed
            && matches(&failure.signature, &signature.signature)
    };
    let is_shown = variants().any(|variant| variant.signatures.iter().any(shows));
    let is_meant = |of: &&Remembered| failure.excuses(&of.program, &of.signature);
    let is_remembered = |state: State| corpus.iter().filter(is_meant).any(|of| of.state == state);
    let came = match (is_shown, runs) {
        (true, _) => Came::Shows,
        (false, 0) => Came::Unswept,
        (false, _) if is_remembered(State::Fixed) && !is_remembered(State::Open) => Came::Fixed,
        (false, _) => Came::Unseen,
    };
    let (program, signature) = (failure.scenario.clone(), failure.signature.clone());
    Entry { program, signature, excuse: failure.excuse(), came, runs }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use photofinish::scenario::{Listed, Os};
    use photofinish::sim::seed::Seed;
    use photofinish::sweep::{Found, Tally};
    use photofinish::verdict;

    use super::super::baseline::tests::baseline;
    use super::*;

    /// What a program must show: `lost` within 100 runs; it may show `late`, too.
    fn listed() -> Listed {
        Listed {
            scenario: String::from("mail"),
            variant: String::from("queue"),
            os: Os::Linux,
            story: String::new(),
            differs: String::new(),
            must: vec![(String::from("lost"), 100)],
            may: vec![String::from("late")],
            always: false,
        }
    }

    /// So many runs of it, with what they showed and at which seed first: the record is as a sweep writes it, complaints and all.
    fn night(runs: u64, found: &[(&str, Verdict, u64)]) -> SweepRecord {
        let listed = listed();
        let tallied = |(signature, verdict, first): &(&str, Verdict, u64)| {
            let verdict = match verdict {
                Verdict::Pass => verdict::Verdict::Pass,
                Verdict::Fail => verdict::Verdict::Fail,
                Verdict::Inconclusive => verdict::Verdict::Inconclusive,
                Verdict::Diverged => verdict::Verdict::Diverged,
                Verdict::Bug => verdict::Verdict::Bug,
            };
            let strategies = BTreeMap::new();
            let found = Found { verdict, runs: 1, first: Seed(*first), strategies, difference: None };
            ((*signature).to_owned(), found)
        };
        let passed = runs - found.len() as u64;
        let tally = Tally { runs, passed, found: found.iter().map(tallied).collect(), ..Tally::default() };
        let complaints = tally.complaints(&listed, Seed(0));
        let signature = |(words, verdict, _): &(&str, Verdict, u64)| Signature {
            signature: (*words).to_owned(),
            verdict: *verdict,
            expected: match (*words, verdict) {
                ("lost", Verdict::Fail) => Expected::Must,
                ("late", Verdict::Fail) => Expected::May,
                _ => Expected::No,
            },
            news: if *verdict == Verdict::Fail { News::New } else { News::Unjudged },
            runs: 1,
            ..Signature::default()
        };
        let variant = Variant {
            scenario: listed.scenario,
            variant: listed.variant,
            expectation: photofinish_reports::sweep::Expectation {
                must: listed.must,
                may: listed.may,
                always: false,
            },
            kept: if complaints.is_empty() { Kept::Yes } else { Kept::No },
            complaints,
            runs,
            passed,
            signatures: found.iter().map(signature).collect(),
            ..Variant::default()
        };
        SweepRecord { variants: vec![variant], ..SweepRecord::default() }
    }

    /// What a night comes to, with how many excuses, notes and complaints.
    fn check(
        mut record: SweepRecord,
        excused: &[(&str, &str)],
        (exit, counts): (Exit, [usize; 3]),
    ) -> SweepRecord {
        assert_eq!(hold(&mut record, &baseline(excused), &[]), exit, "{record:?}");
        let [variant] = &record.variants[..] else { panic!("one variant") };
        let excuses = variant.signatures.iter().filter(|signature| signature.excuse.is_some()).count();
        assert_eq!([excuses, variant.notes.len(), variant.complaints.len()], counts, "{variant:?}");
        assert_eq!(variant.kept == Kept::No, exit != Exit::Passed, "{variant:?}");
        record
    }

    use Verdict::{Bug, Diverged, Fail, Inconclusive};

    const PANICS: &[(&str, &str)] = &[("mail/queue", "panic*")];

    #[test]
    fn a_failure_that_is_expected_is_none() {
        check(night(100, &[("lost", Fail, 3)]), &[], (Exit::Passed, [0, 0, 0]));
        check(night(100, &[("lost", Fail, 3), ("late", Fail, 9)]), PANICS, (Exit::Passed, [0, 0, 0]));
    }

    #[test]
    fn a_failure_that_nobody_expects_fails_the_night_unless_it_is_excused() {
        let found = [("lost", Fail, 3), ("panic in a", Fail, 9)];
        let record = check(night(100, &found), &[], (Exit::Failed, [0, 0, 1]));
        assert_eq!(unexpected(&record).map(|(_, of)| &*of.signature).collect::<Vec<_>>(), ["panic in a"]);
        let record = check(night(100, &found), PANICS, (Exit::Passed, [1, 0, 0]));
        assert_eq!((unexpected(&record).count(), record.totals.excused, record.totals.broken), (0, 1, 0));
        let excuse = record.variants[0].signatures[1].excuse.clone().expect("it has one");
        assert_eq!((&*excuse.why, &*excuse.since), ("later", "2026-11-22"));
        check(night(100, &found), &[("mail", "panic in a")], (Exit::Passed, [1, 0, 0]));
        check(night(100, &found), &[("mail/other", "panic*")], (Exit::Failed, [0, 0, 1]));
        check(night(100, &found), &[("mail/queue", "panic")], (Exit::Failed, [0, 0, 1]));
    }

    #[test]
    fn one_excuse_does_not_cover_another_failure() {
        let found = [("lost", Fail, 3), ("panic in a", Fail, 9), ("stuck", Fail, 10)];
        let record = check(night(100, &found), PANICS, (Exit::Failed, [1, 0, 1]));
        assert_eq!(unexpected(&record).map(|(_, of)| &*of.signature).collect::<Vec<_>>(), ["stuck"]);
    }

    #[test]
    fn only_failures_are_excused() {
        for (verdict, exit) in
            [(Inconclusive, Exit::Inconclusive), (Diverged, Exit::Diverged), (Bug, Exit::Bug)]
        {
            let found = [("lost", Fail, 3), ("panic in a", verdict, 9)];
            check(night(100, &found), PANICS, (exit, [0, 0, 1]));
        }
        let both = [("lost", Fail, 3), ("escaped", Inconclusive, 9), ("panic in a", Fail, 9)];
        check(night(100, &both), &[], (Exit::Failed, [0, 0, 2]));
        check(night(100, &both), PANICS, (Exit::Inconclusive, [1, 0, 1]));
    }

    #[test]
    fn luck_is_noted_and_its_end_is_not() {
        check(night(1_000, &[("lost", Fail, 500)]), &[], (Exit::Passed, [0, 1, 0]));
        check(night(99, &[]), &[], (Exit::Passed, [0, 0, 0]));
        check(night(999, &[]), &[], (Exit::Passed, [0, 1, 0]));
        check(night(1_000, &[]), &[], (Exit::Failed, [0, 0, 1]));
        check(night(999, &[("panic in a", Fail, 9)]), &[], (Exit::Failed, [0, 1, 1]));
    }

    #[test]
    fn what_the_corpus_shows_is_judged_as_well() {
        let with = |about: About| {
            let mut record = night(100, &[("lost", Fail, 3)]);
            record.variants[0].complaints.push(Complaint { about, words: String::from("w") });
            record.variants[0].kept = Kept::No;
            record
        };
        let otherwise = || with(About::Unexpected { signature: String::from("panic in a") });
        check(otherwise(), &[], (Exit::Failed, [0, 0, 1]));
        check(otherwise(), PANICS, (Exit::Passed, [0, 0, 0]));
        check(with(About::Program), PANICS, (Exit::Failed, [0, 0, 1]));
        let mut unjudged = with(About::Unjudged { corpus: 7 });
        unjudged.variants[0].signatures.push(Signature {
            signature: String::from("panic in b"),
            verdict: Diverged,
            news: News::Unjudged,
            corpus: Some(7),
            ..Signature::default()
        });
        check(unjudged, PANICS, (Exit::Diverged, [0, 0, 1]));
    }

    #[test]
    fn an_entry_says_what_came_of_it() {
        let of = |signature: &str, state| Remembered {
            program: String::from("mail/queue"),
            signature: signature.to_owned(),
            state,
        };
        let corpus = [of("gone", State::Fixed), of("half: a", State::Fixed), of("half: b", State::Open)];
        let check = |record: &mut SweepRecord, program: &str, signature: &str, expected| {
            hold(record, &baseline(&[(program, signature)]), &corpus);
            assert_eq!((record.baseline[0].came, record.baseline.len()), (expected, 1), "{signature}");
        };
        let mut record = night(100, &[("lost", Fail, 3), ("panic in a", Fail, 9)]);
        check(&mut record, "mail", "panic*", Came::Shows);
        check(&mut record, "mail/queue", "gone", Came::Fixed);
        check(&mut record, "mail/queue", "half*", Came::Unseen);
        check(&mut record, "mail/queue", "never seen", Came::Unseen);
        check(&mut record, "mail/other", "gone", Came::Unswept);
        assert_eq!(record.baseline[0].runs, 0);
        check(&mut night(0, &[]), "mail", "gone", Came::Unswept);
    }
}
