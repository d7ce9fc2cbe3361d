//! The plan of faults strikes, and what struck is undone.
//!
//! Does not know what a plan is made of. Invariant: an opportunity that is not taken leaves no event and lets no time pass, so that a
//! run in which nothing strikes is the run without faults.

use super::Kernel;
use crate::choice::Kind;
use crate::event::Why;
use crate::fault::{Aim, Due, FaultKind, Faults, On, Reach, Refused, Strike, When};
use crate::host::{HostId, Power};
use crate::net::Hop;
use crate::thread::State;
use crate::timer;

/// A strike hits before one of so many next calls of its victim.
const AIM_CALLS: u64 = 32;
/// Or at one of so many times between its opportunity and the next.
const AIM_TIMES: u64 = 31;

impl Kernel {
    /// Faults strike by this plan from here on, in place of the one before.
    ///
    /// # Errors
    /// A plan that makes no sense.
    pub fn follow_faults(&mut self, mut plan: Faults) -> Result<(), Refused> {
        plan.check()?;
        let kinds = core::mem::take(&mut plan.kinds);
        for (kind, fault) in kinds {
            if self.strikes(Kind::Enabled, fault.enabled) {
                plan.kinds.insert(kind, fault);
            }
        }
        self.nemesis.follow(plan, self.now_ns());
        self.attention = 0;
        Ok(())
    }

    /// No fault strikes from here on, and whatever struck is undone at once.
    pub fn calm_faults(&mut self) {
        self.nemesis.follow(Faults::default(), self.now_ns());
        while let Some(on) = self.nemesis.end_first() {
            self.timers.cancel(on.end);
            self.undo(on);
        }
    }

    /// Lets the time until `until_ns` pass, up to a strike on the way, which is returned.
    pub(super) fn pass_opportunities(&mut self, until_ns: u64) -> Option<Strike> {
        while self.nemesis.next_ns() < until_ns && self.ending.is_none() {
            self.epoch_ns += self.nemesis.next_ns().saturating_sub(self.now_ns());
            let strike = self.take_opportunity();
            if strike.is_some() {
                return strike;
            }
        }
        self.epoch_ns += until_ns.saturating_sub(self.now_ns());
        None
    }

    /// Takes what of the plan is due first, and says what strikes now, if anything does.
    pub(super) fn take_opportunity(&mut self) -> Option<Strike> {
        match self.nemesis.take_due(self.now_ns())? {
            Due::Hit(strike) => Some(strike),
            Due::Tick(kind) => self.decide(kind),
        }
    }

    /// Whether a kind strikes at an opportunity, whom, for how long, and when.
    fn decide(&mut self, kind: FaultKind) -> Option<Strike> {
        if !self.nemesis.allows(kind) {
            return None;
        }
        let victims = self.victims(kind);
        let odds = self.nemesis.fault(kind)?.odds;
        if victims.is_empty() || !self.strikes(kind.question(), odds) {
            return None;
        }
        let victim = self.choose(Kind::Victim, victims.len() as u64);
        let victim = nth(&victims, victim);
        let reach = self.choose_reach(kind, victim)?;
        let durations = self.nemesis.fault(kind)?.lasts_ns.len() as u64;
        let lasts = self.choose(Kind::Lasts, durations);
        let fault = self.nemesis.fault(kind)?;
        let strike = Strike { kind, victim, reach, lasts_ns: nth(&fault.lasts_ns, lasts) };
        let (now_ns, every_ns) = (self.now_ns(), fault.every_ns);
        let when = match self.choose(Kind::Aim, 1 + AIM_CALLS + AIM_TIMES) {
            0 => return Some(strike),
            left @ 1..=AIM_CALLS => When::Calls { left, latest_ns: now_ns.saturating_add(every_ns) },
            later => {
                let part = u128::from(every_ns) * u128::from(later - AIM_CALLS) / u128::from(AIM_TIMES + 1);
                When::At(now_ns.saturating_add(u64::try_from(part).expect("less than the whole")))
            }
        };
        self.nemesis.aim(Aim { strike, when });
        self.attention = 0;
        None
    }

    /// Whom a kind can hit now, in the order in which they were made.
    fn victims(&self, kind: FaultKind) -> Vec<HostId> {
        let hosts = || self.net.hosts.iter().map(|(id, _)| id);
        if kind.is_between() && hosts().filter(|host| !self.nemesis.spares(*host)).nth(1).is_none() {
            return Vec::new();
        }
        hosts().filter(|host| self.nemesis.may_hit(kind, *host) && self.can_be_hit(kind, *host)).collect()
    }

    /// Whom a fault can come between and a host.
    fn peers(&self, victim: HostId) -> Vec<HostId> {
        let others = self.net.hosts.iter().map(|(id, _)| id).filter(|host| *host != victim);
        others.filter(|host| !self.nemesis.spares(*host)).collect()
    }

    fn can_be_hit(&self, kind: FaultKind, host: HostId) -> bool {
        let host = self.net.hosts.get(host);
        match kind {
            FaultKind::Crash => host.power == Power::Up,
            FaultKind::Pause => host.power == Power::Up && !host.paused,
            FaultKind::Partition | FaultKind::Hold | FaultKind::Reset => true,
        }
    }

