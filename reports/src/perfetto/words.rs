//! Steps, decisions and the headline as instants, in words.
//!
//! Knows no span and no arrow: what the story made one of has no instant of its own. Invariant: whatever is wrong with a run is on the track of
//! the run, too.

use std::collections::BTreeSet;

use photofinish_sim::errno::Errno;

use super::entries::{Arg, Entries, Entry, Rank, Track};
use super::text;
use crate::record::{Decision, Operation, Packet, Step, Undone, What};
use crate::story::lanes::{At, Kind as ArrowKind};
use crate::story::verdict_word;

/// Adds them.
pub(super) fn add(entries: &mut Entries<'_>) {
    headline(entries);
    let record = entries.record;
    for (number, decision) in record.decisions.iter().enumerate() {
        decided(entries, 1 + number, decision);
    }
    let sent: BTreeSet<(usize, u64, u64)> = entries
        .lanes
        .arrows
        .iter()
        .filter(|arrow| arrow.kind == ArrowKind::Message)
        .map(|arrow| (arrow.from, arrow.left.step, arrow.left.at_ns))
        .collect();
    for (index, step) in record.steps.iter().enumerate() {
        if matches!(step.what, What::Sent(_))
            && entries.lane(step.thread).is_some_and(|lane| sent.contains(&(lane, step.step, step.at_ns)))
        {
            continue;
        }
        if let Some(told) = told(entries, index, step) {
            if matches!(step.what, What::Panicked { .. } | What::Wrong { .. }) {
                entries.push(Entry { track: Track::Run, ..told.clone() });
            }
            entries.push(told);
        }
    }
    for end in &record.ends {
        let track = entries.track(end.thread);
        let name = format!("at the end: {}", end.what);
        let entry = Entry::instant(entries.lanes.end, Rank::Decision, track, "end", &name);
        entries.push(Entry { stack: Some(end.stack), ..entry });
    }
}

/// What is to be known of the run, at its beginning.
fn headline(entries: &mut Entries<'_>) {
    let record = entries.record;
    let headline = &record.headline;
    let what = headline.signature.as_ref().unwrap_or(&headline.ending);
    let name = format!("{}: {what}", headline.program);
    let mut entry = Entry::instant(At::default(), Rank::Decision, Track::Run, "run", &name)
        .with("verdict", verdict_word(headline.verdict))
        .with("ending", &headline.ending)
        .with("detail", &headline.detail.join("\n"))
        .with("strategy", &headline.strategy)
        .with("replay", &record.commands.replay)
        .with_number("points", record.figures.points)
        .with_number("switches", record.figures.switches)
        .with_number("stalled_ns", record.figures.stalled_ns);
    if let Some(seed) = headline.seed {
        entry = entry.with_number("seed", seed);
    }
    let texts = [
        ("about", &headline.about),
        ("debug", &record.commands.debug),
        ("token", &record.commands.token),
        ("minimal", &record.minimal),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            entry = entry.with(name, text);
        }
    }
    if record.left_out > 0 {
        entry = entry.with_number("events left out before the first", record.left_out);
    }
    entries.push(entry);
}

/// A decision, before the step that it led to.
fn decided(entries: &mut Entries<'_>, number: usize, decision: &Decision) {
    let at = entries.when(decision.step, decision.at_ns);
    let name = format!("decision {number}: {}", decision.what);
    let track = entries.track(decision.thread);
    let mut entry = Entry::instant(at, Rank::Decision, track, "decision", &name)
        .with("thread", &entries.names.thread(decision.thread));
    match &decision.undone {
        Some(Undone::Passes) => entry = entry.with("without it", "the run passes"),
        Some(Undone::FailsAlike) => entry = entry.with("without it", "fails just so"),
        Some(Undone::FailsWith(signature)) => entry = entry.with("without it", signature),
        None => {}
    }
    if let Some(pair) = &decision.pair {
        entry = entry.with("came first", &operation(entries, &pair.first));
        entry = entry.with("came second", &operation(entries, &pair.second));
    }
    entry.stack = decision.stack;
    if track != Track::Run {
        entries.push(Entry { track: Track::Run, ..entry.clone() });
    }
    entries.push(entry);
}

