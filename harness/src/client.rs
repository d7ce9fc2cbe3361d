//! Asks a scenario executable for runs.
//!
//! Does not know scenarios or verdicts. Invariant: a [`Run`] holds everything its process left behind, and whatever went
//! wrong on the way is an ending or an error, never a run that looks complete.

mod collect;
mod cost;
mod ender;
mod series;
mod server;
mod twin;
mod way;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use photofinish_boundary::server::PoolSize;
use photofinish_sim::choice::Posed;
use photofinish_sim::chooser::{Shape, Strategy, Touch};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::kernel::Figures;
use photofinish_sim::limits::Limits;
use photofinish_sim::mark::Mark;
use photofinish_sim::oracle::Left;
use photofinish_sim::plan::Plan;
use photofinish_sim::preempt::Preempt;
use photofinish_sim::thread::ThreadId;
use photofinish_sim::trace::Trace;

use crate::guard::Percent;
use crate::scenario::Listed;
use crate::symbols::Symbols;

pub use photofinish_boundary::frames::{CORES, Input, Replay, Request, Sight, StackOf, Watch};
pub use series::{InProcess, InSeries, Over};
pub use server::ENVIRONMENT;
use way::Way;
pub use way::{Image, Isolation, Main};

use server::Server;

/// Why a run could not be asked for, or was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The executable could not be started.
    #[error("starting {path} failed: {source}\nnext: the same command again, which builds it if it is gone")]
    Start {
        /// The executable.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The server ended, or its pipe broke; what it said is on standard error.
    #[error(
        "{path} stopped serving while {doing}: {source}\nnext: what it said before, on standard error, tells why"
    )]
    Gone {
        /// The executable.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// It speaks another protocol, or none.
    #[error(
        "{path} answered nonsense while {doing}; it was built from another Photofinish\nnext: build it anew"
    )]
    Nonsense {
        /// The executable.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
    },
    /// It has no program of that name.
    #[error("{path} holds no program {program}\nnext: build it anew, or `cargo xtask list` for scenarios")]
    Unknown {
        /// The executable.
        path: PathBuf,
        /// The program asked for.
        program: String,
    },
    /// It is instrumented otherwise than the run needs.
    #[error(
        "{path} is instrumented at the level `{present}`, and this run is one at `{wanted}`\n\
         next: the same command with `--preempt {wanted}`"
    )]
    Level {
        /// The executable.
        path: PathBuf,
        /// The level asked for.
        wanted: Preempt,
        /// Its own.
        present: Preempt,
    },
}

/// A stack that was recorded: whose, why, and its return addresses relative to the executable, innermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedStack {
    /// The thread.
    pub thread: ThreadId,
    /// Why it was recorded.
    pub of: StackOf,
    /// Return addresses as the executable's debug information knows them.
    pub addresses: Vec<u64>,
}

/// A scheduling point that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointSeen {
    /// Whose.
    pub thread: ThreadId,
    /// How many points the thread had passed with it.
    pub number: u64,
    /// The stack at it: the one recorded as [`StackOf::Points`] of this number.
    pub stack: u32,
}

/// Everything a run left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// How it ended.
    pub ending: Ending,
    /// Its figures.
    pub figures: Figures,
    /// How often it asked for something that is not modelled.
    pub unmodelled: u64,
    /// What the oracle found: signature and detail.
    pub judged: Option<(String, String)>,
    /// What the program left behind when its main function returned, if that was looked at.
    pub left: Vec<Left>,
    /// What was decided.
    pub trace: Trace,
    /// What happened: all of it if events were asked for, else only what a person must see.
    pub events: Vec<(Stamp, Event)>,
    /// Stacks.
    pub stacks: Vec<RecordedStack>,
    /// By event: where the thread was, as an index into `stacks`. As long as `events` if any stack was asked for, else empty: see
    /// [`Watch::stacks`].
    pub event_stacks: Vec<Option<usize>>,
    /// Points, if they were asked for: see [`Watch::points`].
    pub points: Vec<PointSeen>,
    /// The words that threads were about to touch, if they were asked for: see [`Watch::touches`].
    pub touched: Vec<Touch>,
    /// The questions of how long something takes, if they were asked for: see [`Watch::questions`].
    pub posed: Vec<Posed>,
    /// What reached the program past the kernel: the files it opened that are not of the run, and what else was asked for.
    pub sights: Vec<Sight>,
    /// Whether frames were left out because the run left more than there is room for.
    pub truncated: bool,
}

