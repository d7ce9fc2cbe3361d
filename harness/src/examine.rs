//! One seed examined: the run, and for a run that did not pass the same run again with its events.
//!
//! Does not print. Invariant: what is reported of a failure was seen twice.

use photofinish_sim::ending::Ending;

use crate::client::{Client, ClientError, Request, Run};
use crate::verdict::{self, Judgement, Verdict};

/// A run and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    /// The run, with its events if it did not pass.
    pub run: Run,
    /// What it means.
    pub judgement: Judgement,
}

/// Makes a run; one that does not pass is made again with its events, and must be the same.
///
/// # Errors
/// The client could not make the run.
pub fn examine(client: &mut Client, request: &Request) -> Result<Examined, ClientError> {
    let run = client.run(request)?;
    let judgement = verdict::judge(&run);
    look_again(client, request, Examined { run, judgement })
}

fn look_again(client: &mut Client, request: &Request, first: Examined) -> Result<Examined, ClientError> {
    let Examined { run, judgement } = first;
    if judgement.verdict == Verdict::Pass || request.events {
        return Ok(Examined { run, judgement });
    }
    let again = client.run(&Request { events: true, ..request.clone() })?;
    if repeats(&judgement) && run.figures.events_hash != again.figures.events_hash {
        let judgement = verdict::not_the_same(run.figures.events_hash, again.figures.events_hash);
        return Ok(Examined { run: again, judgement });
    }
    let judgement = verdict::judge(&again);
    Ok(Examined { run: again, judgement })
}

/// As [`examine`], for a count: a failure that is known by its signature is made again to be seen twice, but without its events,
/// which nobody will read. The signature of a deadlock needs them, as does that of a run that was given up.
///
/// # Errors
/// The client could not make the run.
pub fn count(
    client: &mut Client,
    request: &Request,
    known: impl Fn(&str) -> bool,
) -> Result<Examined, ClientError> {
    let run = client.run(request)?;
    let judgement = verdict::judge(&run);
    let counts = match &judgement.signature {
        None => true,
        Some(signature) => {
            !explained_by_holders(&run.ending)
                && known(signature)
                && client.run(request)?.figures.events_hash == run.figures.events_hash
        }
    };
    let first = Examined { run, judgement };
    if counts { Ok(first) } else { look_again(client, request, first) }
}

/// Whether a failure may have another name once it is known who held which lock.
fn explained_by_holders(ending: &Ending) -> bool {
    matches!(
        ending,
        Ending::Deadlock(_) | Ending::OutOfTime { .. } | Ending::Livelock { .. } | Ending::Idle { .. }
    )
}

/// Whether an ending must come out the same each time: one that real time or the outside brought about need not.
fn repeats(judgement: &Judgement) -> bool {
    !matches!(judgement.signature.as_deref(), Some("escaped" | "lost" | "bug"))
}
