//! The kernel's side of the program's own tracing: numbers for spans and tasks, and which task runs on which thread.
//!
//! Does not know who numbers tasks or what a runtime calls its spans. Invariant: what is told here changes nothing but events:
//! no thread runs earlier or later for it, and no question is asked.

use std::collections::{BTreeMap, BTreeSet};

use super::Kernel;
use crate::event::Event;
use crate::thread::ThreadId;
use crate::traced::{SpanId, Spawned, TaskId, Traced, What};

/// A task's number as its runtime has it: equal for the same task, and otherwise without meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuntimeTask(pub u64);

/// What is known of a task while a span of it is open, or a thread that ran it is there.
#[derive(Debug)]
struct Known {
    id: TaskId,
    spans: u32,
    threads: BTreeSet<ThreadId>,
    /// Its name and where it was spawned, once its runtime has said so.
    spawned: Option<(String, String)>,
}

impl Known {
    fn is_live(&self) -> bool {
        self.spans > 0 || !self.threads.is_empty()
    }
}

/// Spans and tasks of a run.
#[derive(Debug, Default)]
pub(super) struct Tracing {
    spans: u64,
    tasks_seen: u64,
    tasks: BTreeMap<RuntimeTask, Known>,
    /// Spans that are a task while they are entered, until they are closed.
    task_spans: BTreeMap<SpanId, RuntimeTask>,
    /// By thread: those of them that it is in, the innermost last.
    entered: BTreeMap<ThreadId, Vec<SpanId>>,
}

impl Tracing {
    fn task(&mut self, task: RuntimeTask) -> &mut Known {
        self.tasks.entry(task).or_insert_with(|| {
            self.tasks_seen += 1;
            Known { id: TaskId(self.tasks_seen), spans: 0, threads: BTreeSet::new(), spawned: None }
        })
    }

    /// The task that runs on a thread: that of the innermost span that is one, or else what the runtime says.
    fn running(&mut self, thread: ThreadId, said: Option<RuntimeTask>) -> Option<TaskId> {
        let innermost = self.entered.get(&thread).and_then(|spans| spans.last());
        let task = innermost.and_then(|span| self.task_spans.get(span)).copied().or(said)?;
        let known = self.task(task);
        // Its last span may be closed while it still runs.
        known.threads.insert(thread);
        Some(known.id)
    }

    /// A span is a task from here on.
    fn open(&mut self, span: SpanId, task: RuntimeTask) -> TaskId {
        let known = self.task(task);
        known.spans += 1;
        let id = known.id;
        if let Some(before) = self.task_spans.insert(span, task) {
            self.lose_span(before);
        }
        id
    }

    /// The tasks that their runtime has described and not closed, in the order in which they were seen: name and place.
    pub(super) fn open_tasks(&self) -> impl Iterator<Item = (TaskId, &str, &str)> {
        let mut open: Vec<_> = self
            .tasks
            .values()
            .filter(|known| known.spans > 0)
            .filter_map(|known| known.spawned.as_ref().map(|(name, place)| (known.id, &**name, &**place)))
            .collect();
        open.sort_by_key(|(id, ..)| *id);
        open.into_iter()
    }

    fn close(&mut self, span: SpanId) {
        let Some(task) = self.task_spans.remove(&span) else { return };
        self.lose_span(task);
        self.entered.retain(|_, spans| {
            spans.retain(|entered| *entered != span);
            !spans.is_empty()
        });
    }

    fn lose_span(&mut self, task: RuntimeTask) {
        if let Some(known) = self.tasks.get_mut(&task) {
            known.spans -= 1;
            if !known.is_live() {
                self.tasks.remove(&task);
            }
        }
    }

