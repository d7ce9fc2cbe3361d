//! What is wrong with a handoff, if anything is.
//!
//! It does not know which variant made it. Invariant: two handoffs that show the same bug get the same signature:
//! what the supervisor said, then what was left behind if nobody can use it.

use std::time::Duration;

use super::super::program::outcome::Outcome;
use super::super::program::policy::{DEADLINE, WIRE_SLACK};
use super::case::{Case, Kind, Right, SURFACED, Server};
use super::seen::{Marker, Old, Seen, Serving};

/// When a handoff must have ended, with a little for whoever looks at the clock.
const ENDED: Duration = DEADLINE.saturating_add(WIRE_SLACK).saturating_add(Duration::from_millis(500));

/// The signature of what is wrong.
pub(super) fn judge(case: &Case, seen: &Seen) -> Option<String> {
    if seen.marker == Some(Marker::Missing) {
        return Some("marker-missing: resume-called".to_owned());
    }
    let Some((outcome, took)) = &seen.outcome else {
        return Some(format!("supervisor-died: {}", seen.status.map_or(-1, |status| status)));
    };
    if seen.status != Some(outcome.status()) {
        return Some("supervisor-contradicts-itself".to_owned());
    }
    if *took > ENDED {
        return Some(format!("late-{}", short(kind(outcome))));
    }
    let right = if seen.has_einval_struck { &[SURFACED] } else { case.right };
    let decided: Vec<&Right> = right
        .iter()
        .filter(|right| right.kind == kind(outcome) && serves(seen.serving) == Some(right.server))
        .collect();
    if decided.is_empty() {
        return Some(format!("{}{}", said(outcome), left_behind(outcome, seen.serving)));
    }
    if !decided.iter().any(|right| right.reasons.is_empty() || right.reasons.contains(&reason(outcome))) {
        return Some(format!("wrong-reason: {}{}", said(outcome), journal(case, seen)));
    }
    if !journal(case, seen).is_empty() {
        return Some(format!("wrong-journal: {}{}", said(outcome), journal(case, seen)));
    }
    (*outcome == Outcome::Committed && seen.old == Old::Lives).then(|| "incumbent-stays".to_owned())
}

fn kind(outcome: &Outcome) -> Kind {
    match outcome {
        Outcome::Committed => Kind::Committed,
        Outcome::Aborted(_) => Kind::Aborted,
        Outcome::Failed(_) => Kind::Failed,
    }
}

fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::Committed => "commit",
        Kind::Aborted => "abort",
        Kind::Failed => "error",
    }
}

fn reason(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Committed => "",
        Outcome::Aborted(reason) | Outcome::Failed(reason) => reason,
    }
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Committed => "committed".to_owned(),
        Outcome::Aborted(reason) => format!("aborted: {reason}"),
        Outcome::Failed(reason) => format!("error: {reason}"),
    }
}

/// Who serves, or `None` within if nobody does; `None` where somebody half does.
fn serves(serving: Serving) -> Option<Option<Server>> {
    match serving {
        Serving::Reachable(server) => Some(Some(server)),
        Serving::Nobody => Some(None),
        Serving::Unreachable(_) | Serving::WithoutLock(_) => None,
    }
}

/// What is left behind that does not go with what the supervisor said.
fn left_behind(outcome: &Outcome, serving: Serving) -> &'static str {
    match serving {
        Serving::Unreachable(Server::Incumbent) => "; orphaned-incumbent",
        Serving::Unreachable(Server::Successor) => "; orphaned-successor",
        Serving::WithoutLock(_) => "; server-without-lock",
        Serving::Nobody => "; nobody-serves",
        Serving::Reachable(Server::Incumbent) if *outcome == Outcome::Committed => "; incumbent-serves",
        Serving::Reachable(Server::Successor) if *outcome != Outcome::Committed => "; successor-serves",
        Serving::Reachable(_) => "",
    }
}

