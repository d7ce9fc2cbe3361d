//! A client and three relays, each a process with a runtime of its own.
//!
//! It does not know where they are started. Invariant: all nodes have the same revision and tell the same telemetry.

use std::io;
use std::sync::Arc;
use std::thread;

use super::super::program::client::Client;
use super::super::program::node::Config;
use super::super::program::pace::Pace;
use super::super::program::relay::Relay;
use super::super::program::revision::Revision;
use super::super::program::telemetry::Telemetry;
use super::case::Chain;
use super::places;
use super::seen::{self, Seen};

/// The relays, in the order in which an object passes them.
const HOPS: [&str; 3] = ["hop1", "hop2", "hop3"];
const CLIENT: &str = "client";

/// Plays the case and looks.
pub(super) fn run(revision: Revision, chain: &Chain, pace: Pace) -> io::Result<Seen> {
    let mut places = places::any();
    let telemetry = Arc::new(Telemetry::default());
    let config = |name| Config { name, revision, pace, telemetry: Arc::clone(&telemetry) };
    let [hop1, hop2, hop3] = HOPS;
    places.open(&[hop3, hop2, hop1, CLIENT], chain.links)?;
    // Each is there before the one that talks to it.
    for index in (0..HOPS.len()).rev() {
        let relay = Relay {
            config: config(HOPS[index]),
            next: HOPS.get(index + 1).copied(),
            validation_s: chain.validation_s[index],
            bytes_per_second: chain.bytes_per_second[index],
        };
        places.start(HOPS[index], Box::new(move |network, stop| relay.run(network, stop)))?;
    }
    let client = Client { config: config(CLIENT), relay: hop1, plan: chain.plan };
    places.start(CLIENT, Box::new(move |network, stop| client.run(network, stop)))?;

    thread::sleep(pace.seconds(chain.look_s));
    let sleepers = seen::sleepers(&telemetry);
    thread::sleep(pace.seconds(chain.end_s - chain.look_s));
    let seen = Seen::at_the_end(sleepers, &telemetry);
    places.close()?;
    Ok(seen)
}
