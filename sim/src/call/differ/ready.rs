//! `poll(2)` and `select(2)`: what other systems show.
//!
//! Does not know who waits. Invariant: a state that a row is about and nobody has read is unmodelled, even where its bits
//! could be worked out.

use super::super::Stop;
use super::stream::unix_room;
use super::{Looks, Phase, looks};
use crate::errno::Errno;
use crate::fd::Object;
use crate::file::pipe::End;
use crate::kernel::Kernel;
use crate::net::Readiness;
use crate::personality::answer::{Availability, BesideHangup, Hangup, PendingError};
use crate::personality::{Kind, Os, Row};
use crate::ready::Mask;

const WHAT: &str = "poll(2)";
const IN: Mask = Mask(Mask::IN.0 | Mask::RDNORM.0);
const OUT: Mask = Mask(Mask::OUT.0 | Mask::WRNORM.0);

/// What `poll(2)` shows of a file of what was asked for, errors and hangups besides.
///
/// # Errors
/// Unmodelled where nobody knows.
pub(in crate::call) fn poll(kernel: &mut Kernel, object: Object, asked: Mask) -> Result<Mask, Stop> {
    let shown = kernel.poll(object);
    if kernel.os() == Os::Linux {
        return Ok(shown);
    }
    if asked.meets(Mask::RDHUP)
        && kernel.personality().interfaces.pollrdhup.get(WHAT, Errno::EINVAL)? == Availability::Absent
    {
        return Err(Stop::Unmodelled("POLLRDHUP on a system without it".into(), Errno::EINVAL));
    }
    match object {
        Object::Pipe(_, end) => pipe(kernel, end, shown, asked),
        _ => match looks(kernel, object) {
            Some(looks) => socket(kernel, object, looks, (shown, asked)),
            None => Ok(shown),
        },
    }
}

/// What `select(2)` finds for one of its sets: there, what `poll(2)` calls a hangup is ready.
///
/// # Errors
/// As [`poll`].
pub(in crate::call) fn select(
    kernel: &mut Kernel,
    object: Object,
    shown: Mask,
    asked: Mask,
) -> Result<Mask, Stop> {
    if kernel.os() == Os::Linux {
        return Ok(shown);
    }
    let found = poll(kernel, object, asked)?;
    Ok(found | asked.when(found.meets(Mask::HUP) && !asked.meets(Mask::PRI)))
}

fn pipe(kernel: &Kernel, end: End, shown: Mask, asked: Mask) -> Result<Mask, Stop> {
    let rules = &kernel.personality().poll;
    let (row, side) = match end {
        End::Read if shown.meets(Mask::HUP) => (rules.pipe_without_writers, IN),
        End::Write if shown.meets(Mask::ERR) => (rules.pipe_without_readers, OUT),
        _ => return Ok(shown),
    };
    let mask = row.get("poll(2) of a pipe whose other end is closed", Errno::EINVAL)?.mask();
    let silent = rules.hangup.get(WHAT, Errno::EINVAL)? == Hangup::EachAsAsked && !asked.meets(side);
    Ok(if silent { Mask::NONE } else { mask })
}

/// The row about the state of a socket, if there is one.
fn row(kernel: &Kernel, looks: &Looks) -> Option<Row<Readiness>> {
    let rules = &kernel.personality().poll;
    let Some(connection) = looks.connection() else {
        let idle = looks.phase == Phase::Unconnected && !looks.shut_receive && !looks.shut_send;
        return (idle && looks.error.is_none() && !looks.filled).then(|| rules.unconnected.of(looks.kind));
    };
    match looks.phase {
        Phase::Unconnected => Some(rules.unconnected.of(looks.kind)),
        Phase::Listening => looks.error.map(|_| rules.listener_shut.of(connection)),
        Phase::Disconnected if looks.kind == Kind::Tcp && looks.error.is_some() => Some(rules.reset),
        Phase::Disconnected if looks.kind != Kind::Tcp => Some(rules.peer_closed.of(connection)),
        Phase::Disconnected => Some(rules.both_shut.of(connection)),
        Phase::Connected if looks.shut_both() => Some(rules.both_shut.of(connection)),
        Phase::Connected if looks.shut_receive => Some(rules.peer_ended.of(connection)),
        Phase::Connected | Phase::Connecting => None,
    }
}

fn socket(kernel: &Kernel, object: Object, looks: Looks, (shown, asked): (Mask, Mask)) -> Result<Mask, Stop> {
    let rules = &kernel.personality().poll;
    if let Some(row) = row(kernel, &looks) {
        let mask = row.get(WHAT, Errno::EINVAL)?.mask();
        // Of these, what is asked for does not change what there is.
        if matches!(looks.phase, Phase::Unconnected | Phase::Listening) {
            return Ok(mask);
        }
    }
    if looks.phase == Phase::Listening {
        return Ok(IN.when(looks.filled));
    }
    let pending = looks.error.is_some();
    let as_ready = rules.pending_error.get(WHAT, Errno::EINVAL)? == PendingError::AsReady;
    let room = match object {
        Object::Unix(socket) => looks.kind != Kind::UnixStream || unix_room(kernel, socket, None, 1).is_ok(),
        _ => true,
    };
    let connects = looks.connection().is_some();
    let space = room && shown.meets(Mask::OUT) && !(connects && looks.phase == Phase::Connecting);
    let facts = Facts {
        readable: looks.filled || (pending && as_ready),
        writable: space || (pending && as_ready),
        beside: rules.writable_beside_hangup.get(WHAT, Errno::EINVAL)?,
    };
    let error = Mask::ERR.when(pending && !as_ready);
    Ok(error
        | match rules.hangup.get(WHAT, Errno::EINVAL)? {
            Hangup::BothShut => {
                let hup = Mask::HUP.when(looks.shut_both());
                let out = OUT.when(facts.writable || looks.shut_send);
                let hidden = facts.beside == BesideHangup::Hidden && !hup.is_empty();
                IN.when(facts.readable || looks.shut_receive) | hup | out.when(!hidden)
            }
            Hangup::EachAsAsked => each_as_asked(&looks, &facts, asked),
        })
}

struct Facts {
    readable: bool,
    writable: bool,
    beside: BesideHangup,
}

/// `poll_nocancel`: a filter for reading, then one for writing, each if it is asked for.
fn each_as_asked(looks: &Looks, facts: &Facts, asked: Mask) -> Mask {
    let mut mask = Mask::NONE;
    if asked.meets(IN) {
        mask |= IN.when(facts.readable || looks.shut_receive) | Mask::HUP.when(looks.shut_receive);
    }
    if asked.meets(OUT) && !(facts.beside == BesideHangup::Hidden && mask.meets(Mask::HUP)) {
        mask |= if looks.shut_send { Mask::HUP } else { OUT.when(facts.writable) };
    }
    mask
}
