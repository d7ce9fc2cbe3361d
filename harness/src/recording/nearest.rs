//! The run that is nearest to a failing one and does not fail as it does: all of its decisions but one, or all that come before one.
//!
//! Does not compare the two. Invariant: the run that is given back has been seen not to fail as the other does.

use photofinish_sim::plan::Plan;

use super::look;
use crate::client::{Client, ClientError, Replay, Request, Run};
use crate::shrinking::Explanation;
use crate::verdict::{self, Judgement, Verdict};

/// A run beside which the failing one is to be shown.
pub(super) struct Near {
    pub(super) how: String,
    pub(super) run: Run,
    pub(super) signature: Option<String>,
}

/// Looks for it: what differs from the failing run is one decision. One that passes is preferred to one that fails otherwise; where it is
/// known what happens without which decision, that is used.
pub(super) fn nearest(
    client: &mut Client,
    request: &Request,
    (plan, explanation): (&Plan, Option<&Explanation>),
    judgement: &Judgement,
) -> Result<Option<Near>, ClientError> {
    let wanted = judgement.signature.as_deref();
    let undone =
        |number: usize| explanation.and_then(|found| found.decisions.get(number)).map(|of| &of.undone);
    // The last one's critical pair is the one that is told.
    let numbers = (0..plan.decisions.len()).rev();
    let passes = numbers.clone().find(|number| undone(*number).is_some_and(Option::is_none));
    let fails_otherwise =
        || numbers.clone().find(|number| undone(*number).is_some_and(|undone| undone.as_deref() != wanted));
    let (smaller, how) = match passes.or_else(fails_otherwise) {
        Some(number) => (without(plan, number), format!("without decision {}", number + 1)),
        None => match last_needed(client, request, plan, wanted)? {
            Some(0) => (Plan::default(), String::from("without any decision")),
            Some(1) => (first(plan, 1), String::from("with the first decision alone")),
            Some(count) => (first(plan, count), format!("with the first {count} decisions alone")),
            None => return Ok(None),
        },
    };
    let run = look(client, request, Replay::Lenient(smaller))?;
    let Judgement { verdict, signature, .. } = verdict::judge(&run, client.symbols());
    let is_told = matches!(verdict, Verdict::Pass | Verdict::Fail) && !run.truncated;
    Ok((is_told && signature.as_deref() != wanted).then_some(Near { how, run, signature }))
}

fn without(plan: &Plan, number: usize) -> Plan {
    let mut plan = plan.clone();
    plan.decisions.remove(number);
    plan
}

fn first(plan: &Plan, count: usize) -> Plan {
    Plan { decisions: plan.decisions[..count].to_vec() }
}

/// So many decisions from the beginning do not fail so, and one more does. Found by halves: a run that fails with some of its decisions
/// need not fail with more of them, so this is a boundary, and not always the first.
fn last_needed(
    client: &mut Client,
    request: &Request,
    plan: &Plan,
    wanted: Option<&str>,
) -> Result<Option<usize>, ClientError> {
    let mut fails = |count: usize| -> Result<bool, ClientError> {
        let replay = Some(Replay::Lenient(first(plan, count)));
        let asked = Request { replay, events: false, watch: None, ..request.clone() };
        let mut run = client.run(&asked)?;
        if verdict::needs_events(&run.ending) {
            run = client.run(&Request { events: true, ..asked })?;
        }
        Ok(verdict::judge(&run, client.symbols()).signature.as_deref() == wanted)
    };
    let (mut passes, mut shows) = (0, plan.decisions.len());
    if shows == 0 || fails(0)? {
        return Ok(None);
    }
    while shows - passes > 1 {
        let middle = passes.midpoint(shows);
        if fails(middle)? { shows = middle } else { passes = middle }
    }
    Ok(Some(passes))
}
