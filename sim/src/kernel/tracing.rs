//! The kernel's side of the program's own tracing: numbers for spans and tasks, and which task runs on which thread.
//!
//! Does not know who numbers tasks or what a runtime calls its spans. Invariant: what is told here changes nothing but events:
//! no thread runs earlier or later for it, and no question is asked.

use std::collections::BTreeMap;

use super::Kernel;
use crate::event::Event;
use crate::thread::ThreadId;
use crate::traced::{SpanId, Spawned, TaskId, Traced, What};

/// A task's number as its runtime has it: equal for the same task, and otherwise without meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuntimeTask(pub u64);

/// Spans and tasks of a run.
#[derive(Debug, Default)]
pub(super) struct Tracing {
    spans: u64,
    tasks: BTreeMap<RuntimeTask, TaskId>,
    /// Spans that are a task while they are entered, until they are closed.
    task_spans: BTreeMap<SpanId, TaskId>,
    /// By thread: those of them that it is in, the innermost last.
    entered: BTreeMap<ThreadId, Vec<SpanId>>,
}

impl Tracing {
    fn task(&mut self, task: RuntimeTask) -> TaskId {
        let next = TaskId(self.tasks.len() as u64 + 1);
        *self.tasks.entry(task).or_insert(next)
    }

    /// The task that runs on a thread: that of the innermost span that is one, or else what the runtime says.
    fn running(&mut self, thread: ThreadId, said: Option<RuntimeTask>) -> Option<TaskId> {
        let innermost = self.entered.get(&thread).and_then(|spans| spans.last());
        match innermost.and_then(|span| self.task_spans.get(span)) {
            Some(task) => Some(*task),
            None => said.map(|said| self.task(said)),
        }
    }

    fn enter(&mut self, thread: ThreadId, span: SpanId) {
        if self.task_spans.contains_key(&span) {
            self.entered.entry(thread).or_default().push(span);
        }
    }

    fn exit(&mut self, thread: ThreadId, span: SpanId) {
        let Some(spans) = self.entered.get_mut(&thread) else { return };
        // Guards may be dropped in any order.
        if let Some(at) = spans.iter().rposition(|entered| *entered == span) {
            spans.remove(at);
        }
        if spans.is_empty() {
            self.entered.remove(&thread);
        }
    }
}

impl Kernel {
    /// Writes down what the tracing of the running thread said, and answers the span it is about: a new one gets its number
    /// here. `said` is the task that runs, as its runtime says.
    pub fn traced(&mut self, mut traced: Traced, said: Option<RuntimeTask>) -> Option<SpanId> {
        let thread = self.current;
        if traced.what == What::Created {
            self.tracing.spans += 1;
            traced.span = Some(SpanId(self.tracing.spans));
        }
        let span = traced.span;
        if let (What::Entered, Some(span)) = (traced.what, span) {
            self.tracing.enter(thread, span);
        }
        traced.task = self.tracing.running(thread, said);
        let what = traced.what;
        self.emit(&Event::Traced(Box::new(traced)));
        match (what, span) {
            (What::Exited, Some(span)) => self.tracing.exit(thread, span),
            (What::Closed, Some(span)) => drop(self.tracing.task_spans.remove(&span)),
            _ => {}
        }
        span
    }

    /// Takes a span for a task: from here on, a thread that is in it runs the task.
    pub fn task_spawned(&mut self, span: SpanId, task: RuntimeTask, name: String, place: String) {
        let task = self.tracing.task(task);
        self.tracing.task_spans.insert(span, task);
        self.emit(&Event::TaskSpawned(Box::new(Spawned { task, name, place })));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::choice::Pick;
    use crate::chooser::Strategy;
    use crate::event::{Recorder, Stamp};
    use crate::kernel::Detail;
    use crate::limits::Limits;
    use crate::seed::Seed;
    use crate::traced::Level;

    #[derive(Clone, Default)]
    struct Kept(Rc<RefCell<Vec<Event>>>);

    impl Recorder for Kept {
        fn pick(&mut self, _pick: &Pick) {}

        fn event(&mut self, _stamp: &Stamp, event: &Event) {
            self.0.borrow_mut().push(event.clone());
        }
    }

    fn kernel(detail: Detail) -> (Kernel, Kept) {
        let kept = Kept::default();
        let chooser = Strategy::Boring.chooser(Seed(0));
        (Kernel::new(Limits::default(), chooser, Box::new(kept.clone()), detail), kept)
    }

    fn told(what: What, span: Option<SpanId>) -> Traced {
        Traced {
            what,
            level: Level::Info,
            target: "app".into(),
            name: "visit".into(),
            fields: String::from("n=1"),
            span,
            parent: None,
            task: None,
        }
    }

    /// The task of each thing that was traced.
    fn tasks(kept: &Kept) -> Vec<Option<u64>> {
        let task = |event: &Event| match event {
            Event::Traced(traced) => Some(traced.task.map(|task| task.0)),
            _ => None,
        };
        kept.0.borrow().iter().filter_map(task).collect()
    }

    #[test]
    fn spans_and_tasks_are_numbered_in_order_of_sight() {
        let (mut kernel, kept) = kernel(Detail::Events);
        for number in 1..4 {
            assert_eq!(kernel.traced(told(What::Created, None), None), Some(SpanId(number)));
        }
        for said in [700, 3, 700, 9] {
            kernel.traced(told(What::Event, None), Some(RuntimeTask(said)));
        }
        kernel.traced(told(What::Event, None), None);
        assert_eq!(tasks(&kept)[3..], [Some(1), Some(2), Some(1), Some(3), None]);
    }

    #[test]
    fn a_thread_in_the_span_of_a_task_runs_the_task() {
        let (mut kernel, kept) = kernel(Detail::Events);
        let span = kernel.traced(told(What::Created, None), None).expect("a new span has a number");
        kernel.task_spawned(span, RuntimeTask(40), String::from("door"), String::from("src/main.rs:1:2"));
        let inner = kernel.traced(told(What::Created, None), None).expect("a new span has a number");
        kernel.task_spawned(inner, RuntimeTask(41), String::new(), String::new());
        let lines = [
            (What::Event, None),
            (What::Entered, Some(span)),
            (What::Entered, Some(inner)),
            (What::Event, None),
            (What::Exited, Some(span)),
            (What::Event, None),
            (What::Exited, Some(inner)),
            (What::Event, None),
        ];
        for (what, span) in lines {
            kernel.traced(told(what, span), Some(RuntimeTask(7)));
        }
        let (outer, inner, said) = (Some(1), Some(2), Some(3));
        assert_eq!(tasks(&kept)[2..], [said, outer, inner, inner, inner, inner, inner, said]);
        assert!(kernel.tracing.entered.is_empty());
        kernel.traced(told(What::Closed, Some(span)), None);
        assert!(!kernel.tracing.task_spans.contains_key(&span));
    }

    #[test]
    fn the_hash_is_the_same_with_events_kept_or_not_and_no_point_is_passed() {
        let figures = |detail| {
            let (mut kernel, kept) = kernel(detail);
            let span = kernel.traced(told(What::Created, None), None);
            kernel.traced(told(What::Closed, span), Some(RuntimeTask(1)));
            (kernel.figures(), kept.0.borrow().len())
        };
        let ((searched, none), (told, two)) = (figures(Detail::HashOnly), figures(Detail::Events));
        assert_eq!((searched, none, two), (told, 0, 2));
        assert_eq!((told.points, told.virtual_ns), (0, 0));
    }
}
