//! `shutdown(2)`, `getpeername(2)`, and what a close leaves to others.
//!
//! Does not know how a direction is shut. Invariant: what is refused here has shut nothing, but where a row says otherwise.

use super::super::Stop;
use super::{Looks, Phase, looks, no_row, outcome, says};
use crate::errno::Errno;
use crate::fd::Object;
use crate::kernel::Kernel;
use crate::net::tcp::How;
use crate::personality::answer::{ListenerShut, ReadAfterClose, Shutdown, Tail, Unread};
use crate::personality::{Connection, Kind};
use crate::unix::Queued;

const WHAT: &str = "shutdown(2)";

/// `shutdown(2)` as other systems do it; `None` where Linux's is to be done.
pub(in crate::call) fn shutdown(kernel: &mut Kernel, object: Object, how: i32) -> Option<Result<(), Stop>> {
    let looks = looks(kernel, object)?;
    Some(How::from_linux(how).map_err(Stop::from).and_then(|how| shut(kernel, object, looks, how)))
}

fn shut(kernel: &mut Kernel, object: Object, looks: Looks, how: How) -> Result<(), Stop> {
    let rules = &kernel.personality().shutdown;
    let row = match (looks.phase, looks.connection()) {
        (Phase::Listening, Some(connection)) => return shut_listener(kernel, object, connection),
        (Phase::Connecting, _) => return Err(no_row("shutdown(2) while connecting", Errno::ENOTCONN)),
        (Phase::Connected, Some(connection)) => return shut_connected(kernel, object, connection, how),
        (Phase::Disconnected, Some(connection)) => rules.disconnected.of(connection),
        (Phase::Connected | Phase::Disconnected, None) => return shut_datagrams(kernel, object, looks, how),
        _ => rules.unconnected.of(looks.kind),
    };
    match row.get(WHAT, Errno::ENOTCONN)? {
        Shutdown::Done => {
            perform(kernel, object, looks.kind, how)?;
            Ok(())
        }
        Shutdown::Refused => Err(Errno::ENOTCONN.into()),
        Shutdown::DoneYetRefused => {
            perform(kernel, object, looks.kind, how)?;
            Err(Errno::ENOTCONN.into())
        }
    }
}

fn shut_listener(kernel: &mut Kernel, object: Object, connection: Connection) -> Result<(), Stop> {
    let row = kernel.personality().shutdown.listener.of(connection);
    match row.get("shutdown(2) of a listener", Errno::ENOTCONN)? {
        ListenerShut::Refused => {}
        ListenerShut::FailsAcceptOnce => match object {
            Object::Socket(socket) => kernel.net.put_error(socket, Errno::ECONNABORTED),
            Object::Unix(socket) => kernel.unix.put_error(socket, Errno::ECONNABORTED),
            _ => {}
        },
        ListenerShut::StopsListening | ListenerShut::RefusesCallers => {
            return Err(no_row("shutdown(2) of a listener as on Linux", Errno::ENOTCONN));
        }
    }
    Err(Errno::ENOTCONN.into())
}

/// One direction after the other, reading first: `soshutdownlock_final`.
fn shut_connected(kernel: &mut Kernel, object: Object, connection: Connection, how: How) -> Result<(), Stop> {
    let parts: &[How] = match how {
        How::Receive => &[How::Receive],
        How::Send => &[How::Send],
        How::Both => &[How::Receive, How::Send],
    };
    let row = kernel.personality().shutdown.again.of(connection);
    for &part in parts {
        let Some(looks) = looks(kernel, object) else { continue };
        let again = if part == How::Receive { looks.shut_receive } else { looks.shut_send };
        if again {
            match row.get("shutdown(2) of a direction that is shut", Errno::ENOTCONN)? {
                Shutdown::Done => {}
                Shutdown::Refused => return Err(Errno::ENOTCONN.into()),
                Shutdown::DoneYetRefused => {
                    return Err(no_row("a direction shut twice and refused", Errno::ENOTCONN));
                }
            }
        }
        perform(kernel, object, looks.kind, part)?;
    }
    Ok(())
}