impl Run {
    /// A run of which nothing is known but how it ended.
    #[must_use]
    pub fn ended(ending: Ending) -> Self {
        Self {
            ending,
            figures: Figures::default(),
            unmodelled: 0,
            judged: None,
            left: Vec::new(),
            trace: Trace::default(),
            events: Vec::new(),
            stacks: Vec::new(),
            event_stacks: Vec::new(),
            points: Vec::new(),
            touched: Vec::new(),
            posed: Vec::new(),
            sights: Vec::new(),
            truncated: false,
        }
    }

    /// Where the thread of an event was, if that was asked for.
    #[must_use]
    pub fn stack_at(&self, event: usize) -> Option<&RecordedStack> {
        let index = (*self.event_stacks.get(event)?)?;
        self.stacks.get(index)
    }
}

/// A scenario executable that serves runs.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    way: Way,
    /// Threads made for simulated ones; it grows when a run wants more, up to `pool_max`.
    pool: u32,
    pool_max: u32,
    server: Server,
    /// By program and what it is told of its machine: the points of its boring run.
    lengths: BTreeMap<String, u64>,
    /// By program: what its boring run shows of its threads.
    shapes: BTreeMap<String, Shape>,
    symbols: Symbols,
    /// Which of the runs that pass are made again.
    guard: Percent,
    /// Another process of the same executable, once one was needed.
    twin: Option<Box<Client>>,
}

/// A program that is longer than this is long enough.
const LENGTH_MAX: u64 = 1 << 20;

/// Touches of shared words that are looked at to find out which there are.
pub(crate) const TOUCHES_MAX: u64 = 1 << 14;

/// The pool a client begins with: each thread in it makes every run a few microseconds dearer.
const POOL_FIRST: u32 = 4;

/// How many threads a pool may have for each that may be alive: what a killed process leaves is not used again in its run.
const LIVES: u32 = 4;

/// The scenarios of an executable.
///
/// # Errors
/// It cannot be started, or answers nonsense.
pub fn list(path: &Path) -> Result<Vec<Listed>, ClientError> {
    let answer = Command::new(path)
        .arg("list")
        .output()
        .map_err(|source| ClientError::Start { path: path.to_owned(), source })?;
    if !answer.status.success() {
        let said = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
        let source = io::Error::other(format!("{}: {said}", answer.status));
        return Err(ClientError::Start { path: path.to_owned(), source });
    }
    serde_json::from_slice(&answer.stdout)
        .map_err(|_| ClientError::Nonsense { path: path.to_owned(), doing: "listing its scenarios" })
}

impl Client {
    /// Starts an executable for runs of at most `threads_max` threads at a time, and waits until it is ready.
    ///
    /// # Errors
    /// It cannot be started, refuses to serve, or speaks another protocol.
    pub fn start(path: &Path, threads_max: u32, isolation: Isolation) -> Result<Self, ClientError> {
        Self::start_with(path, Main::Ours, threads_max, isolation)
    }

