//! `--report`: what a sweep found, for a person: `index.html` and a page for each failure, `summary.md`, `junit.xml`, and `sweep.json`,
//! which the others are drawn from.
//!
//! Puts together what others know, and does not draw. Invariant: `index.html` is written last, so that what it names is there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use photofinish::line;
use photofinish::scenario::Listed;
use photofinish::shrinking::Pair;
use photofinish::sim::mark::Mark;
use photofinish::sweep::{Found, Over, Tally, matches};
use photofinish::token::Token;
use photofinish::verdict::Verdict;
use photofinish_corpus::State;
use photofinish_reports::sweep as report;
use photofinish_reports::sweep::{
    End, Expectation, Expected, Kept, Machine, News, Share, Signature, Small, SweepRecord, Variant,
};

use super::drawn::{self, Page};
use super::gathered::{Gathered, Shown};
use super::jobs::Board;
use super::kept::{Again, Outcome};
use super::merged::{Merged, Missing};
use super::plan::Budget;
use super::small::{Failure, Made};
use super::{SimError, Sweep, SweepError, of};
use crate::interrupt;
use crate::moments::millis;
use crate::reporting::Folder;

/// What a sweep has shown, and what was known before it.
pub(super) struct Seen<'a> {
    pub(super) board: &'a Board,
    pub(super) small: &'a BTreeMap<Failure, Made>,
    pub(super) again: &'a [Again],
    /// The corpus before the sweep.
    pub(super) before: &'a BTreeMap<Failure, State>,
    pub(super) missed: &'a [&'a Mark],
    /// The shards that have shown it, if there are any.
    pub(super) merged: Option<&'a Merged>,
}

impl Seen<'_> {
    /// The shards that are not there.
    pub(super) fn missing(&self) -> impl Iterator<Item = &Missing> {
        self.merged.into_iter().flat_map(|merged| &merged.missing)
    }
}

/// Draws each failure, writes what is told of all, and says where.
pub(super) fn write(
    sweep: &Sweep<'_>,
    folder: &Folder,
    seen: &Seen<'_>,
    began: Instant,
) -> Result<(), SweepError> {
    let took = began.elapsed() + seen.merged.map(Merged::took).unwrap_or_default();
    let pages = drawn::draw(sweep, folder, seen.board, seen.small)?;
    let record = record(sweep, seen, &pages, took)?;
    let index = folder.sweep(&record).map_err(SimError::from)?;
    eprintln!("report: {}", index.display());
    Ok(())
}

fn record(
    sweep: &Sweep<'_>,
    seen: &Seen<'_>,
    pages: &BTreeMap<Failure, Page>,
    took: Duration,
) -> Result<SweepRecord, SweepError> {
    let numbers = sweep.kept.shrunk()?;
    let numbers = numbers.into_iter().map(|(failure, (id, _))| (failure, id)).collect();
    let known = Known { numbers: &numbers, pages };
    let variants = sweep.variants().zip(&seen.board.gathered);
    let variants = variants.map(|(listed, gathered)| variant(sweep, (listed, gathered), seen, known));
    let mut record = SweepRecord {
        schema: report::SCHEMA,
        what: String::from(report::WHAT),
        command: command(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned())),
        build: sweep.builds.whole(),
        builds: sweep.builds.each(),
        machine: Machine {
            cores: std::thread::available_parallelism().map_or(1, usize::from) as u64,
            jobs: sweep.jobs as u64,
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        },
        strategy: sweep.strategy.to_string(),
        from: sweep.args.from,
        seeds: match sweep.budget {
            Budget::Seeds(seeds) => Some(seeds),
            Budget::Time(_) => None,
        },
        took_ms: millis(took),
        end: match (interrupt::requested(), seen.board.end) {
            (true, _) => End::Interrupted,
            (false, _) if seen.missing().next().is_some() => End::Part,
            (false, Some(_)) => End::AtFirst,
            (false, None) => End::Whole,
        },
        variants: variants.collect(),
        missed: seen.missed.iter().map(ToString::to_string).collect(),
        ..SweepRecord::default()
    };
    record.sum_up();
    Ok(record)
}