fn operation(entries: &Entries<'_>, operation: &Operation) -> String {
    let stack = text::stack(entries.record, operation.stack).unwrap_or_default();
    format!("{}:\n{stack}", entries.names.thread(operation.thread))
}

/// A step as an instant, if it is not told otherwise: by a slice, an arrow, or the track of spans.
fn told(entries: &Entries<'_>, index: usize, step: &Step) -> Option<Entry> {
    let at = At { index, step: step.step, at_ns: step.at_ns };
    let thread = entries.track(step.thread);
    let on = |track, category, name: &str| {
        let entry = Entry::instant(at, Rank::Step, track, category, name);
        // What the network does by itself, it does not do where the thread is that happens to run.
        Entry { stack: step.stack.filter(|_| track != Track::Network), ..entry }
    };
    let host = |host: u32| {
        let known = usize::try_from(host).ok().and_then(|host| entries.record.hosts.get(host));
        known.map_or_else(|| format!("host {host}"), |host| host.name.clone())
    };
    Some(match &step.what {
        What::Called { name, arg, result } => {
            let mut entry = on(thread, "call", name);
            entry.args.push(("arg", Arg::Int(*arg)));
            entry.args.push(("result", Arg::Int(*result)));
            match result.checked_neg().map(u16::try_from) {
                Some(Ok(number)) if number > 0 => entry.with("error", Errno(number).name()),
                _ => entry,
            }
        }
        What::Sent(packet) => on(thread, "message", &format!("sends {}", in_words(packet))),
        What::Arrived(packet) if packet.sent.is_none() => {
            on(Track::Network, "message", &format!("{} arrives", in_words(packet)))
        }
        What::Strayed { packet, fate } => {
            let hop = format!("{} from {} to {}", in_words(packet), host(packet.from), host(packet.to));
            on(Track::Network, "stray", &format!("{hop}: {fate}"))
        }
        What::Link { from, to, change } => {
            on(Track::Network, "link", &format!("{} to {}: {change}", host(*from), host(*to)))
        }
        What::Host { host: of, change } => on(Track::Network, "host", &format!("{}: {change}", host(*of))),
        What::Forked { child } => on(thread, "process", &format!("forks process {child}")),
        What::Executed { pid, program } => {
            on(thread, "process", &format!("process {pid} executes {program}"))
        }
        What::Exited { pid, status } => on(thread, "process", &format!("process {pid} {status}")),
        What::Wrote { fd: 2, text } => on(thread, "output", "writes to standard error").with("text", text),
        What::Wrote { text, .. } => on(thread, "output", "writes to standard output").with("text", text),
        What::Panicked { message, place } => {
            on(thread, "panic", &format!("panics: {message}")).with("place", place)
        }
        What::Task { task, name, place } => {
            on(thread, "task", &format!("makes task {task} {name}")).with("place", place)
        }
        What::Marked { mark, outcome } => on(thread, "mark", mark).with("outcome", outcome),
        What::Wrong { kind, what } => on(thread, "wrong", &format!("{kind}: {what}")),
        What::Noted { what } => on(thread, "note", what),
        What::Other => on(thread, "note", "an event of a kind that this version does not know"),
        What::Spawned { .. } | What::Woke { .. } | What::Signalled { .. } | What::Arrived(_) => return None,
        What::Named { .. } | What::Ended | What::Switched { .. } | What::Blocked { .. } => return None,
        What::Passed { .. } | What::Traced { .. } => return None,
    })
}

fn in_words(packet: &Packet) -> String {
    match packet.bytes {
        0 => packet.segment.clone(),
        bytes => format!("{} {bytes} B", packet.segment),
    }
}
