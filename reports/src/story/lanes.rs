//! Who did what from when to when: the lanes of a picture, the spans on them and the arrows between them.
//!
//! Follows the kernel's events and guesses nothing else. What a thread was before the first step that a record still has follows from what
//! becomes of it. A wake has an arrow only if a running thread, or one that just ended, made it: what time or a packet wakes has none,
//! but the packet's own arrow points at the thread that it woke. Only a timer file (`timerfd_create(2)`) that is due between two
//! instructions of a running thread cannot be told from a wake by that thread.
//!
//! A task's lane says where the program's tracing saw the task run, at least: from the first to the last of a thread's consecutive
//! words of it, or to where it left its outermost span.
//!
//! Knows no pixels. Invariant: the spans of a thread do not overlap, and are in the order of time.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::names::Names;
use crate::record::{Figures, Packet, Passing, Pause, Process, Record, Step, Switch, Thread, Wake, What};

/// A picture's lanes and what is on them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lanes {
    /// By host, process, threads before tasks, and number.
    pub lanes: Vec<Lane>,
    /// In the order in which they end.
    pub spans: Vec<Span>,
    /// In the order in which they arrive.
    pub arrows: Vec<Arrow>,
    /// Where the run ends.
    pub end: At,
}

/// The lane of a thread or of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// Whose.
    pub who: Who,
    /// What it is called; see [`Names`].
    pub name: String,
    /// The host.
    pub host: u32,
    /// The process.
    pub pid: i32,
}

/// Whose lane it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// A thread, by number.
    Thread(u32),
    /// A task of an asynchronous runtime, by number.
    Task(u64),
}

/// A place in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct At {
    /// The index of the step; at the end of the run, the number of steps.
    pub index: usize,
    /// Scheduling points passed before.
    pub step: u64,
    /// Virtual nanoseconds before.
    pub at_ns: u64,
}

/// What a thread was for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// An index into [`Lanes::lanes`].
    pub lane: usize,
    /// What it was.
    pub state: State,
    /// From when.
    pub from: At,
    /// To when.
    pub to: At,
    /// What it waited for; of a task, the thread that ran it.
    pub why: Option<String>,
}

/// What a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It runs.
    Running,
    /// It could run, and another does.
    Runnable,
    /// It waits.
    Blocked,
    /// It could run, and time passes instead.
    Stalled,
}

/// What went from one lane to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrow {
    /// What.
    pub kind: Kind,
    /// Where it began: an index into [`Lanes::lanes`].
    pub from: usize,
    /// When it began.
    pub left: At,
    /// Where it went, if somebody waited for it.
    pub to: Option<usize>,
    /// When it was there.
    pub came: At,
    /// In a word or two; empty for a wake and for a spawn.
    pub what: String,
}

/// What an arrow stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A thread or process was made.
    Spawn,
    /// A wait was ended.
    Wake,
    /// A packet.
    Message,
    /// A signal.
    Signal,
}

impl Lanes {
    /// Those of the failing run.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        let threads = (&record.threads[..], Names::of(record));
        Self::between(threads, &record.processes, &record.steps, &record.figures)
    }

    /// Those of the run beside it.
    #[must_use]
    pub fn of_passing(record: &Record, passing: &Passing) -> Self {
        let names = Names::among(&passing.threads, &record.processes, &record.hosts);
        let threads = (&passing.threads[..], names);
        Self::between(threads, &record.processes, &passing.steps, &passing.figures)
    }

    /// The lane of a thread or task.
    #[must_use]
    pub fn lane(&self, who: Who) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.who == who)
    }

    fn between(
        (threads, names): (&[Thread], Names),
        processes: &[Process],
        steps: &[Step],
        figures: &Figures,
    ) -> Self {
        let last = steps.last().map_or((0, 0), |step| (step.step, step.at_ns));
        let end = At {
            index: steps.len(),
            step: figures.points.max(last.0),
            at_ns: figures.virtual_ns.max(last.1),
        };
        let lanes = rows(threads, &names, processes, steps);
        let index = lanes.iter().enumerate().map(|(at, lane)| (lane.who, at)).collect();
        let first =
            |pid: i32| threads.iter().zip(0..).find(|(thread, _)| thread.pid == pid).map(|(_, at)| at);
        let mut walk = Walk { index, lanes: Lanes { lanes, end, ..Self::default() }, ..Walk::default() };
        walk.current = steps.first().map(|step| step.thread);
        for (index, step) in steps.iter().enumerate() {
            walk.step(At { index, step: step.step, at_ns: step.at_ns }, step, &first);
        }
        walk.finish(end)
    }
}

