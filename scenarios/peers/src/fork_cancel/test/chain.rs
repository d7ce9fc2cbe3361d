//! A client and three relays, each on a node of its own.
//!
//! It does not know where they are started. Invariant: what the scenario's own chain does in its threads, this does in tasks.

use std::sync::Arc;

use tokio::time;

use super::super::net::{Socket, resolve};
use super::super::program::client::Client;
use super::super::program::node::{self, Config};
use super::super::program::pace::Pace;
use super::super::program::relay::Relay;
use super::super::program::revision::Revision;
use super::super::program::stop::{Stop, Stopper};
use super::super::program::telemetry::Telemetry;
use super::case::{Case, Chain};
use super::seen::{self, Seen};
use super::{Node, Stage, oracle};

/// The relays, in the order in which an object passes them.
const HOPS: [&str; 3] = ["hop1", "hop2", "hop3"];
const CLIENT: &str = "client";

/// The nodes, and who watches them.
pub(super) fn stage(revision: Revision, case: &'static Case, chain: &'static Chain, pace: Pace) -> Stage {
    let telemetry = Arc::new(Telemetry::default());
    let stopper = Stopper::default();
    let config = |name| Config { name, revision, pace, telemetry: Arc::clone(&telemetry) };
    let mut nodes = Vec::new();
    for index in (0..HOPS.len()).rev() {
        let relay = Relay {
            config: config(HOPS[index]),
            next: HOPS.get(index + 1).copied(),
            validation_s: chain.validation_s[index],
            bytes_per_second: chain.bytes_per_second[index],
        };
        nodes.push(relays(relay, stopper.stop()));
    }
    nodes.push(puts(Client { config: config(CLIENT), relay: HOPS[0], plan: chain.plan }, stopper.stop()));
    let watch = Box::pin(async move {
        time::sleep(pace.seconds(chain.look_s)).await;
        let sleepers = seen::sleepers(&telemetry);
        time::sleep(pace.seconds(chain.end_s - chain.look_s)).await;
        let seen = Seen::at_the_end(sleepers, &telemetry);
        stopper.stop_all();
        oracle::judge(&seen, case.wakers, pace)
    });
    Stage { nodes, watch }
}

fn relays(relay: Relay, stop: Stop) -> Node {
    let name = relay.config.name;
    let start = move || -> super::Running {
        let (relay, stop) = (relay.clone(), stop.clone());
        Box::pin(async move {
            let socket = Socket::bind(name).await?;
            let (node, happening) = node::Node::start(relay.config.clone(), socket);
            relay.serve(node, happening, relay.next.map(resolve), stop).await
        })
    };
    Node { name, start: Box::new(start) }
}

fn puts(client: Client, stop: Stop) -> Node {
    let start = move || -> super::Running {
        let (client, stop) = (client.clone(), stop.clone());
        Box::pin(async move {
            let socket = Socket::bind(CLIENT).await?;
            let (node, happening) = node::Node::start(client.config.clone(), socket);
            client.serve(node, happening, resolve(client.relay), stop).await
        })
    };
    Node { name: CLIENT, start: Box::new(start) }
}
