//! The endpoint as it was: one lock for itself and one for each of its states.
//!
//! It does not know that the locks are taken in both orders: a sender takes the endpoint's and then the
//! state's, the event of a new connection the state's and then the endpoint's. Invariant: `state` changes only
//! under the endpoint's lock.

use std::sync::{Arc, Mutex};

use super::{Endpoint, Hooks};
use crate::late_listener::program::connection::Connection;
use crate::late_listener::program::emitter::Token;
use crate::late_listener::program::frame::Frame;
use crate::late_listener::program::locked;
use crate::late_listener::program::pending::Pending;
use crate::late_listener::program::reentrant::ReentrantLock;

/// An endpoint with a lock for each state.
pub(in crate::late_listener::program) struct PerState {
    hooks: Hooks,
    mutex: ReentrantLock,
    state: Mutex<State>,
    connecting: Connecting,
    connected: Connected,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Initial,
    Connecting,
    Connected,
    Disconnected,
}

struct Connecting {
    mutex: ReentrantLock,
    /// Never emptied: an endpoint that is told twice sends it twice.
    buffer: Mutex<Vec<Frame>>,
    pending: Mutex<Option<Arc<Pending>>>,
    /// Never set: what is registered cannot be taken back.
    tokens: (Token, Token),
}

struct Connected {
    mutex: ReentrantLock,
    connection: Mutex<Option<Arc<Connection>>>,
}

impl PerState {
    /// An endpoint without a connection.
    pub(in crate::late_listener::program) fn new(hooks: Hooks) -> Self {
        Self {
            hooks,
            mutex: ReentrantLock::new(),
            state: Mutex::new(State::Initial),
            connecting: Connecting {
                mutex: ReentrantLock::new(),
                buffer: Mutex::default(),
                pending: Mutex::default(),
                tokens: <(Token, Token)>::default(),
            },
            connected: Connected { mutex: ReentrantLock::new(), connection: Mutex::default() },
        }
    }

    fn enter_connecting(self: &Arc<Self>, pending: &Arc<Pending>) {
        let _state_held = self.connecting.mutex.lock();
        *locked(&self.connecting.pending) = Some(pending.clone());
        let this = self.clone();
        pending.disconnected.on(move |()| this.on_pending_disconnected());
        let this = self.clone();
        pending.connected.on(move |connection| this.on_pending_connected(connection));
    }

    fn on_pending_disconnected(&self) {
        self.hooks.tally.count_disconnected();
        self.remove_connecting_handlers();
        self.handle_disconnect();
    }

    fn on_pending_connected(self: &Arc<Self>, connection: &Arc<Connection>) {
        self.hooks.tally.count_connected();
        self.change_to_connected(connection);
        let _held = self.mutex.lock();
        (self.hooks.connected)();
    }

    fn change_to_connected(self: &Arc<Self>, connection: &Arc<Connection>) {
        let _state_held = self.connecting.mutex.lock();
        self.remove_connecting_handlers();
        let buffer = locked(&self.connecting.buffer).clone();
        for frame in buffer {
            connection.send(frame);
        }
        let _held = self.mutex.lock();
        *locked(&self.state) = State::Connected;
        self.enter_connected(connection);
    }

    fn enter_connected(self: &Arc<Self>, connection: &Arc<Connection>) {
        let _state_held = self.connected.mutex.lock();
        *locked(&self.connected.connection) = Some(connection.clone());
        let this = self.clone();
        connection.data.on(move |frame| {
            let _state_held = this.connected.mutex.lock();
            let _held = this.mutex.lock();
            (this.hooks.data)(*frame);
        });
        let this = self.clone();
        connection.disconnected.on(move |()| {
            let _state_held = this.connected.mutex.lock();
            this.handle_disconnect();
        });
    }

    fn handle_disconnect(&self) {
        let _held = self.mutex.lock();
        *locked(&self.state) = State::Disconnected;
        (self.hooks.removed)();
    }

    fn remove_connecting_handlers(&self) {
        let _state_held = self.connecting.mutex.lock();
        let pending = locked(&self.connecting.pending).clone();
        if let Some(pending) = pending {
            pending.connected.off(self.connecting.tokens.0);
            pending.disconnected.off(self.connecting.tokens.1);
        }
    }
}

impl Endpoint for PerState {
    fn change_to_connecting(self: Arc<Self>, pending: &Arc<Pending>) {
        let _held = self.mutex.lock();
        *locked(&self.state) = State::Connecting;
        self.enter_connecting(pending);
    }

    fn send(&self, frame: Frame) {
        let _held = self.mutex.lock();
        let state = *locked(&self.state);
        match state {
            State::Connecting => {
                let _state_held = self.connecting.mutex.lock();
                locked(&self.connecting.buffer).push(frame);
            }
            State::Connected => {
                let _state_held = self.connected.mutex.lock();
                let connection = locked(&self.connected.connection).clone();
                if let Some(connection) = connection {
                    connection.send(frame);
                }
            }
            State::Initial | State::Disconnected => {}
        }
    }

    fn is_connected(&self) -> bool {
        let _held = self.mutex.lock();
        *locked(&self.state) == State::Connected
    }
}
