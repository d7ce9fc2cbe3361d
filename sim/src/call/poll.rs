//! `poll(2)` over simulated descriptors.
//!
//! Does not know what makes a socket ready. Invariant: an entry that is not ready has no bits, and the answer counts the
//! others.

use super::{Caller, Stop, attempt};
use crate::fd::{DescriptionId, Object};
use crate::kernel::Kernel;
use crate::net::Readiness;
use crate::wait::{Wait, WaitOn};

/// `POLLIN`.
pub const POLLIN: u16 = 0x1;
/// `POLLPRI`.
pub const POLLPRI: u16 = 0x2;
/// `POLLOUT`.
pub const POLLOUT: u16 = 0x4;
/// `POLLERR`, whether asked for or not.
pub const POLLERR: u16 = 0x8;
/// `POLLHUP`, whether asked for or not.
pub const POLLHUP: u16 = 0x10;
/// `POLLNVAL`, whether asked for or not.
pub const POLLNVAL: u16 = 0x20;
/// `POLLRDNORM`.
pub const POLLRDNORM: u16 = 0x40;
/// `POLLWRNORM`.
pub const POLLWRNORM: u16 = 0x100;
/// `POLLRDHUP`.
pub const POLLRDHUP: u16 = 0x2000;

/// One entry of `poll(2)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollFd {
    /// The descriptor; a negative one is passed over.
    pub fd: i32,
    /// What is asked for.
    pub events: u16,
    /// What is the case.
    pub revents: u16,
}

/// `poll(2)`: fills `revents` and counts the entries that have any. A time-out of 0 never waits, `None` waits for ever. A
/// number that is not simulated answers `POLLNVAL`: the boundary must not mix real descriptors in.
///
/// # Errors
/// [`Stop::Block`] until one is ready.
pub fn poll(
    kernel: &mut Kernel,
    caller: &mut Caller,
    entries: &mut [PollFd],
    timeout_ns: Option<u64>,
) -> Result<usize, Stop> {
    let ids = open_files(kernel, caller, entries);
    let mut count = 0;
    for (entry, id) in entries.iter_mut().zip(&ids) {
        entry.revents = match *id {
            _ if entry.fd < 0 => 0,
            None => POLLNVAL,
            Some(id) => bits(ready(kernel, id)) & (entry.events | POLLERR | POLLHUP),
        };
        count += usize::from(entry.revents != 0);
    }
    if count > 0 || timeout_ns == Some(0) || caller.timed_out() {
        attempt::let_go(kernel, caller);
        kernel.after_net();
        return Ok(count);
    }
    if caller.woken.is_none() {
        caller.deadline_ns = timeout_ns.map(|ns| kernel.now_ns().saturating_add(ns));
    }
    let ids: Vec<DescriptionId> = ids.into_iter().flatten().collect();
    attempt::hold(kernel, caller, &ids);
    Err(Stop::Block(Wait { on: WaitOn::AnySocket, deadline_ns: caller.deadline_ns }))
}

/// The open file of each entry: those the call waits on, if it has waited. A call that waits found every number good.
fn open_files(kernel: &Kernel, caller: &Caller, entries: &[PollFd]) -> Vec<Option<DescriptionId>> {
    let mut held = caller.held.iter().copied();
    let find = |entry: &PollFd| match entry.fd {
        ..0 => None,
        fd if caller.woken.is_none() => kernel.fds.lookup(fd).ok(),
        _ => held.next(),
    };
    entries.iter().map(find).collect()
}

fn ready(kernel: &Kernel, id: DescriptionId) -> Readiness {
    let Object::Socket(socket) = kernel.fds.object(id);
    kernel.net.readiness(socket)
}

/// A readiness in the bits of `poll(2)`, as `tcp_poll` sets them.
#[must_use]
pub fn bits(ready: Readiness) -> u16 {
    [
        (ready.readable, POLLIN | POLLRDNORM),
        (ready.writable, POLLOUT | POLLWRNORM),
        (ready.hup, POLLHUP),
        (ready.rdhup, POLLRDHUP),
        (ready.error, POLLERR),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .fold(0, |all, (_, bit)| all | bit)
}
