//! The two sides of a handshake: one asks as soon as the socket is open, the other answers.
//!
//! It does not know of endpoints; it tells the pending connection. Invariant: a stopped handshaker listens to
//! nothing.

use std::sync::{Arc, Mutex};

use super::connection::Connection;
use super::emitter::{Emitter, Token};
use super::frame::{Frame, NodeId, Verdict};
use super::locked;
use super::pending::Pending;
use super::policy::Policy;

/// The side that opened the socket.
pub(super) struct OutgoingHandshaker {
    /// It listens to nothing any more.
    pub(super) stopped: Emitter<()>,
    connection: Arc<Connection>,
    pending: Arc<Pending>,
    tokens: Mutex<Tokens>,
}

/// The side that accepted the socket.
pub(super) struct IncomingHandshaker {
    connection: Arc<Connection>,
    pending: Mutex<Option<Arc<Pending>>>,
    tokens: Mutex<Tokens>,
}

/// What a handshaker listens to.
#[derive(Clone, Copy, Default)]
struct Tokens {
    connected: Token,
    data: Token,
    disconnected: Token,
    pending_disconnected: Token,
}

impl OutgoingHandshaker {
    /// Listens to a connection that is about to be opened.
    pub(super) fn attach(
        policy: &Policy,
        local: NodeId,
        connection: &Arc<Connection>,
        pending: &Arc<Pending>,
    ) -> Arc<Self> {
        let handshaker = Arc::new(Self {
            stopped: Emitter::new(policy.plain()),
            connection: connection.clone(),
            pending: pending.clone(),
            tokens: Mutex::new(Tokens::default()),
        });
        let this = handshaker.clone();
        let connected = connection.connected.once(move |()| {
            this.connection.send(Frame::HandshakeRequest { source: local });
        });
        let this = handshaker.clone();
        let data = connection.data.on(move |frame| this.on_data(*frame));
        let this = handshaker.clone();
        let disconnected = connection.disconnected.once(move |()| {
            this.pending.close();
            this.stop();
        });
        let this = handshaker.clone();
        let pending_disconnected = pending.disconnected.once(move |()| {
            this.connection.close();
            this.stop();
        });
        *locked(&handshaker.tokens) = Tokens { connected, data, disconnected, pending_disconnected };
        handshaker
    }

    /// The attempt it works for.
    pub(super) fn pending(&self) -> &Arc<Pending> {
        &self.pending
    }

    fn on_data(&self, frame: Frame) {
        match frame {
            Frame::HandshakeResponse { verdict: Verdict::Accepted } => {
                self.pending.on_handshake_completed(&self.connection);
                self.stop();
            }
            Frame::HandshakeResponse { verdict: Verdict::Refused } | Frame::HandshakeRequest { .. } => {
                self.pending.close();
                self.stop();
            }
            Frame::LockRequest { .. } | Frame::LockResponse { .. } => {}
        }
    }

    fn stop(&self) {
        let tokens = *locked(&self.tokens);
        self.connection.connected.off(tokens.connected);
        self.connection.data.off(tokens.data);
        self.connection.disconnected.off(tokens.disconnected);
        self.pending.disconnected.off(tokens.pending_disconnected);
        self.stopped.emit(&());
        self.stopped.off_all();
    }
}

/// Finds or makes the pending connection for a peer that introduced itself; none where it has one already.
pub(super) type Welcome = Box<dyn Fn(NodeId) -> Option<Arc<Pending>> + Send + Sync>;

impl IncomingHandshaker {
    /// Listens to a connection whose socket was accepted and is not read yet.
    pub(super) fn attach(connection: &Arc<Connection>, welcome: Welcome) {
        let handshaker = Arc::new(Self {
            connection: connection.clone(),
            pending: Mutex::new(None),
            tokens: Mutex::new(Tokens::default()),
        });
        let this = handshaker.clone();
        let data = connection.data.on(move |frame| {
            if let Frame::HandshakeRequest { source } = *frame {
                this.on_request(&welcome, source);
            }
        });
        let this = handshaker.clone();
        let disconnected = connection.disconnected.once(move |()| {
            let pending = locked(&this.pending).clone();
            if let Some(pending) = pending {
                pending.close();
            }
            this.stop();
        });
        *locked(&handshaker.tokens) = Tokens { data, disconnected, ..Tokens::default() };
    }

    fn on_request(self: &Arc<Self>, welcome: &Welcome, source: NodeId) {
        let Some(pending) = welcome(source) else {
            self.connection.send(Frame::HandshakeResponse { verdict: Verdict::Refused });
            self.connection.close();
            self.stop();
            return;
        };
        *locked(&self.pending) = Some(pending.clone());
        let this = self.clone();
        let pending_disconnected = pending.disconnected.once(move |()| {
            this.connection.close();
            this.stop();
        });
        locked(&self.tokens).pending_disconnected = pending_disconnected;
        self.connection.send(Frame::HandshakeResponse { verdict: Verdict::Accepted });
        pending.on_handshake_completed(&self.connection);
        self.stop();
    }

    fn stop(&self) {
        let tokens = *locked(&self.tokens);
        self.connection.data.off(tokens.data);
        self.connection.disconnected.off(tokens.disconnected);
        let pending = locked(&self.pending).clone();
        if let Some(pending) = pending {
            pending.disconnected.off(tokens.pending_disconnected);
        }
    }
}