    /// What of its victim a fault hits.
    fn choose_reach(&mut self, kind: FaultKind, victim: HostId) -> Option<Reach> {
        if !kind.is_between() {
            return Some(Reach::Host);
        }
        let peers = self.peers(victim);
        let peer = self.choose(Kind::Victim, peers.len() as u64);
        let peer = nth(&peers, peer);
        let shape = if kind == FaultKind::Partition { self.choose(Kind::Shape, 4) } else { 0 };
        // A question that diverges ends the run.
        self.ending.is_none().then_some(match shape {
            0 => Reach::Between(peer),
            1 => Reach::To(peer),
            2 => Reach::From(peer),
            _ => Reach::Around,
        })
    }

    /// The directions that a strike is about.
    fn hops(&self, strike: Strike) -> Vec<Hop> {
        let out = |to| Hop { from: strike.victim, to };
        match strike.reach {
            Reach::Host => Vec::new(),
            Reach::To(peer) => vec![out(peer)],
            Reach::From(peer) => vec![out(peer).reverse()],
            Reach::Between(peer) => vec![out(peer), out(peer).reverse()],
            Reach::Around => {
                let others = self.net.hosts.iter().map(|(id, _)| id);
                let others = others.filter(|host| *host != strike.victim && *host != HostId::FIRST);
                others.flat_map(|peer| [out(peer), out(peer).reverse()]).collect()
            }
        }
    }

    /// A fault hits, unless its victim is in no state for it any more.
    pub(super) fn strike(&mut self, strike: Strike) {
        let Strike { kind, victim, lasts_ns, .. } = strike;
        let end_ns = self.now_ns().saturating_add(lasts_ns).min(self.nemesis.until_ns());
        if end_ns <= self.now_ns() || !self.can_be_hit(kind, victim) {
            return;
        }
        let mut hops = self.hops(strike);
        // What somebody else has closed is not ours to open.
        hops.retain(|hop| match kind {
            FaultKind::Partition => !self.links.is_cut(*hop),
            FaultKind::Hold => !self.links.is_held(*hop),
            FaultKind::Crash | FaultKind::Pause | FaultKind::Reset => true,
        });
        if kind.is_between() && hops.is_empty() {
            return;
        }
        match kind {
            FaultKind::Crash => self.lose_power(victim),
            FaultKind::Pause => self.stand_still(victim),
            FaultKind::Partition => hops.iter().for_each(|hop| self.cut(*hop)),
            FaultKind::Hold => hops.iter().for_each(|hop| self.hold(*hop)),
            FaultKind::Reset => self.reset_connections(hops[0].from, hops[0].to),
        }
        let number = self.nemesis.next_strike();
        self.nemesis.count_strike(kind);
        if kind != FaultKind::Reset {
            let end = self.timers.set(end_ns, timer::Due::Relief(number));
            self.nemesis.keep(number, On { kind, victim, hops, end });
        }
        if !kind.is_between() {
            self.displace(victim);
        }
        self.settle();
        self.changed();
    }

    /// The running thread does not go on if its host was hit: it is over, or waits for its host.
    fn displace(&mut self, victim: HostId) {
        if victim != self.host_id() || self.displaced.is_some() {
            return;
        }
        let current = self.current;
        match self.threads.get(current).state {
            State::Ended => self.displaced = Some(Why::Ended),
            // One that was woken from its wait, and has not run since, is held back with the others.
            State::Runnable if !self.held_back.contains(&current) => {
                self.held_back.push(current);
                self.displaced = Some(Why::Preempted);
            }
            State::Runnable | State::Blocked(_) => {}
        }
    }

    /// The time has come for what a strike did to be undone, if nobody else did so before.
    pub(super) fn relieve(&mut self, strike: u64) {
        if let Some(on) = self.nemesis.end(strike) {
            self.undo(on);
        }
    }

    fn undo(&mut self, on: On) {
        match on.kind {
            FaultKind::Crash => drop(self.restart(on.victim)),
            FaultKind::Pause => self.resume(on.victim),
            FaultKind::Partition => on.hops.into_iter().for_each(|hop| self.heal(hop)),
            FaultKind::Hold => on.hops.into_iter().for_each(|hop| self.release(hop)),
            FaultKind::Reset => {}
        }
        self.settle();
    }

    /// A host that was hit is as before, whoever made it so.
    pub(super) fn is_undone(&mut self, kind: FaultKind, victim: HostId) {
        if let Some(on) = self.nemesis.undone(kind, victim) {
            self.timers.cancel(on.end);
        }
    }

    /// A system call is about to be made: a strike may have been aimed at it.
    pub(super) fn count_call(&mut self) {
        if self.nemesis.counts_calls() {
            let (host, now_ns) = (self.host_id(), self.now_ns());
            self.nemesis.count_call(host, now_ns);
        }
    }
}

fn nth<T: Copy>(all: &[T], pick: u64) -> T {
    all[usize::try_from(pick).expect("below the number of answers")]
}
