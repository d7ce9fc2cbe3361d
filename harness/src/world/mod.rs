//! A simulated world: hosts with names, addresses, clocks and programs, and what becomes of them.
//!
//! The program that a run begins with builds the world and scripts it, in ordinary Rust: it starts programs on hosts, sleeps in
//! virtual time (`std::thread::sleep`), and lets hosts crash. Programs find each other by name, as
//! `TcpStream::connect("server:7000")`. The run is over when that first program returns.
//!
//! ```no_run
//! use photofinish::world::World;
//! use std::time::Duration;
//!
//! let world = World::new();
//! let server = world.host("server").start(|| { /* listen on 0.0.0.0:7000 */ });
//! let client = world.host("client").drift_ppm(50).start(|| { /* connect to server:7000 */ });
//! std::thread::sleep(Duration::from_secs(5));
//! server.crash();
//! std::thread::sleep(Duration::from_secs(1));
//! server.restart();
//! client.wait().success("the client");
//! ```
//!
//! Does not know how hosts are simulated. Invariant: everything here is a call of the simulation, made at once, so that the same seed
//! builds the same world.

mod faults;
mod host;
mod link;

use std::time::Duration;

use photofinish_boundary::world as calls;
use photofinish_sim::errno::Errno;
use photofinish_sim::host::HostId;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::net::Hop;

pub use faults::{Fault, Faults};
pub use host::{Ended, Host, HostBuilder};
use link::Which;
pub use link::{Latency, Link};
pub use photofinish_boundary::world::is_simulated;
pub use photofinish_sim::personality::Os;

/// The simulated world of the run that is on.
///
/// It is a handle: all of a run are the same world.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct World;

/// There is no simulation around the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a world can be built in a simulated run alone, and this program runs natively\nnext: `cargo xtask sim SCENARIO` runs it simulated"
)]
pub struct NotSimulated;

impl From<calls::NotSimulated> for NotSimulated {
    fn from(_: calls::NotSimulated) -> Self {
        Self
    }
}

impl World {
    /// The world of this run.
    ///
    /// # Panics
    /// Outside a simulation. [`World::try_new`] tells instead.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a default that panics would surprise")]
    pub fn new() -> Self {
        Self::try_new().unwrap_or_else(|why| panic!("{why}"))
    }

    /// The world of this run.
    ///
    /// # Errors
    /// Outside a simulation.
    pub fn try_new() -> Result<Self, NotSimulated> {
        if calls::is_simulated() { Ok(Self) } else { Err(NotSimulated) }
    }

    /// Describes a host that is to be: [`HostBuilder::start`] or [`HostBuilder::build`] makes it.
    pub fn host(&self, name: &str) -> HostBuilder {
        HostBuilder::new(name)
    }

    /// The link between two hosts, both ways, to be described. Hosts are named by their names or by their handles.
    ///
    /// # Panics
    /// For a name that no host has, here and wherever hosts are named.
    #[must_use = "a link is changed by its methods"]
    pub fn link(&self, a: impl AsRef<str>, b: impl AsRef<str>) -> Link {
        Link(Which::Both(hop(a.as_ref(), b.as_ref())))
    }

    /// The link from one host to another, that direction alone.
    #[must_use = "a link is changed by its methods"]
    pub fn link_one_way(&self, from: impl AsRef<str>, to: impl AsRef<str>) -> Link {
        Link(Which::OneWay(hop(from.as_ref(), to.as_ref())))
    }

    /// All links that were not described by themselves before.
    #[must_use = "links are changed by their methods"]
    pub fn links(&self) -> Link {
        Link(Which::Others)
    }

    /// Nothing gets through between two hosts, either way. What is on its way is lost, too.
    pub fn partition(&self, a: impl AsRef<str>, b: impl AsRef<str>) {
        both_ways("cut a link", hop(a.as_ref(), b.as_ref()), Kernel::cut);
    }

    /// Nothing gets through from one host to another; the other way is as it was.
    pub fn partition_one_way(&self, from: impl AsRef<str>, to: impl AsRef<str>) {
        act("cut a link", hop(from.as_ref(), to.as_ref()), Kernel::cut);
    }

