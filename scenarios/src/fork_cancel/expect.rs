//! What a sweep over each variant must show: the rows of the table in which revisions differ.
//!
//! Nothing here does anything. Invariant: a signature is written once.

use photofinish::scenario::{Expectation, Find};

/// Nothing is left to chance.
const ALWAYS: u64 = 1;
/// One thread must be held up between two steps of another.
const WIDE: u64 = 2000;
/// The same, after a notification that helped nobody.
const NARROW: u64 = 20_000;

/// A time-out ends what a lost wakeup began: the reader finds its fragment late, or does not look.
const LATE: &str = "lost-wakeup: 30 s late";
const GIVEN_UP: &str = "lost-wakeup: given up after 30 s";
const ASLEEP: &str = "lost-wakeup: asleep for ever";
const LOST: &str = "lost-wakeup: *";
const ASSEMBLY_LATE: &str = "assembly-late: 30 s";

const fn finds(must: &'static [Find], may: &'static [&'static str]) -> Expectation {
    Expectation { must, may, always: false }
}

const fn always(must: &'static [Find]) -> Expectation {
    Expectation { must, may: &[], always: true }
}

/// No run may fail.
pub(super) const SOUND: Expectation = Expectation::NEVER_FAILS;

/// The report: a relay's pipe waits until its connection is dropped.
pub(super) const REPORTED: Expectation = always(&[Find {
    signature: "stuck: hop1: stream was cancelled after 180 s, 1263 bytes; client: timed out after 60 s",
    within_runs: ALWAYS,
}]);
/// A pipe waits for ever for what does not come.
pub(super) const STUCK: Expectation = always(&[Find {
    signature: "stuck: hop1: still waiting, 1263 bytes; client: timed out after 60 s",
    within_runs: ALWAYS,
}]);
/// The pipe is cancelled with the connection although it has all that it needs.
pub(super) const CANCELLED: Expectation =
    always(&[Find { signature: "incomplete: stream was cancelled", within_runs: ALWAYS }]);
/// The same, if the drop overtakes the pipe's end.
pub(super) const MAY_BE_CANCELLED: Expectation =
    finds(&[Find { signature: "incomplete: stream was cancelled", within_runs: WIDE }], &[]);
/// A fork of what is cancelled lives until its time-out.
pub(super) const RESURRECTED: Expectation =
    always(&[Find { signature: "resurrected: 1263 bytes in 30 s", within_runs: ALWAYS }]);
/// A fork of what is cancelled lives for ever; the relay behind it may miss the one fragment that it sends.
pub(super) const RESURRECTED_FOR_EVER: Expectation = Expectation {
    must: &[Find { signature: "resurrected: still waiting after 1263 bytes", within_runs: ALWAYS }],
    may: &[ASLEEP],
    always: true,
};
/// Who waits is never woken.
pub(super) const NEVER_WOKEN: Expectation = always(&[Find { signature: ASLEEP, within_runs: ALWAYS }]);
/// All is well, but an assembly may miss the last fragment.
pub(super) const ASSEMBLES_LATE: Expectation = finds(&[], &[ASSEMBLY_LATE]);
/// An assembly misses the last fragment.
pub(super) const FINDS_ASSEMBLY_LATE: Expectation =
    finds(&[Find { signature: ASSEMBLY_LATE, within_runs: NARROW }], &[]);
/// All is well on the whole; what the narrow windows let through is looked for elsewhere.
pub(super) const MAY_LOSE: Expectation = finds(&[], &[LOST, ASSEMBLY_LATE]);
/// A wakeup is lost, and the pipe goes on when its time is over.
pub(super) const LOSES_AND_IS_LATE: Expectation = finds(&[Find { signature: LATE, within_runs: WIDE }], &[]);
/// A wakeup is lost, and when the time is over the pipe goes on or gives up.
pub(super) const LOSES: Expectation =
    finds(&[Find { signature: LOST, within_runs: NARROW }], &[LATE, GIVEN_UP]);
/// The same through the narrowest window.
pub(super) const MAY_LOSE_ONLY: Expectation = finds(&[], &[LATE, GIVEN_UP]);
/// Waiting leaves wakers behind.
pub(super) const RETAINS: Expectation = always(&[Find {
    signature: "retained-wakers: one for each fragment that was awaited",
    within_runs: ALWAYS,
}]);
