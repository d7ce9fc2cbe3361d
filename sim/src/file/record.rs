//! Advisory locks of ranges of bytes: `F_SETLK` and `F_OFD_SETLK` of `fcntl(2)`.
//!
//! Does not know files, threads or waiting: a file is a number that the boundary gives it. Invariant: a byte is locked by one
//! owner to write, or by any number of them to read; the locks of an owner lie in order, and two of one kind never touch.

use std::collections::BTreeMap;

use super::lock::FileNumber;
use crate::fd::DescriptionId;
use crate::process::Pid;

/// The last byte that a file can have: `OFFSET_MAX`.
pub const LAST: u64 = i64::MAX.cast_unsigned();

/// Whose a lock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A process, by whichever descriptor it asked: `F_SETLK`.
    Process(Pid),
    /// An open file, whoever has it: `F_OFD_SETLK`.
    Open(DescriptionId),
}

/// What a lock is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `F_RDLCK`: others may have the same.
    Read,
    /// `F_WRLCK`: nobody else has any.
    Write,
}

/// Bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first one.
    pub first: u64,
    /// The last one, which is not before the first.
    pub last: u64,
}

impl Span {
    fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether one ends right before the other begins.
    fn adjoins(self, other: Self) -> bool {
        self.last.checked_add(1) == Some(other.first) || other.last.checked_add(1) == Some(self.first)
    }
}

/// A lock, had or wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Whose it is.
    pub owner: Owner,
    /// What it is for.
    pub purpose: Purpose,
    /// Which bytes it is of.
    pub span: Span,
}

impl Lock {
    /// `posix_locks_conflict`.
    fn excludes(&self, other: &Self) -> bool {
        self.owner != other.owner
            && self.span.overlaps(other.span)
            && (self.purpose == Purpose::Write || other.purpose == Purpose::Write)
    }
}

/// A lock that somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The lock.
    pub wanted: Lock,
    /// Who had the first of those that were in its way: `fl_blocker`.
    pub of: Owner,
}

/// The locks of all files of a run.
#[derive(Debug, Default)]
pub struct RecordLocks {
    /// By file, the locks of each owner in the order of their bytes; owners in the order in which they got their first one, as they
    /// stand in Linux' list, which is the order in which conflicts are found.
    held: BTreeMap<FileNumber, Vec<Lock>>,
}

impl RecordLocks {
    /// The locks of a file, in the order in which conflicts are found.
    pub fn of(&self, file: FileNumber) -> impl Iterator<Item = &Lock> {
        self.held.get(&file).into_iter().flatten()
    }

    /// The locks that are in the way of this one.
    pub fn conflicts(&self, file: FileNumber, wanted: Lock) -> impl Iterator<Item = &Lock> {
        self.of(file).filter(move |lock| lock.excludes(&wanted))
    }

    /// The first lock that its owner has among these bytes.
    #[must_use]
    pub fn own(&self, file: FileNumber, owner: Owner, span: Span) -> Option<&Lock> {
        self.of(file).find(|lock| lock.owner == owner && lock.span.overlaps(span))
    }

    /// Whether an owner has any lock.
    #[must_use]
    pub fn has_any(&self, owner: Owner) -> bool {
        self.held.values().flatten().any(|lock| lock.owner == owner)
    }

    /// The files of which an owner has locks.
    #[must_use]
    pub fn files_of(&self, owner: Owner) -> Vec<FileNumber> {
        let held = self.held.iter();
        let has = |locks: &[Lock]| locks.iter().any(|lock| lock.owner == owner);
        held.filter(|(_, locks)| has(locks)).map(|(file, _)| *file).collect()
    }

    /// Gives a lock that nothing is in the way of. What its owner had of these bytes becomes this, and what adjoins it one with it.
    pub fn take(&mut self, file: FileNumber, wanted: Lock) {
        assert!(self.conflicts(file, wanted).next().is_none(), "a lock is asked for before it is taken");
        self.replace(file, wanted.owner, wanted.span, Some(wanted.purpose));
    }

    /// Takes these bytes from an owner, who may have none of them.
    pub fn release(&mut self, file: FileNumber, owner: Owner, span: Span) {
        self.replace(file, owner, span, None);
    }

    /// `posix_lock_inode`.
    fn replace(&mut self, file: FileNumber, owner: Owner, span: Span, purpose: Option<Purpose>) {
        let locks = self.held.entry(file).or_default();
        let from = locks.iter().position(|lock| lock.owner == owner).unwrap_or(locks.len());
        let before = locks[from..].iter().take_while(|lock| lock.owner == owner).count();
        let mut whole = span;
        let mut after: Vec<Lock> = Vec::new();
        for lock in locks.drain(from..from + before) {
            if Some(lock.purpose) == purpose && (lock.span.overlaps(span) || lock.span.adjoins(span)) {
                whole.first = whole.first.min(lock.span.first);
                whole.last = whole.last.max(lock.span.last);
            } else {
                after.extend(without(lock, span));
            }
        }
        if let Some(purpose) = purpose {
            let at = after.iter().take_while(|lock| lock.span.first < whole.first).count();
            after.insert(at, Lock { owner, purpose, span: whole });
        }
        locks.splice(from..from, after);
        if locks.is_empty() {
            self.held.remove(&file);
        }
    }
}

/// What is left of a lock when these bytes are taken from it: up to two pieces.
fn without(lock: Lock, span: Span) -> impl Iterator<Item = Lock> {
    let Span { first, last } = lock.span;
    let left = (first < span.first).then(|| Span { first, last: last.min(span.first - 1) });
    let right = (last > span.last).then(|| Span { first: first.max(span.last + 1), last });
    [left, right].into_iter().flatten().map(move |span| Lock { span, ..lock })
}
