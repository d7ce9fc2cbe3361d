//! The kernel's side of `fcntl(2)`'s locks: who waits for whom, and which locks go with a descriptor.
//!
//! Does not know what a program asks for. Invariant: a process has no lock of a file that it closed a descriptor of since it took
//! the lock, and an open file's locks go with it.

use std::collections::BTreeSet;

use super::Kernel;
use crate::fd::{DescriptionId, Object};
use crate::file::lock::FileNumber;
use crate::file::record::{Awaited, LAST, Lock, Owner, Purpose, RecordLocks, Span};
use crate::limits::LOCK_CHAIN_MAX;
use crate::process::Pid;
use crate::thread::{State, Thread, ThreadId};
use crate::wait::{WaitOn, Woken};

/// Which file an object is, for the locks that a process gives up as it closes a descriptor. None for one that has no locks, as a
/// descriptor of `O_PATH`.
pub type FileOf = fn(Object) -> Option<FileNumber>;

/// The locks, and how files are told apart.
pub(crate) struct Records {
    pub(crate) locks: RecordLocks,
    file_of: FileOf,
}

impl Default for Records {
    fn default() -> Self {
        Self { locks: RecordLocks::default(), file_of: |_| None }
    }
}

/// All bytes of a file.
const WHOLE: Span = Span { first: 0, last: LAST };

impl Kernel {
    /// How files are told apart. It is asked only about descriptors of processes that have locks.
    pub fn tell_files_by(&mut self, file_of: FileOf) {
        self.records.file_of = file_of;
    }

    /// Gives a lock that nothing is in the way of. It may be less than its owner had: `F_RDLCK` in place of `F_WRLCK`.
    pub(crate) fn take_record(&mut self, file: FileNumber, wanted: Lock) {
        self.records.locks.take(file, wanted);
        self.wake_for_record(file, wanted.owner);
    }

    /// Takes bytes of a file from an owner.
    pub(crate) fn release_record(&mut self, file: FileNumber, owner: Owner, span: Span) {
        self.records.locks.release(file, owner, span);
        self.wake_for_record(file, owner);
    }

    /// An owner is no more.
    pub(super) fn release_all_records(&mut self, owner: Owner) {
        for file in self.records.locks.files_of(owner) {
            self.release_record(file, owner, WHOLE);
        }
    }

    /// A process closes a descriptor: `locks_remove_posix`.
    pub(super) fn release_records_of_closed(&mut self, process: Pid, id: DescriptionId) {
        let owner = Owner::Process(process);
        if !self.records.locks.has_any(owner) {
            return;
        }
        if let Some(file) = (self.records.file_of)(self.files.object(id)) {
            self.release_record(file, owner, WHOLE);
        }
    }

    /// A thread begins to wait for a lock.
    pub(crate) fn await_record(&mut self, thread: ThreadId, awaited: Awaited) {
        self.threads.get_mut(thread).awaited = Some(awaited);
    }

    /// Wakes those who waited for an owner of whom nothing is in their way any more.
    fn wake_for_record(&mut self, file: FileNumber, owner: Owner) {
        let waiting = self.waiters.get(&WaitOn::Record(file.0)).into_iter().flatten();
        let is_free = |thread: &ThreadId| match &self.threads.get(*thread).awaited {
            Some(Awaited { wanted, of }) => {
                *of == owner && self.records.locks.conflicts(file, *wanted).all(|lock| lock.owner != owner)
            }
            None => true,
        };
        let free: Vec<ThreadId> = waiting.copied().filter(is_free).collect();
        free.into_iter().for_each(|thread| self.wake(thread, Woken::Cause));
    }

    /// What a thread waits for, if that is a lock of a range.
    fn awaited(thread: &Thread) -> Option<Awaited> {
        match &thread.state {
            State::Blocked(wait) if matches!(wait.on, WaitOn::Record(_)) => thread.awaited,
            _ => None,
        }
    }

    /// `posix_locks_deadlock`: whether an owner that waited for another would wait for itself. As in Linux, an owner is taken to wait for
    /// what one of its threads waits for, waits for locks of open files do not count, and long chains are not followed to their end.
    pub(crate) fn is_record_deadlock(&self, owner: Owner, of: Owner) -> bool {
        if matches!(owner, Owner::Open(_)) {
            return false;
        }
        let next = |of: &Owner| {
            let waits = self
                .threads
                .iter()
                .filter_map(|(_, thread)| Some((thread.blocked_at, Self::awaited(thread)?)));
            let its = waits.filter(|(_, awaited)| {
                awaited.wanted.owner == *of && matches!(awaited.of, Owner::Process(_))
            });
            its.max_by_key(|(at, _)| *at).map(|(_, awaited)| awaited.of)
        };
        core::iter::successors(next(&of), next).take(LOCK_CHAIN_MAX).any(|awaited| awaited == owner)
    }

    /// The locks that a thread waits for.
    fn in_the_way_of(&self, thread: ThreadId, file: u32) -> impl Iterator<Item = &Lock> {
        let awaited = self.threads.get(thread).awaited.into_iter();
        awaited.flat_map(move |awaited| self.records.locks.conflicts(FileNumber(file), awaited.wanted))
    }

    /// The processes that could end a thread's wait for a lock; none if it is not only theirs.
    pub(super) fn record_holders(&self, thread: ThreadId, file: u32) -> Option<BTreeSet<Pid>> {
        let pids = self.in_the_way_of(thread, file).map(|lock| match lock.owner {
            Owner::Process(pid) => Some(pid),
            Owner::Open(_) => None,
        });
        pids.collect()
    }

    /// The lock that a thread waits for, as a person reads it.
    pub(super) fn describe_record(&self, thread: ThreadId, file: u32) -> String {
        let wanted = self.threads.get(thread).awaited.map(|awaited| awaited.wanted);
        let wanted = wanted.expect("who waits for a lock has said for which");
        format!("a lock of {} of file {file}, to {}", bytes(wanted.span), purpose(wanted.purpose))
    }

    /// Who has what a thread waits for, as a person reads it.
    pub(super) fn describe_record_holders(&self, thread: ThreadId, file: u32) -> String {
        let has = |lock: &Lock| {
            let whose = match lock.owner {
                Owner::Process(pid) => self.describe_process(pid),
                Owner::Open(id) => match self.describe_havers(id) {
                    havers if havers.is_empty() => String::from("an open file"),
                    havers => format!("an open file of {havers}"),
                },
            };
            format!("{whose} has {} to {}", bytes(lock.span), purpose(lock.purpose))
        };
        self.in_the_way_of(thread, file).map(has).collect::<Vec<_>>().join(", ")
    }
}

fn bytes(span: Span) -> String {
    let Span { first, last } = span;
    match last {
        LAST if first == 0 => String::from("all bytes"),
        LAST => format!("the bytes from {first} on"),
        _ if first == last => format!("byte {first}"),
        _ => format!("bytes {first} to {last}"),
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Read => "read",
        Purpose::Write => "write",
    }
}
