//! `socket(2)`, `bind(2)`, `listen(2)`, `accept(2)`, `connect(2)`: what other systems look at first.
//!
//! Does not make connections. Invariant: what is refused here has changed nothing but the error it tells.

use super::super::Stop;
use super::super::address::Address;
use super::{Looks, Phase, looks, no_row, outcome, says};
use crate::errno::Errno;
use crate::fd::{Blocking, Object};
use crate::kernel::Kernel;
use crate::net::tcp::Progress;
use crate::net::{self, SocketId};
use crate::personality::answer::{
    AcceptedMode, Availability, BacklogFull, BacklogRoom, TimeLimit, TimeWaitBind,
};
use crate::personality::{Answer, Connection, Kind, Os, Outcome};
use crate::unix::Name;

const SOL_SOCKET: i32 = 1;
const SO_SNDBUF: i32 = 7;
const SO_RCVBUF: i32 = 8;

/// By which call a connection is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::call) enum Interface {
    /// `accept(2)`.
    Accept,
    /// `accept4(2)`, which works on every system: the standard library of a Linux program knows no other.
    Accept4,
}

/// A socket was made: buffers of the internet have the system's sizes. Those of a unix socket are charged as Linux does, and
/// bounded and told where that is asked.
///
/// # Errors
/// `EPROTONOSUPPORT` for what the system has not.
pub(in crate::call) fn made(kernel: &mut Kernel, object: Object) -> Result<(), Stop> {
    if kernel.os() == Os::Linux {
        return Ok(());
    }
    let personality = kernel.personality();
    let (socket, kind) = match (object, looks(kernel, object)) {
        (Object::Socket(socket), Some(looks)) => (socket, looks.kind),
        _ => return Ok(()),
    };
    for (name, sizes) in [(SO_SNDBUF, &personality.sizes.send), (SO_RCVBUF, &personality.sizes.receive)] {
        let size = sizes.of(kind).get("the size of a buffer", Errno::ENOBUFS)?;
        let value = i32::try_from(size).expect("sizes are below a few MiB").to_ne_bytes();
        kernel.net.set_option(socket, SOL_SOCKET, name, &value)?;
    }
    Ok(())
}

/// Whether `socket(2)` makes a seqpacket socket.
///
/// # Errors
/// `EPROTONOSUPPORT`.
pub(in crate::call) fn seqpacket(kernel: &Kernel) -> Result<(), Stop> {
    let row = kernel.personality().interfaces.unix_seqpacket;
    match kernel.os() {
        Os::Linux => Ok(()),
        _ if row.get("SOCK_SEQPACKET", Errno::EPROTONOSUPPORT)? == Availability::Present => Ok(()),
        _ => Err(Errno::EPROTONOSUPPORT.into()),
    }
}

/// Elsewhere a name that begins with a zero byte is a path without a letter.
fn name(kernel: &Kernel, address: &Address) -> Result<(), Stop> {
    let row = kernel.personality().interfaces.abstract_names;
    match address {
        Address::Unix(Name::Abstract(_) | Name::Unnamed) if says(row, Availability::Absent) => {
            Err(Stop::Unmodelled("an abstract name on a system without them".into(), Errno::ENOENT))
        }
        _ => Ok(()),
    }
}

/// What `bind(2)` is to know: whose claims stand against a TCP socket's.
///
/// # Errors
/// What the system answers.
pub(in crate::call) fn bind(kernel: &mut Kernel, object: Object, address: &Address) -> Result<(), Stop> {
    let Some(looks) = looks(kernel, object) else { return Ok(()) };
    let rules = &kernel.personality().bind;
    match (object, address) {
        (Object::Socket(_), _) if looks.kind == Kind::Tcp => {
            let only_same = outcome(rules.over_bound.get("bind(2)", Errno::EADDRINUSE)?).is_err()
                && rules.wildcard_over_listener.get("bind(2)", Errno::EADDRINUSE)? == Outcome::Succeeds
                && rules.over_time_wait.get("bind(2)", Errno::EADDRINUSE)? == TimeWaitBind::NeedsBinder;
            kernel.net.claims =
                if only_same { net::Claims::OfTheSameAddress } else { net::Claims::OfListeners };
            Ok(())
        }
        (Object::Unix(_), Address::Unix(Name::Path { node, .. })) => {
            kernel.unix.note_node(*node);
            Ok(())
        }
        _ => name(kernel, address),
    }
}

