//! Answers to a bug report: as Markdown to be pasted below it, and as JSON.
//!
//! Makes no runs. Invariant: whatever the report or the program says is code and never markup, and the Markdown fits into one comment.

use std::fmt::Write as _;

use photofinish_reports::markdown::{code, markdown as story_of};
use photofinish_reports::story::Story;
use serde::Serialize;

use super::answer::{Answer, Decisions, Origin, Outcome};
use crate::pasted::Rest;

/// The schema number of what `--json` prints.
const SCHEMA: u32 = 1;
/// So many bytes are answered in all: comments on GitHub have 65,536 characters.
const LENGTH_MAX: usize = 60_000;
/// Lines that tell how a token's run was found at most; of the longest tokens nobody reads more.
const TOLD_MAX: usize = 12;

/// What `--json` prints of an answer.
#[derive(Serialize)]
struct Printed<'a> {
    schema: u32,
    /// As it stands in the report, in short.
    named: &'a str,
    program: Option<&'a str>,
    token: Option<&'a str>,
    seed: Option<u64>,
    /// `reproduced`, `fails otherwise`, `diverged`, `inconclusive`, `bug in Photofinish`, `fixed`, `passes, out of reach` or `not tried`.
    outcome: &'static str,
    /// The signature that is reported, and the one that shows here.
    expected: Option<&'a str>,
    shown: Option<&'a str>,
    /// Of a token: whether this build made it, how many decisions it has, and how many of them are there.
    this_build: Option<bool>,
    decisions: Option<usize>,
    decisions_found: Option<usize>,
    told: &'a [String],
    detail: &'a str,
    next: &'a str,
    replay: Option<&'a str>,
}

/// An answer as one object.
pub(super) fn json(answer: &Answer) -> String {
    let decisions = answer.decisions;
    let printed = Printed {
        schema: SCHEMA,
        named: &answer.named,
        program: answer.program.as_deref(),
        token: answer.token.as_deref(),
        seed: answer.seed,
        outcome: answer.outcome.word(),
        expected: answer.expected.as_deref(),
        shown: answer.shown.as_deref(),
        this_build: decisions.map(|decisions| decisions.origin == Origin::ThisBuild),
        decisions: decisions.map(|decisions| decisions.named),
        decisions_found: decisions.map(|decisions| decisions.found),
        told: &answer.told,
        detail: &answer.detail,
        next: &answer.next,
        replay: answer.replay.as_deref(),
    };
    serde_json::to_string(&printed).expect("plain data has a JSON form")
}

/// All answers, ready to be pasted; `build` is what tokens call the build that they were tried in.
pub(super) fn markdown(answers: &[Answer], rest: Rest, build: u32) -> String {
    let mut text = String::new();
    for answer in answers {
        put(&mut text, &headline(answer));
        points(answer).iter().for_each(|point| put(&mut text, &format!("- {point}")));
        put(&mut text, "");
    }
    let version = env!("CARGO_PKG_VERSION");
    let mut end = format!("Tried by `cargo xtask repro`: Photofinish {version}, build {build:08x}.\n");
    if rest == Rest::LeftOut {
        end.insert_str(0, "The report names more than was tried. ");
    }
    for answer in answers {
        let Some(record) = &answer.record else { continue };
        if matches!(answer.outcome, Outcome::Fixed | Outcome::OutOfReach) {
            continue;
        }
        let story = story_of(&Story::of(record));
        if text.len() + story.len() + end.len() <= LENGTH_MAX {
            put(&mut text, &story);
        }
    }
    // Whoever pastes a hundred runs gets the first.
    if text.len() + end.len() > LENGTH_MAX {
        let most = text.floor_char_boundary(LENGTH_MAX - end.len());
        text.truncate(text[..most].rfind("\n\n").map_or(0, |at| at + 2));
    }
    text + &end
}

fn put(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn headline(answer: &Answer) -> String {
    let what = answer.program.as_deref().unwrap_or(&answer.named);
    let what = code(what);
    let shown = answer.shown.as_deref().map_or_else(|| String::from("nothing"), code);
    let expected = answer.expected.as_deref().map(code);
    match answer.outcome {
        Outcome::Reproduced if expected.is_none() => {
            format!("**Reproduced**: {what} fails with {shown}; the report names no signature.\n")
        }
        Outcome::Reproduced => format!("**Reproduced**: {what} fails with {shown}, as reported.\n"),
        Outcome::OtherFailure => {
            let expected = expected.unwrap_or_else(|| String::from("another signature"));
            format!("**Fails otherwise**: {what} fails with {shown}, and {expected} is reported.\n")
        }
        Outcome::Diverged => format!("**Diverged**: {what} is not the run that it was.\n"),
        Outcome::Inconclusive => format!("**Inconclusive**: {what} left what is modelled: {shown}.\n"),
        Outcome::Bug => format!("**A bug of Photofinish itself**, not of {what}.\n"),
        Outcome::Fixed => {
            format!("**Fixed**: {what} passes, with each decision of the report in its place.\n")
        }
        Outcome::OutOfReach => {
            format!("**Not reproduced**: {what} passes, which does not show that anything is fixed.\n")
        }
        Outcome::Untried => format!("**Not tried**: {what}.\n"),
    }
}

/// What is to be said of an answer besides its headline.
fn points(answer: &Answer) -> Vec<String> {
    let mut points = Vec::new();
    if answer.outcome == Outcome::OutOfReach && answer.seed.is_some() {
        points.push(String::from(
            "a seed says which choices are drawn, and leads elsewhere once the program is another",
        ));
    }
    if let Some(Decisions { origin, named, found }) = answer.decisions {
        points.push(match origin {
            Origin::ThisBuild => format!("made with this very build; decisions: {named}"),
            Origin::OtherBuild => {
                format!("made with another build; decisions that are there: {found} of {named}")
            }
        });
    }
    let mut told: Vec<String> = answer.told.iter().skip(1).map(|line| code(line.trim())).collect();
    if told.len() > TOLD_MAX {
        let more = told.len() - TOLD_MAX;
        told.truncate(TOLD_MAX);
        told.push(format!("and {more} more"));
    }
    points.extend(told);
    let is_told_by_story = answer.record.is_some() && answer.outcome == Outcome::Reproduced;
    let detail = if is_told_by_story { "" } else { &answer.detail };
    points.extend(detail.lines().filter(|line| !line.trim().is_empty()).map(code));
    if let Some(expected) = answer.expected.as_deref().filter(|_| answer.shown.is_none()) {
        points.push(format!("reported: {}", code(expected)));
    }
    if let Some(replay) = &answer.replay {
        points.push(format!("replay: {}", code(replay)));
    }
    points.push(format!("next: {}", marked(&answer.next)));
    points
}

/// A sentence of ours with commands in it; as code altogether if anything else stands in it.
fn marked(text: &str) -> String {
    let is_ours = |c: char| c.is_ascii_alphanumeric() || " ,.;:()-/".contains(c);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) || !parts.iter().step_by(2).all(|part| part.chars().all(is_ours)) {
        return code(text);
    }
    let part =
        |(at, part): (usize, &&str)| if at.is_multiple_of(2) { (*part).to_owned() } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_backticks_is_code_in_a_sentence_of_ours() {
        let check = |text: &str, expected: &str| assert_eq!(marked(text), expected);
        check("ask for it", "ask for it");
        check("`a --b` to stop", "<code>a --b</code> to stop");
        check("see [x](y)", "<code>see &#91;x&#93;(y)</code>");
        check("`a b", "<code>&#96;a b</code>");
    }
}
