//! A connection manager: one endpoint for each peer, made when something is first sent to it.
//!
//! It does not know what a handshake is. Invariant: everything in `send` happens under `endpoints_mutex`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use super::connector::{Acceptance, Connector, Endpoints, Workshop};
use super::emitter::Emitter;
use super::endpoint::{Endpoint, Hooks, OneMutex, PerState, Tally};
use super::frame::{Frame, NodeId, Peer, Verdict};
use super::locked;
use super::pending::Pending;
use super::policy::{Listen, Locking, Policy};
use super::pool::Pool;
use super::reentrant::ReentrantLock;
use super::report::{Attempt, Deliveries, LockOutcome, Side};
use super::rpc::{Answer, Rpc, RpcError};
use super::server::Server;
use super::socket::SocketSet;
use super::timers::Timers;

/// Threads that carry out remote calls; one more than a call needs, so that a stuck one does not stop the next.
const WORKERS: usize = 2;

/// Asks a peer, by way of others, to connect to an address.
pub(super) type Ask = Box<dyn Fn(Peer, SocketAddr) + Send + Sync>;

/// Whether sending may make a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connect {
    Allowed,
    Forbidden,
}

/// A connection manager.
pub(super) struct Manager {
    /// An endpoint is connected.
    pub(super) transport_connected: Emitter<NodeId>,
    /// An endpoint is gone.
    pub(super) transport_disconnected: Emitter<NodeId>,
    workshop: Workshop,
    endpoints_mutex: ReentrantLock,
    endpoints: Mutex<BTreeMap<NodeId, Entry>>,
    tallies: Mutex<Vec<Arc<Tally>>>,
    locks: Mutex<Locks>,
    connector: Connector,
    server: OnceLock<Server>,
    ask: OnceLock<Ask>,
    rpc: Rpc,
    pool: Pool,
}

/// An endpoint in the map.
struct Entry {
    ordinal: usize,
    endpoint: Arc<dyn Endpoint>,
}

#[derive(Default)]
struct Locks {
    local: BTreeSet<NodeId>,
    remote: BTreeSet<NodeId>,
}

impl Manager {
    /// A manager that does not listen yet.
    pub(super) fn new(policy: &Policy, local: NodeId, timers: &Arc<Timers>) -> Arc<Self> {
        let workshop = Workshop {
            policy: *policy,
            local,
            timers: timers.clone(),
            sockets: Arc::new(SocketSet::default()),
        };
        let manager = Arc::new(Self {
            transport_connected: Emitter::new(policy.plain()),
            transport_disconnected: Emitter::new(policy.plain()),
            endpoints_mutex: ReentrantLock::new(),
            endpoints: Mutex::default(),
            tallies: Mutex::default(),
            locks: Mutex::default(),
            connector: Connector::new(workshop.clone()),
            server: OnceLock::new(),
            ask: OnceLock::new(),
            rpc: Rpc::default(),
            pool: Pool::start(WORKERS),
            workshop,
        });
        let this = manager.clone();
        manager.transport_disconnected.on(move |peer| this.rpc.fail_all_to(*peer));
        manager
    }

    /// Listens for connections; returns where.
    pub(super) fn listen(self: &Arc<Self>) -> SocketAddr {
        self.server.get_or_init(|| Server::start(self.workshop.clone(), Arc::new(self.clone()))).address()
    }

    /// Says how to reach peers that cannot be dialled.
    pub(super) fn set_ask(&self, ask: Ask) {
        let before = self.ask.set(ask);
        assert!(before.is_ok(), "a manager is told once how to reach others");
    }

    /// Locks the connection to `target`. An error of the call is logged, not returned: it is no lock, no more.
    pub(super) fn lock_connection(self: &Arc<Self>, target: Peer) -> Attempt {
        let started = Instant::now();
        locked(&self.locks).local.insert(target.node);
        let outcome = match self.lock_request(target) {
            Ok(Verdict::Accepted) => LockOutcome::Accepted,
            Ok(Verdict::Refused) => LockOutcome::Rejected,
            Err(RpcError::SendFailed) => LockOutcome::SendFailed,
            Err(RpcError::TimedOut) => LockOutcome::TimedOut,
        };
        Attempt { outcome, took_s: started.elapsed().as_secs() }
    }

    fn lock_request(self: &Arc<Self>, target: Peer) -> Answer {
        let source = self.workshop.local;
        self.rpc.call(target.node, |call| {
            let this = self.clone();
            self.pool.submit(move || {
                if let Err(error) = this.send(target, Frame::LockRequest { call, source }, Connect::Allowed) {
                    this.rpc.answer(call, Err(error));
                }
            });
        })
    }

    /// A peer asked for a connection to `address`.
    pub(super) fn request_connection(self: &Arc<Self>, target: Peer, address: SocketAddr) {
        let this = self.clone();
        self.pool.submit(move || this.connector.request_connection(target, address, &this));
    }

    fn send(self: &Arc<Self>, target: Peer, frame: Frame, connect: Connect) -> Result<(), RpcError> {
        let _held = self.endpoints_mutex.lock();
        match (self.endpoint(target.node), connect) {
            (None, Connect::Allowed) => {
                let pending = self.create_connection(target)?;
                if self.workshop.policy.listen == Listen::AfterOpen {
                    self.on_new_connection(&pending);
                }
            }
            (None, Connect::Forbidden) => return Err(RpcError::SendFailed),
            (Some(endpoint), Connect::Forbidden) if !endpoint.is_connected() => {
                return Err(RpcError::SendFailed);
            }
            (Some(_), _) => {}
        }
        let endpoint = self.endpoint(target.node).ok_or(RpcError::SendFailed)?;
        endpoint.send(frame);
        Ok(())
    }