fn journal(case: &Case, seen: &Seen) -> String {
    match (seen.journal, case.journal) {
        (found, expected) if found == expected => String::new(),
        (None, _) => "; journal=none".to_owned(),
        (Some(found), _) => format!("; journal={found:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::program::journal::Phase;
    use super::super::case::{
        DRAINED_B, GENUINE, LATE_READY, MARKER_AT_ONCE, READY_A, READY_B, SEAL_A, SEAL_B, SLOW_SEAL,
    };
    use super::*;

    const EINVAL: &str = "io: Invalid argument (os error 22)";
    const EOF: &str = "io: failed to fill whole buffer";
    const INCUMBENT: Serving = Serving::Reachable(Server::Incumbent);
    const SUCCESSOR: Serving = Serving::Reachable(Server::Successor);

    fn seen(outcome: Outcome, serving: Serving) -> Seen {
        let old = if serving == SUCCESSOR { Old::Ended(Some(0)) } else { Old::Lives };
        Seen {
            status: Some(outcome.status()),
            outcome: Some((outcome, Duration::from_millis(40))),
            journal: None,
            marker: None,
            has_einval_struck: false,
            serving,
            old,
        }
    }

    fn aborted(reason: &str, serving: Serving) -> Seen {
        seen(Outcome::Aborted(reason.to_owned()), serving)
    }

    fn failed(reason: &str, journal: Phase) -> Seen {
        Seen { journal: Some(journal), ..seen(Outcome::Failed(reason.to_owned()), Serving::Nobody) }
    }

    fn check(case: &Case, seen: &Seen, signature: &str) {
        assert_eq!(judge(case, seen).unwrap_or_default(), signature, "{case:?}\n{seen}");
    }

    #[test]
    fn a_handoff_is_right_when_the_successor_serves() {
        let right = seen(Outcome::Committed, SUCCESSOR);
        for case in [READY_B, SEAL_B, LATE_READY] {
            check(&case, &right, "");
        }
        check(&READY_B, &Seen { old: Old::Lives, ..right.clone() }, "incumbent-stays");
        check(&READY_B, &Seen { status: Some(2), ..right.clone() }, "supervisor-contradicts-itself");
        check(&READY_B, &Seen { status: Some(99), outcome: None, ..right }, "supervisor-died: 99");
        check(&READY_B, &seen(Outcome::Committed, INCUMBENT), "committed; incumbent-serves");
        let half = Serving::WithoutLock(Server::Successor);
        check(&READY_B, &seen(Outcome::Committed, half), "committed; server-without-lock");
    }

    #[test]
    fn a_ready_that_was_dropped_is_wrong_whoever_serves() {
        let reason = &format!("ready read failed: {EINVAL}");
        let signature = format!("aborted: {reason}");
        check(&READY_B, &aborted(reason, INCUMBENT), &signature);
        let orphan = aborted(reason, Serving::Unreachable(Server::Incumbent));
        check(&READY_B, &orphan, &format!("{signature}; orphaned-incumbent"));
        check(&SEAL_B, &failed(EINVAL, Phase::Draining), &format!("error: {EINVAL}; nobody-serves"));
    }

    #[test]
    fn a_right_decision_needs_its_reason() {
        check(&READY_A, &aborted(&format!("ready read failed: {EOF}"), INCUMBENT), "");
        let lie = aborted(&format!("ready read failed: {EINVAL}"), INCUMBENT);
        check(&READY_A, &lie, &format!("wrong-reason: aborted: ready read failed: {EINVAL}"));
        check(&SEAL_A, &failed(EOF, Phase::Draining), "");
        check(&SEAL_A, &failed(EINVAL, Phase::Draining), &format!("wrong-reason: error: {EINVAL}"));
        check(&DRAINED_B, &failed("io: Broken pipe (os error 32)", Phase::Draining), "");
        let early = failed(EINVAL, Phase::Negotiating);
        let signature = format!("wrong-reason: error: {EINVAL}; journal=Negotiating");
        check(&DRAINED_B, &early, &signature);
        let early = failed(EOF, Phase::Negotiating);
        check(&DRAINED_B, &early, &format!("wrong-journal: error: {EOF}; journal=Negotiating"));
    }

    #[test]
    fn an_einval_that_no_peer_caused_must_surface() {
        let struck = |seen: Seen| Seen { has_einval_struck: true, ..seen };
        let (surfaced, hidden) =
            (format!("ready read failed: {EINVAL}"), format!("ready read failed: {EOF}"));
        check(&GENUINE, &struck(aborted(&surfaced, INCUMBENT)), "");
        let signature = format!("wrong-reason: aborted: {hidden}");
        check(&GENUINE, &struck(aborted(&hidden, INCUMBENT)), &signature);
        let timed_out = "ready phase timed out waiting for Ready";
        check(&GENUINE, &aborted(timed_out, INCUMBENT), "");
        let signature = format!("wrong-reason: aborted: {timed_out}");
        check(&GENUINE, &struck(aborted(timed_out, INCUMBENT)), &signature);
    }

    #[test]
    fn a_handoff_ends_in_time() {
        let late = |seen: Seen| {
            let outcome = seen.outcome.map(|(outcome, _)| (outcome, Duration::from_secs(9)));
            Seen { outcome, ..seen }
        };
        check(&GENUINE, &late(seen(Outcome::Committed, SUCCESSOR)), "late-commit");
        let timed_out = aborted("ready phase timed out waiting for Ready", INCUMBENT);
        check(&SLOW_SEAL, &timed_out, "");
        check(&SLOW_SEAL, &late(timed_out), "late-abort");
    }

    #[test]
    fn a_marker_that_is_not_there_in_time_is_missing() {
        let right = aborted(&format!("ready read failed: {EOF}"), INCUMBENT);
        check(&MARKER_AT_ONCE, &Seen { marker: Some(Marker::Found), ..right.clone() }, "");
        let missing = Seen { marker: Some(Marker::Missing), ..right };
        check(&MARKER_AT_ONCE, &missing, "marker-missing: resume-called");
    }
}