/// The lanes, in their order.
fn rows(threads: &[Thread], names: &Names, processes: &[Process], steps: &[Step]) -> Vec<Lane> {
    let host =
        |pid: i32| processes.iter().find(|process| process.pid == pid).map_or(0, |process| process.host);
    // Whoever made a step has a lane, also in a record that does not list it.
    let all: BTreeSet<u32> =
        threads.iter().zip(0..).map(|(_, at)| at).chain(steps.iter().map(|step| step.thread)).collect();
    let pid = |thread: u32| threads.get(thread as usize).map_or(0, |thread| thread.pid);
    let mut lanes: Vec<Lane> = all
        .into_iter()
        .map(|thread| {
            let pid = pid(thread);
            Lane { who: Who::Thread(thread), name: names.thread(thread), host: host(pid), pid }
        })
        .collect();
    let mut tasks: BTreeMap<u64, (i32, String)> = BTreeMap::new();
    for step in steps {
        match &step.what {
            What::Task { task, name, .. } => {
                let name =
                    if name.is_empty() { format!("task {task}") } else { format!("{name} (task {task})") };
                tasks.insert(*task, (pid(step.thread), name));
            }
            What::Traced { task: Some(task), .. } => {
                tasks.entry(*task).or_insert_with(|| (pid(step.thread), format!("task {task}")));
            }
            _ => {}
        }
    }
    lanes.extend(tasks.into_iter().map(|(task, (pid, name))| Lane {
        who: Who::Task(task),
        name,
        host: host(pid),
        pid,
    }));
    lanes.sort_by_key(|lane| (lane.host, lane.pid, lane.who));
    lanes
}

/// What is open of a thread.
struct Open {
    state: State,
    from: At,
    why: Option<String>,
}

/// What is open of a task: where, since when, to when at least, and in how many spans.
struct Task {
    task: u64,
    from: At,
    to: At,
    depth: u32,
}

#[derive(Default)]
struct Walk {
    lanes: Lanes,
    index: BTreeMap<Who, usize>,
    open: BTreeMap<u32, Open>,
    /// Threads that were seen to begin or to end: they are nothing before, and nothing after.
    begun: BTreeMap<u32, At>,
    tasks: BTreeMap<u32, Task>,
    current: Option<u32>,
    /// The packet, the pause or the end that the wakes at this moment belong to.
    cause: Option<(Cause, u64, u64)>,
}

enum Cause {
    /// Nobody: time came.
    Time,
    /// An arrow that has no end yet.
    Packet(Option<usize>),
    /// The end of the thread that ran.
    End,
}

impl Walk {
    fn step(&mut self, at: At, step: &Step, first: &impl Fn(i32) -> Option<u32>) {
        if !matches!(step.what, What::Woke { .. }) {
            self.cause = None;
        }
        if is_own(&step.what) {
            self.current = Some(step.thread);
            self.was(step.thread, State::Running);
            self.runs_on(step.thread);
        } else if let Some(current) = self.current
            && self.open.get(&current).is_some_and(|open| open.from.step < at.step)
        {
            // Points were passed, and nobody else ran.
            self.runs_on(current);
        }
        match &step.what {
            What::Spawned { child } => {
                self.begin(at, *child, State::Runnable);
                self.arrow(Kind::Spawn, (step.thread, at), (Some(*child), at), String::new());
            }
            What::Ended => {
                self.close(at, step.thread);
                self.cause = Some((Cause::End, at.step, at.at_ns));
            }
            What::Switched { to, why } => self.switch(at, step.thread, *to, *why),
            What::Blocked { on, .. } => self.turn(at, step.thread, State::Blocked, Some(on.clone())),
            What::Woke { thread, how } => self.wake(at, step.thread, *thread, *how),
            What::Passed { ns, why } => self.pass(at, *ns, *why),
            What::Arrived(packet) => self.arrive(at, packet),
            What::Signalled { pid, signal } => {
                let to = first(*pid).filter(|to| *to != step.thread);
                self.arrow(Kind::Signal, (step.thread, at), (to, at), format!("signal {signal}"));
            }
            What::Traced { of, task, .. } => self.trace(at, step.thread, of, *task),
            _ => {}
        }
    }

