//! `--out`: what a sweep found, as files: `sweep.json`, and for each signature of a variant a record and a trace.
//!
//! Does not judge. Invariant: `sweep.json` is written last, so that what it names is there; equal findings give equal files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use photofinish::client::{Client, Request};
use photofinish::examine::{Examined, examine};
use photofinish::record::Record;
use photofinish::sim::mark::Mark;
use photofinish::sweep::Tally;
use photofinish::tracefile;
use photofinish::verdict::{self, Judgement, Verdict};
use serde::Serialize;
use thiserror::Error;

use super::gathered::{Extent, Shown};
use super::kept::Again;
use super::plan::Budget;
use super::progress::Progress;
use super::report::Seen;
use super::server::Server;
use super::{SimError, Sweep, SweepError, of};
use crate::interrupt;
use crate::scenarios::Program;

/// The schema number of `sweep.json`.
const SCHEMA: u32 = 1;

/// What was found cannot be written.
#[derive(Debug, Error)]
#[error(
    "writing {path} failed: {source}\nnext: the same command with `--out` and a folder that can be written"
)]
pub struct OutError {
    path: PathBuf,
    source: std::io::Error,
}

/// `sweep.json`.
#[derive(Serialize)]
struct Swept<'a> {
    schema: u32,
    what: &'static str,
    /// Of several executables a hash of all of them.
    build: String,
    /// Each of several executables.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    builds: BTreeMap<String, String>,
    from: u64,
    /// None with a budget of time.
    seeds: Option<u64>,
    interrupted: bool,
    /// Of a merge.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_shards: Vec<String>,
    variants: Vec<Variant<'a>>,
    /// Marks that nothing came by.
    missed: &'a [&'a Mark],
}

#[derive(Serialize)]
struct Variant<'a> {
    scenario: &'a str,
    variant: &'a str,
    #[serde(flatten)]
    tally: &'a Tally,
    corpus: Vec<&'a Again>,
    complaints: Vec<String>,
    /// By signature.
    examples: BTreeMap<&'a str, Example>,
}

/// The run that shows a signature in the fewest decisions. Paths begin at the folder.
#[derive(Serialize)]
struct Example {
    seed: u64,
    strategy: String,
    decisions: u64,
    record: String,
    /// None if the run left more than was kept of it.
    trace: Option<String>,
    /// The failure made small, as a token.
    small: Option<String>,
}

/// Makes the folder before the sweep begins, so that a sweep is not for nothing.
pub(super) fn prepare(folder: &Path) -> Result<(), OutError> {
    std::fs::create_dir_all(folder).map_err(|source| OutError { path: folder.to_owned(), source })
}

/// Writes everything. Files of an earlier sweep that have other names stay; `sweep.json` does not name them.
pub(super) fn write(sweep: &Sweep<'_>, folder: &Path, seen: &Seen<'_>) -> Result<(), SweepError> {
    let Seen { board, small, again, missed, .. } = *seen;
    let progress = Progress::new(Budget::Seeds(0), 0);
    let mut server = Server::new(sweep, &progress);
    let mut variants = Vec::new();
    for (&Program { listed, executable }, gathered) in sweep.selected.iter().zip(&board.gathered) {
        let mut examples = BTreeMap::new();
        for (signature, shown) in &gathered.part.shown {
            let client = server.of(executable)?;
            let token = small.get(&(listed.name(), signature.clone())).map(|made| &made.token);
            examples.insert(signature.as_str(), write_one(client, folder, (signature, token), shown)?);
        }
        let complaints = sweep.judge(listed, gathered, again).complaints.into_iter();
        let words = complaints.map(|complaint| complaint.words).collect();
        variants.push(Variant {
            scenario: &listed.scenario,
            variant: &listed.variant,
            tally: &gathered.part.tally,
            corpus: of(listed, again),
            complaints: words,
            examples,
        });
    }
    let seeds = match sweep.budget {
        Budget::Seeds(seeds) => Some(seeds),
        Budget::Time(_) => None,
    };
    let swept = Swept {
        schema: SCHEMA,
        what: "photofinish sweep",
        build: sweep.builds.whole(),
        builds: sweep.builds.each(),
        from: sweep.args.from,
        seeds,
        interrupted: interrupt::requested(),
        missing_shards: seen.missing().map(|missing| missing.shard.to_string()).collect(),
        variants,
        missed,
    };
    Ok(write_json(&folder.join("sweep.json"), &swept)?)
}

