//! Anything that can be asked for a run: our own executables, programs that take a seed, and simulators that speak our protocol.
//!
//! Does not know how a target is built or declared. Invariant: whatever a target does, be it to hang, die or talk nonsense, comes out as a
//! [`Run`] or as a [`TargetError`] that names it, and the next run can be asked for.
//!
//! | target | is | its runs are made again by |
//! |---|---|---|
//! | [`Client`] | an executable that holds our kernel | seed, trace or token |
//! | [`Command`] | any program that takes a seed and answers by its exit status | seed |
//! | [`Served`] | a simulator that links `photofinish-served`, as those on madsim do | seed |
//!
//! Reading order: `command` and `served` (who is asked), `judged` (what a run means), `examined` (whether it repeats), `seeded` (whether the
//! seed matters), `recorded` (as reports draw it).
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use photofinish::guard::Percent;
//! use photofinish::sim::seed::Seed;
//! use photofinish::target::{Asking, Command, Target as _};
//!
//! let words = ["./simulate", "--seed", "{seed}"].map(String::from);
//! let mut simulate = Command::new("ring/three-nodes", &words, Duration::from_secs(10));
//! for seed in 0..100 {
//!     let asking = Asking { program: "ring/three-nodes", seed: Seed(seed), config: "" };
//!     let examined = simulate.examine(&asking.request(), Percent::USUAL)?;
//!     println!("seed {seed}: {:?}", examined.judgement);
//! }
//! # Ok::<(), photofinish::target::TargetError>(())
//! ```

mod command;
mod examined;
mod judged;
mod recorded;
mod seeded;
mod served;

use std::path::PathBuf;

use photofinish_boundary::frames::Foreign;
use photofinish_sim::seed::Seed;

use crate::client::{Client, ClientError, Request, Run};
use crate::examine::{self, Examined};
use crate::guard::Percent;

pub use command::Command;
pub use judged::judge;
pub use recorded::{STRATEGY, record};
pub use seeded::{IGNORED, SEEDS, SeedWatch};
pub use served::Served;

/// Anything that can be asked for a run.
pub trait Target {
    /// What its runs are called.
    fn name(&self) -> String;

    /// By what its runs can be made again.
    fn replays(&self) -> Replays;

    /// Makes a run.
    ///
    /// # Errors
    /// No run could be made: what the run itself does wrong is no error.
    fn run(&mut self, request: &Request) -> Result<Run, TargetError>;

    /// Makes a run; one that does not pass is made again, and so is one that passes and is drawn: it must be the same.
    ///
    /// # Errors
    /// As [`Target::run`].
    fn examine(&mut self, request: &Request, guard: Percent) -> Result<Examined, TargetError> {
        examined::examine(self, request, guard)
    }
}

/// By what the runs of a target can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replays {
    /// By their decisions, one by one, so that they can be shrunk.
    ByPicks,
    /// By their seed and configuration alone.
    BySeed,
}

/// Why a target made no run.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It serves runs, and did not.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Its program could not be started.
    #[error("starting {program} for {target} failed: {source}\nnext: {next}")]
    Start {
        /// The target.
        target: String,
        /// Its program.
        program: String,
        /// What the system said.
        source: std::io::Error,
        /// What to do.
        next: &'static str,
    },
    /// Its exit status says that there is no such program.
    #[error("{target} made no run: its exit status was {status}, {why}\nnext: {next}")]
    Status {
        /// The target.
        target: String,
        /// The exit status.
        status: i32,
        /// What it means.
        why: &'static str,
        /// What to do.
        next: &'static str,
    },
    /// It says nothing, though it is to speak our protocol.
    #[error(
        "{path} said nothing for {seconds} s while {doing}, and was ended\n\
         next: its `main` must begin with `photofinish_served::serve`, and a run may not block the process that serves"
    )]
    Silent {
        /// The executable.
        path: PathBuf,
        /// What it was to do.
        doing: &'static str,
        /// For how long it was waited.
        seconds: u64,
    },
}

/// A run of a target that has only its seed and a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// What is run.
    pub program: &'a str,
    /// The seed.
    pub seed: Seed,
    /// The configuration, in words that the target reads itself.
    pub config: &'a str,
}

impl Asking<'_> {
    /// The request for it.
    #[must_use]
    pub fn request(&self) -> Request {
        let foreign = Some(Foreign { config: self.config.to_owned(), ..Foreign::default() });
        Request { foreign, ..Request::new(self.program, self.seed) }
    }
}

impl Target for Client {
    fn name(&self) -> String {
        self.path().display().to_string()
    }

    fn replays(&self) -> Replays {
        Replays::ByPicks
    }

    fn run(&mut self, request: &Request) -> Result<Run, TargetError> {
        Ok(Self::run(self, request)?)
    }

    /// Of its runs more is known than their ends: whatever event differs is found, and why.
    fn examine(&mut self, request: &Request, guard: Percent) -> Result<Examined, TargetError> {
        self.set_guard(guard);
        let request = Request { strategy: self.resolve(request)?, ..request.clone() };
        Ok(examine::examine(self, &request)?)
    }
}
