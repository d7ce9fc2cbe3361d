//! The kinds of events, to filter by, and the words of a step in a picture.
//!
//! Does not know where they are shown, and does not escape. Invariant: every event has a kind and words.

use crate::record::{Step, What};
use crate::story::words::Teller;

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

/// A step in words; what the program wrote as it is, line by line.
pub(super) fn words(index: usize, step: &Step, teller: &Teller<'_>) -> String {
    match &step.what {
        What::Wrote { text, .. } => text.strip_suffix('\n').unwrap_or(text).to_owned(),
        _ => teller.words(index, step),
    }
}
