//! What the corpus knows of a target: its entries are run first, by their seeds, and each failing run is recorded.
//!
//! Does not make runs. Invariant: an entry is taken to be fixed only if its own seed was run and judged, and did not show it.

use std::fmt;
use std::path::Path;

use photofinish::examine::Examined;
use photofinish::sim::limits::Limits;
use photofinish::target::STRATEGY;
use photofinish::verdict::Verdict;
use photofinish_corpus::corpus::Traces;
use photofinish_corpus::{Corpus, CorpusError, Entry, Example, Recorded, Sighting, State};
use serde::Serialize;

use super::{ForeignError, replay_line};
use crate::commands::corpus::folder;
use crate::moments::now_ms;

/// A corpus.
pub(super) struct Kept {
    corpus: Corpus,
}

/// An entry that was run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Again {
    /// Its number.
    pub(super) id: i64,
    /// Its signature.
    pub(super) signature: String,
    /// What came of it: `still`, `back`, `fixed`, `gone` or `unjudged`.
    pub(super) outcome: &'static str,
    /// How its seed fails instead, or why nobody can tell.
    pub(super) instead: Option<String>,
    /// How its run means what it means.
    #[serde(skip)]
    pub(super) verdict: Verdict,
}

/// A failing run that is recorded for the first time, or was taken to be fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct News {
    id: i64,
    program: String,
    signature: String,
    /// `new` or `back`.
    was: &'static str,
    seed: u64,
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, program, signature, was, seed } = self;
        write!(f, "{was}: {program}: {signature} (seed {seed}, corpus #{id})")
    }
}

impl Kept {
    pub(super) fn open(asked: Option<&Path>) -> Result<Self, ForeignError> {
        Ok(Self { corpus: Corpus::open(&folder(asked, None)?)? })
    }

    /// The entries of a target.
    pub(super) fn entries(&self, program: &str) -> Result<Vec<Entry>, CorpusError> {
        let mut entries = self.corpus.entries(Traces::Without)?;
        entries.retain(|entry| entry.program == program);
        Ok(entries)
    }

    /// Notes what came of an entry's seed.
    pub(super) fn note(
        &mut self,
        entry: &Entry,
        build: &str,
        examined: &Examined,
    ) -> Result<Again, CorpusError> {
        let Examined { judgement, .. } = examined;
        let Entry { id, program, signature, state, .. } = entry;
        let again = |outcome, instead| {
            let (signature, verdict) = (signature.clone(), judgement.verdict);
            Again { id: *id, signature, outcome, instead, verdict }
        };
        if judgement.signature.as_ref() == Some(signature) {
            let renewed = (entry.example.build != build).then(|| example(entry.example.seed, build));
            self.corpus.still_fails(*id, renewed.as_ref(), now_ms())?;
            return Ok(again(if *state == State::Fixed { "back" } else { "still" }, None));
        }
        if !matches!(judgement.verdict, Verdict::Pass | Verdict::Fail) {
            return Ok(again("unjudged", judgement.signature.clone()));
        }
        if *state == State::Open {
            self.corpus.is_fixed(entry)?;
        }
        if let (Verdict::Fail, Some(signature)) = (judgement.verdict, &judgement.signature) {
            self.record(program, signature, (entry.example.seed, build))?;
        }
        let outcome = if *state == State::Open { "fixed" } else { "gone" };
        Ok(again(outcome, judgement.signature.clone()))
    }

    /// Records a failing run; what is worth saying of it is returned.
    pub(super) fn record(
        &mut self,
        program: &str,
        signature: &str,
        (seed, build): (u64, &str),
    ) -> Result<Option<News>, CorpusError> {
        let example = example(seed, build);
        let (rank, example) = (example.rank(), &|| example.clone());
        let sighting = Sighting { program, signature, rank, example, now_ms: now_ms() };
        let (id, recorded) = self.corpus.record(&sighting)?;
        let was = match recorded {
            Recorded::New => "new",
            Recorded::Back => "back",
            Recorded::Smaller | Recorded::Again => return Ok(None),
        };
        let (program, signature) = (program.to_owned(), signature.to_owned());
        Ok(Some(News { id, program, signature, was, seed }))
    }
}

/// A run that has only its seed; its configuration is drawn from that again.
fn example(seed: u64, build: &str) -> Example {
    Example {
        build: build.to_owned(),
        seed,
        strategy: STRATEGY.to_owned(),
        cores: 0,
        os: None,
        heap: None,
        oracles: None,
        limits: serde_json::to_string(&Limits::default()).expect("plain data has a JSON form"),
        decisions: 0,
        trace: None,
    }
}

/// What to type to see the run of an entry again that a target's sweep recorded; nothing if it is a run of ours.
#[must_use]
pub fn replay_of(entry: &Entry) -> Option<String> {
    (entry.example.strategy == STRATEGY).then(|| replay_line(&entry.program, entry.example.seed))
}
