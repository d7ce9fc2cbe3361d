//! The corpus of a sweep: its entries are run first, and each failing run is recorded as it is found.
//!
//! Knows runs, and the corpus by its functions. Invariant: an entry is taken to be fixed only if its own example was run and
//! judged, and did not show it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use photofinish::client::Request;
use photofinish::examine::{Examined, examine};
use photofinish::tracefile::{self, TraceFile};
use photofinish::verdict::{self, Verdict};
use photofinish_corpus::corpus::{Times, Traces};
use photofinish_corpus::{Corpus, CorpusError, Entry, Example, Rank, Recorded, Sighting, State};
use serde::Serialize;

use super::gathered::{Extent, Shown};
use super::jobs::Board;
use super::progress::Progress;
use super::server::Server;
use super::small::Failure;
use super::{Sweep, SweepError};
use crate::commands::corpus;
use crate::interrupt;
use crate::moments::now_ms;

/// A corpus that the jobs of a sweep share.
pub(super) struct Kept {
    /// None of a shard's, whose findings are kept when all are merged.
    corpus: Option<Mutex<Corpus>>,
    /// How it is said that something was recorded.
    said: Said,
}

/// How standard error is told of what is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// For a person: what the corpus did not know.
    Words,
    /// One JSON object for each change of an entry but its counts.
    Json,
}

/// An entry that was run again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Again {
    /// Its number.
    pub(super) id: i64,
    /// Its program.
    #[serde(skip)]
    pub(super) program: String,
    /// Its signature.
    pub(super) signature: String,
    /// The operating system it was made to run on, if not its own.
    #[serde(skip)]
    pub(super) os: Option<String>,
    /// The heap it was made to use, if not its program's own choice.
    #[serde(skip)]
    pub(super) heap: Option<String>,
    /// What was asked of it besides, if not what its program asks for.
    #[serde(skip)]
    pub(super) oracles: Option<String>,
    /// What came of it.
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

/// What came of an entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub(super) enum Outcome {
    /// It fails as before.
    Still,
    /// It had been fixed, and fails as it did.
    Back,
    /// It failed when it was run last, and does not fail so any more.
    Fixed {
        /// How it fails instead.
        instead: Option<String>,
    },
    /// It had been fixed, and is.
    Gone {
        /// How it fails instead.
        instead: Option<String>,
    },
    /// The run could not be judged; the entry is left as it is.
    Unjudged {
        /// What the run means.
        verdict: Verdict,
        /// Why.
        why: String,
    },
    /// It names what this Photofinish does not know; the entry is left as it is.
    Unreadable {
        /// What.
        why: String,
    },
}

impl Kept {
    /// Opens the corpus in a folder.
    pub(super) fn open(folder: &Path, said: Said) -> Result<Self, CorpusError> {
        Ok(Self { corpus: Some(Mutex::new(Corpus::open(folder)?)), said })
    }

    /// No corpus.
    pub(super) fn nowhere() -> Self {
        Self { corpus: None, said: Said::Words }
    }

    /// Records a failing run.
    pub(super) fn record(
        &self,
        signature: &str,
        shown: &Shown,
        progress: &Progress,
    ) -> Result<(), CorpusError> {
        if self.corpus.is_none() {
            return Ok(());
        }
        self.add(signature, shown, (Times::Once, now_ms()), progress)
    }

    /// Records what the shards of a sweep found, which ended at that moment. Doing so again changes nothing.
    pub(super) fn record_merged(
        &self,
        board: &Board,
        ended_ms: i64,
        progress: &Progress,
    ) -> Result<(), CorpusError> {
        for gathered in &board.gathered {
            let found = &gathered.part.tally.found;
            let failed = gathered.part.shown.iter().filter(|(_, shown)| shown.verdict == Verdict::Fail);
            for (signature, shown) in failed {
                let times = found.get(signature).map_or(1, |found| found.runs);
                self.add(signature, shown, (Times::AtLeast(times), ended_ms), progress)?;
            }
        }
        Ok(())
    }

    fn add(
        &self,
        signature: &str,
        shown: &Shown,
        (times, now_ms): (Times, i64),
        progress: &Progress,
    ) -> Result<(), CorpusError> {
        let (program, rank) = (&shown.file.program, shown.rank());
        let sighting = Sighting { program, signature, rank, example: &|| example_of(shown), now_ms };
        let (id, recorded) = self.corpus().record_times(&sighting, times)?;
        let Rank { seed, decisions, .. } = rank;
        let word = match recorded {
            Recorded::New => "new",
            Recorded::Back => "back",
            Recorded::Smaller => "smaller",
            Recorded::Again => return Ok(()),
        };
        match self.said {
            Said::Words if recorded == Recorded::Smaller => {}
            Said::Words => {
                progress.note(&format!("{word}: {program}: {signature} (seed {seed}, corpus #{id})"))
            }
            Said::Json => {
                let recorded = serde_json::json!({
                    "id": id, "program": program, "signature": signature, "was": word, "seed": seed, "decisions": decisions,
                });
                progress.note(&serde_json::json!({ "recorded": recorded }).to_string());
            }
        }
        Ok(())
    }

