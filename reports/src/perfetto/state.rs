//! The story's spans and arrows on tracks: what each thread is, what comes from where, and how many.
//!
//! Knows no step but those at which a thread waits or is woken without an arrow. Invariant: each arrow's two ends are both there, and its
//! beginning first.

use super::entries::{Arg, Entries, Entry, Flow, Kind, Rank, Track};
use crate::record::{Wake, What};
use crate::story::lanes::{At, Kind as ArrowKind, Span, State, Who};

/// Adds them.
pub(super) fn add(entries: &mut Entries<'_>) {
    let lanes = entries.lanes;
    for span in &lanes.spans {
        let begin = begin(entries, span);
        entries.slice(begin, span.to);
    }
    for number in 0..lanes.arrows.len() {
        arrow(entries, number);
    }
    let record = entries.record;
    for (index, step) in record.steps.iter().enumerate() {
        let What::Woke { thread, how } = &step.what else { continue };
        let by = match how {
            Wake::Cause => continue,
            Wake::Deadline => "woken by its deadline",
            Wake::Spurious => "woken by nothing",
            Wake::Signal => "woken by a signal",
        };
        let at = At { index, step: step.step, at_ns: step.at_ns };
        let track = entries.track(*thread);
        entries.push(Entry::instant(at, Rank::Arrival, track, "wake", by));
    }
    let could_run = lanes.spans.iter().filter(|span| {
        let thread = matches!(lanes.lanes[span.lane].who, Who::Thread(_));
        thread && span.state != State::Blocked
    });
    count(entries, Track::CouldRun, could_run.map(|span| (span.from, span.to)).collect());
    let messages = lanes.arrows.iter().filter(|arrow| arrow.kind == ArrowKind::Message);
    count(entries, Track::UnderWay, messages.map(|arrow| (arrow.left, arrow.came)).collect());
}

fn begin(entries: &Entries<'_>, span: &Span) -> Entry {
    let why = span.why.as_deref();
    let is_task = matches!(entries.lanes.lanes[span.lane].who, Who::Task(_));
    let (category, name) = match span.state {
        State::Running if is_task => ("task", format!("on {}", why.unwrap_or("a thread"))),
        State::Running => ("running", String::from("running")),
        State::Runnable => ("runnable", String::from("could run")),
        State::Stalled => ("stalled", String::from("stalled")),
        State::Blocked => ("waits", format!("waits for {}", why.unwrap_or("something"))),
    };
    let mut begin = Entry::instant(span.from, Rank::Begin, Track::Lane(span.lane), category, &name);
    let step = entries.record.steps.get(span.from.index);
    if let Some(step) = step.filter(|_| span.state == State::Blocked)
        && let What::Blocked { until_ns, .. } = &step.what
        && entries.lane(step.thread) == Some(span.lane)
    {
        begin.stack = step.stack;
        begin.args.extend(until_ns.map(|until| ("until_ns", Arg::Uint(until))));
    }
    begin
}

fn arrow(entries: &mut Entries<'_>, number: usize) {
    let lanes = entries.lanes;
    let arrow = &lanes.arrows[number];
    let name = |lane: usize| lanes.lanes[lane].name.as_str();
    let (from, to) = (name(arrow.from), arrow.to.map(name));
    let what = arrow.what.as_str();
    let nobody = "nobody that waits for it";
    let (category, leaves, comes) = match arrow.kind {
        ArrowKind::Spawn => {
            ("spawn", format!("makes {}", to.unwrap_or("a thread")), format!("made by {from}"))
        }
        ArrowKind::Wake => ("wake", format!("wakes {}", to.unwrap_or(nobody)), format!("woken by {from}")),
        ArrowKind::Message => ("message", format!("sends {what}"), format!("{what} from {from}")),
        ArrowKind::Signal => ("signal", format!("sends {what}"), format!("{what} from {from}")),
    };
    let came = arrow.came;
    let left = match arrow.kind {
        // The story knows when it was sent, and not by which step.
        ArrowKind::Message => entries.when(arrow.left.step, arrow.left.at_ns.min(came.at_ns)),
        _ => At { at_ns: arrow.left.at_ns.min(came.at_ns), ..arrow.left },
    };
    let left = At { index: left.index.min(came.index), ..left };
    let id = 1 + number as u64;
    let departure = Entry::instant(left, Rank::Departure, Track::Lane(arrow.from), category, &leaves);
    let stack = entries.record.steps.get(left.index).filter(|step| {
        (step.step, step.at_ns) == (left.step, left.at_ns) && entries.lane(step.thread) == Some(arrow.from)
    });
    let stack = stack.and_then(|step| step.stack);
    entries.push(Entry { flow: Some(Flow::Begins(id)), stack, ..departure }.with("to", to.unwrap_or(nobody)));
    let track = arrow.to.map_or(Track::Network, Track::Lane);
    let arrival = Entry::instant(came, Rank::Arrival, track, category, &comes);
    entries.push(Entry { flow: Some(Flow::Ends(id)), ..arrival }.with("from", from));
}

/// How many of these there are at a time.
fn count(entries: &mut Entries<'_>, track: Track, of: Vec<(At, At)>) {
    let mut changes: Vec<(At, i64)> = Vec::new();
    for (from, to) in of {
        changes.push((from, 1));
        changes.push((At { at_ns: to.at_ns.max(from.at_ns), ..to }, -1));
    }
    changes.sort_by_key(|(at, change)| (at.at_ns, at.index, *change));
    let (mut now, mut said) = (0, 0);
    for (number, (at, change)) in changes.iter().enumerate() {
        now += change;
        // One value for each time: a counter has no room for what was so between two instructions.
        let is_last = changes.get(number + 1).is_none_or(|(next, _)| next.at_ns != at.at_ns);
        if !is_last || now == said {
            continue;
        }
        said = now;
        let entry = Entry::instant(*at, Rank::End, track, "", "");
        entries.push(Entry { kind: Kind::Count(now), ..entry });
    }
}
