//! `cargo xtask corpus`: the failures that sweeps found, listed, shown, deleted, exported and imported.
//!
//! Runs nothing. Invariant: only `rm` deletes, and only what it names.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use photofinish::client::Request;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use photofinish::tracefile::{self, TraceError, TraceFile};
use photofinish::{line, whole};
use photofinish_corpus::corpus::Traces;
use photofinish_corpus::{Corpus, CorpusError, Entry, Example};
use serde::Deserialize;
use thiserror::Error;

use super::foreign;
use crate::cli::{CorpusArgs, CorpusCommand};
use crate::exit::{Exit, ExitCause};
use crate::workspace::{Workspace, WorkspaceError};

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum CorpusCommandError {
    /// There is no workspace here, and so no corpus of it.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The corpus, or a file of it.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// A file of entries cannot be written.
    #[error(
        "writing {path} failed: {source}\nnext: `cargo xtask corpus export` with a file that can be written"
    )]
    Export {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The trace cannot be written.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// There is no trace that could be.
    #[error("#{id} of the corpus has no trace to write: {why}\nnext: {next}")]
    NoTrace {
        /// The entry.
        id: i64,
        /// Why.
        why: String,
        /// What makes its run again.
        next: String,
    },
}

impl ExitCause for CorpusCommandError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// The folder of the corpus: the one that is asked for, or the workspace's own, which is another for programs that are not at their own
/// level. What is found at one level need not show at another, and would be taken to be fixed.
pub(crate) fn folder(asked: Option<&Path>, preempt: Option<Preempt>) -> Result<PathBuf, WorkspaceError> {
    let own = |target: &Path| match preempt {
        None => target.join("photofinish/corpus"),
        Some(level) => target.join(format!("photofinish/corpus-{level}")),
    };
    match asked {
        Some(folder) => Ok(folder.to_owned()),
        None => Ok(own(&Workspace::load()?.target_dir())),
    }
}

/// The level that an entry's executable was asked to be instrumented at, as far as its trace says.
pub(crate) fn level(entry: &Entry) -> Option<Preempt> {
    #[derive(Deserialize)]
    struct Recorded {
        #[serde(default)]
        preempt: Option<Preempt>,
    }
    serde_json::from_str::<Recorded>(entry.example.trace.as_deref()?).ok()?.preempt
}

/// Does what the arguments say.
pub fn run(args: &CorpusArgs) -> Result<Exit, CorpusCommandError> {
    let mut corpus = Corpus::open(&folder(args.corpus.as_deref(), args.preempt)?)?;
    match &args.command {
        CorpusCommand::List => list(&corpus, args)?,
        CorpusCommand::Show { id, record } => {
            let entry = corpus.entry(*id)?;
            match record {
                Some(path) => write_trace(&entry, path)?,
                None => show(&entry, args),
            }
        }
        CorpusCommand::Rm { id } => {
            let entry = corpus.entry(*id)?;
            corpus.remove(*id)?;
            if args.json {
                crate::say!("{}", serde_json::json!({ "removed": id }));
            } else {
                crate::say!("removed #{id}: {}: {}", entry.program, entry.signature);
            }
        }
        CorpusCommand::Export { file } => {
            let (text, count) = corpus.export()?;
            whole::write(file, &text)
                .map_err(|source| CorpusCommandError::Export { path: file.clone(), source })?;
            if args.json {
                crate::say!("{}", serde_json::json!({ "exported": count }));
            } else {
                crate::say!("{count} failures written to {}", file.display());
            }
        }
        CorpusCommand::Import { file } => {
            let imported = corpus.import(file)?;
            if args.json {
                crate::say!("{}", serde_json::json!({ "imported": imported }));
            } else {
                crate::say!("{} failures added, {} were known", imported.added, imported.known);
            }
        }
    }
    Ok(Exit::Passed)
}