    /// A thread is over, and with it the spans that it never left.
    pub(super) fn end(&mut self, thread: ThreadId) {
        self.entered.remove(&thread);
        self.tasks.retain(|_, known| {
            known.threads.remove(&thread);
            known.is_live()
        });
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
            (What::Closed, Some(span)) => self.tracing.close(span),
            _ => {}
        }
        span
    }

    /// Takes a span for a task: from here on, a thread that is in it runs the task.
    pub fn task_spawned(&mut self, span: SpanId, task: RuntimeTask, name: String, place: String) {
        let runtime = task;
        let task = self.tracing.open(span, runtime);
        self.tracing.task(runtime).spawned = Some((name.clone(), place.clone()));
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
    use crate::host::HostSpec;
    use crate::kernel::Detail;
    use crate::limits::Limits;
    use crate::seed::Seed;
    use crate::traced::Level;

    #[derive(Clone, Default)]
    struct Kept(Rc<RefCell<Vec<Event>>>);

    impl Recorder for Kept {
        fn pick(&mut self, _pick: &Pick) {}

        fn born(&mut self, _parent: ThreadId) {}

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
    fn what_is_over_is_forgotten() {
        let (mut kernel, kept) = kernel(Detail::Events);
        let other = kernel.spawn().expect("few threads");
        let main = core::mem::replace(&mut kernel.current, other);
        let spawn = |kernel: &mut Kernel, task| {
            let span = kernel.traced(told(What::Created, None), None).expect("a new span has a number");
            kernel.task_spawned(span, RuntimeTask(task), String::new(), String::new());
            span
        };
        let (first, second) = (spawn(&mut kernel, 40), spawn(&mut kernel, 41));
        kernel.traced(told(What::Entered, Some(first)), None);
        kernel.traced(told(What::Entered, Some(second)), None);
        kernel.traced(told(What::Closed, Some(second)), None);
        kernel.traced(told(What::Event, None), None);
        kernel.traced(told(What::Event, None), Some(RuntimeTask(50)));
        assert_eq!(kernel.tracing.tasks.len(), 2, "of those it has run: {:?}", kernel.tracing);
        let _: crate::kernel::Next = kernel.end_thread();
        kernel.current = main;
        let tracing = &kernel.tracing;
        assert!(tracing.entered.is_empty(), "the thread never left its span: {tracing:?}");
        assert_eq!(tracing.tasks.keys().collect::<Vec<_>>(), [&RuntimeTask(40)], "its span is open");
        kernel.traced(told(What::Closed, Some(first)), None);
        assert!(kernel.tracing.tasks.is_empty());
        kernel.traced(told(What::Event, None), Some(RuntimeTask(60)));
        assert_eq!(tasks(&kept).last(), Some(&Some(3)), "no number is given twice");
    }

    #[test]
    fn what_ends_with_its_host_is_forgotten() {
        let (mut kernel, _) = kernel(Detail::Events);
        let spec = HostSpec { name: String::from("other"), ..kernel.host().spec.clone() };
        let host = kernel.add_host(spec).expect("a good name");
        let (_, victim) = kernel.start(host, "program").expect("few threads");
        let main = core::mem::replace(&mut kernel.current, victim);
        let span = kernel.traced(told(What::Created, None), None).expect("a new span has a number");
        kernel.task_spawned(span, RuntimeTask(40), String::new(), String::new());
        kernel.traced(told(What::Entered, Some(span)), None);
        kernel.traced(told(What::Closed, Some(span)), None);
        let other = kernel.traced(told(What::Created, None), None).expect("a new span has a number");
        kernel.task_spawned(other, RuntimeTask(41), String::new(), String::new());
        kernel.traced(told(What::Entered, Some(other)), None);
        assert_eq!((kernel.tracing.entered.len(), kernel.tracing.tasks.len()), (1, 2));
        kernel.current = main;
        kernel.crash(host).expect("up");
        let tracing = &kernel.tracing;
        assert_eq!(
            (tracing.entered.len(), tracing.tasks.len()),
            (0, 1),
            "that span may be closed yet: {tracing:?}"
        );
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
