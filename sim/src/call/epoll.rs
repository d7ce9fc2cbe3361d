//! `epoll_create(2)`, `epoll_ctl(2)`, `epoll_wait(2)`.
//!
//! Does not know `struct epoll_event`: the boundary converts. Invariant: an event is handed to exactly one caller, and only by
//! an attempt that answers.

use super::attempt::{self, on_file};
use super::{Caller, Stop};
use crate::errno::Errno;
use crate::fd::{Blocking, Object, OnExec};
use crate::file::epoll::{Event, Key, Op, Target};
use crate::kernel::Kernel;
use crate::wait::{Wait, WaitOn, Woken};

const EPOLL_CLOEXEC: i32 = 0o2_000_000;
const EPOLL_CTL_ADD: i32 = 1;
const EPOLL_CTL_DEL: i32 = 2;
const EPOLL_CTL_MOD: i32 = 3;

/// `EP_MAX_EVENTS`: `INT_MAX / sizeof(struct epoll_event)`, of 12 bytes on `x86_64`.
const EVENTS_MAX: i32 = i32::MAX / 12;

/// `epoll_create(2)`: the size says nothing, but must be above 0.
///
/// # Errors
/// `EINVAL`, `EMFILE`.
pub fn create(kernel: &mut Kernel, caller: &Caller, size: i32) -> Result<i32, Stop> {
    if size <= 0 {
        return Err(Errno::EINVAL.into());
    }
    create1(kernel, caller, 0)
}

/// `epoll_create1(2)`.
///
/// # Errors
/// `EINVAL` for unknown flags, `EMFILE`.
pub fn create1(kernel: &mut Kernel, caller: &Caller, flags: i32) -> Result<i32, Stop> {
    let on_exec = match flags {
        0 => OnExec::Keep,
        EPOLL_CLOEXEC => OnExec::Close,
        _ => return Err(Errno::EINVAL.into()),
    };
    let id = kernel.with_epolls(|epolls, _| epolls.create());
    Ok(kernel.install(caller.process, Object::Epoll(id), Blocking::Yes, on_exec)?)
}

/// What `epoll_ctl(2)` is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// `EPOLL_CTL_*`.
    pub op: i32,
    /// The file.
    pub fd: i32,
    /// How it is to be watched; not looked at to delete.
    pub event: Option<Event>,
}

/// `epoll_ctl(2)`.
///
/// # Errors
/// `EFAULT` without an event, `EBADF`, `EPERM` for files that are always ready, `EINVAL` for a number that is no instance and
/// for unknown operations, and as [`Epolls::control`](crate::file::epoll::Epolls::control).
pub fn control(kernel: &mut Kernel, caller: &Caller, instance: i32, ask: Ask) -> Result<(), Stop> {
    if ask.op != EPOLL_CTL_DEL && ask.event.is_none() {
        return Err(Errno::EFAULT.into());
    }
    let above = attempt::object(kernel, caller, instance)?;
    let description = kernel.lookup(caller.process, ask.fd)?;
    let object = kernel.files.object(description);
    // `file_can_poll`: regular files and devices like `/dev/null` cannot, which the program's own output is taken for.
    if matches!(object, Object::Real(_) | Object::Standard(_)) {
        return Err(Errno::EPERM.into());
    }
    let Object::Epoll(id) = above else { return Err(Errno::EINVAL.into()) };
    let op = match (ask.op, ask.event) {
        (EPOLL_CTL_ADD, Some(event)) => Op::Add(event),
        (EPOLL_CTL_MOD, Some(event)) => Op::Modify(event),
        (EPOLL_CTL_DEL, _) => Op::Delete,
        _ => return Err(Errno::EINVAL.into()),
    };
    let target = Target { key: Key { description, fd: ask.fd }, object };
    let answer = kernel.with_epolls(|epolls, poll| epolls.control(id, op, target, poll));
    kernel.settle();
    Ok(answer?)
}

/// `epoll_wait(2)`: hands over what is ready, and says how many. A time-out of 0 never waits, `None` waits for ever.
///
/// # Errors
/// `EINVAL` for a number of events that is not above 0 and for a file that is no instance, `EBADF`, `EINTR`.
pub fn wait(
    kernel: &mut Kernel,
    caller: &mut Caller,
    fd: i32,
    most: i32,
    timeout_ns: Option<u64>,
    deliver: &mut dyn FnMut(Event),
) -> Result<usize, Stop> {
    on_file(kernel, caller, fd, |kernel, caller, target| {
        let Object::Epoll(id) = target.object else { return Err(Errno::EINVAL.into()) };
        let most = match usize::try_from(most) {
            Ok(count @ 1..) if most <= EVENTS_MAX => count,
            _ => return Err(Errno::EINVAL.into()),
        };
        let count = kernel.with_epolls(|epolls, poll| epolls.collect(id, most, poll, deliver));
        if count > 0 || timeout_ns == Some(0) || caller.timed_out() {
            return Ok(count);
        }
        if caller.woken == Some(Woken::Signal) || kernel.signal_is_due() {
            return Err(Errno::EINTR.into());
        }
        if caller.held.is_empty() {
            caller.deadline_ns = timeout_ns.map(|ns| kernel.after_ns(ns));
        }
        Err(Stop::Block(Wait { on: WaitOn::Readable(target.object), deadline_ns: caller.deadline_ns }))
    })
}
