//! What a report means.
//!
//! It does not know which variant made it. Invariant: two reports that show the same bug get the same signature,
//! and two bugs never do; what fits no known bug gets a signature that no variant expects.

use photofinish::scenario::Failure;

use super::program::policy::Mode;
use super::program::report::{Attempt, Condition, Deliveries, LockOutcome, Report, Side};

/// An endpoint was never told `Connected`: the peer cannot be reached until the manager stops.
pub const LOST_CONNECTED: &str = "lost-connected";
/// An endpoint was never told `Disconnected`: it buffers for ever what is sent to it.
pub const LOST_DISCONNECTED: &str = "lost-disconnected";
/// An endpoint was told `Connected` twice, live and by replay.
pub const CONNECTED_TWICE: &str = "connected-twice";
/// An endpoint was told `Disconnected` twice, live and by replay.
pub const DISCONNECTED_TWICE: &str = "disconnected-twice";
/// The peer could be reached only after the watchdog had struck.
pub const LATE: &str = "late";

/// The connection came up, but the first request was lost.
const LOST_REQUEST: &str = "lost-request";
/// The lock was taken, but the two sides do not agree that there is a connection.
const HALF_CONNECTED: &str = "half-connected";
/// The peer cannot be reached, and not because an event was lost.
const UNREACHABLE: &str = "unreachable";
/// Anything else.
const UNEXPLAINED: &str = "unexplained";

/// Says what is wrong with a run, if anything is.
pub(super) fn judge(report: &Report) -> Result<(), Failure> {
    let signature = told_twice(report).or_else(|| match report.mode {
        Mode::Forward | Mode::Reverse => judge_lock(report),
        Mode::Refused => judge_refusal(report),
    });
    match signature {
        None => Ok(()),
        Some(signature) => Err(Failure { signature: signature.to_owned(), detail: report.to_string() }),
    }
}

fn told_twice(report: &Report) -> Option<&'static str> {
    let any = |wrong: fn(&Deliveries) -> bool| sides(report).any(|side| side.deliveries.iter().any(wrong));
    if any(|told| told.connected > 1) {
        Some(CONNECTED_TWICE)
    } else if any(|told| told.disconnected > 1) {
        Some(DISCONNECTED_TWICE)
    } else {
        None
    }
}

/// Where the peer accepts, the first lock must be taken and both sides must see it.
fn judge_lock(report: &Report) -> Option<&'static str> {
    use LockOutcome::{Accepted, SendFailed, TimedOut};
    match (outcomes(&report.attempts).as_slice(), report.condition) {
        ([Accepted], Condition::Met) => None,
        ([Accepted, ..], _) => Some(HALF_CONNECTED),
        ([TimedOut, Accepted], _) => Some(LOST_REQUEST),
        ([TimedOut, TimedOut | SendFailed, Accepted], _) => Some(LATE),
        ([TimedOut, TimedOut | SendFailed, TimedOut], _) if is_poisoned(report) => Some(LOST_CONNECTED),
        ([_, _, TimedOut | SendFailed], _) => Some(UNREACHABLE),
        _ => Some(UNEXPLAINED),
    }
}

/// Where the peer's port refuses, every lock must fail at once and leave nothing behind.
fn judge_refusal(report: &Report) -> Option<&'static str> {
    use LockOutcome::{SendFailed, TimedOut};
    match (outcomes(&report.attempts).as_slice(), report.condition) {
        ([SendFailed, SendFailed], Condition::Met) => None,
        ([.., TimedOut], _) if report.first.deliveries.iter().any(|told| told.disconnected == 0) => {
            Some(LOST_DISCONNECTED)
        }
        ([.., TimedOut], _) => Some(UNREACHABLE),
        ([.., SendFailed], _) => Some(LATE),
        _ => Some(UNEXPLAINED),
    }
}

/// One side waits for a connection that the other has, or both do, and the lock stands on one side only.
fn is_poisoned(report: &Report) -> bool {
    let waits = |side: &Side| {
        let never_told = side.deliveries.iter().any(|told| told.connected == 0);
        side.has_endpoint && !side.has_connection && side.transport_connected == 0 && never_told
    };
    let one_sided = report.first.local_locked && sides(report).all(|side| !side.remote_locked);
    one_sided && sides(report).any(waits)
}

fn sides(report: &Report) -> impl Iterator<Item = &Side> {
    std::iter::once(&report.first).chain(&report.second)
}

fn outcomes(attempts: &[Attempt]) -> Vec<LockOutcome> {
    attempts.iter().map(|attempt| attempt.outcome).collect()
}

#[cfg(test)]
mod tests {
    use super::super::program::report::LockOutcome::{Accepted, SendFailed, TimedOut};
    use super::*;

    const TOLD: Deliveries = Deliveries { connected: 1, disconnected: 0 };
    const GONE: Deliveries = Deliveries { connected: 0, disconnected: 1 };
    const UNTOLD: Deliveries = Deliveries { connected: 0, disconnected: 0 };

