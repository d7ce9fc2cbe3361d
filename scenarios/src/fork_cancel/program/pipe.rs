//! Streams on their way out: those that are made of an object, and those that are passed on as they come in.
//!
//! It does not know who wants the object. Invariant: a pipe that ends says so to the telemetry, once, with what it
//! has sent and why it ended.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::time::{self, Instant};

use super::bucket::Bucket;
use super::handle::{StreamError, StreamHandle};
use super::inbound::InboundStream;
use super::node::{Config, Node};
use super::revision::Patience;
use super::telemetry::{Kind, Reader, Transfer};
use super::wire::{Fragment, Packet, Put};

/// Where fragments go.
pub(in super::super) trait Sink: Send {
    /// Takes the fragment with this number.
    fn send(&mut self, number: u32, payload: Bytes) -> impl Future<Output = io::Result<()>> + Send;
}

/// A stream that goes out to a peer.
#[derive(Debug)]
pub(super) struct Outbound {
    node: Arc<Node>,
    peer: SocketAddr,
    put: Put,
    window: Arc<Semaphore>,
    bucket: Bucket,
}

impl Outbound {
    /// A stream to `peer` of so many bytes a second.
    pub(super) fn new(node: &Arc<Node>, peer: SocketAddr, put: Put, bytes_per_second: u32) -> Self {
        let bucket = Bucket::new(bytes_per_second, node.config.pace);
        Self { node: Arc::clone(node), peer, put, window: node.window(peer, put.stream), bucket }
    }
}

impl Sink for Outbound {
    async fn send(&mut self, number: u32, payload: Bytes) -> io::Result<()> {
        // A peer that acknowledges nothing slows a stream down and does not stop it.
        let patience = self.node.config.pace.seconds(1);
        if let Ok(Ok(permit)) = time::timeout(patience, self.window.acquire()).await {
            permit.forget();
        }
        let packet = Packet::Fragment(Fragment { put: self.put, number, payload });
        self.bucket.take(packet.encode().len()).await;
        self.node.send(self.peer, &packet).await
    }
}

/// What a pipe waited for.
enum Waited {
    Fragment(Result<Bytes, StreamError>),
    End,
    Stalled,
}

impl From<Option<Result<Bytes, StreamError>>> for Waited {
    fn from(next: Option<Result<Bytes, StreamError>>) -> Self {
        next.map_or(Self::End, Self::Fragment)
    }
}

/// Passes a stream on as it comes in.
pub(in super::super) async fn pipe_stream(
    inbound: StreamHandle,
    reader: Arc<Reader>,
    sink: &mut impl Sink,
    config: &Config,
) {
    let started = Instant::now();
    let object_bytes = inbound.object_bytes();
    let patience = inbound.revision.patience();
    let mut stream = inbound.stream(Arc::clone(&reader));
    let mut sent = 0_u64;
    let mut number = 1;
    let failed = loop {
        let payload = match wait(&mut stream, patience, config).await {
            Waited::End => break None,
            Waited::Fragment(Ok(payload)) => payload,
            Waited::Fragment(Err(error)) => break Some(format!("inbound stream error: {error}")),
            Waited::Stalled => {
                break Some(format!("pipe stalled: no fragment for 30s (sent {sent}/{object_bytes} bytes)"));
            }
        };
        let bytes = payload.len();
        if let Err(error) = sink.send(number, payload).await {
            break Some(format!("outbound stream error: {error}"));
        }
        sent += bytes as u64;
        number += 1;
        reader.progresses(bytes);
    };
    reader.ends();
    let took = started.elapsed();
    config.telemetry.ended(Transfer { node: config.name, kind: Kind::Pipe, failed, bytes: sent, took });
}

async fn wait(stream: &mut InboundStream, patience: Patience, config: &Config) -> Waited {
    let inactivity = config.pace.inactivity();
    match patience {
        Patience::Endless => stream.next().await.into(),
        Patience::Timeout => match time::timeout(inactivity, stream.next()).await {
            Ok(next) => next.into(),
            Err(_) => Waited::Stalled,
        },
        Patience::Either => tokio::select! {
            next = stream.next() => next.into(),
            () = time::sleep(inactivity) => Waited::Stalled,
        },
        Patience::FragmentFirst => tokio::select! {
            biased;
            next = stream.next() => next.into(),
            () = time::sleep(inactivity) => Waited::Stalled,
        },
    }
}
