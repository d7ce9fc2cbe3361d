//! What the program's own `tracing` says: plain data.
//!
//! Does not know the crate `tracing` nor a runtime. Invariant: spans and tasks have numbers of this run, never those of the
//! crates that made them, which follow from where things lie in memory or from what ran before.

use core::fmt;
use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A span: its order of creation in this run, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SpanId(pub u64);

/// A task of an asynchronous runtime: its order of first sight in this run, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(pub u64);

/// What happened to a span, or beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum What {
    /// An event.
    Event,
    /// A span was created.
    Created,
    /// A span was told the value of fields that it was created without.
    Recorded,
    /// The thread entered a span.
    Entered,
    /// The thread left a span.
    Exited,
    /// Nobody holds a span any more.
    Closed,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// One thing that the program's tracing said.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Traced {
    /// What happened.
    pub what: What,
    /// The level of the event or span.
    pub level: Level,
    /// Its target: a module, unless the program says otherwise.
    pub target: Cow<'static, str>,
    /// Its name.
    pub name: Cow<'static, str>,
    /// The fields as text, in the order in which they are declared: of an event, of a new span, or those just recorded.
    pub fields: String,
    /// The span itself; none of an event.
    pub span: Option<SpanId>,
    /// The span around an event or a new span.
    pub parent: Option<SpanId>,
    /// The task that ran.
    pub task: Option<TaskId>,
}

/// A task as the runtime describes it where it is spawned.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spawned {
    /// The task.
    pub task: TaskId,
    /// Its name; empty if it has none.
    pub name: String,
    /// Where it was spawned: file, line and column.
    pub place: String,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
        })
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Event => "event",
            Self::Created => "new",
            Self::Recorded => "record",
            Self::Entered => "enter",
            Self::Exited => "exit",
            Self::Closed => "close",
        })
    }
}

/// In one line: `task 2 INFO app::door: opened by=3 (in span 4)`, `task 2 enter INFO app::door: visit#4`.
impl fmt::Display for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, level, target, name, fields, span, parent, task } = self;
        if let Some(TaskId(task)) = task {
            write!(f, "task {task} ")?;
        }
        match span {
            Some(SpanId(span)) => write!(f, "{what} {level} {target}: {name}#{span}")?,
            None => write!(f, "{level} {target}:")?,
        }
        if !fields.is_empty() {
            write!(f, " {fields}")?;
        }
        match parent {
            Some(SpanId(parent)) => write!(f, " (in span {parent})"),
            None => Ok(()),
        }
    }
}
