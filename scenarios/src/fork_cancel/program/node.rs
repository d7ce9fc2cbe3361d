//! A node: its socket, the connections behind it, and what they have in common.
//!
//! It does not know whether it is a client or a relay; its owner is told by [`Event`]s. Invariant: a datagram goes to
//! the connection of its sender, and only a greeting makes one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time;

use super::conn::PeerConnection;
use super::fragment::DATAGRAM_MAX;
use super::net::Socket;
use super::orphan::Orphans;
use super::pace::Pace;
use super::revision::Revision;
use super::telemetry::Telemetry;
use super::wire::{Packet, Put};

/// What every node has.
#[derive(Clone, Debug)]
pub(in super::super) struct Config {
    /// Its name.
    pub(in super::super) name: &'static str,
    /// Its revision.
    pub(in super::super) revision: Revision,
    /// How long its second is.
    pub(in super::super) pace: Pace,
    /// Where it tells what happens.
    pub(in super::super) telemetry: Arc<Telemetry>,
}

/// What happens at a node.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Event {
    /// Somebody wants an object stored, and streams it.
    Put { from: SocketAddr, put: Put },
    /// The object of this stream is where it belongs.
    Stored(u32),
}

/// How many fragments may be on their way to a peer: what stands in for congestion control.
const WINDOW: usize = 32;

/// A node.
#[derive(Debug)]
pub(in super::super) struct Node {
    pub(super) config: Config,
    pub(super) orphans: Orphans,
    socket: Socket,
    inner: Mutex<Inner>,
    events: mpsc::UnboundedSender<Event>,
}

#[derive(Debug, Default)]
struct Inner {
    inboxes: BTreeMap<SocketAddr, mpsc::UnboundedSender<Packet>>,
    windows: BTreeMap<(SocketAddr, u32), Arc<Semaphore>>,
    /// Operations that have begun: they are announced twice.
    begun: BTreeSet<u32>,
}

impl Node {
    /// A node that receives, and what happens at it. It must be called on a runtime.
    pub(in super::super) fn start(
        config: Config,
        socket: Socket,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Event>) {
        let (events, happening) = mpsc::unbounded_channel();
        let (orphans, inner) = Default::default();
        let node = Arc::new(Self { config, orphans, socket, inner, events });
        tokio::spawn(Arc::clone(&node).receive());
        tokio::spawn(Arc::clone(&node).collect());
        (node, happening)
    }

    /// Connects to a peer, however long it takes to answer.
    pub(super) async fn connect(self: &Arc<Self>, peer: SocketAddr) -> io::Result<()> {
        let (welcome, mut welcomed) = oneshot::channel();
        self.open(peer, Some(welcome));
        loop {
            self.send(peer, &Packet::Hello).await?;
            match time::timeout(self.config.pace.greeting(), &mut welcomed).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(_)) => return Err(io::ErrorKind::ConnectionAborted.into()),
                Err(_) => {}
            }
        }
    }

    /// Sends a datagram.
    pub(super) async fn send(&self, peer: SocketAddr, packet: &Packet) -> io::Result<()> {
        self.socket.send_to(&packet.encode(), peer).await
    }

    /// Tells the owner; an operation that has begun is not told again.
    pub(super) fn happens(&self, event: Event) {
        if let Event::Put { put, .. } = event
            && !self.inner().begun.insert(put.stream)
        {
            return;
        }
        // Nobody hears it where the owner has gone.
        let _ = self.events.send(event);
    }

    /// The window of a stream that goes out.
    pub(super) fn window(&self, peer: SocketAddr, stream: u32) -> Arc<Semaphore> {
        let full = || Arc::new(Semaphore::new(WINDOW));
        Arc::clone(self.inner().windows.entry((peer, stream)).or_insert_with(full))
    }

    /// A fragment of a stream that goes out has arrived.
    pub(super) fn acknowledged(&self, peer: SocketAddr, stream: u32) {
        if let Some(window) = self.inner().windows.get(&(peer, stream)) {
            window.add_permits(1);
        }
    }

    /// Forgets the connection to a peer.
    pub(super) fn disconnected(&self, peer: SocketAddr) {
        let mut inner = self.inner();
        inner.inboxes.remove(&peer);
        inner.windows.retain(|(of, _), _| *of != peer);
    }

    fn open(self: &Arc<Self>, peer: SocketAddr, welcome: Option<oneshot::Sender<()>>) {
        let (inbox, packets) = mpsc::unbounded_channel();
        self.inner().inboxes.insert(peer, inbox);
        tokio::spawn(PeerConnection::new(Arc::clone(self), peer, packets, welcome).run());
    }

    async fn receive(self: Arc<Self>) {
        let mut datagram = [0; DATAGRAM_MAX];
        while let Ok((length, peer)) = self.socket.recv_from(&mut datagram).await {
            let Some(packet) = Packet::decode(&datagram[..length]) else { continue };
            let inbox = self.inner().inboxes.get(&peer).cloned();
            match (inbox, packet) {
                (Some(inbox), packet) => {
                    // A connection that ends does not read any more.
                    let _ = inbox.send(packet);
                }
                (None, Packet::Hello) => {
                    self.open(peer, None);
                    let _ = self.send(peer, &Packet::Welcome).await;
                }
                (None, _) => {}
            }
        }
    }

    async fn collect(self: Arc<Self>) {
        let pace = self.config.pace;
        loop {
            time::sleep(pace.orphan_interval()).await;
            self.orphans.collect(pace.orphan());
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
