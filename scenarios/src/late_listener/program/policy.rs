//! What the variants differ in, as values.
//!
//! Nothing here does anything; the code that reads a policy does. Invariant: two variants never differ in
//! anything but these values.

use std::time::Duration;

/// How long a pending connection may take before its watchdog closes it.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(15);
/// How long a remote call waits for its answer.
pub(crate) const RPC_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the caller waits for a condition.
pub(crate) const CONDITION_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the caller looks whether a condition holds.
pub(crate) const CONDITION_INTERVAL: Duration = Duration::from_millis(100);
/// When, counted from the start, the watchdog must have done whatever it was going to do.
pub(crate) const AFTER_WATCHDOG: Duration = Duration::from_secs(18);

/// Whether an emitter remembers its latest event for listeners that come late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// An event without a listener is gone.
    Plain,
    /// A new listener is told the latest event; the callback runs under the locks of `on`.
    ReplayUnderLock,
    /// A new listener is told the latest event after the locks of `on` are released.
    ReplayOutside,
}

/// How an emitter orders storing an event and taking the list of its listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emit {
    /// Two steps, neither under the lock that `on` holds.
    Old,
    /// One step under the lock that `on` holds.
    Atomic,
}

/// How one emitter behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EmitterPolicy {
    /// Whether late listeners are told.
    pub(crate) memory: Memory,
    /// How an event is dispatched.
    pub(crate) emit: Emit,
}

/// What a completed handshake does with the watchdog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watchdog {
    /// Disarm it, then say `Connected`.
    DisarmFirst,
    /// Say `Connected`, and disarm it only if somebody listened.
    KeepUntilDelivered,
}

/// When the endpoint listens, relative to the socket being opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// After it was opened.
    AfterOpen,
    /// Before it is opened.
    BeforeOpen,
}

/// Which locks guard an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locking {
    /// One for the endpoint and one for each of its states.
    PerState,
    /// One for the whole state machine, never held while registering, replaying or telling others.
    OneMutex,
}

/// One variant of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// The name that the program prints.
    pub(crate) name: &'static str,
    /// Whether pending connections remember their latest event.
    pub(crate) memory: Memory,
    /// How every emitter dispatches.
    pub(crate) emit: Emit,
    /// What a completed handshake does with the watchdog.
    pub(crate) watchdog: Watchdog,
    /// When the endpoint listens.
    pub(crate) listen: Listen,
    /// Which locks guard an endpoint.
    pub(crate) locking: Locking,
}

impl Policy {
    /// The emitters of a pending connection.
    pub(crate) fn pending(&self) -> EmitterPolicy {
        EmitterPolicy { memory: self.memory, emit: self.emit }
    }

    /// Every other emitter: these are fire-and-forget in all variants.
    pub(crate) fn plain(&self) -> EmitterPolicy {
        EmitterPolicy { memory: Memory::Plain, emit: self.emit }
    }
}

/// The software as it was.
pub(crate) const BUGGY: Policy = Policy {
    name: "buggy",
    memory: Memory::Plain,
    emit: Emit::Old,
    watchdog: Watchdog::DisarmFirst,
    listen: Listen::AfterOpen,
    locking: Locking::PerState,
};
/// Pending connections remember, but emitting stays in two steps.
pub(crate) const REPLAY_ONLY: Policy =
    Policy { name: "replay-only", memory: Memory::ReplayUnderLock, ..BUGGY };
/// Emitting is one step, but nothing remembers.
pub(crate) const ATOMIC_ONLY: Policy = Policy { name: "atomic-only", emit: Emit::Atomic, ..BUGGY };
/// The watchdog stays armed until somebody heard `Connected`.
pub(crate) const KEEP_WATCHDOG: Policy =
    Policy { name: "keep-watchdog", watchdog: Watchdog::KeepUntilDelivered, ..BUGGY };
/// The endpoint listens before the socket is opened.
pub(crate) const LISTEN_FIRST: Policy = Policy { name: "listen-first", listen: Listen::BeforeOpen, ..BUGGY };
/// The fix as it was merged: remember, and emit in one step.
pub(crate) const PR43: Policy = Policy { name: "pr43", emit: Emit::Atomic, ..REPLAY_ONLY };
/// The merged fix, one lock for the state machine, and nothing told under a lock.
pub(crate) const FIXED: Policy =
    Policy { name: "fixed", memory: Memory::ReplayOutside, locking: Locking::OneMutex, ..PR43 };

/// What happens between the two managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The first manager connects to the second, which accepts.
    Forward,
    /// The first manager connects to a port that refuses.
    Refused,
    /// The first manager asks the second to connect back to it.
    Reverse,
}

impl Mode {
    /// What follows the variant's name.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Forward => "",
            Self::Refused => "@disconnected",
            Self::Reverse => "@reverse",
        }
    }
}
