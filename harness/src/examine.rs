//! One seed examined: the run, and for one that did not pass, and some that did, the same run again.
//!
//! Does not print. Invariant: what is reported of a failure was seen twice.

use crate::client::{Client, ClientError, Image, Request, Run};
use crate::guard::{Difference, Known, Looked, explain};
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

/// Makes a run; one that does not pass is made again with its events, in a forked image, one that does is made again if it is drawn, and
/// either must be the same.
///
/// # Errors
/// The client could not make the run.
pub fn examine(client: &mut Client, request: &Request) -> Result<Examined, ClientError> {
    let first = look(client, request)?;
    let image = match first.judgement.verdict {
        Verdict::Pass => client.guard().image(&request.program, request.seed),
        _ => Some(Image::Forked),
    };
    match image {
        None => Ok(first),
        Some(image) => look_again(client, request, first, image),
    }
}

/// As [`examine`], for a count: a failure that is known is made again to be seen twice, but without its events, which nobody will read,
/// unless its signature needs them; and in a forked image only now and then.
///
/// # Errors
/// The client could not make the run.
pub fn count(client: &mut Client, request: &Request, known: &mut Known) -> Result<Examined, ClientError> {
    let first = look(client, request)?;
    let (program, seed) = (&request.program, request.seed);
    let Some(signature) = first.judgement.signature.clone() else {
        return match client.guard().image(program, seed) {
            None => Ok(first),
            Some(image) => look_again(client, request, first, image),
        };
    };
    let image = known.image(&signature, program, seed);
    if verdict::needs_events(&first.run.ending) {
        return look_again(client, request, first, image);
    }
    let is_told = known.is_told(&signature);
    if is_told {
        let again = look_at_once_more(client, request, &first, image)?;
        if differ(&first, &again) {
            return explained(client, request, &first, (again, image));
        }
        if again.judgement.verdict == first.judgement.verdict {
            return Ok(first);
        }
    }
    // Of two looks that mean something else, and yet do not differ, one was spoiled.
    let image = if is_told { Image::Forked } else { image };
    let found = look_again(client, request, first, image)?;
    if found.judgement.signature.as_ref() == Some(&signature) {
        known.tell(signature);
    }
    Ok(found)
}

fn look(client: &mut Client, request: &Request) -> Result<Examined, ClientError> {
    let run = client.run(request)?;
    let judgement = verdict::judge(&run, client.symbols());
    Ok(Examined { run, judgement, difference: None })
}

fn look_again(
    client: &mut Client,
    request: &Request,
    first: Examined,
    image: Image,
) -> Result<Examined, ClientError> {
    // Nobody reads the events of a run that passed, and those of one that was asked for with them are there.
    let passed = first.judgement.verdict == Verdict::Pass;
    let with_events = Request { events: !passed, ..request.clone() };
    let again = look_at_once_more(client, &with_events, &first, image)?;
    if differ(&first, &again) {
        return explained(client, request, &first, (again, image));
    }
    // What has lost some of its events may have lost what made it fail.
    let is_told = passed || request.events || (again.run.truncated && !first.run.truncated);
    Ok(if is_told { worse(again, first) } else { worse(first, again) })
}

fn look_at_once_more(
    client: &mut Client,
    request: &Request,
    first: &Examined,
    image: Image,
) -> Result<Examined, ClientError> {
    let run = witness(client, first.judgement.verdict)?.run_in(image, request)?;
    let judgement = verdict::judge(&run, client.symbols());
    Ok(Examined { run, judgement, difference: None })
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

fn explained(
    client: &mut Client,
    request: &Request,
    first: &Examined,
    (again, image): (Examined, Image),
) -> Result<Examined, ClientError> {
    let looks = [(&first.run, Image::PutBack), (&again.run, image)];
    let looks = looks.map(|(run, image)| Looked { run, image: client.image_of(image) });
    let difference = explain(client, request, looks)?;
    Ok(Examined { run: again.run, judgement: difference.judgement(), difference: Some(difference) })
}

/// Whether two runs that should be equal are not.
fn differ(one: &Examined, other: &Examined) -> bool {
    repeats(&one.judgement)
        && repeats(&other.judgement)
        && one.run.figures.events_hash != other.run.figures.events_hash
}

/// Whether an ending must come out the same each time: one that real time or the outside brought about need not.
fn repeats(judgement: &Judgement) -> bool {
    !matches!(judgement.signature.as_deref(), Some("escaped" | "lost" | "bug"))
}
