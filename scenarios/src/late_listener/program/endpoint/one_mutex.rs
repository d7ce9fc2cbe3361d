//! The endpoint with one lock for its whole state machine.
//!
//! It does not know who else holds locks, and so tells nobody anything while it holds its own. Invariant: nothing
//! is registered, replayed or reported under `machine`; the only thing done under it is to write to the socket,
//! which keeps what was buffered before what comes after.

use std::sync::{Arc, Mutex};

use super::{Endpoint, Hooks};
use crate::late_listener::program::connection::Connection;
use crate::late_listener::program::frame::Frame;
use crate::late_listener::program::locked;
use crate::late_listener::program::pending::Pending;

/// An endpoint with one lock.
pub(in crate::late_listener::program) struct OneMutex {
    hooks: Hooks,
    machine: Mutex<Machine>,
}

enum Machine {
    Connecting(Vec<Frame>),
    Connected(Arc<Connection>),
    Disconnected,
}

impl OneMutex {
    /// An endpoint without a connection.
    pub(in crate::late_listener::program) fn new(hooks: Hooks) -> Self {
        Self { hooks, machine: Mutex::new(Machine::Connecting(Vec::new())) }
    }

    fn on_pending_connected(self: &Arc<Self>, connection: &Arc<Connection>) {
        self.hooks.tally.count_connected();
        let this = self.clone();
        connection.data.on(move |frame| (this.hooks.data)(*frame));
        let this = self.clone();
        connection.disconnected.on(move |()| this.become_disconnected());
        if self.become_connected(connection) {
            (self.hooks.connected)();
        } else {
            connection.close();
        }
    }

    /// Whether the endpoint was still waiting for a connection.
    fn become_connected(&self, connection: &Arc<Connection>) -> bool {
        let mut machine = locked(&self.machine);
        let Machine::Connecting(buffer) = &mut *machine else {
            return false;
        };
        for frame in buffer.drain(..) {
            connection.send(frame);
        }
        *machine = Machine::Connected(connection.clone());
        true
    }

    fn become_disconnected(&self) {
        let before = std::mem::replace(&mut *locked(&self.machine), Machine::Disconnected);
        if !matches!(before, Machine::Disconnected) {
            (self.hooks.removed)();
        }
    }
}

impl Endpoint for OneMutex {
    fn change_to_connecting(self: Arc<Self>, pending: &Arc<Pending>) {
        let this = self.clone();
        pending.disconnected.on(move |()| {
            this.hooks.tally.count_disconnected();
            this.become_disconnected();
        });
        pending.connected.on(move |connection| self.on_pending_connected(connection));
    }

    fn send(&self, frame: Frame) {
        match &mut *locked(&self.machine) {
            Machine::Connecting(buffer) => buffer.push(frame),
            Machine::Connected(connection) => connection.send(frame),
            Machine::Disconnected => {}
        }
    }

    fn is_connected(&self) -> bool {
        matches!(&*locked(&self.machine), Machine::Connected(_))
    }
}
