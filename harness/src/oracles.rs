//! What a scenario asks of its runs besides what its own program says of them.
//!
//! Data that is built in constants; who looks is the kernel, but for an oracle over events. Invariant: nothing is asked of a run
//! unless somebody said so.
//!
//! ```
//! use photofinish::oracles::{Leaks, Oracles};
//! use photofinish::scenario::Failure;
//! use photofinish::sim::event::{Event, Stamp};
//!
//! /// Nothing is written after `bye`.
//! fn last_words(events: &[(Stamp, Event)]) -> Result<(), Failure> {
//!     let wrote = events.iter().rev().find_map(|(_, event)| match event {
//!         Event::Wrote { bytes, .. } => Some(bytes.as_slice()),
//!         _ => None,
//!     });
//!     match wrote {
//!         Some(last) if last != b"bye\n" => Err(Failure {
//!             signature: String::from("spoke after its last words"),
//!             detail: String::from_utf8_lossy(last).into_owned(),
//!         }),
//!         _ => Ok(()),
//!     }
//! }
//!
//! const ORACLES: Oracles = Oracles::NONE.no_leaks_of(Leaks::THREADS).nothing_stuck().over_events(last_words);
//! # assert_eq!(ORACLES.of_run.to_string(), "threads,stuck");
//! ```
//!
//! # Why nothing is asked by default
//!
//! A process that ends takes everything with it, and ordinary programs count on that: a detached thread that logs, a pool that lives
//! in a static, a socket that nobody closes on the way out. None of it is a fault that a user would want every test to report. What
//! is left is told all the same where a person looks: with a run's events, and of a run that failed. Of a run that was *given up*
//! (out of points or of time) it is a fault if threads wait in a circle, or if the main thread waits for what nobody has brought about
//! for a good part of the run: that is looked for without being asked.

use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::oracle::{Oracles as OfRun, Stuck};

pub use photofinish_sim::oracle::{Leaks, Left, LeftKind};

use crate::scenario::Failure;

/// An oracle over all events of a run that would pass, called once when it is over. It may panic, as with `assert!`: then that is
/// what it found.
///
/// A variant with one has its events kept in the run's memory, searched or not: a run costs some more, by the number of its events.
pub type OverEvents = fn(&[(Stamp, Event)]) -> Result<(), Failure>;

/// Asks this of the run that is on, instead of what was asked of it before: for a program that is nobody's variant, such as a test with
/// `#[photofinish::test]`. Asked first of all, it is as if its variant had asked. Outside a simulation nothing happens.
///
/// ```
/// use photofinish::oracles::{Oracles, ask};
///
/// // The first line of the test.
/// ask(Oracles::NONE.no_leaks().of_run);
/// ```
pub fn ask(of_run: OfRun) {
    #[cfg(simulated)]
    photofinish_boundary::tell(|kernel| kernel.look_for(of_run));
    #[cfg(not(simulated))]
    let _ = of_run;
}

/// What is asked of each run.
#[derive(Clone, Copy, Debug)]
pub struct Oracles {
    /// What the kernel looks for.
    pub of_run: OfRun,
    /// The scenario's own oracle over events.
    pub over_events: Option<OverEvents>,
}

impl Oracles {
    /// Nothing is asked.
    pub const NONE: Self = Self { of_run: OfRun::NONE, over_events: None };

    /// When the main function returns, no thread, task, child, socket or other descriptor of its process may be left. The main
    /// thread's own variables are dropped by then, and statics are not: tokio's `enable_io` keeps two sockets of `unix(7)` in one where
    /// its feature `signal` or `process` is on, so that a program with these asks for the other kinds by [`Oracles::no_leaks_of`].
    #[must_use]
    pub const fn no_leaks(self) -> Self {
        self.no_leaks_of(Leaks::ALL)
    }

    /// The same of these kinds, besides those that were named before.
    #[must_use]
    pub const fn no_leaks_of(mut self, kinds: Leaks) -> Self {
        self.of_run.leaks = self.of_run.leaks.and(kinds);
        self
    }

    /// When the main function returns, every thread that is left must be able to go on: by itself, by the clock, or because a thread
    /// that can go on could end its wait.
    #[must_use]
    pub const fn nothing_stuck(mut self) -> Self {
        self.of_run.stuck = Stuck::Forbidden;
        self
    }

    /// No thread may run later than so many virtual nanoseconds after its timer was due, apart from time that passed because the
    /// chooser let it. What other threads do meanwhile counts, as on one processor: choose the bound accordingly.
    #[must_use]
    pub const fn nothing_later_than(mut self, ns: u64) -> Self {
        self.of_run.late_ns = Some(ns);
        self
    }

    /// Threads may not run for more than so many scheduling points without getting anywhere: no time is waited for, nothing arrives,
    /// no bytes are moved but through `eventfd(2)`, no thread or process begins or ends, and nothing is said.
    #[must_use]
    pub const fn nothing_idle_for(mut self, points: u64) -> Self {
        self.of_run.idle_points = Some(points);
        self
    }

    /// The scenario's own oracle over events.
    #[must_use]
    pub const fn over_events(mut self, oracle: OverEvents) -> Self {
        self.over_events = Some(oracle);
        self
    }
}
