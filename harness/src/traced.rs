//! What the program traced before it failed, as lines for a person.
//!
//! Does not judge. Invariant: a line is a function of the events before it, and holds the program's own text as it is.

use std::collections::BTreeMap;

use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::traced::{SpanId, Spawned, TaskId, Traced, What};

/// Lines that are shown of what a program traced.
pub const SHOWN: usize = 12;

/// The last lines before a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// How many lines there were before them.
    pub before: usize,
    /// At most [`SHOWN`].
    pub lines: Vec<String>,
}

/// The last events that the program traced before it panicked or was found wrong, or before its end if neither happened. What
/// tokio traces of itself is left out.
#[must_use]
pub fn last(events: &[(Stamp, Event)]) -> Last {
    let failure =
        |(_, event): &(Stamp, Event)| matches!(event, Event::Panicked { .. } | Event::Judged { .. });
    let until = events.iter().rposition(failure).unwrap_or(events.len());
    let mut known = Known::default();
    let mut lines: Vec<String> =
        events[..until].iter().filter_map(|(stamp, event)| known.line(stamp, event)).collect();
    let before = lines.len().saturating_sub(SHOWN);
    lines.drain(..before);
    Last { before, lines }
}

/// Spans and tasks that the events so far told of.
#[derive(Default)]
struct Known<'a> {
    spans: BTreeMap<SpanId, &'a Traced>,
    tasks: BTreeMap<TaskId, &'a Spawned>,
}

impl<'a> Known<'a> {
    /// The line of an event that the program traced.
    fn line(&mut self, stamp: &Stamp, event: &'a Event) -> Option<String> {
        match event {
            Event::TaskSpawned(spawned) => drop(self.tasks.insert(spawned.task, spawned)),
            Event::Traced(traced) if traced.what == What::Created => {
                self.spans.extend(traced.span.map(|span| (span, &**traced)));
            }
            Event::Traced(traced) if traced.what == What::Event && !is_of_tokio(traced) => {
                return Some(self.of_event(stamp, traced));
            }
            _ => {}
        }
        None
    }

    fn of_event(&self, stamp: &Stamp, traced: &Traced) -> String {
        let (seconds, ns) = (stamp.at_ns / 1_000_000_000, stamp.at_ns % 1_000_000_000);
        let mut line = format!("{seconds}.{ns:09} t{}", stamp.thread.0);
        if let Some(task) = traced.task {
            line += &format!(" task {}{}", task.0, self.described(task));
        }
        line += &format!(" {} {}: {}", traced.level, traced.target, traced.fields);
        let mut path = Vec::new();
        let mut span = traced.parent;
        while let Some(id) = span {
            let known = self.spans.get(&id).copied();
            if !known.is_some_and(is_of_tokio) {
                path.push(format!("{}#{}", known.map_or("", |known| &*known.name), id.0));
            }
            span = known.and_then(|known| known.parent);
        }
        if !path.is_empty() {
            path.reverse();
            line += &format!(" [{}]", path.join(" > "));
        }
        line
    }

    /// A task's name, or else where it was spawned, if its runtime told.
    fn described(&self, task: TaskId) -> String {
        match self.tasks.get(&task) {
            Some(Spawned { name, .. }) if !name.is_empty() => format!(" ({name})"),
            Some(Spawned { place, .. }) if !place.is_empty() => format!(" ({place})"),
            _ => String::new(),
        }
    }
}

/// Whether tokio says it of itself.
fn is_of_tokio(traced: &Traced) -> bool {
    let first = traced.target.split("::").next();
    first == Some("tokio") || traced.target.starts_with("runtime::") || traced.name.starts_with("runtime.")
}

#[cfg(test)]
mod tests {
    use photofinish_sim::thread::ThreadId;
    use photofinish_sim::traced::Level;

    use super::*;

    fn traced(what: What, name: &str, span: Option<u64>, parent: Option<u64>) -> (Stamp, Event) {
        let traced = Traced {
            what,
            level: Level::Info,
            target: "app".into(),
            name: name.to_owned().into(),
            fields: String::from("n=1"),
            span: span.map(SpanId),
            parent: parent.map(SpanId),
            task: Some(TaskId(2)),
        };
        (stamp(), Event::Traced(Box::new(traced)))
    }

    fn stamp() -> Stamp {
        Stamp { step: 1, at_ns: 1_000_000_020, thread: ThreadId(3) }
    }

    fn spawned(name: &str) -> (Stamp, Event) {
        let spawned = Spawned { task: TaskId(2), name: name.into(), place: "src/a.rs:1:2".into() };
        (stamp(), Event::TaskSpawned(Box::new(spawned)))
    }

    #[track_caller]
    fn check(events: &[(Stamp, Event)], before: usize, lines: &[&str]) {
        let lines = lines.iter().map(|line| String::from(*line)).collect();
        assert_eq!(last(events), Last { before, lines });
    }

    #[test]
    fn a_line_names_time_thread_task_and_spans() {
        let outer = traced(What::Created, "outer", Some(1), None);
        let inner = traced(What::Created, "inner", Some(2), Some(1));
        let event = traced(What::Event, "event", None, Some(2));
        let line = |task| format!("1.000000020 t3 task 2{task} INFO app: n=1 [outer#1 > inner#2]");
        check(&[outer.clone(), inner.clone(), event.clone()], 0, &[&line("")]);
        check(&[outer.clone(), inner.clone(), spawned(""), event.clone()], 0, &[&line(" (src/a.rs:1:2)")]);
        check(&[outer, inner, spawned("door"), event], 0, &[&line(" (door)")]);
    }

    #[test]
    fn what_tokio_says_of_itself_is_left_out() {
        let task = traced(What::Created, "runtime.spawn", Some(1), None);
        let mut own = traced(What::Event, "event", None, None);
        if let Event::Traced(traced) = &mut own.1 {
            traced.target = "runtime::resource::poll_op".into();
        }
        let event = traced(What::Event, "event", None, Some(1));
        check(&[task, own, event], 0, &["1.000000020 t3 task 2 INFO app: n=1"]);
    }

    #[test]
    fn the_last_lines_before_the_failure_are_shown() {
        let mut events = vec![traced(What::Event, "event", None, None); SHOWN + 5];
        let judged = (stamp(), Event::Judged { signature: String::from("wrong") });
        events.insert(SHOWN + 2, judged);
        let told = last(&events);
        assert_eq!((told.before, told.lines.len()), (2, SHOWN));
        events.remove(SHOWN + 2);
        assert_eq!(last(&events).before, 5);
        check(&[], 0, &[]);
    }
}