/// What is known of failures by now.
#[derive(Clone, Copy)]
struct Known<'a> {
    /// What the corpus calls them.
    numbers: &'a BTreeMap<Failure, i64>,
    /// Their own reports.
    pages: &'a BTreeMap<Failure, Page>,
}

fn variant(
    sweep: &Sweep<'_>,
    (listed, gathered): (&Listed, &Gathered),
    seen: &Seen<'_>,
    known: Known<'_>,
) -> Variant {
    let tally = &gathered.part.tally;
    let again = of(listed, seen.again);
    let complaints = sweep.judge(listed, gathered, seen.again).complaints;
    let is_judged = sweep.args.os.is_none_or(|os| os == listed.os) && tally.runs > 0;
    let failure = |signature: &str| (listed.name(), signature.to_owned());
    let mut signatures: Vec<Signature> = Vec::new();
    for (signature, found) in &tally.found {
        let failure = failure(signature);
        let (shown, page) = (gathered.part.shown.get(signature), known.pages.get(&failure));
        let small = seen.small.get(&failure).map(|made| small(made, page));
        signatures.push(Signature {
            first_after: sweep.over(gathered).before(found.first).map(|before| before + 1),
            expected: expected(listed, signature, found.verdict),
            news: news(found.verdict, seen.before.get(&failure)),
            corpus: known.numbers.get(&failure).copied(),
            report: page.map(|page| page.file.clone()),
            ..of_found(signature, found, (shown, small))
        });
    }
    for again in again {
        match signatures.iter_mut().find(|found| found.signature == again.signature) {
            Some(found) => found.detail.extend(words(again)),
            None => signatures.extend(of_corpus(listed, again)),
        }
    }
    Variant {
        scenario: listed.scenario.clone(),
        variant: listed.variant.clone(),
        about: listed.differs.clone(),
        expectation: Expectation {
            must: listed.must.clone(),
            may: listed.may.clone(),
            always: listed.always,
        },
        kept: match (complaints.is_empty(), is_judged) {
            (false, _) => Kept::No,
            (true, true) => Kept::Yes,
            (true, false) => Kept::Unjudged,
        },
        complaints,
        missing: if *sweep.over(gathered) == Over::Part { Vec::new() } else { missing(listed, tally) },
        runs: tally.runs,
        passed: tally.passed,
        points: tally.points,
        spent_ms: millis(gathered.spent),
        strategies: tally.strategies.clone(),
        signatures,
        ..Variant::default()
    }
}

/// What the sweep itself knows of a signature that it found.
fn of_found(signature: &str, found: &Found, (shown, small): (Option<&Shown>, Option<Small>)) -> Signature {
    let difference = found.difference.as_ref().map(ToString::to_string).unwrap_or_default();
    let by_seed = || shown.map(|shown| line::of_seed(&shown.file.request()));
    let share =
        |share: &photofinish::sweep::Share| Share { runs: share.runs, first_after: share.first_after };
    Signature {
        signature: signature.to_owned(),
        verdict: verdict(found.verdict),
        runs: found.runs,
        first_seed: Some(found.first.0),
        strategies: found.strategies.iter().map(|(family, of)| (family.clone(), share(of))).collect(),
        decisions: shown.map(Shown::decisions),
        detail: difference.lines().map(str::to_owned).collect(),
        replay: small.as_ref().map(|small| line::of_token(&small.token)).or_else(by_seed),
        small,
        ..Signature::default()
    }
}

/// What only the corpus's example shows, or does not show any more.
fn of_corpus(listed: &Listed, again: &Again) -> Option<Signature> {
    let (news, verdict) = match &again.outcome {
        Outcome::Still => (News::Known, Verdict::Fail),
        Outcome::Back => (News::Back, Verdict::Fail),
        Outcome::Fixed { .. } => (News::Fixed, Verdict::Pass),
        Outcome::Gone { .. } => return None,
        Outcome::Unjudged { verdict, .. } => (News::Unjudged, *verdict),
        Outcome::Unreadable { .. } => (News::Unjudged, Verdict::Inconclusive),
    };
    Some(Signature {
        signature: again.signature.clone(),
        verdict: self::verdict(verdict),
        expected: expected(listed, &again.signature, Verdict::Fail),
        news,
        corpus: Some(again.id),
        detail: words(again).into_iter().collect(),
        replay: Some(format!("cargo xtask corpus show {}", again.id)),
        ..Signature::default()
    })
}