    /// By failure: the number of its entry, and what it was shrunk to.
    pub(super) fn shrunk(&self) -> Result<BTreeMap<Failure, (i64, Option<String>)>, CorpusError> {
        let entries = self.corpus().entries(Traces::Without)?.into_iter();
        Ok(entries.map(|entry| ((entry.program, entry.signature), (entry.id, entry.shrunk))).collect())
    }

    /// By failure: whether it shows, as far as is known.
    pub(super) fn states(&self) -> Result<BTreeMap<Failure, State>, CorpusError> {
        let entries = self.corpus().entries(Traces::Without)?.into_iter();
        Ok(entries.map(|entry| ((entry.program, entry.signature), entry.state)).collect())
    }

    /// Notes what a failure was shrunk to.
    pub(super) fn set_shrunk(&self, id: i64, token: &str) -> Result<(), CorpusError> {
        self.corpus().set_shrunk(id, token)
    }

    fn corpus(&self) -> MutexGuard<'_, Corpus> {
        let corpus = self.corpus.as_ref().expect("a shard asks nothing of a corpus");
        corpus.lock().expect("nobody panics with it")
    }
}

/// Runs the entries of a sweep's variants again and notes what came of them, by variant and number. An interrupt ends it early.
pub(super) fn run_again(sweep: &Sweep<'_>, progress: &Progress) -> Result<Vec<Again>, SweepError> {
    let mut entries = sweep.kept.corpus().entries(Traces::With)?;
    let variant = |entry: &Entry| sweep.variants().position(|listed| listed.name() == entry.program);
    // An entry of another level cannot be made by this executable.
    let is_ours =
        |entry: &Entry| variant(entry).is_some_and(|variant| corpus::level(entry) == sweep.level(variant));
    entries.retain(is_ours);
    entries.sort_by_key(|entry| (variant(entry), entry.id));
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(vec![None; entries.len()]);
    let job = || -> Result<(), SweepError> {
        let mut server = Server::new(sweep, progress);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(entry) = entries.get(index).filter(|_| !interrupt::requested()) else { return Ok(()) };
            let variant = variant(entry).expect("the others are left out above");
            let outcome = one((sweep, variant), &mut server, entry, progress)?;
            let is_first = outcome.fails() && sweep.args.stop_on_first;
            let Entry { id, program, signature, .. } = entry.clone();
            let Example { os, heap, oracles, .. } = entry.example.clone();
            let again = Again { id, program, signature, os, heap, oracles, outcome };
            done.lock().expect("no job panics with it")[index] = Some(again);
            if is_first {
                next.store(entries.len(), Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..sweep.jobs.min(entries.len())).map(|_| scope.spawn(job)).collect();
        let ended = jobs.into_iter().map(|job| job.join().expect("a job does not panic"));
        ended.fold(Ok(()), Result::and)
    })?;
    let mut again: Vec<Again> =
        done.into_inner().expect("no job panics with it").into_iter().flatten().collect();
    // What other jobs had begun before they knew is not told: it depends on how many they are.
    if let Some(first) = again.iter().position(|again| again.outcome.fails())
        && sweep.args.stop_on_first
    {
        again.truncate(first + 1);
    }
    Ok(again)
}

