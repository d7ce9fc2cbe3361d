//! The story as the first screen of a page tells it: a sentence, a table of the steps that matter, and the pairs.
//!
//! Draws nothing. Invariant: every row that is named exists.

use serde::Serialize;

use super::strings::visible;
use super::words;
use crate::record::{Author, Operation, Record, What};
use crate::story::lanes::{Lanes, Who};
use crate::story::names::Names;

/// The first screen.
#[derive(Debug, Default, Serialize)]
pub(super) struct Told {
    sentence: Vec<Part>,
    columns: Vec<String>,
    rows: Vec<Line>,
}

/// A part of a sentence.
#[derive(Debug, Serialize)]
struct Part {
    look: Option<&'static str>,
    text: String,
}

/// A line of the table.
#[derive(Debug, Default, Serialize)]
struct Line {
    left_out: Option<usize>,
    row: Option<usize>,
    at: u64,
    column: usize,
    what: String,
    #[serde(rename = "where")]
    place: String,
    badge: Option<String>,
    look: &'static str,
}

/// Two operations whose order decides, where the picture has them.
#[derive(Debug, Serialize)]
pub(super) struct Pair {
    first: End,
    second: End,
}

#[derive(Debug, Serialize)]
struct End {
    row: Option<usize>,
}

/// Lines at most.
const LINES: usize = 14;
/// Columns at most.
const COLUMNS: usize = 5;

impl Told {
    /// What is told of a record.
    pub(super) fn of(
        record: &Record,
        lanes: &Lanes,
        names: &Names,
        parted: Option<usize>,
    ) -> (Self, Vec<Pair>, Vec<usize>) {
        let pairs = pairs(record);
        let mut rows: Vec<(usize, u8)> = Vec::new();
        let mut add = |row: Option<usize>, rank: u8| rows.extend(row.map(|row| (row, rank)));
        for pair in &pairs {
            add(pair.1.first.row, 0);
            add(pair.1.second.row, 0);
        }
        for decision in &record.decisions {
            let row = row_of(record, decision.step, decision.thread);
            add(row, 1);
            let row = row.unwrap_or_default();
            let of = |at: &usize| record.steps[*at].thread == decision.thread;
            add((0..row).rev().find(of), 4);
            add((row + 1..record.steps.len()).find(of), 3);
        }
        add(parted.filter(|row| *row < record.steps.len()), 2);
        for (row, step) in record.steps.iter().enumerate() {
            match step.what {
                What::Panicked { .. } => add(Some(row), 0),
                What::Wrong { .. } => add(Some(row), 1),
                What::Wrote { .. } => add(Some(row), 5),
                _ => {}
            }
        }
        let rows = best(rows, record);
        let told = Self {
            sentence: pairs.last().map(|(number, _)| sentence(record, *number, names)).unwrap_or_default(),
            ..Self::table(record, lanes, names, &rows, &pairs)
        };
        (told, pairs.into_iter().map(|(_, pair)| pair).collect(), rows)
    }

    fn table(record: &Record, lanes: &Lanes, names: &Names, rows: &[usize], pairs: &[(usize, Pair)]) -> Self {
        let mut threads: Vec<u32> = rows.iter().map(|row| record.steps[*row].thread).collect();
        threads.sort_by_key(|thread| lanes.lane(Who::Thread(*thread)));
        threads.dedup();
        let mut lines = Vec::new();
        let mut next = 0;
        for row in rows {
            let step = &record.steps[*row];
            if *row > next {
                lines.push(Line { left_out: Some(row - next), ..Line::default() });
            }
            next = row + 1;
            let is = |end: fn(&Pair) -> Option<usize>| pairs.iter().any(|(_, pair)| end(pair) == Some(*row));
            let decision = record
                .decisions
                .iter()
                .position(|decision| row_of(record, decision.step, decision.thread) == Some(*row));
            let (badge, look) = match (is(|pair| pair.first.row), is(|pair| pair.second.row), decision) {
                (true, ..) => (Some(String::from("A")), "first"),
                (_, true, _) => (Some(String::from("B")), "second"),
                (.., Some(number)) => (Some((number + 1).to_string()), "decision"),
                _ => (
                    None,
                    if matches!(step.what, What::Wrong { .. } | What::Panicked { .. }) {
                        "wrong"
                    } else {
                        ""
                    },
                ),
            };
            let place = step.stack.and_then(|stack| place(record, stack)).unwrap_or_default();
            lines.push(Line {
                row: Some(*row),
                at: step.at_ns,
                column: threads.iter().position(|thread| *thread == step.thread).unwrap_or_default(),
                what: visible(&words::words(&step.what, names)),
                place: visible(&place),
                badge,
                look,
                ..Line::default()
            });
        }
        if record.steps.len() > next {
            lines.push(Line { left_out: Some(record.steps.len() - next), ..Line::default() });
        }
        let columns = threads.iter().map(|thread| visible(&names.thread(*thread))).collect();
        Self { sentence: Vec::new(), columns, rows: lines }
    }
}

