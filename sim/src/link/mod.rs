//! The links between hosts: how long a packet takes, and what may become of it on its way.
//!
//! Does not know what packets say. Invariant: pick 0 of every question about a link is the boring answer: the least latency, and no
//! fault.

mod latency;

use std::collections::BTreeMap;

use crate::net::Hop;

pub use latency::Latency;

/// One direction between two hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// How long a packet travels.
    pub latency: Latency,
}

/// All links of a run: those that nobody described are like the default.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// What a link is like that nobody described.
    pub default: Link,
    described: BTreeMap<Hop, Link>,
}

impl Links {
    /// The link of a hop.
    #[must_use]
    pub fn get(&self, hop: Hop) -> &Link {
        self.described.get(&hop).unwrap_or(&self.default)
    }

    /// The link of a hop, to change.
    pub fn get_mut(&mut self, hop: Hop) -> &mut Link {
        let Self { default, described } = self;
        described.entry(hop).or_insert_with(|| default.clone())
    }
}
