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

mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::walk::Walk;
use super::names::Names;
use crate::record::{Figures, Passing, Process, Record, Step, Thread, What};

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
        let lanes = Self { lanes, end, ..Self::default() };
        let mut walk = Walk::new(lanes, index, steps.first().map(|step| step.thread));
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

#[cfg(test)]
mod tests;
