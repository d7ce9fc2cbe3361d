//! What takes some time in a run: the questions of how long.
//!
//! Does not know what other answers would make of it. Invariant: each of the first so many questions is told once, by a name that it has in
//! the run.

use photofinish_shrink::Asked;
use photofinish_sim::choice::Posed;
use photofinish_sim::plan::Plan;

use crate::client::{Client, ClientError, Replay, Request, Watch};

/// So many questions of a run are looked at.
const QUESTIONS_MAX: u64 = 1 << 12;

/// The questions of the run that follows a plan.
pub(super) fn of(client: &mut Client, request: &Request, plan: &Plan) -> Result<Vec<Asked>, ClientError> {
    let watch = Some(Watch { questions: QUESTIONS_MAX, ..Watch::default() });
    let replay = Some(Replay::Lenient(plan.clone()));
    let run = client.run(&Request { replay, watch, events: false, ..request.clone() })?;
    if run.truncated {
        return Ok(Vec::new());
    }
    let pedigrees = run.trace.family.pedigrees();
    let named = |posed: &Posed| {
        let Posed { thread, thread_points: points, kind, nth, bound } = *posed;
        Some(Asked { thread: pedigrees.of(thread)?.clone(), points, kind, nth, bound })
    };
    Ok(run.posed.iter().filter_map(named).collect())
}
