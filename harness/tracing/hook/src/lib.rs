//! How what is traced reaches the simulator, if there is one.
//!
//! A package beside that of the layer, and not a part of it: what the harness is built of must not change with the features that a
//! program asks of the layer, or a program with tokio in it is another build of the harness than one without.
//!
//! Does not know what becomes of it. Invariant: the hooks are installed at most once in a process, and not called outside a
//! simulation.
#![forbid(unsafe_code)]

use std::sync::OnceLock;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An event.
    Event,
    /// A span was created.
    Created,
    /// Fields of a span got their values later.
    Recorded,
    /// A thread entered a span.
    Entered,
    /// A thread left a span.
    Exited,
    /// Nobody holds a span any more.
    Closed,
}

/// The levels of `tracing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `ERROR`.
    Error,
    /// `WARN`.
    Warn,
    /// `INFO`.
    Info,
    /// `DEBUG`.
    Debug,
    /// `TRACE`.
    Trace,
}

/// One thing that was traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// What happened.
    pub what: What,
    /// The level of the event or span.
    pub level: Level,
    /// Its target.
    pub target: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its fields as text.
    pub fields: &'a str,
    /// The number of the span; none of an event, and none of a new span, which gets it by this.
    pub span: Option<u64>,
    /// The number of the span around an event or a new span.
    pub parent: Option<u64>,
    /// The task that runs, as its runtime numbers it.
    pub task: Option<u64>,
}

/// A task as its runtime describes it, in the fields of a new span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spawned {
    /// The runtime's number of the task.
    pub task: u64,
    /// Its name; empty if it has none.
    pub name: String,
    /// Where it was spawned: file, line and column.
    pub place: String,
}

/// What a simulator wants to be called for.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Whether the caller runs inside a simulation. The others are called only if it does.
    pub is_on: fn() -> bool,
    /// Takes what was traced, and answers the number of the span that it is about: a new one gets it here.
    pub note: fn(&Note<'_>) -> Option<u64>,
    /// Takes a new span, by its number, for a task.
    pub spawned: fn(u64, &Spawned),
}

static HOOKS: OnceLock<Hooks> = OnceLock::new();

/// Installs the hooks of a simulator; the first ones stand. Called by the harness where it serves simulated runs.
pub fn install(hooks: Hooks) {
    HOOKS.get_or_init(|| hooks);
}

/// The hooks, inside a simulation.
pub fn on() -> Option<&'static Hooks> {
    HOOKS.get().filter(|hooks| (hooks.is_on)())
}
