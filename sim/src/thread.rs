//! The thread table: who exists, whose child it is, what it is doing.
//!
//! Does not know who runs next (the run queue) nor what a context is (the boundary). Invariant: ids are dense and never
//! reused within a run, and a pedigree names the same thread in every run that spawns in the same order per parent.

use serde::{Deserialize, Serialize};

use crate::fd::{DescriptionId, Object};
use crate::process::Pid;
use crate::wait::{Wait, Woken};

/// A simulated thread: its order of creation in this run, the main thread being 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ThreadId(pub u32);

impl ThreadId {
    /// The thread that runs the program's main function.
    pub const MAIN: Self = Self(0);

    /// The id as an index into tables by thread.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a thread is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// On the one processor, or in the run queue.
    Runnable,
    /// Waiting for a cause or a time.
    Blocked(Wait),
    /// Over; its join has not been asked for, or has been answered.
    Ended,
}

/// One simulated thread.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Spawn ordinals from the main thread down: `[]` is main, `[2, 0]` the first child of its third child.
    pub pedigree: Vec<u32>,
    /// What `pthread_setname_np(3)` last said.
    pub name: String,
    /// What it is doing.
    pub state: State,
    /// How its last wait ended, until the call that waited reads it.
    pub woken: Option<Woken>,
    /// Whether nobody will join it.
    pub detached: bool,
    /// Scheduling points it had passed when it last stopped running.
    pub points: u64,
    /// Points it had passed since it last made progress, and in its turn, when it was preempted last; 0 if it stopped by
    /// itself.
    pub(crate) idle_points: u64,
    pub(crate) turn_points: u64,
    /// How many threads it has spawned.
    pub children: u32,
    /// The process it belongs to; between `fork(2)` and `execve(2)` that is the child.
    pub process: Pid,
    /// Signals it does not take now, bit n - 1 for signal n.
    pub blocked_signals: u64,
    /// While it runs as a forked child: the processes it comes from, innermost last, and what it blocked there.
    pub(crate) forked_from: Vec<(Pid, u64)>,
    /// The open files that the call it waits in goes on with.
    pub(crate) held: Vec<DescriptionId>,
    /// The files whose changes end its `poll(2)`.
    pub(crate) polls: Vec<Object>,
    /// When it began its wait, or its last one: points and virtual nanoseconds of the run.
    pub(crate) blocked_at: (u64, u64),
    /// Since a timer made it runnable and until it runs: when that was due, and for how long the run had been stalled then.
    pub(crate) due: Option<(u64, u64)>,
    /// The key of its deadline in the timer queue, while it waits with one.
    pub(crate) timer: Option<(u64, u64)>,
}

impl Thread {
    /// The pedigree as people read it: `root`, `root/2/0`.
    #[must_use]
    pub fn path(&self) -> String {
        self.pedigree.iter().fold(String::from("root"), |path, ordinal| format!("{path}/{ordinal}"))
    }
}

/// All threads of a run, by id.
#[derive(Clone, Debug, Default)]
pub struct Threads {
    all: Vec<Thread>,
}

impl Threads {
    /// Adds a thread of `process` spawned by `parent` (`None` for the main thread) and returns its id.
    pub fn add(&mut self, parent: Option<ThreadId>, process: Pid) -> ThreadId {
        let pedigree = parent.map_or_else(Vec::new, |parent| {
            let parent = &mut self.all[parent.index()];
            let mut pedigree = parent.pedigree.clone();
            pedigree.push(parent.children);
            parent.children += 1;
            pedigree
        });
        let id = ThreadId(u32::try_from(self.all.len()).expect("the limit on threads is far below 2^32"));
        self.all.push(Thread {
            pedigree,
            name: String::new(),
            state: State::Runnable,
            woken: None,
            detached: false,
            points: 0,
            idle_points: 0,
            turn_points: 0,
            children: 0,
            process,
            blocked_signals: 0,
            forked_from: Vec::new(),
            held: Vec::new(),
            polls: Vec::new(),
            blocked_at: (0, 0),
            due: None,
            timer: None,
        });
        id
    }

    /// The thread with this id, which this run must have handed out.
    #[must_use]
    pub fn get(&self, id: ThreadId) -> &Thread {
        &self.all[id.index()]
    }

    /// The thread with this id, to change.
    pub fn get_mut(&mut self, id: ThreadId) -> &mut Thread {
        &mut self.all[id.index()]
    }

    /// Every thread in order of creation.
    pub fn iter(&self) -> impl Iterator<Item = (ThreadId, &Thread)> {
        (0..).map(ThreadId).zip(&self.all)
    }

    /// How many threads were created, ended ones included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }
}
