//! What the threads of a run become, step by step.
//!
//! Knows the states and not what they mean to a reader. Invariant: a thread has one state at a time, and none before it begins or
//! after it ends.

use std::collections::BTreeMap;

use super::{Arrow, At, Kind, Lane, Lanes, Span, State, Who};
use crate::record::{Packet, Pause, Step, Switch, Wake, What};

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

/// Goes through the steps of a run.
#[derive(Default)]
pub(super) struct Walk {
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
    /// Begins with these lanes, by whose they are, and with the thread that runs first.
    pub(super) fn new(lanes: Lanes, index: BTreeMap<Who, usize>, current: Option<u32>) -> Self {
        Self { lanes, index, current, ..Self::default() }
    }

    /// Takes a step.
    pub(super) fn step(&mut self, at: At, step: &Step, first: &impl Fn(i32) -> Option<u32>) {
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
            What::Exited { pid, .. } => self.exit(at, *pid),
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

    /// The process is over, and with it all of its threads.
    fn exit(&mut self, at: At, pid: i32) {
        let of = |lane: &Lane| match lane.who {
            Who::Thread(thread) if lane.pid == pid => Some(thread),
            _ => None,
        };
        let threads: Vec<u32> = self.lanes.lanes.iter().filter_map(of).collect();
        for thread in threads {
            self.begun.entry(thread).or_default();
            self.close(at, thread);
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

    /// Ends everything that is open, and gives what there is.
    pub(super) fn finish(mut self, end: At) -> Lanes {
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
