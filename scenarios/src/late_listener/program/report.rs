//! What one run of the program saw: plain values, no judgement.
//!
//! It does not know which values are right. Invariant: two runs that saw the same things make equal reports, so
//! nothing here depends on an address, a port or a delay shorter than a second.

use core::fmt;

use super::policy::Mode;

/// How one attempt to lock the connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockOutcome {
    /// The peer accepted the lock.
    Accepted,
    /// The peer answered, and refused.
    Rejected,
    /// The call failed at once: there is no connection.
    SendFailed,
    /// No answer came in time.
    TimedOut,
}

/// Whether the condition that the caller waited for came true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It did.
    Met,
    /// It did not, within its time-out.
    TimedOut,
}

/// One attempt to lock the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// How it ended.
    pub(crate) outcome: LockOutcome,
    /// How long it took, in whole seconds.
    pub(crate) took_s: u64,
}

/// How often one endpoint was told that its pending connection came up or went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deliveries {
    /// Times it was told `Connected`.
    pub(crate) connected: u32,
    /// Times it was told `Disconnected`.
    pub(crate) disconnected: u32,
}

/// What one manager knew of the other after the first attempt and the wait for the condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// It has a connected endpoint for the peer.
    pub(crate) has_connection: bool,
    /// It has an endpoint for the peer, in whatever state.
    pub(crate) has_endpoint: bool,
    /// It holds a lock on the connection.
    pub(crate) local_locked: bool,
    /// The peer holds a lock on the connection.
    pub(crate) remote_locked: bool,
    /// Transport `Connected` events it emitted.
    pub(crate) transport_connected: u32,
    /// What each endpoint it ever made was told, oldest first, counted after it was stopped.
    pub(crate) deliveries: Vec<Deliveries>,
}

/// Everything one run saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// What was run.
    pub(crate) mode: Mode,
    /// The attempts to lock, in order; the second and third are made only to see whether the peer is lost for good.
    pub(crate) attempts: Vec<Attempt>,
    /// The wait after the first attempt.
    pub(crate) condition: Condition,
    /// The manager that locks.
    pub(crate) first: Side,
    /// The manager that is locked; absent where its port refuses.
    pub(crate) second: Option<Side>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempts: Vec<String> = self
            .attempts
            .iter()
            .map(|attempt| format!("{:?} after {} s", attempt.outcome, attempt.took_s))
            .collect();
        writeln!(f, "attempts to lock: {}; then the condition: {:?}", attempts.join(", "), self.condition)?;
        write!(f, "the manager that locks: {}", self.first)?;
        match &self.second {
            Some(second) => write!(f, "\nthe manager that is locked: {second}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connection = if self.has_connection { "connected" } else { "not connected" };
        let endpoint = if self.has_endpoint { "with" } else { "without" };
        write!(f, "{connection}, {endpoint} an endpoint, ")?;
        match (self.local_locked, self.remote_locked) {
            (false, false) => write!(f, "no lock")?,
            (local, _) => write!(f, "locked by {}", if local { "itself" } else { "the peer" })?,
        }
        for told in &self.deliveries {
            write!(f, "; told Connected {} times, Disconnected {} times", told.connected, told.disconnected)?;
        }
        Ok(())
    }
}
