//! How a night ends: its exit code, what is said of it, and the summary of the job that it runs in.
//!
//! Does not judge. Invariant: a night does not end better than its sweep did, but for failures.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use photofinish::story::visible;
use photofinish_reports::sweep::baseline::Entry;
use photofinish_reports::sweep::{End, Signature, SweepRecord, Variant};
use serde_json::{Value, json};

use super::{NightlyArgs, policy, worse};
use crate::exit::Exit;

/// Where GitHub wants what is shown on the page of a job.
const SUMMARY_VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// GitHub refuses summaries that are longer, in bytes.
const SUMMARY_MAX: usize = 1024 * 1024;

/// How a night ends whose sweep, whose judgement and whose record end so.
pub(super) fn of(swept: Exit, policy: Exit, end: End) -> Exit {
    match swept {
        Exit::Diverged | Exit::Bug => worse(swept, policy),
        Exit::Usage | Exit::Interrupted => swept,
        // What the sweep has found wrong, the baseline may excuse, but not that a part of it is missing.
        _ if policy == Exit::Passed && end == End::Part => Exit::Incomplete,
        _ => policy,
    }
}

/// Adds the summary to that of the job, if this is one. That it cannot is said, and no reason to fail: it is in the folder, too.
pub(super) fn summary(file: &Path) {
    let Some(of_job) = std::env::var_os(SUMMARY_VARIABLE).filter(|path| !path.is_empty()) else { return };
    let append = || {
        let text = std::fs::read_to_string(file)?;
        OpenOptions::new().create(true).append(true).open(&of_job)?.write_all(cut(&text).as_bytes())
    };
    if let Err(error) = append() {
        eprintln!("note: {} of {SUMMARY_VARIABLE} was not written: {error}", of_job.to_string_lossy());
    }
}

/// As much of a summary as a job may have, in whole lines.
fn cut(text: &str) -> String {
    const REST: &str = "\n\nThe rest is in summary.md, among the artifacts of this job.\n";
    if text.len() <= SUMMARY_MAX {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(SUMMARY_MAX - REST.len());
    let end = text[..end].rfind('\n').unwrap_or(end);
    format!("{}{REST}", &text[..end])
}

/// Says what the night came to.
pub(super) fn tell(args: &NightlyArgs, exit: Exit, record: &SweepRecord, index: &Path) {
    if args.json {
        crate::say!("{}", json!({ "night": object(exit, record, index) }));
        return;
    }
    for (variant, signature) in policy::unexpected(record) {
        crate::say!("UNEXPECTED: {}: {}", variant.program(), visible(&signature.signature));
        if let Some(replay) = &signature.replay {
            crate::say!("  next: {replay}");
        }
    }
    for variant in &record.variants {
        let others = variant.complaints.iter().filter(|complaint| complaint.unexpected().is_none());
        others.for_each(|of| crate::say!("NOT AS EXPECTED: {}: {}", variant.program(), visible(&of.words)));
        variant.notes.iter().for_each(|note| crate::say!("note: {}: {}", variant.program(), visible(note)));
    }
    for entry in &record.baseline {
        if let Some(news) = entry.news() {
            crate::say!("baseline: {}: {}: {news}", entry.program, visible(&entry.signature));
        }
    }
    let verdict = if exit == Exit::Passed { "passed" } else { "FAILED" };
    crate::say!("the night {verdict}: {}", record.sentence());
    crate::say!("report: {}", index.display());
}

fn object(exit: Exit, record: &SweepRecord, index: &Path) -> Value {
    let of = |(variant, signature): (&Variant, &Signature)| {
        let Signature { signature: words, news, small, replay, .. } = signature;
        let token = small.as_ref().map(|small| &small.token);
        json!({ "program": variant.program(), "signature": words, "news": news, "token": token, "replay": replay })
    };
    let of_entry = |Entry { program, signature, came, .. }: &Entry| json!({ "program": program, "signature": signature, "came": came });
    json!({
        "from": record.from,
        "exit": exit as u8,
        "sentence": record.sentence(),
        "unexpected": policy::unexpected(record).map(of).collect::<Vec<_>>(),
        "baseline": record.baseline.iter().map(of_entry).collect::<Vec<_>>(),
        "totals": record.totals,
        "report": index,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_baseline_can_excuse_is_left_to_the_policy() {
        let check = |swept, policy, expected| {
            assert_eq!(of(swept, policy, End::Whole), expected, "{swept:?} {policy:?}")
        };
        check(Exit::Failed, Exit::Passed, Exit::Passed);
        check(Exit::Failed, Exit::Failed, Exit::Failed);
        check(Exit::Passed, Exit::Failed, Exit::Failed);
        check(Exit::Failed, Exit::Inconclusive, Exit::Inconclusive);
        check(Exit::Diverged, Exit::Passed, Exit::Diverged);
        check(Exit::Bug, Exit::Failed, Exit::Bug);
        check(Exit::Interrupted, Exit::Passed, Exit::Interrupted);
        for swept in [Exit::Passed, Exit::Failed, Exit::Inconclusive, Exit::Incomplete] {
            assert_eq!(of(swept, Exit::Passed, End::Part), Exit::Incomplete, "{swept:?}");
            assert_eq!(of(swept, Exit::Failed, End::Part), Exit::Failed, "{swept:?}");
        }
    }

    #[test]
    fn a_long_summary_is_cut_at_a_line() {
        assert_eq!(cut("short\n"), "short\n");
        let long = "ü".repeat(99) + "\n";
        let cut = cut(&long.repeat(8_000));
        assert!(cut.len() <= SUMMARY_MAX && cut.len() > SUMMARY_MAX - 400, "{}", cut.len());
        assert!(cut.ends_with("ü\n\nThe rest is in summary.md, among the artifacts of this job.\n"));
    }
}
