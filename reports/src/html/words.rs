//! What happened, in the words of a picture: a kind to filter by, and a few words to read.
//!
//! Does not know where they are shown, and does not escape. Invariant: every kind of event has a kind and words.

use crate::record::{Packet, Pause, Switch, Wake, What};
use crate::story::names::Names;

/// The kinds, by number.
pub(super) const KINDS: [&str; 22] = [
    "spawned",
    "named",
    "ended",
    "switched",
    "blocked",
    "woke",
    "passed",
    "called",
    "sent",
    "arrived",
    "strayed",
    "link",
    "host",
    "forked",
    "executed",
    "exited",
    "signalled",
    "output",
    "panicked",
    "tracing",
    "marked",
    "wrong",
];

/// The kind of an event that has none of its own.
pub(super) const OTHER: &str = "other";

/// The kind of an event: a word of [`KINDS`], or [`OTHER`].
pub(super) fn kind(what: &What) -> &'static str {
    match what {
        What::Spawned { .. } => "spawned",
        What::Named { .. } => "named",
        What::Ended => "ended",
        What::Switched { .. } => "switched",
        What::Blocked { .. } => "blocked",
        What::Woke { .. } => "woke",
        What::Passed { .. } => "passed",
        What::Called { .. } => "called",
        What::Sent(_) => "sent",
        What::Arrived(_) => "arrived",
        What::Strayed { .. } => "strayed",
        What::Link { .. } => "link",
        What::Host { .. } => "host",
        What::Forked { .. } => "forked",
        What::Executed { .. } => "executed",
        What::Exited { .. } => "exited",
        What::Signalled { .. } => "signalled",
        What::Wrote { .. } => "output",
        What::Panicked { .. } => "panicked",
        What::Traced { .. } | What::Task { .. } => "tracing",
        What::Marked { .. } => "marked",
        What::Wrong { .. } => "wrong",
        What::Noted { .. } | What::Other => OTHER,
    }
}

/// A kind's number: its place in [`KINDS`], and one more than the last for [`OTHER`].
pub(super) fn number(what: &What) -> usize {
    let kind = kind(what);
    KINDS.iter().position(|other| *other == kind).unwrap_or(KINDS.len())
}

/// An event in words. The thread that it is of is not among them.
pub(super) fn words(what: &What, names: &Names) -> String {
    match what {
        What::Spawned { child } => format!("spawns {}", names.thread(*child)),
        What::Named { name } => format!("is called {name}"),
        What::Ended => String::from("ends"),
        What::Switched { to, why } => match why {
            Switch::Preempted => format!("is preempted by {}", names.thread(*to)),
            Switch::Blocked => format!("waits, and {} runs", names.thread(*to)),
            Switch::Ended => format!("is over, and {} runs", names.thread(*to)),
            Switch::Yielded => format!("gives its turn to {}", names.thread(*to)),
        },
        What::Blocked { on, .. } => format!("waits for {on}"),
        What::Woke { thread, how } => woke(&names.thread(*thread), *how),
        What::Passed { ns, why } => match why {
            Pause::Idle => format!("{} pass: nobody can run", time(*ns)),
            Pause::Stalled => format!("{} pass: all are descheduled", time(*ns)),
            Pause::Spun => format!("{} pass: it spins", time(*ns)),
        },
        What::Called { name, arg, result } if *result < 0 => {
            format!("{name}({arg}) fails: errno {}", result.unsigned_abs())
        }
        What::Called { name, arg, result } => format!("{name}({arg}) = {result}"),
        What::Sent(packet) => format!("sends {}", sort(packet)),
        What::Arrived(packet) => format!("{} arrives", sort(packet)),
        What::Strayed { packet, fate } => format!("{} {fate}", sort(packet)),
        What::Link { from, to, change } => format!("link from host {from} to {to}: {change}"),
        What::Host { host, change } => format!("host {host}: {change}"),
        What::Forked { child } => format!("forks process {child}"),
        What::Executed { pid, program } => format!("process {pid} executes {program}"),
        What::Exited { pid, status } => format!("process {pid} {status}"),
        What::Signalled { pid, signal } => format!("signal {signal} to process {pid}"),
        What::Wrote { text, .. } => text.strip_suffix('\n').unwrap_or(text).to_owned(),
        What::Panicked { message, place } => format!("panics at {place}: {message}"),
        What::Traced { .. } => traced(what),
        What::Task { task, name, place } => format!("task {task} {name} spawned at {place}"),
        What::Marked { mark, outcome } => format!("{mark}: {outcome}"),
        What::Wrong { kind, what } => format!("{kind}: {what}"),
        What::Noted { what } => what.clone(),
        What::Other => String::from("something that this version does not know"),
    }
}

fn woke(thread: &str, how: Wake) -> String {
    match how {
        Wake::Cause => format!("wakes {thread}"),
        Wake::Deadline => format!("{thread} wakes: its time is up"),
        Wake::Spurious => format!("{thread} wakes for no reason"),
        Wake::Signal => format!("{thread} wakes for a signal"),
    }
}

fn traced(what: &What) -> String {
    let What::Traced { level, of, target, name, fields, .. } = what else { return String::new() };
    let of = if of == "event" { String::new() } else { format!("{of} ") };
    // The message of an event is one of its fields; its name is then a place that nobody reads.
    let name = if of.is_empty() && !fields.is_empty() { String::new() } else { format!("{name} ") };
    format!("{level} {target}: {of}{name}{fields}").trim_end().to_owned()
}

fn sort(packet: &Packet) -> String {
    match packet.bytes {
        0 => packet.segment.clone(),
        bytes => format!("{} of {bytes} bytes", packet.segment),
    }
}

/// A time with a unit that a person reads.
fn time(ns: u64) -> String {
    let (unit, of) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (1_000, "\u{b5}s"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let thousandths = format!("{:03}", ns % unit * 1_000 / unit);
    let thousandths = thousandths.trim_end_matches('0');
    match thousandths {
        "" => format!("{} {of}", ns / unit),
        thousandths => format!("{}.{thousandths} {of}", ns / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (ns, text) in [
            (7, "7 ns"),
            (1_000, "1 \u{b5}s"),
            (91_570, "91.57 \u{b5}s"),
            (23_000_090_720, "23 s"),
            (2_500_000, "2.5 ms"),
        ] {
            assert_eq!(time(ns), text);
        }
    }

    #[test]
    fn an_event_of_the_programs_tracing_is_its_message() {
        let event = |of: &str, fields: &str| What::Traced {
            level: String::from("INFO"),
            of: of.to_owned(),
            target: String::from("app"),
            name: String::from("work"),
            fields: fields.to_owned(),
            span: None,
            task: None,
        };
        assert_eq!(
            words(&event("event", "message=hello n=1"), &Names::default()),
            "INFO app: message=hello n=1"
        );
        assert_eq!(words(&event("enter", ""), &Names::default()), "INFO app: enter work");
    }
}
