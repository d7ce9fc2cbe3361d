//! Faults that strike by themselves, as a test author describes them.
//!
//! Does not know when one strikes: that is the seed's. Invariant: a description names hosts, and they are looked up when it is given
//! to the world.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use photofinish_boundary::world as calls;
use photofinish_sim::fault::{self, FaultKind};
use photofinish_sim::host::HostId;

use super::link::odds;
use super::{named, ns, simulated};

/// Faults that strike hosts by themselves: FoundationDB's *attrition*, Jepsen's *nemesis*.
///
/// Whether one strikes, whom, when and for how long is the seed's choice. Nothing strikes the host that the run begins on, those that
/// are [spared](Faults::spare), or anything after [`Faults::until`]: by then whatever struck is undone, so that a test can ask what
/// must be true in the end. An opportunity to strike is no reason for time to pass: a program in which everybody waits for ever is
/// reported as a deadlock, faults or not.
///
/// A strike hits its victim at the opportunity, at some later time, or before one of the victim's next system calls: between two
/// writes, or after an answer was sent and before it was noted. What a program shares with the test it should share by atomics: the
/// lock of a `Mutex` stays taken if its host crashes while it is held.
///
/// ```no_run
/// use photofinish::world::{Fault, Faults, World};
/// use std::time::Duration;
///
/// let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
/// let world = World::new();
/// // ...hosts, of which "client" asks the others...
/// world.faults(
///     &Faults::new()
///         .crashes(Fault::every(5 * second).odds(1, 3).lasting(second..=20 * second))
///         .pauses(Fault::every(2 * second).lasting(second / 100..=5 * second))
///         .partitions(Fault::every(10 * second).lasting(second..=10 * second))
///         .spare(["client"])
///         .until(5 * minute),
/// );
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing strikes before the world is told: `World::faults`"]
pub struct Faults {
    kinds: BTreeMap<FaultKind, Fault>,
    spared: Vec<String>,
    after: Duration,
    until: Duration,
    at_once_max: u32,
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

impl Faults {
    /// No faults yet, for the next minute of virtual time.
    pub fn new() -> Self {
        Self {
            kinds: BTreeMap::new(),
            spared: Vec::new(),
            after: Duration::ZERO,
            until: Duration::from_secs(60),
            at_once_max: u32::MAX,
        }
    }

    /// A bit of everything: crashes of 1 to 20 s, pauses of 10 ms to 5 s, partitions of 1 to 20 s, holds of 10 ms to 5 s, and resets.
    pub fn attrition() -> Self {
        let (ms, second) = (Duration::from_millis(1), Duration::from_secs(1));
        Self::new()
            .crashes(Fault::every(5 * second).lasting(second..=20 * second))
            .pauses(Fault::every(2 * second).lasting(10 * ms..=5 * second))
            .partitions(Fault::every(5 * second).lasting(second..=20 * second))
            .holds(Fault::every(2 * second).lasting(10 * ms..=5 * second))
            .resets(Fault::every(5 * second))
    }

    /// Hosts lose their power and come back: [`Host::crash`](super::Host::crash) and [`Host::restart`](super::Host::restart).
    pub fn crashes(self, fault: Fault) -> Self {
        self.with(FaultKind::Crash, fault)
    }

    /// The programs of hosts stand still and go on: [`Host::pause`](super::Host::pause) and [`Host::resume`](super::Host::resume).
    pub fn pauses(self, fault: Fault) -> Self {
        self.with(FaultKind::Pause, fault)
    }

    /// Hosts are cut off from each other, and the cut heals: two of them in both directions or in one, or one from all others, the
    /// spared included.
    pub fn partitions(self, fault: Fault) -> Self {
        self.with(FaultKind::Partition, fault)
    }

    /// What two hosts send each other is kept back, in order, and arrives when it ends: turmoil's *hold* and *release*.
    pub fn holds(self, fault: Fault) -> Self {
        self.with(FaultKind::Hold, fault)
    }

    /// The connections between two hosts are reset at both ends, as if by a segment on the wire. There is nothing to undo: how long
    /// it lasts means nothing.
    pub fn resets(self, fault: Fault) -> Self {
        self.with(FaultKind::Reset, fault)
    }