/// What came of the corpus's example, unless it fails as it did.
fn words(again: &Again) -> Option<String> {
    let id = again.id;
    match &again.outcome {
        Outcome::Still | Outcome::Gone { instead: None } => None,
        Outcome::Back => Some(format!("the example of #{id}, which was fixed, fails again")),
        Outcome::Fixed { instead: None } => Some(format!("the example of #{id} passes")),
        Outcome::Fixed { instead: Some(instead) } | Outcome::Gone { instead: Some(instead) } => {
            Some(format!("the example of #{id} fails otherwise: {instead}"))
        }
        Outcome::Unjudged { why, .. } => Some(format!("the example of #{id} could not be judged: {why}")),
        Outcome::Unreadable { why } => Some(format!("the example of #{id} was not run: {why}")),
    }
}

/// Of what must be found: what was not, in as many runs as it may take.
fn missing(listed: &Listed, tally: &Tally) -> Vec<String> {
    let is_found = |pattern: &str| tally.found.keys().any(|signature| matches(pattern, signature));
    let missing = listed.must.iter().filter(|(pattern, within)| tally.runs >= *within && !is_found(pattern));
    missing.map(|(pattern, _)| pattern.clone()).collect()
}

fn expected(listed: &Listed, signature: &str, verdict: Verdict) -> Expected {
    let is_of = |pattern: &String| verdict == Verdict::Fail && matches(pattern, signature);
    if listed.must.iter().any(|(pattern, _)| is_of(pattern)) {
        Expected::Must
    } else if listed.may.iter().any(is_of) {
        Expected::May
    } else {
        Expected::No
    }
}

fn news(verdict: Verdict, before: Option<&State>) -> News {
    match (verdict, before) {
        (Verdict::Fail, None) => News::New,
        (Verdict::Fail, Some(State::Open)) => News::Known,
        (Verdict::Fail, Some(State::Fixed)) => News::Back,
        _ => News::Unjudged,
    }
}

fn verdict(verdict: Verdict) -> report::Verdict {
    match verdict {
        Verdict::Pass => report::Verdict::Pass,
        Verdict::Fail => report::Verdict::Fail,
        Verdict::Inconclusive => report::Verdict::Inconclusive,
        Verdict::Diverged => report::Verdict::Diverged,
        Verdict::Bug => report::Verdict::Bug,
    }
}

/// A failure made small; what its operations are is known best where it was drawn.
fn small(made: &Made, page: Option<&Page>) -> Small {
    let decisions = made.token.parse::<Token>().ok().map(|token| token.decisions.len() as u64);
    let found = || made.pair.as_ref().map(|Pair { first, second }| format!("{first} came before {second}"));
    let pair = page.and_then(|page| page.pair.clone()).or_else(found);
    Small { token: made.token.clone(), decisions, pair }
}

/// What was typed, as it can be typed again.
pub(super) fn command(words: impl Iterator<Item = String>) -> String {
    let quoted = words.map(|word| line::quoted(&word));
    ["cargo", "xtask"].into_iter().map(str::to_owned).chain(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_corpus_knew_makes_the_news() {
        assert_eq!(news(Verdict::Fail, None), News::New);
        assert_eq!(news(Verdict::Fail, Some(&State::Open)), News::Known);
        assert_eq!(news(Verdict::Fail, Some(&State::Fixed)), News::Back);
        assert_eq!(news(Verdict::Inconclusive, None), News::Unjudged);
    }

    #[test]
    fn a_command_can_be_typed_again() {
        let words = ["sweep", "a/b", "--report", "my out", "it's", ""];
        let said = command(words.iter().map(|word| (*word).to_owned()));
        assert_eq!(said, r"cargo xtask sweep a/b --report 'my out' 'it'\''s' ''");
    }
}
