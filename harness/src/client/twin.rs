//! Who is asked whether a run repeats, and for how many of those that pass.
//!
//! Does not compare runs. Invariant: a twin serves the same executable, each run in a process of its own, and is started once, when it is first asked for.

use super::{Client, ClientError, LIVES};
use crate::guard::Percent;

impl Client {
    /// So many of the runs that pass are made again by whoever examines them.
    pub fn set_guard(&mut self, percent: Percent) {
        self.guard = percent;
    }

    /// How many of the runs that pass are made again.
    #[must_use]
    pub fn guard(&self) -> Percent {
        self.guard
    }

    /// Another process that serves the same executable, each run in a forked process of its own: whatever a run that took turns with
    /// others owes to them differs there. What is the same for all runs of one server need not be for those of
    /// another, so it is the one to ask whether a run repeats.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub fn twin(&mut self) -> Result<&mut Self, ClientError> {
        if self.twin.is_none() {
            let most = (self.pool_max / LIVES).max(1);
            let isolation = self.way.isolation.apart();
            let twin = Self::start_with(&self.path, self.way.main, most, isolation)?;
            self.twin = Some(Box::new(twin));
        }
        Ok(self.twin.as_mut().expect("started above"))
    }
}