/// What `listen(2)` makes of a backlog, in Linux's count, which lets one more wait.
///
/// # Errors
/// What the system answers to a socket that is not bound.
pub(in crate::call) fn backlog(kernel: &Kernel, object: Object, asked: i32) -> Result<i32, Stop> {
    let Some(looks) = looks(kernel, object) else { return Ok(asked) };
    let Some(connection) = looks.connection() else { return Ok(asked) };
    let personality = kernel.personality();
    if let Object::Unix(socket) = object
        && !kernel.unix.is_bound(socket)
    {
        let row = personality.bind.listen_unbound.of(connection);
        outcome(row.get("listen(2) of a socket that is not bound", Errno::EINVAL)?)?;
    }
    let most = personality.sizes.backlog_most.get("listen(2)", Errno::EINVAL)?;
    let cut = usize::try_from(asked).unwrap_or(most).min(most);
    let room = match personality.connect.backlog_room.of(connection).answer() {
        Answer::Known(BacklogRoom::OneMore) => cut + 1,
        Answer::Known(BacklogRoom::AsAsked) if cut == 0 => most,
        Answer::Known(BacklogRoom::AsAsked) => cut,
        Answer::Known(BacklogRoom::HalfMoreAndOne) => cut * 3 / 2 + 1,
        // Who connects is told, once as many wait as were asked for.
        Answer::Unknown => cut + 1,
    };
    Ok(i32::try_from(room - 1).unwrap_or(i32::MAX))
}

/// What `accept(2)` looks at first.
///
/// # Errors
/// What the system answers in Linux's place.
pub(in crate::call) fn accept(kernel: &mut Kernel, object: Object) -> Result<(), Stop> {
    let Some(looks) = looks(kernel, object) else { return Ok(()) };
    let rules = &kernel.personality().accept;
    if looks.connection().is_none() {
        return outcome(rules.from_datagram.get("accept(2) of datagrams", Errno::EOPNOTSUPP)?);
    }
    if looks.phase != Phase::Listening {
        return Ok(());
    }
    let told = match object {
        Object::Socket(socket) => kernel.net.take_error(socket),
        Object::Unix(socket) => kernel.unix.take_error(socket),
        _ => None,
    };
    if let Some(errno) = told {
        return Err(errno.into());
    }
    let Object::Socket(socket) = object else { return Ok(()) };
    if !kernel.net.first_was_reset(socket) {
        return Ok(());
    }
    let answer =
        outcome(rules.of_reset.get("accept(2) of a connection that was reset", Errno::ECONNABORTED)?);
    if answer.is_err() {
        let reset = kernel.net.accept(socket)?;
        kernel.net.close(reset.id);
    }
    answer
}

/// Whether a socket that was accepted waits: as its listener, or as the flags say.
///
/// # Errors
/// Unmodelled if nobody knows.
pub(in crate::call) fn accepted_mode(
    kernel: &Kernel,
    by: Interface,
    listener: Blocking,
    asked: Blocking,
) -> Result<Blocking, Stop> {
    if kernel.os() == Os::Linux || by == Interface::Accept4 {
        return Ok(asked);
    }
    let mode = kernel.personality().accept.mode.get("accept(2)", Errno::EINVAL)?;
    Ok(match mode {
        AcceptedMode::Blocking => Blocking::Yes,
        AcceptedMode::AsListener => listener,
        AcceptedMode::AsAsked => asked,
    })
}

/// How long `accept(2)` waits.
///
/// # Errors
/// Unmodelled if nobody knows.
pub(in crate::call) fn accept_limit(kernel: &Kernel, timeout_ns: Option<u64>) -> Result<Option<u64>, Stop> {
    if kernel.os() == Os::Linux {
        return Ok(timeout_ns);
    }
    bounded(kernel.personality().accept.time_limit.get("accept(2)", Errno::EAGAIN)?, timeout_ns)
}

/// How long `connect(2)` waits.
///
/// # Errors
/// Unmodelled if nobody knows.
pub(in crate::call) fn connect_limit(kernel: &Kernel, timeout_ns: Option<u64>) -> Result<Option<u64>, Stop> {
    if kernel.os() == Os::Linux {
        return Ok(timeout_ns);
    }
    bounded(kernel.personality().connect.time_limit.get("connect(2)", Errno::EINPROGRESS)?, timeout_ns)
}

fn bounded(limit: TimeLimit, timeout_ns: Option<u64>) -> Result<Option<u64>, Stop> {
    Ok(match limit {
        TimeLimit::Bounds => timeout_ns,
        TimeLimit::Ignored => None,
    })
}

