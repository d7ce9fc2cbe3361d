//! What a sweep over each variant must show: the rows of the table in which partial mends differ.
//!
//! Nothing here does anything. Invariant: a signature is written once.

use photofinish::scenario::{Expectation, Find};

/// The window is one supervisor that is slower than its peer's last words.
const WIDE: u64 = 200;
/// The window is between two writes, or the process that closes does little before.
const NARROW: u64 = 2000;
/// Two timers must strike together, and then both sides must be slow in turn.
const NARROWEST: u64 = 10_000;
/// Nothing is left to chance.
const ALWAYS: u64 = 1;

macro_rules! einval {
    () => {
        "io: Invalid argument (os error 22)"
    };
}
macro_rules! unready {
    ($why:expr) => {
        concat!("aborted: ready read failed: ", $why)
    };
}
macro_rules! late_ready {
    () => {
        "aborted: ready phase timed out waiting for Ready"
    };
}
macro_rules! no_seal {
    ($why:expr) => {
        concat!("error: ", $why, "; nobody-serves")
    };
}

/// The supervisor dies of the successor's closing, or of the incumbent's, in words of an ordinary handoff that
/// follows the case.
const NEXT_EINVAL: &str = concat!("next: ", unready!(einval!()), "*");
const NEXT_EOF: &str = concat!("next: ", unready!("io: unexpected end of file"), "*");
const NEXT_LATE: &str = concat!("next: ", late_ready!(), "*");
/// The incumbent is dead, the successor's words were dropped, and nobody is left to be told.
const UNREADY_AFTER_SEAL: &str = no_seal!("io: Broken pipe (os error 32)");

const fn finds(must: &'static [Find], may: &'static [&'static str]) -> Expectation {
    Expectation { must, may, always: false }
}

const fn always(must: &'static [Find]) -> Expectation {
    Expectation { must, may: &[], always: true }
}

/// `Ready` is there and is dropped because of EINVAL; the incumbent resumes with its control path taken away, or in
/// time to keep it.
pub(super) const READY_DROPPED: Expectation = finds(
    &[Find { signature: concat!(unready!(einval!()), "; orphaned-incumbent"), within_runs: WIDE }],
    &[unready!(einval!()), NEXT_EINVAL],
);
/// The same, told as the end of the stream.
pub(super) const READY_DROPPED_AS_EOF: Expectation = finds(
    &[Find {
        signature: concat!(unready!("io: unexpected end of file"), "; orphaned-incumbent"),
        within_runs: WIDE,
    }],
    &[unready!("io: unexpected end of file"), NEXT_EOF],
);
/// The same, after the whole time that a handoff may take.
pub(super) const READY_WAITED_FOR: Expectation = finds(
    &[Find { signature: concat!(late_ready!(), "; orphaned-incumbent"), within_runs: WIDE }],
    &[late_ready!(), NEXT_LATE],
);
/// A successor that died is told apart from one that misbehaved only by luck.
pub(super) const DEATH_AS_EINVAL: Expectation = finds(
    &[Find { signature: concat!("wrong-reason: ", unready!(einval!())), within_runs: WIDE }],
    &[NEXT_EINVAL],
);
/// The true reason, but the handoff after it may fail.
pub(super) const NEXT_DROPPED_AS_EOF: Expectation = finds(&[], &[NEXT_EOF]);
/// A successor that died is waited for.
pub(super) const DEATH_WAITED_FOR: Expectation =
    finds(&[Find { signature: concat!("wrong-reason: ", late_ready!()), within_runs: WIDE }], &[NEXT_LATE]);
/// `SealComplete` is there and is dropped: the successor is killed, and the incumbent is dead.
pub(super) const SEAL_DROPPED: Expectation = finds(
    &[Find { signature: no_seal!(einval!()), within_runs: NARROW }],
    &[UNREADY_AFTER_SEAL, NEXT_EINVAL],
);
/// The same where `Ready` is read with care.
pub(super) const ONLY_SEAL_DROPPED: Expectation =
    finds(&[Find { signature: no_seal!(einval!()), within_runs: NARROW }], &[]);
/// The same, told as the end of the stream.
pub(super) const SEAL_DROPPED_AS_EOF: Expectation = finds(
    &[Find { signature: no_seal!("io: unexpected end of file"), within_runs: NARROW }],
    &[UNREADY_AFTER_SEAL, NEXT_EOF],
);
/// The same, after the whole time that a handoff may take.
pub(super) const SEAL_WAITED_FOR: Expectation = finds(
    &[Find { signature: no_seal!("timed out waiting for SealComplete"), within_runs: NARROW }],
    &[UNREADY_AFTER_SEAL, NEXT_LATE],
);
/// An incumbent that died while it sealed.
pub(super) const SEAL_DEATH_AS_EINVAL: Expectation = finds(
    &[Find { signature: concat!("wrong-reason: error: ", einval!()), within_runs: NARROW }],
    &[NEXT_EINVAL],
);
/// An incumbent that died when it had said `Drained`, which is dropped; or died a little later.
pub(super) const DRAINED_DROPPED: Expectation = finds(
    &[Find {
        signature: concat!("wrong-reason: error: ", einval!(), "; journal=Negotiating"),
        within_runs: NARROW,
    }],
    &[concat!("wrong-reason: error: ", einval!()), NEXT_EINVAL],
);
/// An EINVAL that no peer caused is told as it is, but what follows the case is an ordinary handoff.
pub(super) const NEXT_DROPPED: Expectation = finds(&[], &[NEXT_EINVAL]);
/// An EINVAL that no peer caused is told as the end of the stream.
pub(super) const EINVAL_AS_EOF: Expectation = always(&[Find {
    signature: concat!("wrong-reason: ", unready!("io: unexpected end of file")),
    within_runs: ALWAYS,
}]);
/// It is waited out.
pub(super) const EINVAL_WAITED_OUT: Expectation =
    always(&[Find { signature: concat!("wrong-reason: ", late_ready!()), within_runs: ALWAYS }]);
/// It leaves a read without a time-out: the handoff ends when the successor pleases.
pub(super) const COMMITS_LATE: Expectation =
    always(&[Find { signature: "late-commit", within_runs: ALWAYS }]);
/// Each receive may take the whole time again.
pub(super) const ABORTS_LATE: Expectation = always(&[Find { signature: "late-abort", within_runs: ALWAYS }]);
/// The supervisor gives up while the successor takes over the control path, and kills it.
pub(super) const ABORT_MEETS_BIND: Expectation =
    finds(&[Find { signature: concat!(late_ready!(), "; orphaned-incumbent"), within_runs: NARROWEST }], &[]);
/// The test looks before the incumbent had a chance.
pub(super) const MARKER_MISSING: Expectation =
    finds(&[Find { signature: "marker-missing: resume-called", within_runs: WIDE }], &[]);
