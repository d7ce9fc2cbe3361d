//! What there is of a plan in a run: the next opportunities, the strikes that are about to be, and those that are on.
//!
//! Does not strike, and asks nobody. Invariant: what is due here is never a reason for time to pass: it comes when the time of
//! something else has come, so that a run that is over stays over.

use std::collections::BTreeMap;

use super::plan::{Fault, FaultKind, Faults};
use crate::host::HostId;
use crate::net::Hop;
use crate::timer;

/// What of a host a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The host itself.
    Host,
    /// What it and another send each other.
    Between(HostId),
    /// What it sends another.
    To(HostId),
    /// What another sends it.
    From(HostId),
    /// What it and all others send each other.
    Around,
}

/// A fault that hits a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) kind: FaultKind,
    pub(crate) victim: HostId,
    pub(crate) reach: Reach,
    /// How long it lasts.
    pub(crate) lasts_ns: u64,
}

/// When a strike that was decided hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// At this time.
    At(u64),
    /// Before the victim's next system call but so many, or at this time if it does not make as many until then.
    Calls { left: u64, latest_ns: u64 },
}

/// A strike that was decided and has not hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Aim {
    pub(crate) strike: Strike,
    pub(crate) when: When,
}

impl Aim {
    fn at_ns(self) -> u64 {
        match self.when {
            When::At(at_ns) | When::Calls { latest_ns: at_ns, .. } => at_ns,
        }
    }
}

/// A fault that struck and is not undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct On {
    pub(crate) kind: FaultKind,
    pub(crate) victim: HostId,
    /// The directions that it closed, and is to open again.
    pub(crate) hops: Vec<Hop>,
    /// Its end in the queue of what happens.
    pub(crate) end: timer::Key,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// An opportunity.
    Tick(FaultKind),
    /// A strike that was decided before.
    Hit(Strike),
}

/// The plan that a run follows.
#[derive(Clone, Debug)]
pub(crate) struct Nemesis {
    plan: Faults,
    /// By kind: its next opportunity.
    ticks: BTreeMap<FaultKind, u64>,
    struck: BTreeMap<FaultKind, u32>,
    aims: Vec<Aim>,
    /// By number of the strike, of which there were [`Nemesis::strikes`].
    on: BTreeMap<u64, On>,
    strikes: u64,
    /// When something is due; never, as the largest number.
    next_ns: u64,
    /// Whether some aim counts calls.
    counts_calls: bool,
}

impl Default for Nemesis {
    fn default() -> Self {
        Self {
            plan: Faults::default(),
            ticks: BTreeMap::new(),
            struck: BTreeMap::new(),
            aims: Vec::new(),
            on: BTreeMap::new(),
            strikes: 0,
            next_ns: u64::MAX,
            counts_calls: false,
        }
    }
}

impl Nemesis {
    /// Follows another plan from here on; what struck before ends when it would have.
    pub(crate) fn follow(&mut self, plan: Faults, now_ns: u64) {
        let from_ns = plan.from_ns.max(now_ns);
        self.ticks =
            plan.kinds.iter().map(|(kind, fault)| (*kind, from_ns.saturating_add(fault.every_ns))).collect();
        self.struck.clear();
        self.aims.clear();
        self.plan = plan;
        self.note_next();
    }

    /// When something is due.
    pub(crate) fn next_ns(&self) -> u64 {
        self.next_ns
    }

    /// When all ends.
    pub(crate) fn until_ns(&self) -> u64 {
        self.plan.until_ns
    }

    /// How a kind strikes.
    pub(crate) fn fault(&self, kind: FaultKind) -> Option<&Fault> {
        self.plan.kinds.get(&kind)
    }

    /// Takes the first of what is due by `now_ns`.
    pub(crate) fn take_due(&mut self, now_ns: u64) -> Option<Due> {
        if self.next_ns > now_ns {
            return None;
        }
        let aim = self.aims.iter().position(|aim| aim.at_ns() == self.next_ns);
        let due = match aim {
            Some(at) => Some(Due::Hit(self.aims.remove(at).strike)),
            None => self.take_tick(),
        };
        self.note_next();
        due
    }

