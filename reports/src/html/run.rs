//! One run in columns: a list for each property of its steps, and none for each step.
//!
//! Knows neither pixels nor JSON. Invariant: the columns of a table are equally long, and what they refer to exists.

use serde::Serialize;

use super::strings::{Strings, visible};
use super::words;
use crate::record::{Host, Process, Record, Step, What};
use crate::story::lanes::{At, Kind, Lane, Lanes, State, Who};
use crate::story::names::Names;
use crate::story::words::Teller;

/// What is drawn of a run.
#[derive(Debug, Serialize)]
pub(super) struct Columns {
    title: String,
    left_out: u64,
    end_step: u64,
    end_at: u64,
    lanes: Vec<Row>,
    /// The differences from step to step.
    step: Vec<i64>,
    /// The differences from step to step.
    at: Vec<i64>,
    lane: Vec<usize>,
    kind: Vec<usize>,
    text: Vec<usize>,
    /// 0 for none, else one more than the stack's index.
    stack: Vec<u64>,
    spans: Spans,
    arrows: Arrows,
}

/// A lane as it is labelled.
#[derive(Debug, Serialize)]
struct Row {
    /// The same for the same thread in both runs.
    who: String,
    label: String,
    /// With what distinguishes it in a list of all.
    title: String,
    /// Host and process.
    group: String,
    task: bool,
}

#[derive(Debug, Default, Serialize)]
struct Spans {
    lane: Vec<usize>,
    state: Vec<u8>,
    from: Vec<usize>,
    /// Nanoseconds by which a span begins before its first step.
    back: Vec<u64>,
    to: Vec<usize>,
    text: Vec<usize>,
}

#[derive(Debug, Default, Serialize)]
struct Arrows {
    kind: Vec<u8>,
    from: Vec<usize>,
    left: Vec<usize>,
    /// Nanoseconds from when it left to when it came.
    took: Vec<u64>,
    /// 0 for nobody, else one more than the lane.
    to: Vec<usize>,
    came: Vec<usize>,
    text: Vec<usize>,
}

/// A run that is to be put into columns.
pub(super) struct Source<'a> {
    pub(super) title: String,
    pub(super) record: &'a Record,
    pub(super) names: &'a Names,
    pub(super) steps: &'a [Step],
    pub(super) left_out: u64,
    pub(super) lanes: &'a Lanes,
}

/// Puts it into columns.
pub(super) fn columns(source: &Source<'_>, strings: &mut Strings) -> Columns {
    let Source { record, names, steps, lanes, .. } = source;
    let mut columns = Columns {
        title: visible(&source.title),
        left_out: source.left_out,
        end_step: lanes.end.step,
        end_at: lanes.end.at_ns,
        lanes: lanes.lanes.iter().map(|lane| row(lane, names, &record.processes, &record.hosts)).collect(),
        step: differences(steps.iter().map(|step| step.step)),
        at: differences(steps.iter().map(|step| step.at_ns)),
        lane: Vec::with_capacity(steps.len()),
        kind: Vec::with_capacity(steps.len()),
        text: Vec::with_capacity(steps.len()),
        stack: Vec::with_capacity(steps.len()),
        spans: spans(lanes, steps, strings),
        arrows: arrows(lanes, steps, strings),
    };
    let finder = Finder::of(lanes);
    let teller = Teller::new(names, lanes);
    for (index, step) in steps.iter().enumerate() {
        columns.lane.push(finder.lane(step, whose(&teller, index, step)));
        columns.kind.push(words::number(&step.what));
        columns.text.push(strings.number(&words::words(index, step, &teller)));
        let known = step.stack.filter(|stack| is_known(record, *stack));
        columns.stack.push(known.map_or(0, |stack| u64::from(stack) + 1));
    }
    columns
}

/// Whether a stack exists and has frames: neither is certain of a record that was made by hand.
pub(super) fn is_known(record: &Record, stack: u32) -> bool {
    let frames = record.stacks.get(stack as usize).map(|stack| &stack.0[..]).unwrap_or_default();
    frames.iter().any(|frame| (*frame as usize) < record.frames.len())
}

