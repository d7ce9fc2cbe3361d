//! What the program traced: the spans that each thread is in, and its events.
//!
//! A span that is left while another is inside of it is taken to be entered again inside of nothing: slices nest, spans need not.
//!
//! Knows no task: the story says where those run. Invariant: every slice that begins here ends at the end of the run at the latest.

use std::collections::BTreeMap;

use super::entries::{Entries, Entry, Rank, Track};
use crate::record::{Step, What};
use crate::story::lanes::At;

/// Adds it.
pub(super) fn add(entries: &mut Entries<'_>) {
    let record = entries.record;
    let mut open: BTreeMap<usize, Vec<(Option<u64>, Entry)>> = BTreeMap::new();
    for (index, step) in record.steps.iter().enumerate() {
        let What::Traced { of, name, span, .. } = &step.what else { continue };
        let Some(lane) = entries.lane(step.thread) else { continue };
        let at = At { index, step: step.step, at_ns: step.at_ns };
        let open = open.entry(lane).or_default();
        match of.as_str() {
            "enter" => open.push((*span, said(at, step, lane, name))),
            "exit" => leave(entries, open, *span, at),
            "event" => entries.push(said(at, step, lane, name)),
            of => entries.push(said(at, step, lane, &format!("{of} {name}"))),
        }
    }
    let end = entries.lanes.end;
    for (_, begin) in open.into_values().flatten() {
        entries.slice(begin, end);
    }
}

/// With more spans entered since, those are not begun again: a program that leaves many in the order in which it entered them would make
/// a trace of the square of their number.
const INNER_MAX: usize = 64;

/// The thread leaves a span, and with it those that it entered since; it is in these again from here on, if they are few.
fn leave(entries: &mut Entries<'_>, open: &mut Vec<(Option<u64>, Entry)>, span: Option<u64>, at: At) {
    let Some(left) = open.iter().rposition(|(of, _)| *of == span) else { return };
    let inner: Vec<_> = open.drain(left..).collect();
    let is_again = inner.len() <= INNER_MAX;
    for (number, (of, begin)) in inner.into_iter().enumerate() {
        let again = Entry { at, ..begin.clone() };
        entries.slice(begin, at);
        if number > 0 && is_again {
            open.push((of, again));
        }
    }
}

/// What was said, on the track beside the thread's.
fn said(at: At, step: &Step, lane: usize, name: &str) -> Entry {
    let What::Traced { level, target, fields, span, task, .. } = &step.what else {
        unreachable!("only what was traced comes here");
    };
    let category = match level.to_ascii_lowercase().as_str() {
        "error" => "tracing,error",
        "warn" => "tracing,warn",
        _ => "tracing",
    };
    let mut entry = Entry::instant(at, Rank::Step, Track::Spans(lane), category, name)
        .with("level", level)
        .with("target", target)
        .with("fields", fields);
    for (name, number) in [("span", span), ("task", task)] {
        if let Some(number) = number {
            entry = entry.with_number(name, *number);
        }
    }
    Entry { stack: step.stack, ..entry }
}
