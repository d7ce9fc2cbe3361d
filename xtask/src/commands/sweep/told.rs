//! What a sweep says on standard output: for people, or one JSON object per line.
//!
//! Does not judge. Invariant: with `--json` each line is one object, and each variant has exactly one line.

use photofinish::line;
use photofinish::scenario::Listed;
use photofinish::sim::mark::Mark;
use photofinish::story::visible;
use photofinish::sweep::{Found, Tally};
use photofinish::verdict::Verdict;
use photofinish_reports::complaint::Complaint;
use serde::Serialize;

use super::Sweep;
use super::gathered::Gathered;
use super::jobs::Board;
use super::kept::{Again, Outcome};
use super::merged::{Merged, Missing};
use super::report::command;
use crate::cli::SweepArgs;
use crate::commands::merge::MergeArgs;
use crate::sharding::Shard;

/// What is said of a variant.
pub(super) struct Told<'a> {
    pub(super) listed: &'a Listed,
    pub(super) gathered: &'a Gathered,
    pub(super) again: &'a [&'a Again],
    pub(super) complaints: &'a [Complaint],
}

/// The same with `--json`.
#[derive(Serialize)]
struct Line<'a> {
    scenario: &'a str,
    variant: &'a str,
    #[serde(flatten)]
    tally: &'a Tally,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    corpus: &'a [&'a Again],
    complaints: Vec<&'a str>,
}

impl Told<'_> {
    /// Says it.
    pub(super) fn tell(&self, args: &SweepArgs) {
        let Self { listed, gathered, again: corpus, complaints } = *self;
        let tally = &gathered.part.tally;
        if args.json {
            let (scenario, variant) = (&listed.scenario, &listed.variant);
            let complaints = complaints.iter().map(|complaint| &*complaint.words).collect();
            let line = Line { scenario, variant, tally, corpus, complaints };
            crate::say!("{}", serde_json::to_string(&line).expect("plain data has a JSON form"));
            return;
        }
        let ms = gathered.took.as_millis();
        crate::say!("{}: {} of {} runs passed, {ms} ms", listed.name(), tally.passed, tally.runs);
        for (signature, found) in &tally.found {
            crate::say!("  {}", found_words(signature, found));
            // What the program wrote may stand in it.
            let difference = found.difference.as_ref().map(ToString::to_string).unwrap_or_default();
            difference.lines().for_each(|line| crate::say!("    {}", visible(line)));
        }
        self.tell_corpus();
        if !tally.marks.is_empty() {
            crate::say!("  marks");
        }
        for mark in tally.marks.iter() {
            crate::say!("    {mark}");
        }
        for complaint in complaints {
            crate::say!("  NOT AS EXPECTED: {complaint}");
        }
    }

    /// Says what is news of the entries, and counts the others.
    fn tell_corpus(&self) {
        let still = self.again.iter().filter(|again| again.outcome == Outcome::Still).count();
        if still > 0 {
            crate::say!("  corpus: {still} fail as before");
        }
        for again in self.again {
            let Again { id, signature, outcome, .. } = again;
            let words = match outcome {
                Outcome::Still | Outcome::Gone { instead: None } => continue,
                Outcome::Back => String::from("BACK: it was fixed, and fails again"),
                Outcome::Fixed { instead: None } => String::from("FIXED: its run passes"),
                Outcome::Fixed { instead: Some(instead) } | Outcome::Gone { instead: Some(instead) } => {
                    format!("FIXED: its run fails otherwise, {instead}")
                }
                Outcome::Unjudged { why, .. } => format!("not judged: {why}"),
                Outcome::Unreadable { why } => format!("not run: {why}"),
            };
            crate::say!("  corpus: #{id} {signature}: {words}");
        }
    }
}

/// For each strategy family: in how many of its runs, and after how many of them first.
fn found_words(signature: &str, found: &Found) -> String {
    let shares = found.strategies.iter();
    let by: Vec<String> = shares
        .map(|(family, share)| format!("{family} {} after {}", share.runs, share.first_after))
        .collect();
    format!("{signature}: {} runs ({}), first at seed {}", found.runs, by.join(", "), found.first)
}

