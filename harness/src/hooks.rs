//! What the executable that serves runs installs in the crates that a program under test uses of ours.
//!
//! Does not decide what becomes of what it is told. Invariant: it calls the kernel only from inside a run, as the boundary's
//! [`tell`] sees to.

use photofinish_boundary::tell;
use photofinish_sim::kernel::RuntimeTask;
use photofinish_sim::traced::{Level, SpanId, Traced, What};
use photofinish_tracing_hook::{Hooks, Note, Spawned};

/// Installs them.
pub(crate) fn install() {
    photofinish_tracing_hook::install(Hooks { is_on: photofinish_boundary::active, note, spawned });
}

fn note(note: &Note<'_>) -> Option<u64> {
    let Note { what, level, target, name, fields, span, parent, task } = *note;
    let made = |text: &str| Traced {
        what: what_of(what),
        level: level_of(level),
        target: target.into(),
        name: name.into(),
        fields: text.to_owned(),
        span: span.map(SpanId),
        parent: parent.map(SpanId),
        task: None,
    };
    tell(|kernel| kernel.traced(made(fields), task.map(RuntimeTask)))?.map(|span| span.0)
}

fn spawned(span: u64, Spawned { task, name, place }: &Spawned) {
    tell(|kernel| kernel.task_spawned(SpanId(span), RuntimeTask(*task), name.clone(), place.clone()));
}

fn what_of(what: photofinish_tracing_hook::What) -> What {
    match what {
        photofinish_tracing_hook::What::Event => What::Event,
        photofinish_tracing_hook::What::Created => What::Created,
        photofinish_tracing_hook::What::Recorded => What::Recorded,
        photofinish_tracing_hook::What::Entered => What::Entered,
        photofinish_tracing_hook::What::Exited => What::Exited,
        photofinish_tracing_hook::What::Closed => What::Closed,
    }
}

fn level_of(level: photofinish_tracing_hook::Level) -> Level {
    match level {
        photofinish_tracing_hook::Level::Error => Level::Error,
        photofinish_tracing_hook::Level::Warn => Level::Warn,
        photofinish_tracing_hook::Level::Info => Level::Info,
        photofinish_tracing_hook::Level::Debug => Level::Debug,
        photofinish_tracing_hook::Level::Trace => Level::Trace,
    }
}
