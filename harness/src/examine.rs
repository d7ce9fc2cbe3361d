//! One seed examined: the run, and for one that did not pass, and some that did, the same run again.
//!
//! Does not print. Invariant: what is reported of a failure was seen twice.

use crate::client::{Client, ClientError, Request, Run};
use crate::guard::{Difference, explain};
use crate::verdict::{self, Judgement, Verdict};

/// A run and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// The run, with its events if it did not pass.
    pub run: Run,
    /// What it means.
    pub judgement: Judgement,
    /// If the same run made again was another: where and why.
    pub difference: Option<Difference>,
}

/// Makes a run; one that does not pass is made again with its events, one that does is made again if it is drawn, and either must be
/// the same.
///
/// # Errors
/// The client could not make the run.
pub fn examine(client: &mut Client, request: &Request) -> Result<Examined, ClientError> {
    let run = client.run(request)?;
    let judgement = verdict::judge(&run, client.symbols());
    if judgement.verdict == Verdict::Pass && !client.guard().draws(&request.program, request.seed) {
        return Ok(Examined { run, judgement, difference: None });
    }
    look_again(client, request, run, judgement)
}

fn look_again(
    client: &mut Client,
    request: &Request,
    run: Run,
    judgement: Judgement,
) -> Result<Examined, ClientError> {
    // Nobody reads the events of a run that passed, and those of one that was asked for with them are there.
    let passed = judgement.verdict == Verdict::Pass;
    let again = witness(client, judgement.verdict)?.run(&Request { events: !passed, ..request.clone() })?;
    let judged_again = verdict::judge(&again, client.symbols());
    if differ((&run, &judgement), (&again, &judged_again)) {
        return explained(client, request, &run, again);
    }
    let first = Examined { run, judgement, difference: None };
    let again = Examined { run: again, judgement: judged_again, difference: None };
    // What has lost some of its events may have lost what made it fail.
    let is_told = passed || request.events || (again.run.truncated && !first.run.truncated);
    Ok(if is_told { worse(again, first) } else { worse(first, again) })
}

/// The worse of two looks at one run, of which the machine may have spoiled one; the second if both mean the same.
fn worse(one: Examined, other: Examined) -> Examined {
    if one.judgement.verdict.severity() > other.judgement.verdict.severity() { one } else { other }
}

/// Who makes a run again: another process. Where address randomisation cannot be turned off, a failure is seen again by the process that
/// found it, since a program that goes by addresses would never fail twice otherwise; that a run which passes depends on the process is
/// still found.
fn witness(client: &mut Client, verdict: Verdict) -> Result<&mut Client, ClientError> {
    let base = client.load_base();
    if verdict != Verdict::Pass && client.twin()?.load_base() != base {
        return Ok(client);
    }
    client.twin()
}

fn explained(client: &mut Client, request: &Request, run: &Run, again: Run) -> Result<Examined, ClientError> {
    let difference = explain(client, request, run, &again)?;
    Ok(Examined { run: again, judgement: difference.judgement(), difference: Some(difference) })
}

/// As [`examine`], for a count: a failure that is known by its signature is made again to be seen twice, but without its events,
/// which nobody will read, unless its signature needs them.
///
/// # Errors
/// The client could not make the run.
pub fn count(
    client: &mut Client,
    request: &Request,
    known: impl FnOnce(&str) -> bool,
) -> Result<Examined, ClientError> {
    let run = client.run(request)?;
    let judgement = verdict::judge(&run, client.symbols());
    let counts = match &judgement.signature {
        None => !client.guard().draws(&request.program, request.seed),
        Some(signature) if verdict::needs_events(&run.ending) || !known(signature) => false,
        Some(_) => {
            let again = witness(client, judgement.verdict)?.run(request)?;
            let judged_again = verdict::judge(&again, client.symbols());
            if differ((&run, &judgement), (&again, &judged_again)) {
                return explained(client, request, &run, again);
            }
            judged_again.verdict == judgement.verdict
        }
    };
    if counts {
        return Ok(Examined { run, judgement, difference: None });
    }
    look_again(client, request, run, judgement)
}

/// Whether two runs that should be equal are not.
fn differ((one, judged_one): (&Run, &Judgement), (other, judged_other): (&Run, &Judgement)) -> bool {
    repeats(judged_one) && repeats(judged_other) && one.figures.events_hash != other.figures.events_hash
}

/// Whether an ending must come out the same each time: one that real time or the outside brought about need not.
fn repeats(judgement: &Judgement) -> bool {
    !matches!(judgement.signature.as_deref(), Some("escaped" | "lost" | "bug"))
}
