//! Ending a process that serves, from another thread.
//!
//! Does not know why. Invariant: what is ended was started by its client, which has not reaped it.

use photofinish_served::supervise::end_group;

use super::Client;

impl Client {
    /// What ends the process that serves, and all of its group, while its client waits for it.
    pub(crate) fn ender(&self) -> impl FnOnce() + Send + 'static {
        let id = self.server.process.id();
        move || end_group(id)
    }
}