    /// A thread is there from here on.
    fn begin(&mut self, at: At, thread: u32, state: State) {
        self.begun.insert(thread, at);
        self.open.insert(thread, Open { state, from: at, why: None });
    }

    /// The thread is something else from here on.
    fn turn(&mut self, at: At, thread: u32, state: State, why: Option<String>) {
        if self.open.get(&thread).is_some_and(|open| open.state == state && open.why == why) {
            return;
        }
        self.close(at, thread);
        self.begun.entry(thread).or_default();
        self.open.insert(thread, Open { state, from: at, why });
    }

    /// What the thread is, ends here.
    fn close(&mut self, at: At, thread: u32) {
        if let Some(open) = self.open.remove(&thread) {
            self.span(thread, open, at);
        }
    }

    fn span(&mut self, thread: u32, open: Open, to: At) {
        let Some(lane) = self.index.get(&Who::Thread(thread)) else { return };
        if open.from != to {
            let Open { state, from, why } = open;
            self.lanes.spans.push(Span { lane: *lane, state, from, to, why });
        }
    }

    /// Says what a thread was since the beginning, of which no step is left.
    fn was(&mut self, thread: u32, state: State) {
        if !self.begun.contains_key(&thread) {
            self.begin(At::default(), thread, state);
        }
    }

    /// The thread runs: one that waited and was woken before another could run has been running since, without a switch.
    fn runs_on(&mut self, thread: u32) {
        if let Some(open) = self.open.get_mut(&thread)
            && open.state == State::Runnable
        {
            open.state = State::Running;
        }
    }

    fn switch(&mut self, at: At, from: u32, to: u32, why: Switch) {
        match why {
            Switch::Preempted | Switch::Yielded => {
                self.was(from, State::Running);
                if self.open.get(&from).is_some_and(|open| open.state == State::Running) {
                    self.turn(at, from, State::Runnable, None);
                }
            }
            Switch::Ended => self.close(at, from),
            Switch::Blocked => {}
        }
        self.was(to, State::Runnable);
        self.turn(at, to, State::Running, None);
        self.current = Some(to);
    }

    fn wake(&mut self, at: At, by: u32, thread: u32, how: Wake) {
        self.was(thread, State::Blocked);
        let runs = self.open.get(&by).is_some_and(|open| open.state == State::Running);
        self.turn(at, thread, State::Runnable, None);
        if how != Wake::Cause {
            return;
        }
        let cause = self.cause.take().filter(|(_, step, at_ns)| (*step, *at_ns) == (at.step, at.at_ns));
        match &cause {
            Some((Cause::Packet(Some(arrow)), ..)) => {
                let lane = self.index.get(&Who::Thread(thread)).copied();
                let arrow = &mut self.lanes.arrows[*arrow];
                // The first whom a packet wakes has its arrow.
                arrow.to = arrow.to.or(lane);
            }
            Some((Cause::Time | Cause::Packet(None), ..)) => {}
            Some((Cause::End, ..)) => {
                self.arrow(Kind::Wake, (by, at), (Some(thread), at), String::new());
            }
            None if runs && by != thread => {
                self.arrow(Kind::Wake, (by, at), (Some(thread), at), String::new());
            }
            None => {}
        }
        self.cause = cause;
    }

    /// Time passed before this step.
    fn pass(&mut self, at: At, ns: u64, why: Pause) {
        self.cause = Some((Cause::Time, at.step, at.at_ns));
        if why != Pause::Stalled {
            return;
        }
        if let Some(current) = self.current {
            self.was(current, State::Running);
        }
        let since = At { at_ns: at.at_ns.saturating_sub(ns), ..at };
        let can_run = |open: &Open| matches!(open.state, State::Running | State::Runnable);
        let threads: Vec<(u32, State)> = self
            .open
            .iter()
            .filter(|(_, open)| can_run(open))
            .map(|(thread, open)| (*thread, open.state))
            .collect();
        for (thread, state) in threads {
            let Some(open) = self.open.remove(&thread) else { continue };
            // What was just stalled, and did nothing since, is stalled for longer.
            let since = self.stall(thread, &open, since);
            self.span(thread, Open { state: State::Stalled, from: since, why: None }, at);
            self.open.insert(thread, Open { state, from: at, why: None });
        }
    }

