//! The time-outs of the program, and how long its second is.
//!
//! It does not know what is timed. Invariant: proportions between two time-outs are those of the original, whatever
//! the pace.

use std::time::Duration;

/// How long a second lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Pace {
    second: Duration,
}

impl Pace {
    /// A second is a second.
    pub(in super::super) const REAL: Self = Self { second: Duration::from_secs(1) };

    /// A second is this long: for those who cannot wait.
    pub(in super::super) const fn with_second(second: Duration) -> Self {
        Self { second }
    }

    /// So many seconds.
    pub(in super::super) const fn seconds(self, count: u32) -> Duration {
        self.second.saturating_mul(count)
    }

    /// So many thousandths of a second.
    pub(in super::super) fn thousandths(self, count: u32) -> Duration {
        self.second.saturating_mul(count) / 1000
    }

    /// How many seconds `time` is, to the nearest.
    pub(in super::super) fn in_seconds(self, time: Duration) -> u64 {
        let second = self.second.as_nanos().max(1);
        u64::try_from((time.as_nanos() + second / 2) / second).unwrap_or(u64::MAX)
    }

    /// How long a stream may bring nothing: `STREAM_INACTIVITY_TIMEOUT`.
    pub(in super::super) const fn inactivity(self) -> Duration {
        self.seconds(30)
    }

    /// How long an operation may take: `OPERATION_TTL`.
    pub(super) const fn operation(self) -> Duration {
        self.seconds(60)
    }

    /// How long an operation waits for its stream: `STREAM_CLAIM_TIMEOUT`.
    pub(super) const fn claim(self) -> Duration {
        self.seconds(60)
    }

    /// How long a stream waits for its operation: `ORPHAN_STREAM_TIMEOUT`.
    pub(super) const fn orphan(self) -> Duration {
        self.seconds(60)
    }

    /// How often orphans are looked through.
    pub(super) const fn orphan_interval(self) -> Duration {
        self.seconds(5)
    }

    /// How often a connection shows that it is alive.
    pub(super) const fn keep_alive(self) -> Duration {
        self.seconds(5)
    }

    /// How long a connection may be silent before it is dropped.
    pub(super) const fn idle(self) -> Duration {
        self.seconds(120)
    }

    /// How long a first word waits for its answer before it is said again.
    pub(super) fn greeting(self) -> Duration {
        self.thousandths(200)
    }
}
