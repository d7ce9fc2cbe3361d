//! What is between two hosts: how long packets take, and what may become of them.
//!
//! Does not know hosts but by id. Invariant: a setting holds for what is sent from then on.

use std::time::Duration;

use photofinish_boundary::world as calls;
use photofinish_sim::choice::Odds;
use photofinish_sim::errno::Errno;
use photofinish_sim::link;
use photofinish_sim::net::Hop;

use super::{ns, simulated};

/// How long packets take: a list of times of which each is equally likely. The least is what a boring run sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency(link::Latency);

impl Latency {
    /// Always the same.
    #[must_use]
    pub fn fixed(time: Duration) -> Self {
        Self(link::Latency::fixed_ns(ns(time)))
    }

    /// Anything between the two.
    #[must_use]
    pub fn uniform(least: Duration, most: Duration) -> Self {
        Self(link::Latency::uniform_ns(ns(least), ns(most)))
    }

    /// `least` and a tail that falls by half with every `half` more.
    #[must_use]
    pub fn exponential(least: Duration, half: Duration) -> Self {
        Self(link::Latency::exponential_ns(ns(least), ns(half)))
    }

    /// These, each as likely as the others, as they were measured somewhere.
    ///
    /// # Panics
    /// For none at all.
    #[must_use]
    pub fn of(times: &[Duration]) -> Self {
        let times: Vec<u64> = times.iter().map(|time| ns(*time)).collect();
        Self(link::Latency::of_ns(&times).expect("a latency needs at least one time"))
    }
}

/// A link, or one direction of it, to be changed. Every setting holds at once, for what is sent from then on.
#[derive(Clone, Copy, Debug)]
pub struct Link(pub(super) Which);

/// Which links a [`Link`] stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    /// All that were not described by themselves.
    Others,
    /// One direction.
    OneWay(Hop),
    /// Both directions between the two hosts of a hop.
    Both(Hop),
}

impl Link {
    fn change(self, change: impl Fn(&mut link::Link)) -> Self {
        simulated(calls::act("change a link", |kernel| {
            match self.0 {
                Which::Others => change(&mut kernel.links.default),
                Which::OneWay(hop) => change(kernel.link_mut(hop)),
                Which::Both(hop) => [hop, hop.reverse()].iter().for_each(|hop| change(kernel.link_mut(*hop))),
            }
            Ok(())
        }))
        .unwrap_or_else(|errno: Errno| panic!("a link can always be changed, but {errno:?}"));
        self
    }

    /// How long packets take. Segments of one connection keep their order; datagrams may overtake each other.
    pub fn latency(self, latency: Latency) -> Self {
        self.change(|link| link.latency = latency.0.clone())
    }

    /// How often a packet is lost: `strikes` of so many. TCP sends it again, later and later.
    ///
    /// # Panics
    /// For more strikes than packets.
    pub fn loss(self, strikes: u32, of: u32) -> Self {
        let odds = odds(strikes, of);
        self.change(|link| link.loss = odds)
    }

    /// How often a datagram arrives twice.
    ///
    /// # Panics
    /// For more strikes than datagrams.
    pub fn duplicate(self, strikes: u32, of: u32) -> Self {
        let odds = odds(strikes, of);
        self.change(|link| link.duplicate = odds)
    }

    /// How often a datagram is late by as much as the longest latency, so that later ones overtake it.
    ///
    /// # Panics
    /// For more strikes than datagrams.
    pub fn reorder(self, strikes: u32, of: u32) -> Self {
        let odds = odds(strikes, of);
        self.change(|link| link.reorder = odds)
    }

    /// How many bytes a second it carries, headers included; what comes faster waits its turn.
    ///
    /// # Panics
    /// For none.
    pub fn bandwidth(self, bytes_per_second: u64) -> Self {
        assert!(bytes_per_second > 0, "a link that carries nothing is a partition");
        self.change(|link| link.bandwidth = Some(bytes_per_second))
    }

    /// How many bytes may wait for their turn on a link with a bandwidth before datagrams are dropped.
    pub fn queue(self, bytes: u64) -> Self {
        self.change(|link| link.queue_bytes_max = Some(bytes))
    }

    /// As fast as the sender: the way back from [`Link::bandwidth`] and [`Link::queue`].
    pub fn unlimited(self) -> Self {
        self.change(|link| (link.bandwidth, link.queue_bytes_max) = (None, None))
    }
}

pub(super) fn odds(strikes: u32, of: u32) -> Odds {
    assert!(of > 0 && strikes <= of, "{strikes} of {of} is more than always");
    Odds { strikes, of }
}