    const LOCKING: Side = Side {
        has_connection: true,
        has_endpoint: true,
        local_locked: true,
        remote_locked: false,
        transport_connected: 1,
        deliveries: Vec::new(),
    };
    const LOCKED: Side = Side {
        has_connection: true,
        has_endpoint: true,
        local_locked: false,
        remote_locked: true,
        transport_connected: 1,
        deliveries: Vec::new(),
    };
    const UNLOCKED: Side = Side {
        has_connection: true,
        has_endpoint: true,
        local_locked: false,
        remote_locked: false,
        transport_connected: 1,
        deliveries: Vec::new(),
    };
    const WAITING: Side = Side {
        has_connection: false,
        has_endpoint: true,
        local_locked: true,
        remote_locked: false,
        transport_connected: 0,
        deliveries: Vec::new(),
    };

    fn locks(outcomes: &[LockOutcome], condition: Condition, first: Side, second: Side) -> Report {
        let attempts = outcomes.iter().map(|&outcome| Attempt { outcome, took_s: 0 }).collect();
        Report { mode: Mode::Forward, attempts, condition, first, second: Some(second) }
    }

    fn refusals(outcomes: &[LockOutcome], condition: Condition, told: &[Deliveries]) -> Report {
        let first = Side { deliveries: told.to_vec(), ..WAITING };
        Report { mode: Mode::Refused, second: None, ..locks(outcomes, condition, first, UNLOCKED) }
    }

    fn told(side: Side, deliveries: &[Deliveries]) -> Side {
        Side { deliveries: deliveries.to_vec(), ..side }
    }

    fn check(report: Report, signature: Option<&str>) {
        let found = judge(&report).err().map(|failure| failure.signature);
        assert_eq!(found.as_deref(), signature, "{report:#?}");
    }

    #[test]
    fn a_lock_that_is_taken_is_right() {
        check(locks(&[Accepted], Condition::Met, told(LOCKING, &[TOLD]), told(LOCKED, &[TOLD])), None);
    }

    #[test]
    fn a_listener_that_was_never_told_is_lost() {
        let lost = [TimedOut, TimedOut, TimedOut];
        let (waiting, fine) = (told(WAITING, &[UNTOLD]), told(UNLOCKED, &[TOLD]));
        check(locks(&lost, Condition::TimedOut, waiting.clone(), fine), Some("lost-connected"));
        let other_waits = told(Side { local_locked: false, ..waiting.clone() }, &[UNTOLD]);
        let here = told(LOCKING, &[TOLD]);
        check(locks(&lost, Condition::TimedOut, here, other_waits), Some("lost-connected"));
        let again = told(WAITING, &[GONE, UNTOLD]);
        let late = [TimedOut, SendFailed, TimedOut];
        check(locks(&late, Condition::TimedOut, again, told(UNLOCKED, &[TOLD])), Some("lost-connected"));
        let (told_all, fine) = (told(LOCKING, &[TOLD]), told(UNLOCKED, &[TOLD]));
        check(locks(&lost, Condition::TimedOut, told_all, fine), Some("unreachable"));
    }

    #[test]
    fn a_peer_that_comes_back_is_late() {
        let waiting = told(WAITING, &[GONE, TOLD]);
        for second in [TimedOut, SendFailed] {
            let outcomes = [TimedOut, second, Accepted];
            let fine = told(UNLOCKED, &[TOLD, TOLD]);
            check(locks(&outcomes, Condition::TimedOut, waiting.clone(), fine), Some("late"));
        }
    }

    #[test]
    fn a_lost_request_is_not_a_lost_connection() {
        let (first, second) = (told(LOCKING, &[TOLD]), told(UNLOCKED, &[TOLD]));
        let lost = locks(&[TimedOut, Accepted], Condition::TimedOut, first.clone(), second.clone());
        check(lost, Some("lost-request"));
        check(locks(&[Accepted, Accepted], Condition::TimedOut, first, second), Some("half-connected"));
    }

    #[test]
    fn who_is_told_twice_is_told_once_too_often() {
        let twice = Deliveries { connected: 2, disconnected: 0 };
        for (first, second) in [(twice, TOLD), (TOLD, twice)] {
            let (first, second) = (told(LOCKING, &[first]), told(LOCKED, &[second]));
            check(locks(&[Accepted], Condition::Met, first, second), Some("connected-twice"));
        }
        let gone_twice = Deliveries { connected: 0, disconnected: 2 };
        let told = [gone_twice, GONE];
        check(refusals(&[SendFailed, SendFailed], Condition::Met, &told), Some("disconnected-twice"));
    }

    #[test]
    fn a_refusal_must_be_told_at_once_and_leave_nothing() {
        let gone = [GONE, GONE];
        check(refusals(&[SendFailed, SendFailed], Condition::Met, &gone), None);
        let lost = [TimedOut, TimedOut, TimedOut];
        check(refusals(&lost, Condition::TimedOut, &[UNTOLD]), Some("lost-disconnected"));
        let second = [SendFailed, TimedOut, TimedOut];
        check(refusals(&second, Condition::Met, &[GONE, UNTOLD]), Some("lost-disconnected"));
        let late = [TimedOut, TimedOut, SendFailed];
        check(refusals(&late, Condition::TimedOut, &gone), Some("late"));
        check(refusals(&lost, Condition::TimedOut, &gone), Some("unreachable"));
        check(refusals(&[SendFailed, Accepted], Condition::Met, &gone), Some("unexplained"));
    }
}