    fn take_tick(&mut self) -> Option<Due> {
        let (kind, at_ns) = self.ticks.iter_mut().find(|(_, at_ns)| **at_ns == self.next_ns)?;
        *at_ns = at_ns.saturating_add(self.plan.kinds.get(kind)?.every_ns);
        Some(Due::Tick(*kind))
    }

    /// Whether one more of a kind may strike.
    pub(crate) fn allows(&self, kind: FaultKind) -> bool {
        let Some(fault) = self.fault(kind) else { return false };
        let kinds = || self.on().map(|on| on.kind).chain(self.aims.iter().map(|aim| aim.strike.kind));
        let aimed = self.aims.iter().filter(|aim| aim.strike.kind == kind).count();
        let struck = self.struck.get(&kind).copied().unwrap_or(0) as usize;
        kinds().count() < self.plan.at_once_max as usize
            && kinds().filter(|other| *other == kind).count() < fault.at_once_max as usize
            && struck + aimed < fault.strikes_max as usize
    }

    /// Whether a host may be hit.
    pub(crate) fn may_hit(&self, kind: FaultKind, host: HostId) -> bool {
        let among = self
            .fault(kind)
            .is_some_and(|fault| fault.hosts.as_ref().is_none_or(|hosts| hosts.contains(&host)));
        let aimed_at = self.aims.iter().any(|aim| aim.strike.victim == host);
        among && !aimed_at && !self.spares(host)
    }

    /// Whether nothing hits a host.
    pub(crate) fn spares(&self, host: HostId) -> bool {
        host == HostId::FIRST || self.plan.spared.contains(&host)
    }

    /// A strike is to hit later.
    pub(crate) fn aim(&mut self, aim: Aim) {
        if aim.at_ns() < self.plan.until_ns {
            self.aims.push(aim);
            self.note_next();
        }
    }

    /// Whether calls of the program are to be counted.
    pub(crate) fn counts_calls(&self) -> bool {
        self.counts_calls
    }

    /// A host's program is about to make a system call.
    pub(crate) fn count_call(&mut self, host: HostId, now_ns: u64) {
        for aim in self.aims.iter_mut().filter(|aim| aim.strike.victim == host) {
            match &mut aim.when {
                When::Calls { left: 0 | 1, .. } => aim.when = When::At(now_ns),
                When::Calls { left, .. } => *left -= 1,
                When::At(_) => {}
            }
        }
        self.note_next();
    }

    /// The number that the next strike gets.
    pub(crate) fn next_strike(&self) -> u64 {
        self.strikes
    }

    /// A strike of this kind is counted.
    pub(crate) fn count_strike(&mut self, kind: FaultKind) {
        self.strikes += 1;
        *self.struck.entry(kind).or_insert(0) += 1;
    }

    /// Something struck, as the strike with this number, and has an end.
    pub(crate) fn keep(&mut self, strike: u64, on: On) {
        self.on.insert(strike, on);
    }

    /// Takes a fault out that is to be undone.
    pub(crate) fn end(&mut self, strike: u64) -> Option<On> {
        self.on.remove(&strike)
    }

    /// Takes the first fault out that is to be undone.
    pub(crate) fn end_first(&mut self) -> Option<On> {
        self.on.pop_first().map(|(_, on)| on)
    }

    /// Takes a fault out that somebody else has undone.
    pub(crate) fn undone(&mut self, kind: FaultKind, victim: HostId) -> Option<On> {
        let (strike, _) = self.on.iter().find(|(_, on)| on.kind == kind && on.victim == victim)?;
        self.on.remove(&strike.clone())
    }

    /// What struck and is not undone.
    pub(crate) fn on(&self) -> impl Iterator<Item = &On> {
        self.on.values()
    }

    fn note_next(&mut self) {
        let until_ns = self.plan.until_ns;
        self.ticks.retain(|_, at_ns| *at_ns < until_ns);
        let ticks = self.ticks.values().copied();
        self.next_ns = ticks.chain(self.aims.iter().map(|aim| aim.at_ns())).min().unwrap_or(u64::MAX);
        self.counts_calls = self.aims.iter().any(|aim| matches!(aim.when, When::Calls { .. }));
    }
}
