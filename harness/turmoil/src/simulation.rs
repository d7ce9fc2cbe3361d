//! Builds the user's simulation, chooses what strikes it, and steps it to its end.
//!
//! Does not know who searches. Invariant: all that differs between runs was chosen: turmoil's own seed is the same, or is a choice.

use std::any::Any;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::panic::resume_unwind;

use photofinish_marks::choose_as;
use tokio::task::JoinError;
use turmoil::{Builder, Sim};

use crate::clock::Clock;
use crate::failed::Failed;
use crate::faults::Faults;
use crate::nemesis::Nemesis;
use crate::plan::{self, Cast, Link};

/// What turmoil's own seed is unless the user says otherwise, whatever the seed of the search: what turmoil draws by itself, as for
/// `Builder::fail_rate`, `Builder::enable_random_order` and latencies that [`Faults::latency`] does not choose, is the same in each run.
/// [`Simulation::seeds`] makes the search choose it.
pub const SEED: u64 = 0;

/// What turmoil's error begins with when its time is over.
const TIME_IS_OVER: &str = "Ran for duration: ";

/// A simulation that is to be run.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing runs before `Simulation::run`"]
pub struct Simulation {
    faults: Faults,
    /// Of how many the search chooses turmoil's own; without it there is one.
    seeds: Option<u64>,
}

impl Simulation {
    /// One that nothing strikes.
    pub fn new() -> Self {
        Self::default()
    }

    /// What may strike it.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// turmoil's own seed is one of so many, the first of them [`SEED`], and which is one decision of the search. For simulations in which
    /// turmoil draws by itself, as with `Builder::fail_rate` or `Builder::enable_random_order`: otherwise it draws the same in each run. What
    /// it draws is no decision of the search, so that a failure that needs it is made small as a whole: [`Faults`] say more where they can.
    ///
    /// # Panics
    /// If there is none.
    pub fn seeds(mut self, count: u64) -> Self {
        assert!(count > 0, "turmoil has a seed: of 0 there is none to choose");
        self.seeds = Some(count);
        self
    }

    /// Builds the simulation and runs it until all clients are done, as `Sim::run` does, with whatever the search lets strike. What is
    /// returned is the simulation as it then is, to be asked, or run further: every fault is over, and latencies stay as they were chosen.
    ///
    /// The builder has turmoil's usual configuration and the seed [`SEED`], or what the search chose of [`Simulation::seeds`]; where the
    /// closure sets it anew, each run has what it set. A program that disturbs links by itself should not do so with those that faults may hit, since the end of a fault makes its link well.
    ///
    /// # Errors
    /// A program returned an error, turmoil's time was over, or the faults do not fit the simulation.
    ///
    /// # Panics
    /// If the program of a host or client panics, with its panic.
    pub fn run<'a>(self, build: impl FnOnce(&mut Builder) -> Sim<'a>) -> Result<Sim<'a>, Failed> {
        let mut builder = Builder::new();
        builder.rng_seed(SEED + self.seeds.map_or(0, seed));
        let mut sim = build(&mut builder);
        let hosts = Hosts::of(&sim);
        let chosen = plan::choose(&self.faults, &hosts.cast).map_err(Failed::Faults)?;
        let mut nemesis = Nemesis::new(chosen, &sim);
        let clock = Clock::start();
        loop {
            nemesis.act(sim.elapsed(), &mut sim);
            let running = hosts.running(&mut sim);
            match sim.step() {
                Ok(true) => {
                    nemesis.end(&mut sim);
                    return Ok(sim);
                }
                Ok(false) => clock.reach(sim.elapsed()),
                Err(error) => return Err(failed(error, &hosts, &running, &mut sim)),
            }
        }
    }
}

/// Lets the search choose turmoil's own seed.
fn seed(count: u64) -> u64 {
    let words = |number| match number {
        0 => String::new(),
        number => format!("turmoil's own seed is {}", SEED + number),
    };
    choose_as(count, words)
}

/// Who is there.
struct Hosts {
    cast: Cast,
    addresses: Vec<IpAddr>,
}

impl Hosts {
    /// turmoil tells of links, which any two hosts have. Of one that is alone it tells the name alone.
    fn of(sim: &Sim<'_>) -> Self {
        let mut pairs = Vec::new();
        sim.links(|links| pairs.extend(links.map(|link| link.pair())));
        let mut addresses: Vec<IpAddr> = pairs.iter().flat_map(|(from, to)| [*from, *to]).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let name = |address: &IpAddr| sim.reverse_lookup(*address).unwrap_or_else(|| address.to_string());
        let links = pairs.iter().map(|(from, to)| Link { from: name(from), to: name(to) }).collect();
        let hosts = if pairs.is_empty() { names(sim) } else { addresses.iter().map(name).collect() };
        Self { cast: Cast { hosts, links }, addresses }
    }

    /// Whose programs run.
    fn running(&self, sim: &mut Sim<'_>) -> Vec<bool> {
        self.addresses.iter().map(|address| sim.is_host_running(*address)).collect()
    }

    /// Those for which this holds.
    fn named<'a>(&'a self, which: impl Iterator<Item = bool> + 'a) -> impl Iterator<Item = &'a str> {
        let named = self.cast.hosts.iter().zip(which).filter(|(_, which)| *which);
        named.map(|(host, _)| host.as_str())
    }
}

/// Every name that turmoil has given an address of its networks, in which they follow each other.
fn names(sim: &Sim<'_>) -> Vec<String> {
    let v4 = (1..).map(|host| IpAddr::from(Ipv4Addr::from_bits(0xc0a8_0000 + host)));
    let v6 = (1..).map(|host| IpAddr::from(Ipv6Addr::from_bits((0xfe80 << 112) + host)));
    let v4 = v4.map_while(|address| sim.reverse_lookup(address));
    v4.chain(v6.map_while(|address| sim.reverse_lookup(address))).collect()
}

/// What an error of turmoil's means; `before` is who ran before the step that it came of.
fn failed(error: Box<dyn Error>, hosts: &Hosts, before: &[bool], sim: &mut Sim<'_>) -> Failed {
    let after = hosts.running(sim);
    if error.to_string().starts_with(TIME_IS_OVER) {
        let running = hosts.named(after.into_iter()).map(str::to_owned).collect();
        return Failed::Endless { after: sim.elapsed(), running };
    }
    let error = match error.downcast::<JoinError>() {
        Ok(error) => match error.try_into_panic() {
            Ok(panic) => go_on(panic),
            Err(error) => Box::from(error),
        },
        Err(error) => error,
    };
    // Whose program is over since then; more than one, if others ended well in the same step.
    let over = hosts.named(before.iter().zip(after).map(|(before, after)| *before && !after));
    let over: Vec<&str> = over.collect();
    let host = if over.is_empty() { String::from("a host") } else { over.join(" or ") };
    Failed::Software { host, error }
}

/// The panic of a program goes on here, having been told where it began.
fn go_on(panic: Box<dyn Any + Send>) -> ! {
    resume_unwind(panic)
}
