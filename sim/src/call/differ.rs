//! Where the answers of operating systems differ: what a call asks its host's personality.
//!
//! Does not know any system's answers. Invariant: on Linux nothing here changes an answer, and a row that nobody has read is
//! unmodelled.

use super::Stop;
use crate::errno::Errno;
use crate::fd::Object;
use crate::kernel::Kernel;
use crate::net;
use crate::personality::{Kind, Os, Outcome};
use crate::unix;

/// The kind of a socket, as personalities tell them apart; `None` for other files.
fn kind(kernel: &Kernel, object: Object) -> Option<Kind> {
    match object {
        Object::Socket(socket) => Some(match kernel.net.kind(socket) {
            net::Kind::Stream => Kind::Tcp,
            net::Kind::Datagram => Kind::Udp,
        }),
        Object::Unix(socket) => Some(match kernel.unix.kind(socket) {
            unix::Kind::Stream => Kind::UnixStream,
            unix::Kind::Datagram => Kind::UnixDatagram,
            unix::Kind::SeqPacket => Kind::UnixSeqpacket,
        }),
        _ => None,
    }
}

/// Whether both directions of a socket are shut, by whomever: `SS_CANTRCVMORE` and `SS_CANTSENDMORE`. The close of a unix peer
/// shuts both at once (`soisdisconnected`).
fn is_shut_both(kernel: &Kernel, object: Object) -> bool {
    match object {
        Object::Socket(socket) => kernel.net.is_shut_both(socket),
        Object::Unix(socket) => kernel.unix.is_shut_both(socket) || kernel.unix.peer_gone(socket),
        _ => false,
    }
}

/// What setting any option comes to before the option is looked at.
///
/// # Errors
/// What the system answers once both directions are shut.
pub(super) fn set_option(kernel: &Kernel, object: Object) -> Result<(), Stop> {
    if kernel.os == Os::Linux || !is_shut_both(kernel, object) {
        return Ok(());
    }
    let Some(kind) = kind(kernel, object) else { return Ok(()) };
    let row = kernel.personality().options.set_when_both_shut.of(kind);
    outcome(row.get("setsockopt(2) of a socket that is shut", Errno::EINVAL)?)
}

fn outcome(outcome: Outcome) -> Result<(), Stop> {
    match outcome {
        Outcome::Succeeds => Ok(()),
        Outcome::Fails(errno) => Err(errno.into()),
    }
}