/// What `connect(2)` looks at first.
///
/// # Errors
/// What the system answers in Linux's place.
pub(in crate::call) fn connect(
    kernel: &Kernel,
    object: Object,
    address: &Address,
    progress: Progress,
) -> Result<(), Stop> {
    let Some(looks) = looks(kernel, object).filter(|_| progress == Progress::First) else { return Ok(()) };
    if matches!(address, Address::Unspecified { .. }) {
        return Ok(());
    }
    name(kernel, address)?;
    let rules = &kernel.personality().connect;
    let Some(connection) = looks.connection() else { return Ok(()) };
    match looks.phase {
        Phase::Listening => {
            outcome(rules.on_listener.of(connection).get("connect(2) of a listener", Errno::EISCONN)?)?;
        }
        Phase::Connected => {
            let fresh = matches!(object, Object::Socket(socket) if kernel.net.is_fresh(socket));
            let row = if fresh { rules.once_established } else { rules.connected.of(connection) };
            outcome(row.get("connect(2) of a connected socket", Errno::EISCONN)?)?;
        }
        Phase::Connecting => outcome(match rules.while_connecting.get("connect(2)", Errno::EALREADY)? {
            // Linux's own answer, which depends on whether the call waits.
            Outcome::Fails(Errno::EALREADY) | Outcome::Succeeds => Outcome::Succeeds,
            other => other,
        })?,
        Phase::Disconnected => return disconnected(kernel, object, looks),
        Phase::Unconnected => {}
    }
    match object {
        Object::Socket(_) => full_tcp(kernel, address),
        Object::Unix(_) => unix_target(kernel, object, looks, address),
        _ => Ok(()),
    }
}

fn disconnected(kernel: &Kernel, object: Object, looks: Looks) -> Result<(), Stop> {
    let rules = &kernel.personality().connect;
    match object {
        Object::Socket(socket) if kernel.net.is_refused(socket) => {
            let row = rules.after_refusal;
            outcome(row.get("connect(2) after a refused one", Errno::ECONNREFUSED)?)
        }
        // A refusal that nobody was told of: Linux's call tells it.
        Object::Socket(socket) if looks.error.is_some() && kernel.net.is_fresh(socket) => Ok(()),
        _ => Err(no_row("connect(2) of a socket that is disconnected", Errno::EISCONN)),
    }
}

/// The connect of a TCP socket was refused, and the program is told: other systems remember it.
pub(in crate::call) fn connect_refused(kernel: &mut Kernel, socket: SocketId, stop: &Stop) {
    if kernel.os() != Os::Linux && *stop == Stop::Fail(Errno::ECONNREFUSED) {
        kernel.net.remember_refusal(socket);
    }
}

/// A TCP listener that is full, where nobody knows what becomes of the SYN.
fn full_tcp(kernel: &Kernel, address: &Address) -> Result<(), Stop> {
    let Address::Inet(address) = address else { return Ok(()) };
    if kernel.net.would_fill(kernel.host_id(), *address) {
        let rules = &kernel.personality().connect;
        rules.backlog_room.of(Connection::Tcp).get("a TCP listener's queue", Errno::ECONNREFUSED)?;
        let full = rules.backlog_full.of(Connection::Tcp).get("a full TCP listener", Errno::ECONNREFUSED)?;
        if full != BacklogFull::SynDropped {
            return Err(no_row("a full TCP listener that drops no SYN", Errno::ECONNREFUSED));
        }
    }
    Ok(())
}

fn unix_target(kernel: &Kernel, object: Object, looks: Looks, address: &Address) -> Result<(), Stop> {
    let (Object::Unix(socket), Address::Unix(name)) = (object, address) else { return Ok(()) };
    let rules = &kernel.personality().connect;
    if let Name::Path { node, .. } = name
        && !kernel.unix.knows_node(*node)
    {
        outcome(rules.to_other_file.get("connect(2) to what is no socket", Errno::ENOTSOCK)?)?;
    }
    let Some(connection) = looks.connection() else { return Ok(()) };
    if kernel.unix.is_full_at(socket, name) {
        match rules.backlog_full.of(connection).get("a full unix listener", Errno::ECONNREFUSED)? {
            BacklogFull::Refused => return Err(Errno::ECONNREFUSED.into()),
            BacklogFull::Waits | BacklogFull::SynDropped => {}
        }
    }
    Ok(())
}
