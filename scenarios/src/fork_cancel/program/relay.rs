//! A relay: it passes an object on to the next node while it receives it, and keeps a copy.
//!
//! It does not know how far the object has come or has to go. Invariant: the pipe reads a fork, and the operation
//! keeps the stream that it claimed.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{self, Instant};

use super::node::{Config, Event, Node};
use super::pipe::{Outbound, pipe_stream};
use super::stop::Stop;
use super::telemetry::{Kind, Transfer};
use super::wire::{Packet, Put};

/// A relay, before it is started.
#[derive(Clone, Debug)]
pub(in super::super) struct Relay {
    /// What every node has.
    pub(in super::super) config: Config,
    /// Whom it passes objects on to; the last one stores them.
    pub(in super::super) next: Option<&'static str>,
    /// How many seconds it looks at an operation before it begins with it.
    pub(in super::super) validation_s: u32,
    /// How much it passes on in a second.
    pub(in super::super) bytes_per_second: u32,
}

impl Relay {
    /// Serves until `stop`, and passes objects on to where `next` is.
    ///
    /// # Errors
    ///
    /// If nothing can be sent.
    pub(in super::super) async fn serve(
        &self,
        node: Arc<Node>,
        mut happening: UnboundedReceiver<Event>,
        next: Option<SocketAddr>,
        mut stop: Stop,
    ) -> io::Result<()> {
        if let Some(next) = next {
            node.connect(next).await?;
        }
        let mut askers: BTreeMap<u32, SocketAddr> = BTreeMap::new();
        loop {
            let event = tokio::select! {
                biased;
                event = happening.recv() => event,
                () = stop.stopped() => return Ok(()),
            };
            match event {
                Some(Event::Put { from, put }) => {
                    askers.insert(put.stream, from);
                    tokio::spawn(self.clone().operate(Arc::clone(&node), put, from, next));
                }
                Some(Event::Stored(stream)) => {
                    if let Some(asker) = askers.remove(&stream) {
                        node.send(asker, &Packet::Stored(stream)).await?;
                    }
                }
                None => return Ok(()),
            }
        }
    }

    /// One operation: claim, fork, tell the next node, pipe, and meanwhile assemble.
    async fn operate(self, node: Arc<Node>, put: Put, from: SocketAddr, next: Option<SocketAddr>) {
        let Config { name, pace, ref telemetry, .. } = self.config;
        let started = Instant::now();
        time::sleep(pace.seconds(self.validation_s)).await;
        let Some(handle) = node.orphans.claim_or_wait(put.stream, pace.claim()).await else {
            let failed = Some("no stream came".to_owned());
            let took = started.elapsed();
            telemetry.ended(Transfer { node: name, kind: Kind::Assembly, failed, bytes: 0, took });
            return;
        };
        if let Some(next) = next {
            let reader = telemetry.reader(name, &handle);
            let fork = handle.fork();
            // The operation goes with the first fragment once more.
            let _ = node.send(next, &Packet::Request(put)).await;
            let mut outbound = Outbound::new(&node, next, put, self.bytes_per_second);
            let config = self.config.clone();
            tokio::spawn(async move { pipe_stream(fork, reader, &mut outbound, &config).await });
        }
        let started = Instant::now();
        let assembled = handle.assemble().await;
        let is_stored = assembled.is_ok() && next.is_none();
        let bytes = assembled.as_ref().map_or(0, |object| object.len() as u64);
        let failed = assembled.err().map(|error| error.to_string());
        let took = started.elapsed();
        telemetry.ended(Transfer { node: name, kind: Kind::Assembly, failed, bytes, took });
        if is_stored {
            let _ = node.send(from, &Packet::Stored(put.stream)).await;
        }
    }
}
