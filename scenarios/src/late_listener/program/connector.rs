//! Makes outgoing connections, and makes them on request for a peer that cannot be dialled from outside.
//!
//! It does not know what an endpoint is. Invariant: a node is in `connecting` from before its socket is opened
//! until its handshaker stopped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::connection::Connection;
use super::frame::{NodeId, Peer};
use super::handshaker::OutgoingHandshaker;
use super::locked;
use super::pending::Pending;
use super::policy::{Listen, Policy};
use super::reentrant::ReentrantLock;
use super::socket::SocketSet;
use super::timers::Timers;

/// Whether a new connection got an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acceptance {
    /// It did.
    Accepted,
    /// There is one for that peer already.
    Duplicate,
}

/// Those who are told of new connections.
pub(super) trait Endpoints {
    /// Makes an endpoint that listens to `pending`.
    fn on_new_connection(&self, pending: &Arc<Pending>) -> Acceptance;
    /// Whether there is a connected endpoint for `node`.
    fn has_connection(&self, node: NodeId) -> bool;
}

/// What everything that makes connections shares within one manager.
#[derive(Clone)]
pub(super) struct Workshop {
    /// The variant.
    pub(super) policy: Policy,
    /// The manager's own name.
    pub(super) local: NodeId,
    /// The host's scheduler thread.
    pub(super) timers: Arc<Timers>,
    /// The manager's sockets.
    pub(super) sockets: Arc<SocketSet>,
}

/// Makes outgoing connections.
pub(super) struct Connector {
    workshop: Workshop,
    mutex: Arc<ReentrantLock>,
    connecting: Arc<Mutex<BTreeMap<NodeId, Arc<OutgoingHandshaker>>>>,
}

impl Connector {
    /// A connector that has nothing to do yet.
    pub(super) fn new(workshop: Workshop) -> Self {
        Self { workshop, mutex: Arc::new(ReentrantLock::new()), connecting: Arc::default() }
    }

    /// Starts an attempt, or returns the one under way; `endpoints` are told here only if they listen first.
    pub(super) fn connect(
        &self,
        target: Peer,
        address: SocketAddr,
        endpoints: &impl Endpoints,
    ) -> Arc<Pending> {
        let _held = self.mutex.lock();
        let under_way = locked(&self.connecting).get(&target.node).cloned();
        if let Some(handshaker) = under_way {
            return handshaker.pending().clone();
        }
        let Workshop { policy, local, timers, sockets } = &self.workshop;
        let connection = Connection::new(policy);
        let pending = Pending::new(policy, timers, target);
        let handshaker = OutgoingHandshaker::attach(policy, *local, &connection, &pending);
        locked(&self.connecting).insert(target.node, handshaker.clone());
        let (mutex, connecting) = (self.mutex.clone(), self.connecting.clone());
        handshaker.stopped.on(move |()| {
            let _held = mutex.lock();
            let stopped = locked(&connecting).remove(&target.node);
            drop(stopped);
        });
        if policy.listen == Listen::BeforeOpen {
            endpoints.on_new_connection(&pending);
        }
        connection.connect(sockets, address);
        pending
    }

    /// A peer asked for a connection to `address`.
    pub(super) fn request_connection(&self, target: Peer, address: SocketAddr, endpoints: &impl Endpoints) {
        let _held = self.mutex.lock();
        if self.is_connecting(target.node) || endpoints.has_connection(target.node) {
            return;
        }
        let pending = self.connect(target, address, endpoints);
        if self.workshop.policy.listen == Listen::AfterOpen
            && endpoints.on_new_connection(&pending) == Acceptance::Duplicate
        {
            pending.close();
        }
    }

    /// Whether an attempt to reach `node` is under way.
    pub(super) fn is_connecting(&self, node: NodeId) -> bool {
        let _held = self.mutex.lock();
        locked(&self.connecting).contains_key(&node)
    }
}
