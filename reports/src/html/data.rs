//! What stands in a page for its script: a record and its story, in columns and with every text once.
//!
//! Does not draw. Invariant: it is a function of the record, and every number that refers to something refers to what exists.

use std::collections::BTreeMap;

use serde::Serialize;

use super::beside::{Beside, beside};
use super::run::{Columns, Source, columns, is_known};
use super::strings::{Strings, visible};
use super::told::{Pair, Told, matters, pair, row_of};
use super::words;
use crate::record::{Author, Record, Undone, Verdict};
use crate::story::Story;
use crate::story::compare::Comparison;
use crate::story::lanes::{Lanes, Who};
use crate::story::names::Names;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    headline: Headline,
    figures: Figures,
    commands: Commands,
    minimal: Option<String>,
    story: Told,
    pair: Option<Pair>,
    /// Rows of the failing run that the story names, in order.
    matters: Vec<usize>,
    decisions: Vec<Decision>,
    kinds: Vec<&'static str>,
    strings: Vec<String>,
    /// Function, file, line, and whose it is.
    frames: Vec<(String, String, u32, u8)>,
    stacks: Vec<Vec<u32>>,
    sources: BTreeMap<String, BTreeMap<u32, String>>,
    ends: Vec<End>,
    /// The run of the record, and the one beside it if there is one.
    runs: Vec<Columns>,
    compare: Option<Beside>,
}

#[derive(Debug, Serialize)]
struct Headline {
    program: String,
    about: Option<String>,
    /// As text: a script's numbers are not wide enough.
    seed: Option<String>,
    strategy: String,
    verdict: Verdict,
    signature: Option<String>,
    ending: String,
    detail: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Figures {
    points: u64,
    switches: u64,
    virtual_ns: u64,
    stalled_ns: u64,
    hash: String,
}

#[derive(Debug, Serialize)]
struct Commands {
    replay: String,
    debug: Option<String>,
    token: Option<String>,
}

#[derive(Debug, Serialize)]
struct Decision {
    at: u64,
    lane: usize,
    what: String,
    row: Option<usize>,
    stack: Option<u32>,
    undone: Option<String>,
}

#[derive(Debug, Serialize)]
struct End {
    thread: String,
    what: String,
    stack: u32,
}

impl Data {
    /// What is drawn of a record.
    pub(super) fn of(record: &Record) -> Self {
        let names = Names::of(record);
        let lanes = Lanes::of(record);
        let comparison = Comparison::of(record);
        let story = Story::told(record, &lanes, comparison.as_ref());
        let mut strings = Strings::new();
        let runs = runs(record, &names, &lanes, &mut strings);
        let theirs = record.passing.as_ref().map_or(0, |passing| passing.steps.len());
        Self {
            headline: headline(record),
            figures: figures(record),
            commands: Commands {
                replay: visible(&record.commands.replay),
                debug: record.commands.debug.as_deref().map(visible),
                token: record.commands.token.as_deref().map(visible),
            },
            minimal: record.minimal.as_deref().map(visible),
            pair: pair(&story, &lanes, record.steps.len()),
            matters: matters(&story),
            story: Told::of(&story),
            decisions: decisions(record, &lanes),
            kinds: words::KINDS.into_iter().chain([words::OTHER]).collect(),
            strings: strings.taken(),
            frames: frames(record),
            stacks: record.stacks.iter().map(|stack| known(record, &stack.0)).collect(),
            sources: sources(record),
            ends: ends(record, &names),
            runs,
            compare: comparison.map(|comparison| beside(&comparison, record.steps.len(), theirs)),
        }
    }
}

fn headline(record: &Record) -> Headline {
    let headline = &record.headline;
    Headline {
        program: visible(&headline.program),
        about: headline.about.as_deref().map(visible),
        seed: headline.seed.map(|seed| seed.to_string()),
        strategy: visible(&headline.strategy),
        verdict: headline.verdict,
        signature: headline.signature.as_deref().map(visible),
        ending: visible(&headline.ending),
        detail: headline.detail.iter().map(|line| visible(line)).collect(),
    }
}

fn figures(record: &Record) -> Figures {
    let figures = record.figures;
    Figures {
        points: figures.points,
        switches: figures.switches,
        virtual_ns: figures.virtual_ns,
        stalled_ns: figures.stalled_ns,
        hash: format!("{:016x}", figures.events_hash),
    }
}

fn runs(record: &Record, names: &Names, lanes: &Lanes, strings: &mut Strings) -> Vec<Columns> {
    let signature = record.headline.signature.as_deref().unwrap_or(&record.headline.ending);
    let source = Source {
        title: format!("This run: {signature}"),
        record,
        names,
        steps: &record.steps,
        left_out: record.left_out,
        lanes,
    };
    let mut runs = vec![columns(&source, strings)];
    if let Some(passing) = &record.passing {
        let outcome = passing
            .signature
            .as_deref()
            .map_or_else(|| String::from("passes"), |other| format!("fails otherwise: {other}"));
        let source = Source {
            title: format!("The run {}: {outcome}", passing.how),
            record,
            names: &Names::among(&passing.threads, &record.processes, &record.hosts),
            steps: &passing.steps,
            left_out: passing.left_out,
            lanes: &Lanes::of_passing(record, passing),
        };
        runs.push(columns(&source, strings));
    }
    runs
}

fn decisions(record: &Record, lanes: &Lanes) -> Vec<Decision> {
    let decisions = record.decisions.iter().map(|decision| Decision {
        at: decision.at_ns,
        lane: lanes.lane(Who::Thread(decision.thread)).unwrap_or(0),
        what: visible(&decision.what),
        row: row_of(record, decision.step, decision.thread),
        stack: decision.stack.filter(|stack| is_known(record, *stack)),
        undone: decision.undone.as_ref().map(|undone| match undone {
            Undone::Passes => String::from("passes"),
            Undone::FailsAlike => String::from("fails just so"),
            Undone::FailsWith(signature) => visible(&format!("fails with {signature}")),
        }),
    });
    decisions.collect()
}

fn frames(record: &Record) -> Vec<(String, String, u32, u8)> {
    let frames = record.frames.iter().map(|frame| {
        let author = match frame.author {
            Author::Program => 0,
            Author::Dependency => 1,
            Author::Std => 2,
        };
        (visible(&frame.function), visible(&frame.file), frame.line, author)
    });
    frames.collect()
}

fn sources(record: &Record) -> BTreeMap<String, BTreeMap<u32, String>> {
    let lines =
        |lines: &BTreeMap<u32, String>| lines.iter().map(|(number, line)| (*number, visible(line))).collect();
    record.sources.iter().map(|(file, of)| (visible(file), lines(of))).collect()
}

fn ends(record: &Record, names: &Names) -> Vec<End> {
    let ends = record.ends.iter().filter(|end| is_known(record, end.stack)).map(|end| End {
        thread: visible(&names.thread(end.thread)),
        what: visible(&end.what),
        stack: end.stack,
    });
    ends.collect()
}

fn known(record: &Record, frames: &[u32]) -> Vec<u32> {
    frames.iter().copied().filter(|frame| (*frame as usize) < record.frames.len()).collect()
}