    /// Packets get through again between two hosts, both ways. What TCP has to say arrives with its next retry.
    pub fn heal(&self, a: impl AsRef<str>, b: impl AsRef<str>) {
        both_ways("heal a link", hop(a.as_ref(), b.as_ref()), Kernel::heal);
    }

    /// Packets get through again from one host to another; the other way is as it was.
    pub fn heal_one_way(&self, from: impl AsRef<str>, to: impl AsRef<str>) {
        act("heal a link", hop(from.as_ref(), to.as_ref()), Kernel::heal);
    }

    /// Nothing gets through between any host of one side and any of the other: a split of the network.
    pub fn split<A: AsRef<str>, B: AsRef<str>>(&self, one: &[A], other: &[B]) {
        pairs(one, other).for_each(|(a, b)| self.partition(a, b));
    }

    /// The way back from [`World::split`].
    pub fn join<A: AsRef<str>, B: AsRef<str>>(&self, one: &[A], other: &[B]) {
        pairs(one, other).for_each(|(a, b)| self.heal(a, b));
    }

    /// Packets between two hosts are kept, both ways, until they are released.
    pub fn hold(&self, a: impl AsRef<str>, b: impl AsRef<str>) {
        both_ways("hold a link", hop(a.as_ref(), b.as_ref()), Kernel::hold);
    }

    /// What was kept between two hosts travels.
    pub fn release(&self, a: impl AsRef<str>, b: impl AsRef<str>) {
        both_ways("release a link", hop(a.as_ref(), b.as_ref()), Kernel::release);
    }

    /// Every TCP connection between two hosts is reset, at both ends.
    pub fn reset_connections(&self, a: impl AsRef<str>, b: impl AsRef<str>) {
        let there = hop(a.as_ref(), b.as_ref());
        act("reset connections", there, |kernel, hop| kernel.reset_connections(hop.from, hop.to));
    }

    /// Faults strike by themselves from now on, as described; in place of those that were described before.
    ///
    /// # Panics
    /// If a host is named that there is not, or the description has no end: an end before its beginning, a period of 0 or one that
    /// fits in more than a million times, durations of 0.
    pub fn faults(&self, faults: &Faults) {
        simulated(calls::follow_faults(&faults.plan())).unwrap_or_else(|why| panic!("{why}"));
    }

    /// No fault strikes by itself from now on, and all that did are undone at once: hosts come back and go on.
    pub fn calm(&self) {
        simulated(calls::calm_faults());
    }

    /// Virtual time since the run began, by no host's clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(simulated(calls::now_ns()))
    }
}

/// What a call of the simulation answered: a [`World`] exists only inside one.
fn simulated<T>(answer: Result<T, calls::NotSimulated>) -> T {
    answer.unwrap_or_else(|_| panic!("{NotSimulated}"))
}

fn act(name: &'static str, hop: Hop, act: impl Fn(&mut Kernel, Hop)) {
    let done = calls::act(name, |kernel| {
        act(kernel, hop);
        Ok(())
    });
    simulated(done).unwrap_or_else(|errno: Errno| panic!("to {name} is always possible, but {errno:?}"));
}

fn both_ways(name: &'static str, there: Hop, change: impl Fn(&mut Kernel, Hop)) {
    [there, there.reverse()].into_iter().for_each(|hop| act(name, hop, &change));
}

fn pairs<'a, A: AsRef<str>, B: AsRef<str>>(
    one: &'a [A],
    other: &'a [B],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    one.iter().flat_map(move |a| other.iter().map(move |b| (a.as_ref(), b.as_ref())))
}

/// A time as the simulation counts it; none is too long.
fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn hop(from: &str, to: &str) -> Hop {
    let hop = Hop { from: named(from), to: named(to) };
    assert!(hop.from != hop.to, "there is no link from {from} to itself");
    hop
}

fn named(name: &str) -> HostId {
    simulated(calls::host_by_name(name))
        .unwrap_or_else(|known| panic!("no host is called {name:?}; there are: {known}"))
}