/// Says which marks nothing came by: what the sweep did not test.
pub(super) fn missed<'a>(board: &'a Board, args: &SweepArgs) -> Vec<&'a Mark> {
    let mut marks = photofinish::marks::Marks::default();
    board.gathered.iter().for_each(|gathered| marks.merge(gathered.part.tally.marks.clone()));
    let mut missed: Vec<&Mark> = Vec::new();
    for mark in board.marks.values().flat_map(|of_executable| marks.missed(of_executable)) {
        // A crate of several executables has its marks in each.
        if !missed.contains(&mark) {
            missed.push(mark);
        }
    }
    if missed.is_empty() {
        return missed;
    }
    if args.json {
        crate::say!("{}", serde_json::json!({ "missed": missed }));
        return missed;
    }
    crate::say!("no run came by");
    for mark in &missed {
        crate::say!("  {mark}");
    }
    missed
}

/// Says how many runs none could follow in their process.
pub(super) fn left_behind(board: &Board, args: &SweepArgs) {
    match (board.replaced, args.json) {
        (0, _) => {}
        (left, true) => eprintln!("{}", serde_json::json!({ "left_behind": left })),
        (left, false) => {
            eprintln!("note: {left} runs left something behind that none could follow in their process");
        }
    }
}

/// Says where a shard's file is, and what is next.
pub(super) fn shard(shard: Shard, at: &str, (out, args): (&str, &SweepArgs)) {
    let next = command(["merge", out].into_iter().map(str::to_owned));
    if args.json {
        crate::say!("{}", serde_json::json!({ "shard": shard.to_string(), "written": at, "next": next }));
    } else {
        crate::say!("shard {shard}: {at}");
        crate::say!("next: once all {} are there, `{next}`", shard.count());
    }
}

/// Says which shards are missing, and how to run them.
pub(super) fn missing_shards(merged: &Merged, args: &MergeArgs) {
    let out = args.sources.iter().min().map_or("DIR", |source| source);
    if !args.json {
        let (missing, there) = (merged.missing.len(), merged.missing[0].shard.count() as usize);
        crate::say!("{missing} of {there} shards are missing: this is what the others found");
    }
    for Missing { shard, why } in &merged.missing {
        let next = merged.command(*shard, out);
        if args.json {
            let missing = serde_json::json!({ "shard": shard.to_string(), "why": why, "next": next });
            crate::say!("{}", serde_json::json!({ "missing_shard": missing }));
        } else {
            let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            crate::say!("shard {shard} is missing{why}");
            crate::say!("next: {next}");
        }
    }
}

/// Says that this is not all.
pub(super) fn interrupted(args: &SweepArgs) {
    if args.json {
        crate::say!("{}", serde_json::json!({ "interrupted": true }));
    } else {
        crate::say!("interrupted: this is what was found until then");
    }
}

/// Says which run ended a sweep that stops at the first that does not pass, and returns what it meant.
pub(super) fn stopped(sweep: &Sweep<'_>, board: &Board) -> Option<Verdict> {
    let end = board.end?;
    let seed = sweep.args.from + end.seed;
    let mut shown = board.gathered[end.variant].part.shown.iter();
    let (signature, shown) = shown.find(|(_, shown)| shown.file.seed.0 == seed)?;
    let (program, strategy) = (&shown.file.program, shown.file.strategy.to_string());
    let next = line::of_seed(&shown.file.request());
    if sweep.args.json {
        let stopped = serde_json::json!({
            "program": program, "seed": seed, "strategy": strategy, "signature": signature, "next": next,
        });
        crate::say!("{}", serde_json::json!({ "stopped": stopped }));
    } else {
        crate::say!("stopped at the first run that did not pass: {program}, seed {seed}: {signature}");
        crate::say!("next: {next}");
    }
    Some(shown.verdict)
}

/// Says which entry of the corpus did so.
pub(super) fn stopped_by_corpus(again: &Again, args: &SweepArgs) {
    let Again { id, program, signature, .. } = again;
    let next = format!("cargo xtask corpus show {id}");
    if args.json {
        let stopped =
            serde_json::json!({ "program": program, "corpus": id, "signature": signature, "next": next });
        crate::say!("{}", serde_json::json!({ "stopped": stopped }));
    } else {
        crate::say!("stopped by #{id} of the corpus, which still fails: {program}: {signature}");
        crate::say!("next: {next}");
    }
}
