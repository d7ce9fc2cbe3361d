//! A connection: a socket whose callbacks became events.
//!
//! It does not know of handshakes or peers. Invariant: `Disconnected` is emitted once, on the I/O thread, and
//! nothing is emitted after it. Its events are fire-and-forget in every variant.

use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use super::emitter::Emitter;
use super::frame::Frame;
use super::locked;
use super::policy::Policy;
use super::socket::{Callbacks, Origin, Socket, SocketSet};

/// A connection to a peer that may not have introduced itself.
pub(super) struct Connection {
    /// The socket is open.
    pub(super) connected: Emitter<()>,
    /// A frame came.
    pub(super) data: Emitter<Frame>,
    /// The socket is closed.
    pub(super) disconnected: Emitter<()>,
    /// Held while the socket is opened, and taken by its first callback.
    socket: Mutex<Option<Arc<Socket>>>,
}

struct Events(Arc<Connection>);

impl Connection {
    /// A connection without a socket, so that everybody can listen first.
    pub(super) fn new(policy: &Policy) -> Arc<Self> {
        Arc::new(Self {
            connected: Emitter::new(policy.plain()),
            data: Emitter::new(policy.plain()),
            disconnected: Emitter::new(policy.plain()),
            socket: Mutex::new(None),
        })
    }

    /// Opens the socket to `address`; returns before it is connected.
    pub(super) fn connect(self: &Arc<Self>, sockets: &SocketSet, address: SocketAddr) {
        self.open(sockets, Origin::Dial(address));
    }

    /// Takes over an accepted stream.
    pub(super) fn accept(self: &Arc<Self>, sockets: &SocketSet, stream: TcpStream) {
        self.open(sockets, Origin::Accepted(stream));
    }

    fn open(self: &Arc<Self>, sockets: &SocketSet, origin: Origin) {
        let mut socket = locked(&self.socket);
        *socket = Some(sockets.open(origin, Events(self.clone())));
    }

    /// Sends a frame, if the connection is open.
    pub(super) fn send(&self, frame: Frame) {
        if let Some(socket) = self.socket() {
            socket.send(frame);
        }
    }

    /// Asks for the connection to be closed; `Disconnected` follows.
    pub(super) fn close(&self) {
        if let Some(socket) = self.socket() {
            socket.close();
        }
    }

    fn socket(&self) -> Option<Arc<Socket>> {
        locked(&self.socket).clone()
    }
}

impl Callbacks for Events {
    fn opened(&self) {
        if self.0.socket().is_some() {
            self.0.connected.emit(&());
        }
    }

    fn message(&self, frame: Frame) {
        self.0.data.emit(&frame);
    }

    fn closed(&self) {
        *locked(&self.0.socket) = None;
        self.0.disconnected.emit(&());
        self.0.connected.off_all();
        self.0.data.off_all();
        self.0.disconnected.off_all();
    }
}
