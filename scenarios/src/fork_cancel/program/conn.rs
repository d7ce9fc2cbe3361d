//! A connection to one peer: it takes in what the peer sends, until the peer goes or is silent for too long.
//!
//! It does not know who reads the streams that it fills. Invariant: when it ends, for whatever reason, every stream
//! that came through it is cancelled, complete or not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{self, Instant};

use super::handle::StreamHandle;
use super::node::{Event, Node};
use super::wire::{Fragment, Packet};

/// A connection to one peer.
#[derive(Debug)]
pub(super) struct PeerConnection {
    node: Arc<Node>,
    peer: SocketAddr,
    packets: mpsc::UnboundedReceiver<Packet>,
    /// Who waits for the peer's first answer.
    welcome: Option<oneshot::Sender<()>>,
    /// Every stream that came through it; one that is complete stays.
    streaming_handles: BTreeMap<u32, StreamHandle>,
}

impl PeerConnection {
    pub(super) fn new(
        node: Arc<Node>,
        peer: SocketAddr,
        packets: mpsc::UnboundedReceiver<Packet>,
        welcome: Option<oneshot::Sender<()>>,
    ) -> Self {
        Self { node, peer, packets, welcome, streaming_handles: BTreeMap::new() }
    }

    /// Takes in what comes, and drops the connection when nothing comes any more.
    pub(super) async fn run(mut self) {
        let pace = self.node.config.pace;
        let mut heard_at = Instant::now();
        let mut keep_alive = time::interval_at(heard_at + pace.keep_alive(), pace.keep_alive());
        loop {
            tokio::select! {
                biased;
                packet = self.packets.recv() => match packet {
                    None | Some(Packet::Close) => return,
                    Some(packet) => {
                        heard_at = Instant::now();
                        self.process_inbound(packet).await;
                    }
                },
                _ = keep_alive.tick() => self.send(&Packet::KeepAlive).await,
                () = time::sleep_until(heard_at + pace.idle()) => return,
            }
        }
    }

    async fn process_inbound(&mut self, packet: Packet) {
        match packet {
            Packet::Hello => self.send(&Packet::Welcome).await,
            Packet::Welcome => {
                if let Some(welcome) = self.welcome.take() {
                    // Nobody hears it where the node does not want to connect any more.
                    let _ = welcome.send(());
                }
            }
            Packet::KeepAlive | Packet::Close => {}
            Packet::Request(put) => self.node.happens(Event::Put { from: self.peer, put }),
            Packet::Fragment(fragment) => self.take(fragment).await,
            Packet::Ack(stream) => self.node.acknowledged(self.peer, stream),
            Packet::Stored(stream) => self.node.happens(Event::Stored(stream)),
        }
    }

    async fn take(&mut self, fragment: Fragment) {
        let Fragment { put, number, payload } = fragment;
        let Ok(object_bytes) = usize::try_from(put.object_bytes) else { return };
        let node = &self.node;
        let handle = self.streaming_handles.entry(put.stream).or_insert_with(|| {
            let handle = StreamHandle::new(object_bytes, node.config.revision, node.config.pace);
            node.orphans.register(put.stream, &handle);
            handle
        });
        if handle.push(number, payload).is_err() {
            return;
        }
        if number == 1 {
            node.happens(Event::Put { from: self.peer, put });
        }
        self.send(&Packet::Ack(put.stream)).await;
    }

    async fn send(&self, packet: &Packet) {
        // A datagram that is not sent is one that is lost.
        let _ = self.node.send(self.peer, packet).await;
    }
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        self.node.disconnected(self.peer);
        for handle in self.streaming_handles.values() {
            handle.cancel();
        }
    }
}