/// Makes a run again with its events, for its record, and writes that and its trace.
fn write_one(
    client: &mut Client,
    folder: &Path,
    (signature, small): (&str, Option<&String>),
    shown: &Shown,
) -> Result<Example, SweepError> {
    let file = &shown.file;
    let request = Request { replay: None, events: true, ..file.request() };
    let Examined { run, mut judgement, difference } = examine(client, &request)?;
    if difference.is_none() && !belongs(&judgement, run.figures.events_hash, (signature, file.events_hash)) {
        judgement = verdict::not_the_same(file.events_hash, run.figures.events_hash);
    }
    let name = format!("{}/{}", path_of(&file.program), name_of(signature));
    let (record, trace) = (format!("{name}.record.json"), format!("{name}.trace.json"));
    let path = folder.join(&record);
    prepare(path.parent().unwrap_or(folder))?;
    let mut kept = Record::new(&file.program, file.seed, file.strategy, &run, &judgement);
    kept.difference = difference;
    write_json(&path, &kept)?;
    if shown.trace == Extent::Whole {
        tracefile::write(&folder.join(&trace), file).map_err(SimError::from)?;
    }
    Ok(Example {
        seed: file.seed.0,
        strategy: file.strategy.to_string(),
        decisions: shown.decisions(),
        record,
        trace: (shown.trace == Extent::Whole).then_some(trace),
        small: small.cloned(),
    })
}

/// Whether a run that was made again is the one that showed a signature with a hash. What the outside ended is known by its
/// signature alone: it need not end at the same event each time.
fn belongs(judgement: &Judgement, hash: u64, (signature, expected_hash): (&str, u64)) -> bool {
    let is_from_outside =
        matches!(signature, "escaped" | "lost" | "bug") && judgement.verdict != Verdict::Fail;
    judgement.signature.as_deref() == Some(signature) && (hash == expected_hash || is_from_outside)
}

fn write_json(path: &Path, data: &impl Serialize) -> Result<(), OutError> {
    let mut text = serde_json::to_string_pretty(data).expect("plain data has a JSON form");
    text.push('\n');
    std::fs::write(path, text).map_err(|source| OutError { path: path.to_owned(), source })
}

/// A program's folder: its own name, as far as that may be one.
fn path_of(program: &str) -> String {
    program.split('/').map(|word| plain(word, usize::MAX)).collect::<Vec<_>>().join("/")
}

/// A signature's file: how it begins, and a hash of all of it.
fn name_of(signature: &str) -> String {
    let hash = signature
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{}-{hash:08x}", plain(signature, 48))
}

fn plain(text: &str, chars_max: usize) -> String {
    let may_stay = |c: char| c.is_ascii_alphanumeric() || "-_@".contains(c);
    text.chars().take(chars_max).map(|c| if may_stay(c) { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_belongs_to_its_trace_by_signature_and_hash() {
        let check = |verdict, judged: &str, hash, signature: &str, expected| {
            let judgement = Judgement { verdict, signature: Some(judged.to_owned()), detail: String::new() };
            assert_eq!(belongs(&judgement, hash, (signature, 7)), expected, "{judged} for {signature}");
        };
        check(Verdict::Fail, "panic", 7, "panic", true);
        check(Verdict::Fail, "panic", 8, "panic", false);
        check(Verdict::Fail, "deadlock", 7, "panic", false);
        check(Verdict::Fail, "lost", 8, "lost", false);
        check(Verdict::Inconclusive, "lost", 8, "lost", true);
        check(Verdict::Inconclusive, "lost", 7, "escaped", false);
    }

    #[test]
    fn names_are_plain_short_and_of_one_signature_each() {
        assert_eq!(path_of("late-listener/pr43@reverse"), "late-listener/pr43@reverse");
        assert_eq!(path_of("../.x"), "__/_x");
        assert_eq!(name_of("lost"), name_of("lost"));
        assert_ne!(name_of("a b"), name_of("a_b"));
        let long = name_of(&"panic in ü/".repeat(40));
        assert!(
            long.len() == 57
                && long.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
    }
}