/// On whose lane a step is drawn: what arrives, where it arrives.
fn whose(teller: &Teller<'_>, index: usize, step: &Step) -> u32 {
    match step.what {
        What::Arrived(_) => teller.to(index, step).unwrap_or(step.thread),
        _ => teller.thread(index, step),
    }
}

/// The lanes by whom they are of.
struct Finder(std::collections::BTreeMap<Who, usize>);

impl Finder {
    fn of(lanes: &Lanes) -> Self {
        Self(lanes.lanes.iter().enumerate().map(|(at, lane)| (lane.who, at)).collect())
    }

    /// The lane on which a step is drawn: that of the task that spoke, or else that of the thread whose step it is.
    fn lane(&self, step: &Step, thread: u32) -> usize {
        let task = match &step.what {
            What::Traced { task: Some(task), .. } => self.0.get(&Who::Task(*task)),
            _ => None,
        };
        task.or_else(|| self.0.get(&Who::Thread(thread))).copied().unwrap_or(0)
    }
}

fn row(lane: &Lane, names: &Names, processes: &[Process], hosts: &[Host]) -> Row {
    let group = match names.place(lane.pid) {
        Some(place) => format!("{place} (process {})", lane.pid),
        None => String::new(),
    };
    let host = hosts.get(lane.host as usize).filter(|_| hosts.len() > 1).map(|host| host.name.as_str());
    let process = if processes.len() > 1 { format!(", process {}", lane.pid) } else { String::new() };
    let host = host.map(|host| format!(", host {host}")).unwrap_or_default();
    let (who, task) = match lane.who {
        Who::Thread(thread) => (format!("thread {thread}"), false),
        Who::Task(task) => (format!("task {task}"), true),
    };
    let title = if lane.name == who { who.clone() } else { format!("{} ({who}{process}{host})", lane.name) };
    Row { who, label: visible(&lane.name), title: visible(&title), group: visible(&group), task }
}

fn differences(values: impl Iterator<Item = u64>) -> Vec<i64> {
    let mut before = 0;
    values
        .map(|value| {
            let difference = value.cast_signed().wrapping_sub(before);
            before = value.cast_signed();
            difference
        })
        .collect()
}

fn spans(lanes: &Lanes, steps: &[Step], strings: &mut Strings) -> Spans {
    let mut spans = Spans::default();
    let ends = steps.len();
    for span in &lanes.spans {
        spans.lane.push(span.lane);
        spans.state.push(match span.state {
            State::Running => 0,
            State::Runnable => 1,
            State::Blocked => 2,
            State::Stalled => 3,
        });
        spans.from.push(span.from.index.min(ends));
        let began = steps.get(span.from.index).map_or(lanes.end.at_ns, |step| step.at_ns);
        spans.back.push(began.saturating_sub(span.from.at_ns));
        spans.to.push(span.to.index.min(ends));
        spans.text.push(span.why.as_deref().map_or(0, |why| strings.number(why)));
    }
    spans
}

fn arrows(lanes: &Lanes, steps: &[Step], strings: &mut Strings) -> Arrows {
    let mut arrows = Arrows::default();
    for arrow in &lanes.arrows {
        if arrow.came.index >= steps.len() {
            continue;
        }
        arrows.kind.push(match arrow.kind {
            Kind::Spawn => 0,
            Kind::Wake => 1,
            Kind::Message => 2,
            Kind::Signal => 3,
        });
        arrows.from.push(arrow.from);
        arrows.left.push(left(&arrow.left, &arrow.came, steps));
        arrows.took.push(arrow.came.at_ns.saturating_sub(arrow.left.at_ns));
        arrows.to.push(arrow.to.map_or(0, |lane| lane + 1));
        arrows.came.push(arrow.came.index);
        arrows.text.push(strings.number(&arrow.what));
    }
    arrows
}

/// The step at which an arrow leaves: a message's sender says when, and not at which of the steps.
fn left(left: &At, came: &At, steps: &[Step]) -> usize {
    if (left.step, left.at_ns) == (came.step, came.at_ns) {
        return left.index;
    }
    steps.partition_point(|step| (step.step, step.at_ns) < (left.step, left.at_ns)).min(came.index)
}