fn list(corpus: &Corpus, args: &CorpusArgs) -> Result<(), CorpusError> {
    let entries = corpus.entries(Traces::Without)?;
    if entries.is_empty() && !args.json {
        crate::say!("no failures in {}", corpus.path().display());
    }
    for entry in entries {
        if args.json {
            crate::say!("{}", json(&entry));
        } else {
            let Entry { id, state, program, signature, times_seen, .. } = &entry;
            let last = moment(entry.last_seen_ms);
            crate::say!("#{id} {state} {program}: {signature}");
            crate::say!("    {times_seen} times, last {last}, {} decisions", entry.example.decisions);
        }
    }
    Ok(())
}

/// An entry without what no line can hold.
fn json(entry: &Entry) -> String {
    let example = Example { trace: None, ..entry.example.clone() };
    let mut object =
        serde_json::to_value(Entry { example, ..entry.clone() }).expect("plain data has a JSON form");
    if let Some(object) = object.as_object_mut() {
        object.remove("trace");
        object.insert(String::from("replay"), replay_line(entry).ok().into());
    }
    object.to_string()
}

fn show(entry: &Entry, args: &CorpusArgs) {
    if args.json {
        crate::say!("{}", json(entry));
        return;
    }
    let Entry { id, state, program, signature, times_seen, first_seen_ms, last_seen_ms, shrunk, example } =
        entry;
    let (first, last) = (moment(*first_seen_ms), moment(*last_seen_ms));
    crate::say!("#{id} {state} {program}: {signature}");
    crate::say!("  seen {times_seen} times, first {first}, last {last}");
    let Example { build, seed, strategy, decisions, trace, .. } = example;
    crate::say!("  seed {seed} · {strategy} · {decisions} decisions · build {build}");
    if let Some(shrunk) = shrunk {
        crate::say!("  shrunk: {shrunk}");
    }
    match replay_line(entry) {
        Ok(line) => crate::say!("  replay: {line}"),
        Err(why) => crate::say!("  no replay by this Photofinish: {why}"),
    }
    if trace.is_some() {
        crate::say!("  trace: cargo xtask corpus show {id} --record FILE");
    }
}

/// An entry's run from its seed, in whatever build.
pub(crate) fn request(entry: &Entry) -> Result<Request, String> {
    let Example { seed, strategy, cores, os, heap, oracles, limits, .. } = &entry.example;
    let os = os.as_ref().map(|os| os.parse()).transpose().map_err(|error| format!("{error}"))?;
    Ok(Request {
        strategy: strategy.parse()?,
        limits: serde_json::from_str(limits).map_err(|error| format!("its limits: {error}"))?,
        cores: *cores,
        os,
        heap: heap.as_ref().map(|heap| heap.parse()).transpose()?,
        oracles: oracles.as_ref().map(|oracles| oracles.parse()).transpose()?,
        preempt: level(entry),
        ..Request::new(entry.program.clone(), Seed(*seed))
    })
}

/// What to type to see an entry's run again, in whatever build; or why this Photofinish cannot make it.
fn replay_line(entry: &Entry) -> Result<String, String> {
    if let Some(line) = foreign::kept::replay_of(entry) {
        return Ok(line);
    }
    request(entry).map(|request| line::of_seed(&request))
}

fn write_trace(entry: &Entry, path: &Path) -> Result<(), CorpusCommandError> {
    let no_trace = |why: String| {
        let next = match replay_line(entry) {
            Ok(line) => format!("`{line}`"),
            Err(why) => format!("the Photofinish that found it, for this one cannot make its run: {why}"),
        };
        CorpusCommandError::NoTrace { id: entry.id, why, next }
    };
    let Some(trace) = &entry.example.trace else {
        return Err(no_trace(String::from("its run left more than was kept of it")));
    };
    let file: TraceFile = serde_json::from_str(trace).map_err(|error| no_trace(error.to_string()))?;
    tracefile::write(path, &file)?;
    eprintln!(
        "trace: {} (replay: {})",
        path.display(),
        line::of_trace(path, &file.request(), &file.request())
    );
    Ok(())
}

/// A moment as people read it.
fn moment(ms: i64) -> String {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}
