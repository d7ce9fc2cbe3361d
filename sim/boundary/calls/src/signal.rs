//! `sigaction(2)`, `raise(3)`, `kill(2)`, `pthread_sigmask(3)`, with a handler that counts.
//!
//! Does not know what sends signals. Invariant: the only handler is this module's own, which is async-signal-safe.

use core::ffi::c_int;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::Failed;
use crate::failed::{direct, done};

/// How often the handler ran, by signal.
static TAKEN: [AtomicU32; 65] = [const { AtomicU32::new(0) }; 65];

/// The last signals that the handler took, two decimal digits each.
static ORDER: AtomicU32 = AtomicU32::new(0);

/// The last four signals that [`sigaction`]'s handler took, the last one in the lowest two digits.
///
/// [`sigaction`]: sigaction
#[must_use]
pub fn order() -> u32 {
    ORDER.load(Ordering::SeqCst)
}

extern "C" fn count(signal: c_int) {
    let order = ORDER.load(Ordering::SeqCst) % 1_000_000 * 100;
    ORDER.store(order + signal.unsigned_abs() % 100, Ordering::SeqCst);
    if let Some(taken) = usize::try_from(signal).ok().and_then(|signal| TAKEN.get(signal)) {
        taken.fetch_add(1, Ordering::SeqCst);
    }
}

/// How often [`sigaction`]'s handler took this signal.
#[must_use]
pub fn taken(signal: c_int) -> u32 {
    usize::try_from(signal)
        .ok()
        .and_then(|signal| TAKEN.get(signal))
        .map_or(0, |taken| taken.load(Ordering::SeqCst))
}

/// What a process does about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// `SIG_DFL`.
    Default,
    /// `SIG_IGN`.
    Ignore,
    /// A handler.
    Handle,
}

fn told(address: usize) -> Does {
    match address {
        libc::SIG_DFL => Does::Default,
        libc::SIG_IGN => Does::Ignore,
        _ => Does::Handle,
    }
}

fn address(does: Does) -> usize {
    match does {
        Does::Default => libc::SIG_DFL,
        Does::Ignore => libc::SIG_IGN,
        Does::Handle => count as *const () as usize,
    }
}

/// `sigaction(2)` with these flags; answers what was done before.
pub fn sigaction(signal: c_int, does: Does, flags: c_int) -> Result<Does, Failed> {
    // SAFETY: a sigaction of zeroes is valid.
    let mut new: libc::sigaction = unsafe { core::mem::zeroed() };
    new.sa_sigaction = address(does);
    new.sa_flags = flags;
    // SAFETY: as above.
    let mut old: libc::sigaction = unsafe { core::mem::zeroed() };
    // SAFETY: a valid action with an async-signal-safe handler, and a place for the old one.
    done(unsafe { libc::sigaction(signal, &raw const new, &raw mut old) })?;
    Ok(told(old.sa_sigaction))
}

/// `sigaction(2)` that only asks.
pub fn asked(signal: c_int) -> Result<Does, Failed> {
    // SAFETY: a sigaction of zeroes is valid.
    let mut old: libc::sigaction = unsafe { core::mem::zeroed() };
    // SAFETY: no new action, and a place for the old one.
    done(unsafe { libc::sigaction(signal, core::ptr::null(), &raw mut old) })?;
    Ok(told(old.sa_sigaction))
}

/// `signal(2)`; answers what was done before, or that it failed.
pub fn signal(signal: c_int, does: Does) -> Result<Does, Failed> {
    // SAFETY: an async-signal-safe handler, or none.
    let before = unsafe { libc::signal(signal, address(does)) };
    if before == libc::SIG_ERR {
        return Err(done(-1).expect_err("it failed"));
    }
    Ok(told(before))
}

/// `raise(3)`.
pub fn raise(signal: c_int) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::raise(signal) })
}

/// `kill(2)`.
pub fn kill(pid: i32, signal: c_int) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::kill(pid, signal) })
}

/// `pthread_kill(3)` of the running thread.
pub fn kill_self(signal: c_int) -> Result<(), Failed> {
    // SAFETY: no preconditions.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: the running thread's own handle.
    direct(unsafe { libc::pthread_kill(this, signal) })
}

/// `killpg(3)`.
pub fn killpg(group: i32, signal: c_int) -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::killpg(group, signal) })
}

/// `pause(2)`.
pub fn pause() -> Result<(), Failed> {
    // SAFETY: no pointers.
    done(unsafe { libc::pause() })
}

/// `sigsuspend(2)` with nothing blocked.
pub fn sigsuspend() -> Result<(), Failed> {
    // SAFETY: a sigset_t of zeroes is valid, and empty on Linux.
    let none: libc::sigset_t = unsafe { core::mem::zeroed() };
    // SAFETY: a valid set.
    done(unsafe { libc::sigsuspend(&raw const none) })
}

/// `sigpending(2)`: the signals below 32.
pub fn sigpending() -> Result<Vec<c_int>, Failed> {
    // SAFETY: a sigset_t of zeroes is valid.
    let mut set: libc::sigset_t = unsafe { core::mem::zeroed() };
    // SAFETY: a place for the set.
    done(unsafe { libc::sigpending(&raw mut set) })?;
    // SAFETY: a valid set.
    Ok((1..32).filter(|signal| unsafe { libc::sigismember(&raw const set, *signal) } == 1).collect())
}

/// How `pthread_sigmask(3)` changes a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// `SIG_BLOCK`.
    Block,
    /// `SIG_UNBLOCK`.
    Unblock,
    /// `SIG_SETMASK`.
    Set,
}

fn with_set(
    signals: &[c_int],
    call: impl FnOnce(*const libc::sigset_t, *mut libc::sigset_t) -> c_int,
) -> (c_int, Vec<c_int>) {
    // SAFETY: a sigset_t of zeroes is valid, and empty on Linux.
    let mut new: libc::sigset_t = unsafe { core::mem::zeroed() };
    // SAFETY: as above.
    let mut old: libc::sigset_t = unsafe { core::mem::zeroed() };
    for &signal in signals {
        // SAFETY: a valid set.
        unsafe { libc::sigaddset(&raw mut new, signal) };
    }
    let answer = call(&raw const new, &raw mut old);
    // SAFETY: a valid set.
    let before =
        (1..32).filter(|signal| unsafe { libc::sigismember(&raw const old, *signal) } == 1).collect();
    (answer, before)
}

fn how(change: Change) -> c_int {
    match change {
        Change::Block => libc::SIG_BLOCK,
        Change::Unblock => libc::SIG_UNBLOCK,
        Change::Set => libc::SIG_SETMASK,
    }
}

/// `pthread_sigmask(3)`: the signals below 32 that were blocked before.
pub fn pthread_sigmask(change: Change, signals: &[c_int]) -> Result<Vec<c_int>, Failed> {
    // SAFETY: two valid sets.
    let (answer, before) =
        with_set(signals, |new, old| unsafe { libc::pthread_sigmask(how(change), new, old) });
    direct(answer).map(|()| before)
}

/// `sigprocmask(2)`: the signals below 32 that were blocked before.
pub fn sigprocmask(change: Change, signals: &[c_int]) -> Result<Vec<c_int>, Failed> {
    // SAFETY: two valid sets.
    let (answer, before) = with_set(signals, |new, old| unsafe { libc::sigprocmask(how(change), new, old) });
    done(answer).map(|()| before)
}