fn shut_datagrams(kernel: &mut Kernel, object: Object, looks: Looks, how: How) -> Result<(), Stop> {
    if looks.shut_receive || looks.shut_send {
        return Err(no_row("shutdown(2) of a datagram socket that is shut", Errno::ENOTCONN));
    }
    perform(kernel, object, looks.kind, how)
}

/// Shuts. Of a datagram socket nobody knows what becomes of what is unread.
fn perform(kernel: &mut Kernel, object: Object, kind: Kind, how: How) -> Result<(), Stop> {
    let unread = match (looks(kernel, object).and_then(|looks| looks.connection()), how) {
        (_, How::Send) => Unread::Kept,
        (Some(connection), _) => {
            let row = kernel.personality().streams.shut_with_unread.of(connection);
            row.get("SHUT_RD with bytes unread", Errno::ENOTCONN)?
        }
        (None, _) if looks(kernel, object).is_some_and(|looks| looks.filled) => {
            return Err(no_row("SHUT_RD with datagrams unread", Errno::ENOTCONN));
        }
        (None, _) => Unread::Kept,
    };
    match object {
        Object::Socket(socket) => {
            // Whether it is refused was settled above.
            let _: Result<(), Errno> = kernel.net.shutdown(socket, how);
            if unread == Unread::Dropped && kind == Kind::Tcp {
                kernel.net.drop_incoming(socket);
            }
        }
        Object::Unix(socket) if kind == Kind::UnixDatagram => kernel.unix.shutdown(socket, how),
        Object::Unix(socket) => {
            let queued = if unread == Unread::Dropped { Queued::Dropped } else { Queued::Kept };
            kernel.unix.shutdown_own(socket, how, queued);
        }
        _ => {}
    }
    Ok(())
}

/// What `getpeername(2)` looks at before the name.
///
/// # Errors
/// What the system answers.
pub(in crate::call) fn getpeername(kernel: &Kernel, object: Object) -> Result<(), Stop> {
    const WHAT: &str = "getpeername(2)";
    let Some(looks) = looks(kernel, object) else { return Ok(()) };
    let names = &kernel.personality().names;
    let row = match (looks.phase, looks.connection()) {
        (Phase::Unconnected | Phase::Listening | Phase::Connecting, _) => {
            names.peer_of_unconnected.of(looks.kind)
        }
        (Phase::Disconnected, Some(connection)) => names.peer_when_disconnected.of(connection),
        (Phase::Connected, Some(connection)) if looks.shut_both() => names.peer_when_both_shut.of(connection),
        (_, None) if looks.shut_both() => {
            return Err(no_row("getpeername(2) of a datagram socket that is shut", Errno::ENOTCONN));
        }
        _ => return Ok(()),
    };
    outcome(row.get(WHAT, Errno::ENOTCONN)?)
}

/// A socket is closed: what Linux would tell its peers, and other systems do not, is taken away before.
pub(crate) fn closing(kernel: &mut Kernel, object: Object) {
    let Some(looks) = looks(kernel, object) else { return };
    let personality = kernel.personality();
    let keeps_quiet = looks
        .connection()
        .map(|connection| personality.streams.read_after_close_with_unread.of(connection))
        .is_some_and(|row| says(row, Tail::DataThenEnd));
    match object {
        Object::Socket(socket) if keeps_quiet && looks.phase == Phase::Connected => {
            kernel.net.forget_unread(socket);
        }
        Object::Unix(socket) if keeps_quiet => kernel.unix.forget_unread(socket),
        Object::Unix(socket)
            if looks.kind == Kind::UnixDatagram
                && says(personality.datagrams.read_after_close, ReadAfterClose::ResetOnce) =>
        {
            kernel.unix.forsake(socket);
        }
        _ => {}
    }
}
