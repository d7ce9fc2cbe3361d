//! Strikes what was chosen, and undoes it.
//!
//! Does not choose. Invariant: of everything that strikes one link or host, what is not over yet is in force.

use std::time::Duration;

use turmoil::Sim;

use crate::faults::Kind;
use crate::plan::{Chosen, Link, Strike, Target};

/// Cuts, which turmoil's `hold` and `release` lift.
const CUTS: [Kind; 2] = [Kind::Partition, Kind::OneWay];

/// Who strikes.
#[derive(Debug)]
pub(crate) struct Nemesis {
    /// Those to come, the next one last.
    waiting: Vec<Strike>,
    /// Those in force, in the order in which they struck.
    active: Vec<Strike>,
    /// How long links take when nothing strikes.
    latencies: Vec<(Link, Duration)>,
}

impl Nemesis {
    /// Takes what was chosen, and sets the latencies.
    pub(crate) fn new(chosen: Chosen, sim: &Sim<'_>) -> Self {
        let Chosen { strikes: mut waiting, latencies } = chosen;
        for (Link { from, to }, latency) in &latencies {
            sim.set_link_latency(from.as_str(), to.as_str(), *latency);
        }
        // Of two at one moment, the one that was chosen first comes first.
        waiting.sort_by_key(|strike| strike.at);
        waiting.reverse();
        Self { waiting, active: Vec::new(), latencies }
    }

    /// Does what is due by now: what ends, then what begins.
    pub(crate) fn act(&mut self, now: Duration, sim: &mut Sim<'_>) {
        while let Some(over) = self.active.iter().position(|strike| strike.until <= now) {
            let strike = self.active.remove(over);
            self.undo(&strike, sim);
        }
        while let Some(strike) = self.waiting.pop_if(|strike| strike.at <= now) {
            self.strike(&strike, sim);
            if strike.until > strike.at {
                self.active.push(strike);
            }
        }
    }

    /// Undoes what is in force, and strikes no more.
    pub(crate) fn end(mut self, sim: &mut Sim<'_>) {
        while let Some(strike) = self.active.pop() {
            self.undo(&strike, sim);
        }
    }

    fn strike(&self, strike: &Strike, sim: &mut Sim<'_>) {
        match &strike.target {
            Target::Link(link) => {
                impair(strike, link, sim);
                if strike.kind == Kind::Hold {
                    self.renew(link, CUTS, sim);
                }
            }
            // It is down, and what is down cannot be restarted.
            Target::Host(host) if strike.kind == Kind::Bounce && self.is_down(host) => {}
            Target::Host(host) if strike.kind == Kind::Bounce => sim.bounce(host.as_str()),
            Target::Host(host) => sim.crash(host.as_str()),
        }
    }

    fn undo(&self, strike: &Strike, sim: &mut Sim<'_>) {
        match &strike.target {
            Target::Host(host) if self.is_down(host) => {}
            Target::Host(host) => sim.bounce(host.as_str()),
            Target::Link(link) => {
                let Link { from, to } = link;
                if strike.kind == Kind::Slow {
                    let usual = self.latencies.iter().find(|(usual, _)| usual.joins(link));
                    let usual = usual.map(|(_, latency)| *latency).unwrap_or_default();
                    sim.set_link_latency(from.as_str(), to.as_str(), usual);
                    self.renew(link, [Kind::Slow], sim);
                } else {
                    // Well again in both directions; what was held is on its way.
                    sim.release(from.as_str(), to.as_str());
                    self.renew(link, [Kind::Hold], sim);
                    self.renew(link, CUTS, sim);
                }
            }
        }
    }

    /// Makes a link as bad again as those in force of these kinds do.
    fn renew<const COUNT: usize>(&self, link: &Link, kinds: [Kind; COUNT], sim: &Sim<'_>) {
        for strike in self.active.iter().filter(|strike| kinds.contains(&strike.kind)) {
            if let Target::Link(same) = &strike.target
                && same.joins(link)
            {
                impair(strike, same, sim);
            }
        }
    }

    fn is_down(&self, host: &str) -> bool {
        let is_it = |target: &Target| matches!(target, Target::Host(down) if down == host);
        self.active.iter().any(|strike| strike.kind == Kind::Crash && is_it(&strike.target))
    }
}

/// Makes a link as bad as a strike does.
fn impair(strike: &Strike, link: &Link, sim: &Sim<'_>) {
    let (from, to) = (link.from.as_str(), link.to.as_str());
    match strike.kind {
        Kind::OneWay => sim.partition_oneway(from, to),
        Kind::Hold => sim.hold(from, to),
        Kind::Slow => sim.set_link_latency(from, to, strike.latency),
        Kind::Partition => sim.partition(from, to),
        Kind::Crash | Kind::Bounce => unreachable!("these hit hosts"),
    }
}