    fn create_connection(self: &Arc<Self>, target: Peer) -> Result<Arc<Pending>, RpcError> {
        if let Some(address) = target.address {
            return Ok(self.connector.connect(target, address, self));
        }
        let (Some(server), Some(ask)) = (self.server.get(), self.ask.get()) else {
            return Err(RpcError::SendFailed);
        };
        let local = self.workshop.local;
        Ok(server.ask_for_connection(target, self, |address| {
            ask(Peer { node: local, address: Some(address) }, address);
        }))
    }

    fn add_endpoint(self: &Arc<Self>, pending: &Arc<Pending>) {
        let node = pending.peer().node;
        let tally = Arc::new(Tally::default());
        let ordinal = {
            let mut tallies = locked(&self.tallies);
            tallies.push(tally.clone());
            tallies.len()
        };
        let (heard, connected, removed) = (self.clone(), self.clone(), self.clone());
        let hooks = Hooks {
            data: Box::new(move |frame| heard.on_data(frame)),
            connected: Box::new(move || {
                connected.transport_connected.emit(&node);
            }),
            removed: Box::new(move || removed.remove_endpoint(node, ordinal)),
            tally,
        };
        let endpoint: Arc<dyn Endpoint> = match self.workshop.policy.locking {
            Locking::PerState => Arc::new(PerState::new(hooks)),
            Locking::OneMutex => Arc::new(OneMutex::new(hooks)),
        };
        locked(&self.endpoints).insert(node, Entry { ordinal, endpoint: endpoint.clone() });
        endpoint.change_to_connecting(pending);
    }

    /// Takes out the endpoint of `node`; as it was, whichever that is by now.
    fn remove_endpoint(&self, node: NodeId, ordinal: usize) {
        let held = self.endpoints_mutex.lock();
        let removed = {
            let mut endpoints = locked(&self.endpoints);
            let same = endpoints.get(&node).is_some_and(|entry| entry.ordinal == ordinal);
            match self.workshop.policy.locking {
                Locking::OneMutex if !same => None,
                Locking::OneMutex | Locking::PerState => endpoints.remove(&node),
            }
        };
        drop(removed);
        match self.workshop.policy.locking {
            Locking::PerState => {
                self.transport_disconnected.emit(&node);
            }
            Locking::OneMutex => {
                drop(held);
                self.transport_disconnected.emit(&node);
            }
        }
    }

    fn on_data(self: &Arc<Self>, frame: Frame) {
        match frame {
            Frame::LockRequest { call, source } => {
                let this = self.clone();
                self.pool.submit(move || {
                    locked(&this.locks).remote.insert(source);
                    let peer = Peer { node: source, address: None };
                    let response = Frame::LockResponse { call, verdict: Verdict::Accepted };
                    // A peer that is gone by now has no use for the answer.
                    let _ = this.send(peer, response, Connect::Forbidden);
                });
            }
            Frame::LockResponse { call, verdict } => self.rpc.answer(call, Ok(verdict)),
            Frame::HandshakeRequest { .. } | Frame::HandshakeResponse { .. } => {}
        }
    }

    fn endpoint(&self, node: NodeId) -> Option<Arc<dyn Endpoint>> {
        locked(&self.endpoints).get(&node).map(|entry| entry.endpoint.clone())
    }

    /// Whether neither an endpoint nor an attempt is left for `node`.
    pub(super) fn has_forgotten(&self, node: NodeId) -> bool {
        let known = {
            let _held = self.endpoints_mutex.lock();
            self.endpoint(node).is_some()
        };
        !known && !self.connector.is_connecting(node)
    }

    /// What it knows of `node` now; the events are counted by others.
    pub(super) fn side(self: &Arc<Self>, node: NodeId) -> Side {
        let has_connection = self.has_connection(node);
        let has_endpoint = {
            let _held = self.endpoints_mutex.lock();
            self.endpoint(node).is_some()
        };
        let locks = locked(&self.locks);
        Side {
            has_connection,
            has_endpoint,
            local_locked: locks.local.contains(&node),
            remote_locked: locks.remote.contains(&node),
            transport_connected: 0,
            deliveries: Vec::new(),
        }
    }

    /// What each endpoint was told, oldest first.
    pub(super) fn deliveries(&self) -> Vec<Deliveries> {
        locked(&self.tallies).iter().map(|tally| tally.deliveries()).collect()
    }

    /// Ends every connection and waits for every thread.
    pub(super) fn stop(&self) {
        if let Some(server) = self.server.get() {
            server.stop();
        }
        self.workshop.sockets.stop();
        self.pool.stop();
        let endpoints = std::mem::take(&mut *locked(&self.endpoints));
        drop(endpoints);
        self.transport_connected.off_all();
        self.transport_disconnected.off_all();
    }
}

impl Endpoints for Arc<Manager> {
    fn on_new_connection(&self, pending: &Arc<Pending>) -> Acceptance {
        let _held = self.endpoints_mutex.lock();
        if self.endpoint(pending.peer().node).is_some() {
            return Acceptance::Duplicate;
        }
        self.add_endpoint(pending);
        Acceptance::Accepted
    }

    fn has_connection(&self, node: NodeId) -> bool {
        let _held = self.endpoints_mutex.lock();
        self.endpoint(node).is_some_and(|endpoint| endpoint.is_connected())
    }
}
