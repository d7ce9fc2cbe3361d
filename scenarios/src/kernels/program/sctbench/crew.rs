//! Threads that share one thing, each with one function to call on it.
//!
//! It does not know what they share. Invariant: they start in the order in which they are given, and all are over at the end.

use super::names::{Arc, thread};

/// What went wrong, if anything did.
pub(super) type Outcome = Result<(), &'static str>;

/// Threads that have started.
pub(super) struct Crew<T> {
    shared: Arc<T>,
    threads: Vec<thread::JoinHandle<Outcome>>,
}

impl<T: Send + Sync + 'static> Crew<T> {
    /// Nobody yet.
    pub(super) fn around(shared: T) -> Self {
        Self { shared: Arc::new(shared), threads: Vec::new() }
    }

    /// Starts one more.
    pub(super) fn and(mut self, does: impl FnOnce(&T) -> Outcome + Send + 'static) -> Self {
        let shared = Arc::clone(&self.shared);
        self.threads.push(thread::spawn(move || does(&shared)));
        self
    }

    /// Waits for all, and gives what they share if nothing went wrong.
    pub(super) fn ended(self) -> Result<Arc<T>, &'static str> {
        let outcomes: Vec<Outcome> =
            self.threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect();
        outcomes.into_iter().collect::<Outcome>().map(|()| self.shared)
    }
}