    /// As [`Client::start`], for an executable whose main function may be its own, such as one of tests.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub fn start_with(
        path: &Path,
        main: Main,
        threads_max: u32,
        isolation: Isolation,
    ) -> Result<Self, ClientError> {
        let (pool, pool_max) = (POOL_FIRST.min(threads_max), threads_max.saturating_mul(LIVES));
        let way = Way { main, isolation };
        let server = Server::start(path, PoolSize { made: pool, most: pool_max }, way)?;
        Ok(Self {
            path: path.to_owned(),
            way,
            pool_max,
            pool,
            server,
            lengths: BTreeMap::new(),
            shapes: BTreeMap::new(),
            symbols: Symbols::open(path),
            guard: Percent::USUAL,
            twin: None,
        })
    }

    /// The executable.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the process that serves.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.process.id()
    }

    /// Where the executable lies in the memory of its runs.
    #[must_use]
    pub fn load_base(&self) -> u64 {
        self.server.hello.load_base
    }

    /// What is not as it should be on this machine.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.server.hello.notes
    }

    /// Where the executable's addresses are in the source.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The marks of the executable's programs, by place.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.server.hello.marks
    }

    /// The level at which the executable is instrumented.
    #[must_use]
    pub fn preempt(&self) -> Preempt {
        self.server.hello.preempt
    }

    /// The strategy that a seed runs, whose knobs go by what the program's boring run shows, which is made once per program.
    ///
    /// # Errors
    /// As [`Client::run`].
    pub fn resolve(&mut self, request: &Request) -> Result<Strategy, ClientError> {
        let drawn = self.draw(request)?;
        self.learn(drawn, request)
    }

    /// As [`Client::resolve`], for a run of [`Client::series`].
    ///
    /// # Errors
    /// As [`Client::run`].
    pub fn resolve_in_series(&mut self, request: &Request) -> Result<Strategy, ClientError> {
        let drawn = self.draw(request)?;
        let drawn = drawn.without_addresses(self.length(request)?);
        self.learn(drawn, request)
    }

    fn draw(&mut self, request: &Request) -> Result<Strategy, ClientError> {
        match request.strategy {
            Strategy::Swarm => Ok(request.strategy.resolve_for(request.seed, self.length(request)?)),
            strategy => Ok(strategy),
        }
    }

    fn learn(&mut self, strategy: Strategy, request: &Request) -> Result<Strategy, ClientError> {
        if strategy.is_learned() {
            return Ok(strategy);
        }
        Ok(strategy.learned(request.seed, self.shape(request)?))
    }

    /// The scheduling points that a request's program passes in its boring run.
    ///
    /// # Errors
    /// As [`Client::run`].
    pub fn length(&mut self, request: &Request) -> Result<u64, ClientError> {
        let program = learned_of(request);
        if let Some(points) = self.lengths.get(&program) {
            return Ok(*points);
        }
        let points = self.run(&boring(request))?.figures.points;
        self.lengths.insert(program, points);
        Ok(points)
    }

    /// What a request's program does in its boring run, thread by thread.
    fn shape(&mut self, request: &Request) -> Result<&Shape, ClientError> {
        let program = learned_of(request);
        if !self.shapes.contains_key(&program) {
            let watch = Some(Watch { touches: TOUCHES_MAX, ..Watch::default() });
            let replay = Some(Replay::Lenient(Plan::default()));
            let run = self.run(&Request { events: true, replay, watch, ..boring(request) })?;
            let shape = Shape::of(&run.events, &run.touched, run.figures.points);
            self.shapes.insert(program.clone(), shape);
        }
        Ok(&self.shapes[&program])
    }

    /// Asks for one run and waits for it. A run that finds the pool too small is made again with a larger one; which one it
    /// was made with cannot be told from it.
    ///
    /// # Errors
    /// The server does not know the program, cannot make the run, or is gone.
    pub fn run(&mut self, request: &Request) -> Result<Run, ClientError> {
        self.run_in(Image::PutBack, request)
    }

    /// As [`Client::run`], in such an image. In which one a run was made cannot be told from it.
    ///
    /// # Errors
    /// As [`Client::run`].
    pub fn run_in(&mut self, image: Image, request: &Request) -> Result<Run, ClientError> {
        loop {
            let run = self.server.run(&self.path, request, image)?;
            match run.ending {
                Ending::OutOfThreads { threads } if self.enlarge(threads)? => {}
                _ => return Ok(run),
            }
        }
    }

    /// Takes a larger pool if a run that wanted more than `threads` can have one.
    fn enlarge(&mut self, threads: u32) -> Result<bool, ClientError> {
        if threads != self.pool || threads >= self.pool_max {
            return Ok(false);
        }
        self.pool = (self.pool + self.pool.div_ceil(2)).min(self.pool_max);
        self.restart()?;
        Ok(true)
    }

    fn restart(&mut self) -> Result<(), ClientError> {
        let size = PoolSize { made: self.pool, most: self.pool_max };
        self.server = Server::start(&self.path, size, self.way)?;
        Ok(())
    }
}

/// What the boring runs of requests have in common that may be learned from one: neither seed nor strategy matters to it.
fn learned_of(request: &Request) -> String {
    let Request { program, cores, os, heap, limits, .. } = request;
    format!("{program} {cores} {os:?} {heap:?} {limits:?}")
}

/// The same program under the schedule that nobody would call a race.
fn boring(request: &Request) -> Request {
    let limits = Limits { points_max: request.limits.points_max.min(LENGTH_MAX), ..request.limits };
    Request {
        strategy: Strategy::Boring,
        replay: None,
        events: false,
        watch: None,
        limits,
        ..request.clone()
    }
}
