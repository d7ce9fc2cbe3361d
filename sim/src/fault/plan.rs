//! A plan of faults, as data.
//!
//! Does not know the time nor what became of it. Invariant: a plan that [`Faults::check`] accepts has finitely many opportunities to
//! strike, and everything it does has an end.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::choice::{Kind, Odds};
use crate::host::HostId;

/// What can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FaultKind {
    /// A host loses its power, and comes back.
    Crash,
    /// The programs of a host stand still, and go on.
    Pause,
    /// Nothing comes through between two hosts, in one direction or both, or between a host and all others.
    Partition,
    /// What two hosts send each other is kept, and arrives later.
    Hold,
    /// The connections between two hosts are reset.
    Reset,
}

impl FaultKind {
    /// The question whether it strikes.
    pub(crate) fn question(self) -> Kind {
        match self {
            Self::Crash => Kind::Crash,
            Self::Pause => Kind::Pause,
            Self::Partition => Kind::Partition,
            Self::Hold => Kind::Hold,
            Self::Reset => Kind::Reset,
        }
    }

    /// Whether it is two hosts that it comes between.
    pub(crate) fn is_between(self) -> bool {
        match self {
            Self::Crash | Self::Pause => false,
            Self::Partition | Self::Hold | Self::Reset => true,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crash => "crashes",
            Self::Pause => "pauses",
            Self::Partition => "partitions",
            Self::Hold => "holds",
            Self::Reset => "resets",
        })
    }
}

/// How one kind of fault strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which runs it can strike at all: a run without one kind of fault finds what that fault would hide.
    pub enabled: Odds,
    /// From one opportunity to the next, in virtual nanoseconds.
    pub every_ns: u64,
    /// At how many opportunities it strikes.
    pub odds: Odds,
    /// How long it may last, in ascending order, each time as likely as the others.
    pub lasts_ns: Vec<u64>,
    /// The hosts it can hit; none for all. The first host and those that are spared it never hits.
    pub hosts: Option<Vec<HostId>>,
    /// How many hosts it has hit at one time.
    pub at_once_max: u32,
    /// How often it strikes in all.
    pub strikes_max: u32,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            enabled: Odds { strikes: 3, of: 4 },
            every_ns: 5_000_000_000,
            odds: Odds { strikes: 1, of: 4 },
            lasts_ns: vec![1_000_000_000],
            hosts: None,
            at_once_max: 1,
            strikes_max: 8,
        }
    }
}

/// A plan of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// What strikes, and how.
    pub kinds: BTreeMap<FaultKind, Fault>,
    /// Hosts that nothing hits.
    pub spared: Vec<HostId>,
    /// Virtual time of the run before which nothing strikes.
    pub from_ns: u64,
    /// Virtual time of the run at which everything is undone, and from which on nothing strikes.
    pub until_ns: u64,
    /// How many faults of all kinds there are at one time.
    pub at_once_max: u32,
}

impl Default for Faults {
    fn default() -> Self {
        Self { kinds: BTreeMap::new(), spared: Vec::new(), from_ns: 0, until_ns: 0, at_once_max: u32::MAX }
    }
}

/// The most opportunities that one kind of fault has in a run.
pub const TICKS_MAX: u64 = 1_000_000;

/// Why there cannot be such a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It would be over before it begins.
    OverBefore,
    /// There is no time from one opportunity to the next, or there are more of them than [`TICKS_MAX`].
    TooOften(FaultKind),
    /// How long it lasts is not said, or not in ascending order, or it may last no time at all.
    BadDurations(FaultKind),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OverBefore => write!(f, "the end of the faults is not after their beginning"),
            Self::TooOften(kind) => write!(
                f,
                "{kind} have no time from one opportunity to the next, or more than {TICKS_MAX} opportunities: take a longer \
                 period, or an earlier end"
            ),
            Self::BadDurations(kind) => write!(f, "{kind} need durations above 0, in ascending order"),
        }
    }
}

impl Faults {
    /// Whether the plan makes sense.
    ///
    /// # Errors
    /// What does not.
    pub fn check(&self) -> Result<(), Refused> {
        let Some(span_ns) = self.until_ns.checked_sub(self.from_ns).filter(|span_ns| *span_ns > 0) else {
            return Err(Refused::OverBefore);
        };
        for (kind, fault) in &self.kinds {
            if fault.every_ns == 0 || span_ns / fault.every_ns > TICKS_MAX {
                return Err(Refused::TooOften(*kind));
            }
            let shortest_ns = fault.lasts_ns.first().copied().unwrap_or(0);
            if shortest_ns == 0 || !fault.lasts_ns.is_sorted() {
                return Err(Refused::BadDurations(*kind));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(from_ns: u64, until_ns: u64, fault: Fault) -> Result<(), Refused> {
        let kinds = BTreeMap::from([(FaultKind::Pause, fault)]);
        Faults { kinds, from_ns, until_ns, ..Faults::default() }.check()
    }

    #[test]
    fn a_plan_without_an_end_or_without_measure_is_refused() {
        let fault = Fault { every_ns: 10, lasts_ns: vec![1, 1, 2], ..Fault::default() };
        let too_often = Err(Refused::TooOften(FaultKind::Pause));
        let bad = Err(Refused::BadDurations(FaultKind::Pause));
        assert_eq!(plan(0, 10 * TICKS_MAX, fault.clone()), Ok(()));
        assert_eq!(plan(0, 10 * TICKS_MAX + 10, fault.clone()), too_often);
        assert_eq!(plan(0, 100, Fault { every_ns: 0, ..fault.clone() }), too_often);
        assert_eq!(plan(7, 7, fault.clone()), Err(Refused::OverBefore));
        assert_eq!(plan(8, 7, fault.clone()), Err(Refused::OverBefore));
        for lasts_ns in [vec![], vec![0, 1], vec![2, 1]] {
            assert_eq!(plan(0, 100, Fault { lasts_ns, ..fault.clone() }), bad);
        }
    }
}
