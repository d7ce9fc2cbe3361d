//! `signal(7)`: what a process does about each signal, and which wait for it.
//!
//! Does not run handlers: the boundary calls them when the kernel says so. Invariant: `SIGKILL` is never handled, ignored or
//! blocked, and a standard signal is pending at most once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::errno::Errno;

/// `SIGHUP`.
pub const SIGHUP: i32 = 1;
/// `SIGINT`.
pub const SIGINT: i32 = 2;
/// `SIGABRT`.
pub const SIGABRT: i32 = 6;
/// `SIGKILL`.
pub const SIGKILL: i32 = 9;
/// `SIGSEGV`.
pub const SIGSEGV: i32 = 11;
/// `SIGPIPE`.
pub const SIGPIPE: i32 = 13;
/// `SIGTERM`.
pub const SIGTERM: i32 = 15;
/// `SIGCHLD`.
pub const SIGCHLD: i32 = 17;
/// `SIGCONT`.
pub const SIGCONT: i32 = 18;
/// `SIGSTOP`.
pub const SIGSTOP: i32 = 19;
/// The last signal with a number (`SIGRTMAX`).
pub const SIGNALS_MAX: i32 = 64;

/// What happens when a signal arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Disposition {
    /// `SIG_DFL`.
    #[default]
    Default,
    /// `SIG_IGN`.
    Ignore,
    /// A function of the program.
    Handler(Handler),
}

/// A function of the program that takes signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handler {
    /// Its address: only handed back to the boundary.
    pub address: u64,
    /// `sa_flags`.
    pub flags: i32,
    /// `sa_mask`: signals blocked while it runs, bit n - 1 for signal n.
    pub mask: u64,
}

/// `SA_NOCLDWAIT`.
pub const SA_NOCLDWAIT: i32 = 2;
/// `SA_RESTART`.
pub const SA_RESTART: i32 = 0x1000_0000;
/// `SA_NODEFER`.
pub const SA_NODEFER: i32 = 0x4000_0000;
/// `SA_RESETHAND`.
pub const SA_RESETHAND: i32 = 0x8000_0000_u32.cast_signed();

/// What `SIG_DFL` means for a signal (`signal(7)`, "Standard signals").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The process ends.
    Terminate,
    /// Nothing.
    Nothing,
    /// The process stops, or goes on: not modelled.
    Stop,
}

/// What `SIG_DFL` does.
#[must_use]
pub fn default_action(signal: i32) -> Action {
    match signal {
        // SIGCHLD, SIGURG, SIGWINCH, and SIGCONT for a process that runs.
        SIGCHLD | 23 | 28 | SIGCONT => Action::Nothing,
        SIGSTOP | 20..=22 => Action::Stop,
        _ => Action::Terminate,
    }
}

/// What a signal does when a thread takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// Its handler runs.
    Runs,
    /// The process ends.
    Ends,
}

/// The bit of a signal in a set.
#[must_use]
pub fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// What one process does about signals.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    dispositions: BTreeMap<i32, Disposition>,
    /// Signals that arrived and were not taken yet, by number.
    pub(crate) pending: u64,
}

impl Signals {
    /// What happens when a signal arrives.
    #[must_use]
    pub fn disposition(&self, signal: i32) -> Disposition {
        self.dispositions.get(&signal).copied().unwrap_or_default()
    }

    /// Changes what happens, and returns what happened before: `sigaction(2)`.
    ///
    /// # Errors
    /// `EINVAL` for a number that is no signal, and for `SIGKILL` and `SIGSTOP`.
    pub fn set(&mut self, signal: i32, disposition: Disposition) -> Result<Disposition, Errno> {
        if !(1..=SIGNALS_MAX).contains(&signal) || signal == SIGKILL || signal == SIGSTOP {
            return Err(Errno::EINVAL);
        }
        let before = self.dispositions.insert(signal, disposition).unwrap_or_default();
        let ignored = match disposition {
            Disposition::Ignore => true,
            Disposition::Default => default_action(signal) == Action::Nothing,
            Disposition::Handler(_) => false,
        };
        if ignored {
            // `do_sigaction`: a pending signal that is ignored from now on is forgotten.
            self.pending &= !bit(signal);
        }
        Ok(before)
    }

    /// Whether any signal has a handler: only then can a call be interrupted.
    #[must_use]
    pub fn any_handler(&self) -> bool {
        self.dispositions.values().any(|disposition| matches!(disposition, Disposition::Handler(_)))
    }

    /// Whether any signal has a handler behind which calls do not go on.
    #[must_use]
    pub fn any_interrupting_handler(&self) -> bool {
        self.dispositions.values().any(|disposition| {
            matches!(disposition, Disposition::Handler(handler) if handler.flags & SA_RESTART == 0)
        })
    }

    /// What a signal does when a thread takes it.
    #[must_use]
    pub fn effect(&self, signal: i32) -> Effect {
        match self.disposition(signal) {
            Disposition::Handler(_) => Effect::Runs,
            Disposition::Default if default_action(signal) == Action::Terminate => Effect::Ends,
            Disposition::Default | Disposition::Ignore => Effect::Nothing,
        }
    }

    /// Whether children that end are not waited for (`do_notify_parent`): `SIGCHLD` is ignored, or was set to be so.
    #[must_use]
    pub fn reaps_children(&self) -> bool {
        match self.disposition(SIGCHLD) {
            Disposition::Ignore => true,
            Disposition::Handler(handler) => handler.flags & SA_NOCLDWAIT != 0,
            Disposition::Default => false,
        }
    }

    /// What a forked child has: the same dispositions, nothing pending.
    #[must_use]
    pub fn inherited(&self) -> Self {
        Self { dispositions: self.dispositions.clone(), pending: 0 }
    }

    /// `execve(2)`: handlers are gone, what is ignored stays so.
    pub fn executed(&mut self) {
        self.dispositions.retain(|_, disposition| *disposition == Disposition::Ignore);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLER: Disposition = Disposition::Handler(Handler { address: 1, flags: 0, mask: 0 });

    #[test]
    fn kill_and_stop_cannot_be_handled() {
        for signal in [SIGKILL, SIGSTOP, 0, 65] {
            assert_eq!(Signals::default().set(signal, HANDLER), Err(Errno::EINVAL), "{signal}");
        }
    }

    #[test]
    fn an_exec_forgets_handlers_and_keeps_what_is_ignored() {
        let mut signals = Signals::default();
        signals.set(SIGPIPE, Disposition::Ignore).unwrap();
        signals.set(SIGTERM, HANDLER).unwrap();
        signals.executed();
        assert_eq!(signals.disposition(SIGPIPE), Disposition::Ignore);
        assert_eq!(signals.disposition(SIGTERM), Disposition::Default);
    }

    #[test]
    fn ignoring_forgets_what_is_pending() {
        let mut signals = Signals { pending: bit(SIGTERM) | bit(SIGCHLD), ..Signals::default() };
        signals.set(SIGTERM, Disposition::Ignore).unwrap();
        signals.set(SIGCHLD, Disposition::Default).unwrap();
        assert_eq!(signals.pending, 0);
    }
}
