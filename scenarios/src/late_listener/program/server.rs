//! Accepts connections, and remembers from whom one was asked for.
//!
//! It does not know how to reach a peer that it asks; that is given to it. Invariant: an accepted connection has
//! its handshaker before its first byte is read.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::connection::Connection;
use super::connector::{Acceptance, Endpoints, Workshop};
use super::frame::{NodeId, Peer};
use super::handshaker::IncomingHandshaker;
use super::pending::Pending;
use super::policy::Listen;
use super::{locked, named};

/// A listening socket and the thread that accepts on it.
pub(super) struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    workshop: Workshop,
    /// Attempts that wait for the peer to connect back.
    asked: Mutex<BTreeMap<NodeId, Arc<Pending>>>,
    stopping: AtomicBool,
}

impl Server {
    /// Listens on a free port of this host.
    pub(super) fn start(workshop: Workshop, endpoints: Arc<impl Endpoints + Send + Sync + 'static>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on this host");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared { workshop, asked: Mutex::default(), stopping: AtomicBool::new(false) });
        let thread = named("accept", {
            let shared = shared.clone();
            move || accept_all(&shared, &listener, &endpoints)
        });
        Self { shared, address, thread: Mutex::new(Some(thread)) }
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts an attempt that is completed by `target` connecting back, which `ask` asks it to do.
    pub(super) fn ask_for_connection(
        &self,
        target: Peer,
        endpoints: &impl Endpoints,
        ask: impl FnOnce(SocketAddr),
    ) -> Arc<Pending> {
        let Workshop { policy, timers, .. } = &self.shared.workshop;
        let pending = Pending::new(policy, timers, target);
        let replaced = locked(&self.shared.asked).insert(target.node, pending.clone());
        drop(replaced);
        if policy.listen == Listen::BeforeOpen {
            endpoints.on_new_connection(&pending);
        }
        ask(self.address);
        pending
    }

    /// Stops accepting and waits for the thread.
    pub(super) fn stop(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // The thread sleeps in `accept`: one last connection wakes it.
        drop(TcpStream::connect(self.address));
        let thread = locked(&self.thread).take();
        if let Some(thread) = thread {
            thread.join().expect("the accepting thread does not panic");
        }
    }
}

fn accept_all(
    shared: &Arc<Shared>,
    listener: &TcpListener,
    endpoints: &Arc<impl Endpoints + Send + Sync + 'static>,
) {
    while let Ok((stream, _)) = listener.accept() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let connection = Connection::new(&shared.workshop.policy);
        let (welcoming, endpoints) = (shared.clone(), endpoints.clone());
        let welcome = move |source| welcoming.welcome(source, &*endpoints);
        IncomingHandshaker::attach(&connection, Box::new(welcome));
        connection.accept(&shared.workshop.sockets, stream);
    }
}

impl Shared {
    fn welcome(&self, source: NodeId, endpoints: &impl Endpoints) -> Option<Arc<Pending>> {
        let asked = locked(&self.asked).remove(&source);
        if asked.is_some() {
            return asked;
        }
        let peer = Peer { node: source, address: None };
        let pending = Pending::new(&self.workshop.policy, &self.workshop.timers, peer);
        match endpoints.on_new_connection(&pending) {
            Acceptance::Accepted => Some(pending),
            Acceptance::Duplicate => {
                pending.close();
                None
            }
        }
    }
}
