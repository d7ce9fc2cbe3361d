//! Which task runs, and which spans are tasks.
//!
//! Does not know what is traced in them. Invariant: numbers of tasks are the runtime's own, equal for equal tasks, whether it
//! was asked for them or they were fields of a span.

use core::fmt;

use photofinish_tracing_hook::Spawned;
use tracing_core::field::Visit;
use tracing_core::{Field, Metadata, span};

/// What tokio calls the span of a task (`tokio::util::trace::task`).
const SPAWN: &str = "runtime.spawn";
/// The targets it gives it, and those below them.
const TARGET: &str = "tokio::task";

/// The task that a new span stands for, if it is one of tokio's own.
pub(crate) fn spawned(attributes: &span::Attributes<'_>) -> Option<Spawned> {
    if !is_spawn(attributes.metadata()) {
        return None;
    }
    let mut fields = SpawnFields::default();
    attributes.record(&mut fields);
    let SpawnFields { task, name, file, line, column } = fields;
    let place = if file.is_empty() { file } else { format!("{file}:{line}:{column}") };
    Some(Spawned { task: task?, name, place })
}

fn is_spawn(metadata: &Metadata<'_>) -> bool {
    metadata.name() == SPAWN && metadata.target().starts_with(TARGET)
}

/// The fields of [`SPAWN`] that name a task.
#[derive(Default)]
struct SpawnFields {
    task: Option<u64>,
    name: String,
    file: String,
    line: u64,
    column: u64,
}

impl Visit for SpawnFields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "task.id" => self.task = Some(value),
            "loc.line" => self.line = value,
            "loc.col" => self.column = value,
            _ => {}
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "task.name" => value.clone_into(&mut self.name),
            "loc.file" => value.clone_into(&mut self.file),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // A name is recorded by what it displays as.
        if field.name() == "task.name" {
            self.name = format!("{value:?}");
        }
    }
}

/// The number of the task that runs, if it is one of tokio's.
#[cfg(feature = "tokio")]
pub(crate) fn running() -> Option<u64> {
    use core::fmt::Write as _;

    let mut digits = Digits(0);
    // An id shows its number and does not give it.
    write!(digits, "{}", tokio::task::try_id()?).ok().map(|()| digits.0)
}

/// No runtime is asked.
#[cfg(not(feature = "tokio"))]
pub(crate) fn running() -> Option<u64> {
    None
}

/// Reads a number as it is written.
#[cfg(feature = "tokio")]
struct Digits(u64);

#[cfg(feature = "tokio")]
impl fmt::Write for Digits {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for c in piece.chars() {
            let digit = c.to_digit(10).ok_or(fmt::Error)?;
            self.0 = self.0.wrapping_mul(10).wrapping_add(u64::from(digit));
        }
        Ok(())
    }
}
