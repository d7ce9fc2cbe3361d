//! The thread table: who exists, whose child it is, what it is doing.
//!
//! Does not know who runs next (the run queue) nor what a context is (the boundary). Invariant: ids are dense and never
//! reused within a run, and a pedigree names the same thread in every run that spawns in the same order per parent.

use core::fmt;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::choice::Kind;
use crate::fd::{DescriptionId, Object};
use crate::file::record::Awaited;
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

/// A thread's place in the tree of who spawned whom: ordinals from the main thread down, `[]` being the main thread and `[2, 0]`
/// the first child of its third child.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pedigree(pub Vec<u32>);

impl Pedigree {
    /// Its child of this number.
    #[must_use]
    pub fn child(&self, ordinal: u32) -> Self {
        Self(self.0.iter().copied().chain([ordinal]).collect())
    }
}

impl fmt::Display for Pedigree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("root")?;
        self.0.iter().try_for_each(|ordinal| write!(f, "/{ordinal}"))
    }
}

/// Whose child each thread of a run is, by id. The main thread is nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// The parent of each thread but the main one, in order of creation.
    parents: Vec<ThreadId>,
}

/// The pedigrees of a run's threads, by id, as they are created.
#[derive(Clone, Debug, Default)]
pub struct Pedigrees {
    all: Vec<Pedigree>,
    children: Vec<u32>,
}

impl Pedigrees {
    /// One more thread was created, by this one, or by nobody if it is the main thread. A parent that does not come before its child,
    /// which no run has, counts as the main thread.
    pub fn born(&mut self, parent: Option<ThreadId>) {
        let pedigree = parent.map_or_else(Pedigree::default, |parent| {
            let parent = if parent.index() < self.all.len() { parent.index() } else { 0 };
            self.children[parent] += 1;
            self.all[parent].child(self.children[parent] - 1)
        });
        self.all.push(pedigree);
        self.children.push(0);
    }

    /// The pedigree of a thread that exists.
    #[must_use]
    pub fn of(&self, thread: ThreadId) -> Option<&Pedigree> {
        self.all.get(thread.index())
    }
}

impl Family {
    /// One more thread was created, by this one.
    pub fn born(&mut self, parent: ThreadId) {
        self.parents.push(parent);
    }

    /// How many threads there are, the main one included.
    #[must_use]
    pub fn count(&self) -> usize {
        self.parents.len() + 1
    }

    /// Every thread's pedigree.
    #[must_use]
    pub fn pedigrees(&self) -> Pedigrees {
        let mut pedigrees = Pedigrees::default();
        pedigrees.born(None);
        self.parents.iter().for_each(|parent| pedigrees.born(Some(*parent)));
        pedigrees
    }

    /// Whether each thread was created by one that was there before.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.parents.iter().enumerate().all(|(others, parent)| parent.index() <= others)
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

/// How many questions of each kind were put since a thread came to a point of its own. It can come there more than once, waking and going back
/// to sleep in one call, and what it was asked before counts on: so a question has one name in all of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    points: u64,
    counts: [u32; Kind::COUNT],
}

impl Asked {
    /// The number of a question that is put now.
    pub(crate) fn next(&mut self, points: u64, kind: Kind) -> u32 {
        if self.points != points {
            *self = Self { points, ..Self::default() };
        }
        let count = &mut self.counts[kind as usize];
        *count += 1;
        *count - 1
    }
}

/// One simulated thread.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Its place in the tree of threads.
    pub pedigree: Pedigree,
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
    /// The processors that it was bound to, by itself or by whoever created it: `sched_setaffinity(2)`.
    pub(crate) bound_to: Option<BTreeSet<u32>>,
    /// While it runs as a forked child: the processes it comes from, innermost last, and what it blocked there.
    pub(crate) forked_from: Vec<(Pid, u64)>,
    /// The open files that the call it waits in goes on with.
    pub(crate) held: Vec<DescriptionId>,
    /// The files whose changes end its `poll(2)`.
    pub(crate) polls: Vec<Object>,
    /// The lock of a range that it waits for, or waited for last.
    pub(crate) awaited: Option<Awaited>,
    /// When it began its wait, or its last one: points and virtual nanoseconds of the run.
    pub(crate) blocked_at: (u64, u64),
    /// The questions that were put while it ran, or had run last.
    pub(crate) asked: Asked,
    /// Since a timer made it runnable and until it runs: when that was due, and for how long the run had been stalled then.
    pub(crate) due: Option<(u64, u64)>,
    /// The key of its deadline in the timer queue, while it waits with one.
    pub(crate) timer: Option<(u64, u64)>,
}

/// All threads of a run, by id.
#[derive(Clone, Debug, Default)]
pub struct Threads {
    all: Vec<Thread>,
}

impl Threads {
    /// Adds a thread of `process` spawned by `parent` (`None` for the main thread) and returns its id.
    pub fn add(&mut self, parent: Option<ThreadId>, process: Pid) -> ThreadId {
        let pedigree = parent.map_or_else(Pedigree::default, |parent| {
            let parent = &mut self.all[parent.index()];
            parent.children += 1;
            parent.pedigree.child(parent.children - 1)
        });
        let bound_to = parent.and_then(|parent| self.all[parent.index()].bound_to.clone());
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
            bound_to,
            forked_from: Vec::new(),
            held: Vec::new(),
            polls: Vec::new(),
            awaited: None,
            blocked_at: (0, 0),
            asked: Asked::default(),
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