/// Runs an entry again and notes what came of it.
fn one(
    (sweep, variant): (&Sweep<'_>, usize),
    server: &mut Server<'_>,
    entry: &Entry,
    progress: &Progress,
) -> Result<Outcome, SweepError> {
    let build = sweep.build(variant);
    let (request, expected_hash) = match asked(entry, build) {
        Ok(asked) => asked,
        Err(why) => return Ok(Outcome::Unreadable { why }),
    };
    let Examined { run, mut judgement, .. } =
        examine(server.of(sweep.selected[variant].executable)?, &request)?;
    if let Some(expected) = expected_hash
        && expected != run.figures.events_hash
        && judgement.verdict != Verdict::Diverged
    {
        judgement = verdict::not_the_same(expected, run.figures.events_hash);
    }
    if !matches!(judgement.verdict, Verdict::Pass | Verdict::Fail) {
        let why = judgement.detail.lines().next().unwrap_or_default().to_owned();
        return Ok(Outcome::Unjudged { verdict: judgement.verdict, why });
    }
    let shown = Shown {
        verdict: judgement.verdict,
        file: TraceFile::of(&request, &run, build),
        trace: if run.truncated { Extent::Beginning } else { Extent::Whole },
    };
    if judgement.signature.as_ref() == Some(&entry.signature) {
        // An example of another build can be run by its trace from here on.
        let renewed = (entry.example.build != build).then(|| example_of(&shown));
        sweep.kept.corpus().still_fails(entry.id, renewed.as_ref(), now_ms())?;
        return Ok(if entry.state == State::Fixed { Outcome::Back } else { Outcome::Still });
    }
    if entry.state == State::Open {
        sweep.kept.corpus().is_fixed(entry)?;
    }
    let instead = judgement.signature;
    if let Some(signature) = &instead {
        sweep.kept.record(signature, &shown, progress)?;
    }
    Ok(if entry.state == State::Open { Outcome::Fixed { instead } } else { Outcome::Gone { instead } })
}

/// What to ask for to run an entry's example again: in its own build by its trace, with the hash that its events must have; in
/// another one by its seed and strategy.
fn asked(entry: &Entry, build: &str) -> Result<(Request, Option<u64>), String> {
    let Example { seed, trace, .. } = &entry.example;
    let file = trace.as_ref().and_then(|trace| serde_json::from_str::<TraceFile>(trace).ok());
    if let Some(file) = file.filter(|file| file.schema == tracefile::SCHEMA) {
        if file.program != entry.program || file.seed.0 != *seed {
            return Err(String::from("its trace is of another run"));
        }
        return Ok(if file.build == build && file.trace.check().is_ok() {
            (file.request(), Some(file.events_hash))
        } else {
            (Request { replay: None, ..file.request() }, None)
        });
    }
    Ok((corpus::request(entry)?, None))
}

/// What the corpus keeps of a run.
fn example_of(shown: &Shown) -> Example {
    let file = &shown.file;
    let json = |value: Result<String, _>| value.expect("plain data has a JSON form");
    Example {
        build: file.build.clone(),
        seed: file.seed.0,
        strategy: file.strategy.to_string(),
        cores: file.cores,
        os: file.os.map(|os| os.to_string()),
        heap: file.heap.map(|heap| heap.to_string()),
        oracles: file.oracles.map(|oracles| oracles.to_string()),
        limits: json(serde_json::to_string(&file.limits)),
        decisions: shown.decisions(),
        trace: (shown.trace == Extent::Whole).then(|| json(serde_json::to_string(file))),
    }
}

#[cfg(test)]
mod tests {
    use photofinish::client::Replay;
    use photofinish::scenario::{Heap, Os};
    use photofinish::sim::chooser::Strategy;
    use photofinish::sim::preempt::Preempt;
    use photofinish::sim::seed::Seed;
    use photofinish::sim::trace::Trace;

    use super::*;

    /// What was asked for when the run was made.
    fn original() -> Request {
        let (os, heap) = (Some(Os::Macos), Some(Heap::Checked));
        let oracles = Some("leaks,late=20".parse().expect("both are known"));
        Request {
            strategy: Strategy::Starve,
            cores: 2,
            os,
            heap,
            oracles,
            preempt: Some(Preempt::Blocks),
            ..Request::new("s/v", Seed(u64::MAX))
        }
    }

    fn entry() -> Entry {
        let Request { program, seed, strategy, cores, os, heap, oracles, preempt, limits, .. } = original();
        let file = TraceFile {
            schema: tracefile::SCHEMA,
            what: tracefile::WHAT.to_owned(),
            program: program.clone(),
            build: String::from("this"),
            seed,
            strategy,
            cores,
            os,
            heap,
            oracles,
            preempt,
            limits,
            events_hash: 7,
            trace: Trace::default(),
        };
        Entry {
            id: 1,
            program,
            signature: String::from("lost"),
            state: State::Open,
            first_seen_ms: 0,
            last_seen_ms: 0,
            times_seen: 1,
            shrunk: None,
            example: example_of(&Shown { verdict: Verdict::Fail, file, trace: Extent::Whole }),
        }
    }

    #[test]
    fn an_example_is_asked_for_as_it_was_recorded() {
        let replayed = Request { replay: Some(Replay::Strict(Trace::default())), ..original() };
        assert_eq!(asked(&entry(), "this"), Ok((replayed, Some(7))), "by its trace");
        assert_eq!(asked(&entry(), "other"), Ok((original(), None)), "by its seed");
        let mut bare = entry();
        bare.example.trace = None;
        // The level stands in the trace alone.
        let at_its_own_level = Request { preempt: None, ..original() };
        assert_eq!(asked(&bare, "this"), Ok((at_its_own_level, None)), "without a trace");
        let old = entry().example.trace.map(|trace| trace.replacen("\"schema\":", "\"schema\":9", 1));
        bare.example.trace = old;
        assert_eq!(asked(&bare, "this"), Ok((original(), None)), "with a trace of another schema");
    }

    #[test]
    fn an_example_that_names_what_nobody_knows_is_not_run() {
        let check = |change: fn(&mut Example), words: &str| {
            let mut entry = entry();
            entry.example.trace = None;
            change(&mut entry.example);
            let why = asked(&entry, "this").expect_err("it is not known");
            assert!(why.contains(words), "{why}");
        };
        check(|example| example.strategy = String::from("luck"), "luck");
        check(|example| example.os = Some(String::from("plan9")), "plan9");
        check(|example| example.heap = Some(String::from("compost")), "compost");
        check(|example| example.oracles = Some(String::from("delphi")), "delphi");
        check(|example| example.limits = String::from("{}"), "limits");
        let mut other = entry();
        other.program = String::from("s/w");
        assert_eq!(asked(&other, "this"), Err(String::from("its trace is of another run")));
    }
}