    /// Ends what a thread was before it was stalled, and says since when it is.
    fn stall(&mut self, thread: u32, open: &Open, since: At) -> At {
        let Some(lane) = self.index.get(&Who::Thread(thread)).copied() else { return since };
        let before = self.lanes.spans.iter().rev().take(64).position(|span| span.lane == lane);
        let before = before.map(|back| self.lanes.spans.len() - 1 - back);
        if let Some(before) = before
            && let span = &self.lanes.spans[before]
            && span.state == State::Stalled
            && (span.to.step, span.to.at_ns) == (since.step, since.at_ns)
            && open.from == span.to
        {
            return self.lanes.spans.remove(before).from;
        }
        let since = At { at_ns: since.at_ns.max(open.from.at_ns), ..since };
        self.span(thread, Open { state: open.state, from: open.from, why: None }, since);
        since
    }

    fn arrive(&mut self, at: At, packet: &Packet) {
        let arrow = packet.sent.and_then(|sent| {
            let left = At { index: at.index, step: sent.step, at_ns: sent.at_ns };
            let what = match packet.bytes {
                0 => packet.segment.clone(),
                bytes => format!("{} {bytes} B", packet.segment),
            };
            self.arrow(Kind::Message, (sent.thread, left), (None, at), what)
        });
        self.cause = Some((Cause::Packet(arrow), at.step, at.at_ns));
    }

    fn arrow(&mut self, kind: Kind, from: (u32, At), to: (Option<u32>, At), what: String) -> Option<usize> {
        let lane = |thread: u32| self.index.get(&Who::Thread(thread)).copied();
        let ((from, left), (to, came)) = (from, to);
        let from = lane(from)?;
        self.lanes.arrows.push(Arrow { kind, from, left, to: to.and_then(lane), came, what });
        Some(self.lanes.arrows.len() - 1)
    }

    fn trace(&mut self, at: At, thread: u32, of: &str, task: Option<u64>) {
        let is_another = self.tasks.get(&thread).is_some_and(|open| Some(open.task) != task);
        if is_another {
            self.leave(thread);
        }
        let Some(task) = task else { return };
        let open = self.tasks.entry(thread).or_insert(Task { task, from: at, to: at, depth: 0 });
        open.to = at;
        match of {
            "enter" => open.depth += 1,
            "exit" => open.depth = open.depth.saturating_sub(1),
            _ => {}
        }
        if of == "exit" && open.depth == 0 {
            self.leave(thread);
        }
    }

    /// The thread's task does not run any more.
    fn leave(&mut self, thread: u32) {
        let Some(Task { task, from, to, .. }) = self.tasks.remove(&thread) else { return };
        let Some(lane) = self.index.get(&Who::Task(task)) else { return };
        let by = self.index.get(&Who::Thread(thread)).map(|lane| self.lanes.lanes[*lane].name.clone());
        self.lanes.spans.push(Span { lane: *lane, state: State::Running, from, to, why: by });
    }

    fn finish(mut self, end: At) -> Lanes {
        let threads: Vec<u32> = self.open.keys().copied().collect();
        threads.into_iter().for_each(|thread| self.close(end, thread));
        let threads: Vec<u32> = self.tasks.keys().copied().collect();
        threads.into_iter().for_each(|thread| self.leave(thread));
        self.lanes
    }
}

/// Whether the running thread itself does this, and not time, the network or the kernel for it.
fn is_own(what: &What) -> bool {
    matches!(
        what,
        What::Spawned { .. }
            | What::Named { .. }
            | What::Ended
            | What::Blocked { .. }
            | What::Called { .. }
            | What::Forked { .. }
            | What::Executed { .. }
            | What::Wrote { .. }
            | What::Panicked { .. }
            | What::Traced { .. }
            | What::Task { .. }
            | What::Marked { .. }
    )
}

#[cfg(test)]
mod tests;
