//! A connection that is still being made: it ends with one of two events, or its watchdog ends it.
//!
//! It does not know who listens, which is the whole trouble. Invariant: after it is closed it stays closed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::connection::Connection;
use super::emitter::Emitter;
use super::frame::Peer;
use super::locked;
use super::policy::{Policy, WATCHDOG, Watchdog};
use super::timers::{Timeout, Timers};

/// A connection that is being made to a known peer.
pub(super) struct Pending {
    /// The handshake succeeded on this connection.
    pub(super) connected: Emitter<Arc<Connection>>,
    /// The attempt failed.
    pub(super) disconnected: Emitter<()>,
    peer: Peer,
    watchdog: Watchdog,
    timeout: Mutex<Option<Timeout>>,
    stopped: AtomicBool,
    /// A completed connection of which nobody was told, where the watchdog is kept for that case.
    undelivered: Mutex<Option<Arc<Connection>>>,
}

impl Pending {
    /// Starts the watchdog.
    pub(super) fn new(policy: &Policy, timers: &Timers, peer: Peer) -> Arc<Self> {
        let pending = Arc::new(Self {
            connected: Emitter::new(policy.pending()),
            disconnected: Emitter::new(policy.pending()),
            peer,
            watchdog: policy.watchdog,
            timeout: Mutex::new(None),
            stopped: AtomicBool::new(false),
            undelivered: Mutex::new(None),
        });
        let timeout = timers.set_timeout(WATCHDOG, {
            let pending = pending.clone();
            move || pending.close()
        });
        *locked(&pending.timeout) = Some(timeout);
        pending
    }

    /// Whom it is being made to.
    pub(super) fn peer(&self) -> Peer {
        self.peer
    }

    /// The handshake on `connection` succeeded.
    pub(super) fn on_handshake_completed(&self, connection: &Arc<Connection>) {
        match self.watchdog {
            Watchdog::DisarmFirst => {
                self.disarm();
                self.connected.emit(connection);
            }
            Watchdog::KeepUntilDelivered => {
                if self.connected.emit(connection) > 0 {
                    self.disarm();
                } else {
                    *locked(&self.undelivered) = Some(connection.clone());
                }
            }
        }
    }

    /// The attempt failed, or took too long.
    pub(super) fn close(&self) {
        if self.stopped.swap(true, Ordering::SeqCst) {
            return;
        }
        self.disarm();
        self.disconnected.emit(&());
        let undelivered = locked(&self.undelivered).take();
        if let Some(connection) = undelivered {
            connection.close();
        }
    }

    fn disarm(&self) {
        let timeout = locked(&self.timeout).take();
        if let Some(timeout) = timeout {
            timeout.abort();
        }
    }
}