    fn with(mut self, kind: FaultKind, fault: Fault) -> Self {
        self.kinds.insert(kind, fault);
        self
    }

    /// Nothing hits these hosts.
    pub fn spare<Names>(mut self, hosts: Names) -> Self
    where
        Names: IntoIterator<Item: AsRef<str>>,
    {
        self.spared.extend(hosts.into_iter().map(|host| host.as_ref().to_owned()));
        self
    }

    /// Nothing strikes for so long from now on; otherwise the first opportunity comes with the first period.
    pub fn after(mut self, quiet: Duration) -> Self {
        self.after = quiet;
        self
    }

    /// After so long from now on everything is undone, and nothing strikes any more; a minute otherwise.
    pub fn until(mut self, end: Duration) -> Self {
        self.until = end;
        self
    }

    /// So many faults of all kinds at one time; otherwise as many as all kinds together may have.
    pub fn at_once(mut self, most: u32) -> Self {
        self.at_once_max = most;
        self
    }

    pub(super) fn plan(&self) -> fault::Faults {
        let now_ns = simulated(calls::now_ns());
        let kinds = self.kinds.iter().map(|(kind, described)| (*kind, described.fault())).collect();
        fault::Faults {
            kinds,
            spared: ids(&self.spared),
            from_ns: now_ns.saturating_add(ns(self.after)),
            until_ns: now_ns.saturating_add(ns(self.until)),
            at_once_max: self.at_once_max,
        }
    }
}

/// One kind of fault: how often, for how long, whom.
#[derive(Clone, Debug)]
#[must_use = "it strikes as part of `Faults`"]
pub struct Fault {
    fault: fault::Fault,
    only: Option<Vec<String>>,
}

impl Fault {
    /// With an opportunity to strike once in every such period; it strikes at one in four, for a second, one host at a time, at most
    /// 8 times, and in three of four runs.
    pub fn every(period: Duration) -> Self {
        Self { fault: fault::Fault { every_ns: ns(period), ..fault::Fault::default() }, only: None }
    }

    /// At so many of so many opportunities it strikes.
    ///
    /// # Panics
    /// For more strikes than opportunities.
    pub fn odds(mut self, strikes: u32, of: u32) -> Self {
        self.fault.odds = odds(strikes, of);
        self
    }

    /// For how long: the least, twice that, and so on up to the most, each as likely as the others.
    ///
    /// # Panics
    /// Unless the range begins above 0, and ends no earlier than it begins.
    pub fn lasting(mut self, range: RangeInclusive<Duration>) -> Self {
        let (least, most) = (ns(*range.start()), ns(*range.end()));
        assert!(0 < least && least <= most, "no durations: {range:?}");
        let doubled = core::iter::successors(Some(least), |ns: &u64| ns.checked_mul(2));
        self.fault.lasts_ns = doubled.take_while(|ns| *ns < most).chain([most]).collect();
        self
    }

    /// It hits these hosts alone.
    pub fn only<Names>(mut self, hosts: Names) -> Self
    where
        Names: IntoIterator<Item: AsRef<str>>,
    {
        self.only = Some(hosts.into_iter().map(|host| host.as_ref().to_owned()).collect());
        self
    }

    /// It has hit up to so many hosts at one time; one otherwise.
    pub fn at_once(mut self, most: u32) -> Self {
        self.fault.at_once_max = most;
        self
    }

    /// It strikes up to so many times in all; 8 otherwise.
    pub fn at_most(mut self, strikes: u32) -> Self {
        self.fault.strikes_max = strikes;
        self
    }

    /// It can strike in so many of so many runs; 3 of 4 otherwise. Runs that lack a kind of fault find what it would hide.
    ///
    /// # Panics
    /// For more than all runs.
    pub fn in_runs(mut self, runs: u32, of: u32) -> Self {
        self.fault.enabled = odds(runs, of);
        self
    }

    fn fault(&self) -> fault::Fault {
        fault::Fault { hosts: self.only.as_deref().map(ids), ..self.fault.clone() }
    }
}

fn ids(names: &[String]) -> Vec<HostId> {
    names.iter().map(|name| named(name)).collect()
}
