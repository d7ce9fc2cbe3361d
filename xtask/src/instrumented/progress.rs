//! One line on the terminal that says what is being waited for.
//!
//! Does not know what is done, only what it is called and how many parts are finished.
//! Invariant: nothing is drawn in the first second, off a terminal, or left behind when dropped.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

/// Whoever waits less than this wants no progress line.
const PATIENCE: Duration = Duration::from_secs(1);

/// A progress line on standard error.
pub(super) struct Progress {
    title: String,
    started: Instant,
    parts: usize,
    latest: String,
    is_drawn: bool,
}

impl Progress {
    /// Starts the clock.
    pub(super) fn new(title: String) -> Self {
        Self { title, started: Instant::now(), parts: 0, latest: String::new(), is_drawn: false }
    }

    /// One more part is finished.
    pub(super) fn note(&mut self, part: &str) {
        self.parts += 1;
        part.clone_into(&mut self.latest);
        self.draw();
    }

    /// Brings the line up to date.
    pub(super) fn draw(&mut self) {
        let waited = self.started.elapsed();
        if waited < PATIENCE || !stderr().is_terminal() {
            return;
        }
        self.is_drawn = true;
        let Self { title, parts, latest, .. } = self;
        // A terminal that cannot be written to shows no progress, and that is all.
        let _ = write!(stderr(), "\r\x1b[K{title}: {parts} crates, {latest} ({} s)", waited.as_secs());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_drawn {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
