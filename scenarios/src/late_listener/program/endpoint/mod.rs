//! What a manager has for each peer: connecting, then connected, then gone.
//!
//! It does not know of other peers or of the manager's map. Invariant: an endpoint that is gone stays gone.

mod one_mutex;
mod per_state;

pub(super) use one_mutex::OneMutex;
pub(super) use per_state::PerState;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::frame::Frame;
use super::pending::Pending;
use super::report::Deliveries;

/// The two ways of guarding an endpoint.
pub(super) trait Endpoint: Send + Sync {
    /// Waits for `pending` to come up or to fail.
    fn change_to_connecting(self: Arc<Self>, pending: &Arc<Pending>);
    /// Sends a frame now, or as soon as it is connected.
    fn send(&self, frame: Frame);
    /// Whether frames go out now.
    fn is_connected(&self) -> bool;
}

/// Whom an endpoint tells.
pub(super) struct Hooks {
    /// A frame came.
    pub(super) data: Box<dyn Fn(Frame) + Send + Sync>,
    /// It is connected.
    pub(super) connected: Box<dyn Fn() + Send + Sync>,
    /// It is gone, and is to be taken out of the map.
    pub(super) removed: Box<dyn Fn() + Send + Sync>,
    /// Counts what it is told.
    pub(super) tally: Arc<Tally>,
}

/// How often an endpoint was told what.
#[derive(Default)]
pub(super) struct Tally {
    connected: AtomicU32,
    disconnected: AtomicU32,
}

impl Tally {
    fn count_connected(&self) {
        self.connected.fetch_add(1, Ordering::Relaxed);
    }

    fn count_disconnected(&self) {
        self.disconnected.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts so far.
    pub(super) fn deliveries(&self) -> Deliveries {
        Deliveries {
            connected: self.connected.load(Ordering::Relaxed),
            disconnected: self.disconnected.load(Ordering::Relaxed),
        }
    }
}
