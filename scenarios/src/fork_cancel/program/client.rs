//! A client that stores one object, and then stays or goes.
//!
//! It does not know where the object goes. Invariant: what it leaves out, and when it goes, is its [`Plan`].

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{self, Instant};

use super::fragment;
use super::net::timeout_at;
use super::node::{Config, Event, Node};
use super::pipe::{Outbound, Sink};
use super::stop::Stop;
use super::telemetry::{Kind, Transfer};
use super::wire::{Packet, Put};

/// How much it sends in a second.
const BYTES_PER_SECOND: u32 = 4_000_000;

/// Which fragments never leave the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Missing {
    /// None.
    None,
    /// This one.
    One(u32),
    /// All after this one.
    After(u32),
}

impl Missing {
    fn has(self, number: u32) -> bool {
        match self {
            Self::None => false,
            Self::One(missing) => number == missing,
            Self::After(last) => number > last,
        }
    }
}

/// How and when it goes, in seconds after it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Leave {
    /// It does not.
    Never,
    /// It says so.
    Closing(u32),
    /// It is not heard of again.
    Silently(u32),
}

/// What it does.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Plan {
    /// The size of the object.
    pub(in super::super) object_bytes: usize,
    /// What it leaves out.
    pub(in super::super) missing: Missing,
    /// How many thousandths of a second lie between two fragments.
    pub(in super::super) interval_thousandths: u32,
    /// How it goes.
    pub(in super::super) leave: Leave,
}

/// A client, before it is started.
#[derive(Clone, Debug)]
pub(in super::super) struct Client {
    /// What every node has.
    pub(in super::super) config: Config,
    /// Whom it talks to.
    pub(in super::super) relay: &'static str,
    /// What it does.
    pub(in super::super) plan: Plan,
}

impl Client {
    /// Does what it is to do at the relay, until it leaves, or `stop`.
    ///
    /// # Errors
    ///
    /// If nothing can be sent.
    pub(in super::super) async fn serve(
        &self,
        node: Arc<Node>,
        mut happening: UnboundedReceiver<Event>,
        relay: SocketAddr,
        mut stop: Stop,
    ) -> io::Result<()> {
        node.connect(relay).await?;
        let began = Instant::now();
        let pace = self.config.pace;
        match self.plan.leave {
            Leave::Never => self.put(&node, relay, &mut happening).await,
            Leave::Closing(seconds) | Leave::Silently(seconds) => {
                let leaves_at = began + pace.seconds(seconds);
                // An operation that is not over by then is given up without a word.
                let _ = timeout_at(leaves_at, self.put(&node, relay, &mut happening)).await;
                time::sleep_until(leaves_at).await;
                if let Leave::Closing(_) = self.plan.leave {
                    node.send(relay, &Packet::Close).await?;
                }
                return Ok(());
            }
        }
        stop.stopped().await;
        Ok(())
    }

    /// The operation: it is over when the object is stored, or when its time is.
    async fn put(&self, node: &Arc<Node>, relay: SocketAddr, happening: &mut UnboundedReceiver<Event>) {
        let Config { name, pace, ref telemetry, .. } = self.config;
        let began = Instant::now();
        tokio::spawn(send_stream(Arc::clone(node), relay, self.plan));
        let stored = async {
            while let Some(event) = happening.recv().await {
                if let Event::Stored(STREAM) = event {
                    return;
                }
            }
        };
        let failed = match time::timeout(pace.operation(), stored).await {
            Ok(()) => None,
            Err(_) => Some("timed out".to_owned()),
        };
        let bytes = self.plan.object_bytes as u64;
        telemetry.ended(Transfer { node: name, kind: Kind::Put, failed, bytes, took: began.elapsed() });
    }
}

/// The number of the one stream.
const STREAM: u32 = 1;

/// Announces the operation and sends the object, but for what is missing.
async fn send_stream(node: Arc<Node>, peer: SocketAddr, plan: Plan) -> io::Result<()> {
    let object = object(plan.object_bytes);
    let put = Put { stream: STREAM, object_bytes: plan.object_bytes as u64 };
    let mut outbound = Outbound::new(&node, peer, put, BYTES_PER_SECOND);
    node.send(peer, &Packet::Request(put)).await?;
    for number in 1..=fragment::count(plan.object_bytes) {
        if plan.missing.has(number) {
            continue;
        }
        if plan.interval_thousandths > 0 {
            time::sleep(node.config.pace.thousandths(plan.interval_thousandths)).await;
        }
        let part = fragment::range(plan.object_bytes, number);
        outbound.send(number, object.slice(part)).await?;
    }
    Ok(())
}

/// An object of this size.
fn object(bytes: usize) -> Bytes {
    let period: Vec<u8> = (0..=250).collect();
    let mut object = period.repeat(bytes.div_ceil(period.len()));
    object.truncate(bytes);
    object.into()
}
