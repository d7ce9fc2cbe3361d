//! The end of a node that nobody else ends.
//!
//! It does not know who says it. Invariant: a node that waits for it does nothing meanwhile.

use tokio::sync::watch;

/// Ends nodes of its own process; one that is dropped ends them, too.
#[derive(Debug)]
pub(in super::super) struct Stopper(watch::Sender<bool>);

impl Default for Stopper {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stopper {
    /// What its nodes wait for.
    pub(in super::super) fn stop(&self) -> Stop {
        Stop(self.0.subscribe())
    }

    /// Ends them.
    pub(in super::super) fn stop_all(&self) {
        self.0.send_replace(true);
    }
}

/// What a node waits for.
#[derive(Clone, Debug)]
pub(in super::super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Until it is told to end.
    pub(super) async fn stopped(&mut self) {
        // Whoever could tell it otherwise has gone.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}
