//! The story as the first screen of a page tells it: a sentence, a table of the steps that matter, and the pair in the picture.
//!
//! Chooses nothing and draws nothing. Invariant: every row that is named exists, and every text can be looked at.

use serde::Serialize;

use super::strings::visible;
use crate::record::Record;
use crate::story::Story;
use crate::story::clock::{duration, moment};
use crate::story::lanes::{Lanes, Who};
use crate::story::table::{Line, Mark, Row};

/// Lines of the table.
const LINES: usize = 14;

/// The first screen.
#[derive(Debug, Default, Serialize)]
pub(super) struct Told {
    /// Empty if the record has no pair.
    sentence: Vec<Part>,
    columns: Vec<Column>,
    rows: Vec<TableLine>,
}

/// A part of a sentence.
#[derive(Debug, Serialize)]
struct Part {
    /// Which of the two operations it is, if it is one.
    look: Option<&'static str>,
    text: String,
}

#[derive(Debug, Serialize)]
struct Column {
    name: String,
    place: Option<String>,
}

/// A line of the table.
#[derive(Debug, Default, Serialize)]
struct TableLine {
    left_out: Option<String>,
    /// The step that it names, or before which it is.
    row: Option<usize>,
    at: Option<String>,
    /// Nothing for what no thread did.
    column: Option<usize>,
    who: Option<String>,
    what: String,
    #[serde(rename = "where")]
    place: String,
    badge: Option<String>,
    look: &'static str,
}

/// Two operations whose order decides, in the picture.
#[derive(Debug, Serialize)]
pub(super) struct Pair {
    first: End,
    second: End,
}

/// Where an operation is in the picture. It was found by other runs, and need not be a step of this one.
#[derive(Debug, Serialize)]
struct End {
    row: usize,
    lane: usize,
    /// Whether it is somewhere before that step, and after the one before.
    before: bool,
    /// The thread.
    who: String,
    /// The function.
    what: String,
    file: String,
    line: u32,
}

impl Told {
    /// What is told.
    pub(super) fn of(story: &Story) -> Self {
        let table = &story.table;
        let line = |line: &Line<'_>| match line {
            Line::Elided(steps, passed) => {
                let word = if *steps == 1 { "step" } else { "steps" };
                let passed = passed.filter(|passed| *passed > 0).map(|ns| format!(", {}", duration(ns)));
                let left_out = format!("{steps} {word}{}", passed.unwrap_or_default());
                TableLine { left_out: Some(left_out), ..TableLine::default() }
            }
            Line::Row(row) => TableLine { at: row.at_ns.map(moment), ..told(row, table.steps) },
        };
        let columns = table.columns.iter().map(|column| Column {
            name: visible(&column.name),
            place: column.place.as_deref().map(visible),
        });
        Self {
            sentence: sentence(story),
            columns: columns.collect(),
            rows: table.lines(LINES).iter().map(line).collect(),
        }
    }
}

fn told(row: &Row, steps: usize) -> TableLine {
    let (badge, look) = match row.mark {
        Mark::First => (Some(String::from("A")), "first"),
        Mark::Second => (Some(String::from("B")), "second"),
        Mark::Decision(number) => (Some(number.to_string()), "decision"),
        Mark::Wrong => (None, "wrong"),
        Mark::Step => (None, ""),
    };
    let place = row.place.as_ref().map(|place| match row.mark {
        // What the pair did has no words but its function.
        Mark::First | Mark::Second => place.brief(),
        _ => format!("{} {}", place.function, place.brief()),
    });
    let function = row.place.as_ref().map(|place| place.function.as_str()).unwrap_or_default();
    let what = if row.what.is_empty() { function } else { &row.what };
    TableLine {
        row: (row.index < steps).then_some(row.index),
        column: row.column,
        who: row.who.as_deref().map(visible),
        what: visible(what),
        place: visible(&place.unwrap_or_default()),
        badge,
        look,
        ..TableLine::default()
    }
}

/// What the order of the two operations does.
fn sentence(story: &Story) -> Vec<Part> {
    let Some(critical) = story.critical() else { return Vec::new() };
    let operation = |look, letter: &str, of: &crate::story::Operation| {
        let place = of.places.first();
        let function = place.map_or("an operation", |place| &place.function);
        let caller = of.places.get(1).map(|caller| format!(" in {}", caller.function)).unwrap_or_default();
        let brief = place.map(|place| format!(" ({})", place.brief())).unwrap_or_default();
        let plain = format!("{caller}{brief} by {}", of.name);
        let code = Part { look: Some(look), text: visible(&format!("{letter} {function}")) };
        [code, Part { look: None, text: visible(&plain) }]
    };
    let plain = |text: &str| Part { look: None, text: text.to_owned() };
    let mut sentence = Vec::new();
    sentence.extend(operation("first", "A", &critical.first));
    sentence.push(plain(" came before "));
    sentence.extend(operation("second", "B", &critical.second));
    sentence.push(plain(&format!(": {}.", critical.otherwise())));
    sentence
}

/// The pair of the story in the picture.
pub(super) fn pair(story: &Story, lanes: &Lanes, steps: usize) -> Option<Pair> {
    let critical = story.critical()?;
    let end = |mark: Mark, of: &crate::story::Operation| {
        let row = story.table.rows.iter().find(|row| row.mark == mark)?;
        let lane = lanes.lane(Who::Thread(row.thread))?;
        let place = of.places.first().cloned().unwrap_or_default();
        Some(End {
            row: row.index.min(steps),
            lane,
            before: row.takes == 0,
            who: visible(&of.name),
            what: visible(&place.function),
            file: visible(&place.file),
            line: place.line,
        })
    };
    Some(Pair { first: end(Mark::First, &critical.first)?, second: end(Mark::Second, &critical.second)? })
}

/// The steps that the story names, in order.
pub(super) fn matters(story: &Story) -> Vec<usize> {
    let steps = story.table.steps;
    let rows = story.table.rows.iter().filter(|row| row.takes > 0 && row.index < steps);
    let mut rows: Vec<usize> = rows.map(|row| row.index).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The step at which a decision shows: the first of its thread at that scheduling point, or the first after it.
pub(super) fn row_of(record: &Record, step: u64, thread: u32) -> Option<usize> {
    let first = record.steps.partition_point(|at| at.step < step);
    let mut same = record.steps[first..].iter().take_while(|at| at.step == step);
    let row = first + same.position(|at| at.thread == thread).unwrap_or_default();
    (row < record.steps.len()).then_some(row)
}
