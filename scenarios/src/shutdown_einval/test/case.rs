//! What is made to happen in a handoff, and what must come of it.
//!
//! It does not know the variants: what is right is right for all of them, on every system.
//! Invariant: a case says all that may come of it.

use std::time::Duration;

use super::super::program::journal::Phase;
use super::super::program::{crash, options};

/// Who serves when a handoff is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server {
    /// Who served before.
    Incumbent,
    /// Somebody else.
    Successor,
}

/// The kinds of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The successor was told to serve.
    Committed,
    /// The incumbent was told to serve again.
    Aborted,
    /// The handoff broke off.
    Failed,
}

/// An outcome that is right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Right {
    /// Its kind.
    pub(super) kind: Kind,
    /// The reasons that are true, if any is needed.
    pub(super) reasons: &'static [&'static str],
    /// Who must serve, if anybody is left.
    pub(super) server: Option<Server>,
}

/// One case.
#[derive(Debug)]
pub(in super::super) struct Case {
    /// What the processes are told besides, in pairs.
    pub(super) faults: &'static [&'static str],
    /// The outcomes that are right.
    pub(super) right: &'static [Right],
    /// The journal that must be left.
    pub(super) journal: Option<Phase>,
    /// How long a marker may take after the supervisor's end, if one is looked for.
    pub(super) marker: Option<Duration>,
}

const COMMITTED: Right = Right { kind: Kind::Committed, reasons: &[], server: Some(Server::Successor) };
const ABORTED: Right = Right { kind: Kind::Aborted, reasons: &[], server: Some(Server::Incumbent) };
const BROKEN_OFF: Right = Right { kind: Kind::Failed, reasons: &[], server: None };

const TIMED_OUT: Right = Right { reasons: &["ready phase timed out waiting for Ready"], ..ABORTED };
/// What must come of an EINVAL that no peer caused.
pub(super) const SURFACED: Right =
    Right { reasons: &["ready read failed: io: Invalid argument (os error 22)"], ..ABORTED };
/// The successor's end, in both of the words that std has for it.
const GONE: Right = Right {
    reasons: &[
        "ready read failed: io: failed to fill whole buffer",
        "ready read failed: io: unexpected end of file",
    ],
    ..ABORTED
};

const ORDINARY: Case = Case { faults: &[], right: &[COMMITTED], journal: None, marker: None };

/// Nothing goes wrong: the successor closes its connection when it has said `Ready`.
pub(in super::super) const READY_B: Case = ORDINARY;
/// The successor dies before it says `Ready`.
pub(in super::super) const READY_A: Case =
    Case { faults: &[options::CRASH_AT, crash::N_AFTER_LOCK], right: &[GONE], ..ORDINARY };
/// The incumbent dies when it has said `SealComplete`.
pub(in super::super) const SEAL_B: Case =
    Case { faults: &[options::CRASH_AT, crash::O_AFTER_SEALED], ..ORDINARY };
/// The incumbent dies when it has let go of the data, before it says so.
pub(in super::super) const SEAL_A: Case = Case {
    faults: &[options::CRASH_AT, crash::O_AFTER_RELEASE],
    right: &[Right {
        reasons: &["io: failed to fill whole buffer", "io: unexpected end of file"],
        ..BROKEN_OFF
    }],
    journal: Some(Phase::Draining),
    ..ORDINARY
};
/// The incumbent dies when it has said `Drained`. It may have read the next request before, or not.
pub(in super::super) const DRAINED_B: Case = Case {
    faults: &[options::CRASH_AT, crash::O_AFTER_DRAINED],
    right: &[Right {
        reasons: &[
            "io: Broken pipe (os error 32)",
            "io: failed to fill whole buffer",
            "io: unexpected end of file",
            "io: Connection reset by peer (os error 104)",
        ],
        ..BROKEN_OFF
    }],
    journal: Some(Phase::Draining),
    ..ORDINARY
};
/// One arming fails with EINVAL although the successor lives, and is silent for longer than a handoff may take.
pub(in super::super) const GENUINE: Case = Case {
    faults: &[options::EINVAL_AT, options::AT_READY, options::SILENT_MS, "9000"],
    right: &[TIMED_OUT],
    ..ORDINARY
};
/// The incumbent takes its time to seal, and the successor is silent for longer than a handoff may take.
pub(in super::super) const SLOW_SEAL: Case =
    Case { faults: &[options::SEAL_MS, "3000", options::SILENT_MS, "9000"], right: &[TIMED_OUT], ..ORDINARY };
/// The successor is ready at the very moment at which the supervisor gives up.
pub(in super::super) const LATE_READY: Case =
    Case { faults: &[options::READY_AT_US, options::AT_CAP], right: &[COMMITTED, TIMED_OUT], ..ORDINARY };
/// The successor dies, and the test looks at once whether the incumbent has noticed.
pub(in super::super) const MARKER_AT_ONCE: Case = Case { marker: Some(Duration::ZERO), ..READY_A };
/// The successor dies, and the test gives the incumbent time to notice.
pub(in super::super) const MARKER_IN_TIME: Case = Case { marker: Some(Duration::from_secs(3)), ..READY_A };