/// The best rows, few enough and of few enough threads, in their order.
fn best(mut rows: Vec<(usize, u8)>, record: &Record) -> Vec<usize> {
    rows.sort_by_key(|(row, rank)| (*rank, *row));
    let mut threads: Vec<u32> = Vec::new();
    let mut taken: Vec<usize> = Vec::new();
    for (row, _) in rows {
        let thread = record.steps[row].thread;
        let is_known = threads.contains(&thread);
        if taken.contains(&row) || taken.len() == LINES || (!is_known && threads.len() == COLUMNS) {
            continue;
        }
        if !is_known {
            threads.push(thread);
        }
        taken.push(row);
    }
    taken.sort_unstable();
    taken
}

/// The step at which a decision shows: the first of its thread at that scheduling point, or the first after it.
pub(super) fn row_of(record: &Record, step: u64, thread: u32) -> Option<usize> {
    let first = record.steps.partition_point(|at| at.step < step);
    let same =
        record.steps[first..].iter().take_while(|at| at.step == step).position(|at| at.thread == thread);
    (first + same.unwrap_or_default() < record.steps.len()).then_some(first + same.unwrap_or_default())
}

/// The pair of the decision that is told, the last that has one, with the decision's number.
fn pairs(record: &Record) -> Vec<(usize, Pair)> {
    let told = record.decisions.iter().enumerate().rev().find_map(|(number, decision)| {
        let pair = decision.pair.as_ref()?;
        let from = row_of(record, decision.step, decision.thread)?;
        let first = nearest(record, &pair.first, from);
        let second = nearest(record, &pair.second, first.map_or(from, |row| row + 1));
        Some((number, Pair { first: End { row: first }, second: End { row: second } }))
    });
    told.into_iter().collect()
}

/// The step that is nearest to an operation, which need not be an event: of that thread, from here on, that with most of its callers.
fn nearest(record: &Record, operation: &Operation, from: usize) -> Option<usize> {
    let of = functions(record, operation.stack);
    let alike = |row: &usize| {
        let stack = record.steps[*row].stack.map(|stack| functions(record, stack)).unwrap_or_default();
        of.iter().rev().zip(stack.iter().rev()).take_while(|(one, other)| one == other).count()
    };
    let rows = (from..record.steps.len()).filter(|row| record.steps[*row].thread == operation.thread);
    // Of equals the first: `max_by_key` takes the last.
    rows.take(500).rev_max(alike)
}

trait FirstMax: Iterator<Item = usize> + Sized {
    fn rev_max(self, key: impl Fn(&usize) -> usize) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        for row in self {
            let alike = key(&row);
            if best.is_none_or(|(most, _)| alike > most) {
                best = Some((alike, row));
            }
        }
        best.map(|(_, row)| row)
    }
}

impl<I: Iterator<Item = usize>> FirstMax for I {}

fn functions(record: &Record, stack: u32) -> Vec<&str> {
    let frames = record.stacks.get(stack as usize).map(|stack| &stack.0[..]).unwrap_or_default();
    let frames = frames.iter().filter_map(|frame| record.frames.get(*frame as usize));
    frames.filter(|frame| frame.author != Author::Std).map(|frame| frame.function.as_str()).collect()
}

/// File and line of the innermost frame of the program.
fn place(record: &Record, stack: u32) -> Option<String> {
    let frames =
        record.stacks.get(stack as usize)?.0.iter().filter_map(|frame| record.frames.get(*frame as usize));
    let frame =
        frames.clone().find(|frame| frame.author == Author::Program).or_else(|| frames.clone().next())?;
    let file = frame.file.rsplit('/').next().unwrap_or(&frame.file);
    Some(format!("{} {file}:{}", short(&frame.function), frame.line))
}

/// A function's name with the last of its path.
fn short(function: &str) -> String {
    let parts: Vec<&str> = function.split("::").collect();
    parts[parts.len().saturating_sub(2)..].join("::")
}

fn sentence(record: &Record, number: usize, names: &Names) -> Vec<Part> {
    let Some(pair) = record.decisions[number].pair.as_ref() else { return Vec::new() };
    let plain = |text: String| Part { look: None, text };
    let (first, second) = (
        telling(record, pair.first.stack, pair.second.stack),
        telling(record, pair.second.stack, pair.first.stack),
    );
    let code = |look, text: &str| Part { look: Some(look), text: visible(text) };
    vec![
        code("code first", &format!("A {first}")),
        plain(format!(" by {} came before ", visible(&names.thread(pair.first.thread)))),
        code("code second", &format!("B {second}")),
        plain(format!(
            " by {}; the other way round the run does not fail like this.",
            visible(&names.thread(pair.second.thread))
        )),
    ]
}

/// The innermost function of a stack that the other does not have in the same place, and its line.
fn telling(record: &Record, stack: u32, other: u32) -> String {
    let frames = |stack: u32| record.stacks.get(stack as usize).map(|stack| &stack.0[..]).unwrap_or_default();
    let frame = |at: &u32| record.frames.get(*at as usize);
    let mut pairs = frames(stack).iter().zip(frames(other));
    let differs = pairs.find(|(one, other)| {
        frame(one).map(|one| &one.function) != frame(other).map(|other| &other.function)
    });
    let Some(frame) = differs.map(|(one, _)| one).or_else(|| frames(stack).first()).and_then(frame) else {
        return String::from("an operation");
    };
    let file = frame.file.rsplit('/').next().unwrap_or(&frame.file);
    format!("{} ({file}:{})", short(&frame.function), frame.line)
}
