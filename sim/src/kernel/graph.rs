//! Who waits for whom: the graph behind deadlocks and threads that are stuck.
//!
//! Does not judge a run that goes on. Invariant: a thread is called stuck only if whatever could end its wait is stuck, over or gone;
//! where it is not known what could, any thread that goes on could.

use std::collections::BTreeSet;

use super::{Kernel, Next};
use crate::ending::{Ending, Waiting};
use crate::fd::{DescriptionId, Object};
use crate::file::lock::FileNumber;
use crate::file::pipe::End;
use crate::process::{Life, Pid, Process};
use crate::thread::{State, Thread, ThreadId};
use crate::timer::Due;
use crate::wait::{Wait, WaitOn};

/// At the end of a run that was given up, whoever has waited for at least one part in so many of it is taken to wait for ever.
const LONG: u64 = 10;
/// Files named of those that a thread waits for together.
const FILES_SHOWN: usize = 4;

/// What could end a wait.
enum Enders {
    /// This thread alone.
    Thread(ThreadId),
    /// Any thread of these processes.
    Processes(BTreeSet<Pid>),
    /// Any thread at all.
    Anybody,
    /// Somebody else than the program: time, or whoever writes to standard input.
    Outside,
}

impl Kernel {
    /// Every thread that cannot go on by itself, and what it waits for.
    #[must_use]
    pub fn waits(&self) -> Vec<Waiting> {
        self.threads.iter().filter_map(|(id, _)| self.wait_of(id)).collect()
    }

    /// What a thread waits for, if it does.
    pub(super) fn wait_of(&self, id: ThreadId) -> Option<Waiting> {
        let thread = self.threads.get(id);
        let (on, holder, ended_by) = match &thread.state {
            State::Blocked(wait) => {
                (self.describe(id, wait.on), self.holder(wait.on), self.describe_enders(id, wait))
            }
            State::Runnable if self.held_back.contains(&id) => {
                let host = &self.net.hosts.get(self.host_of(id)).spec.name;
                (format!("its host {host}, which is paused, to be resumed"), None, String::new())
            }
            State::Runnable | State::Ended => return None,
        };
        Some(Waiting { thread: id, name: self.name_of(thread), on, holder, ended_by })
    }

    /// A thread as people tell it apart: by its name or its pedigree, and by its process if that is not the first.
    pub(super) fn name_of(&self, thread: &Thread) -> String {
        let name = if thread.name.is_empty() { thread.pedigree.to_string() } else { thread.name.clone() };
        if thread.process == Pid::FIRST {
            return name;
        }
        format!("{name} of {}", self.describe_process(thread.process))
    }

    pub(super) fn describe_process(&self, pid: Pid) -> String {
        format!("{} ({})", self.processes.get(pid).program, pid.0)
    }

    fn describe(&self, thread: ThreadId, on: WaitOn) -> String {
        match on {
            WaitOn::Futex { word, .. } => format!("futex word {word} (a lock, condition or parked thread)"),
            WaitOn::Readable(object) => format!("input on {}", self.describe_file(object)),
            WaitOn::Writable(object) => format!("room to write on {}", self.describe_file(object)),
            WaitOn::Poll => String::from("poll(2)"),
            WaitOn::Child(_) => String::from("the end of a child"),
            WaitOn::Lock(file) => format!("a lock of file {file}"),
            WaitOn::Record(file) => self.describe_record(thread, file),
            WaitOn::Signal => String::from("a signal"),
            WaitOn::Join(thread) => format!("the end of thread {}", thread.0),
            WaitOn::Sleep => String::from("time"),
        }
    }

    /// The one thread that would end a wait, as far as that is known.
    fn holder(&self, on: WaitOn) -> Option<ThreadId> {
        match on {
            WaitOn::Futex { word, .. } => {
                let address = self.futexes.address(word)?;
                self.holders.get(&address).copied().flatten()
            }
            WaitOn::Join(thread) => Some(thread),
            _ => None,
        }
    }

    /// What is at the other end of a file: what is written there is read here. A counter is its own.
    fn other_end(&self, object: Object) -> Option<Object> {
        match object {
            Object::Pipe(pipe, End::Read) => Some(Object::Pipe(pipe, End::Write)),
            Object::Pipe(pipe, End::Write) => Some(Object::Pipe(pipe, End::Read)),
            Object::Unix(socket) => self.unix.peer(socket).map(Object::Unix),
            Object::Socket(socket) => self.net.peer(socket).map(Object::Socket),
            Object::EventFd(_) | Object::TimerFd(_) => Some(object),
            Object::Epoll(_) | Object::Process(_) | Object::Standard(_) | Object::Real(_) => None,
        }
    }

    /// The descriptors of a file: process and number. None if it may be on its way in a message besides.
    fn descriptors(&self, object: Object) -> Option<Vec<(Pid, i32)>> {
        let mut found: Vec<(Pid, i32, DescriptionId)> = Vec::new();
        for process in self.processes.iter() {
            let its = process.fds.iter().map(|(fd, descriptor)| (process.pid, fd, descriptor.description));
            found.extend(its.filter(|(.., id)| self.files.object(*id) == object));
        }
        let held = |id: DescriptionId| {
            self.threads.iter().flat_map(|(_, thread)| &thread.held).filter(|held| **held == id).count()
        };
        let known = |id: DescriptionId| found.iter().filter(|(.., other)| *other == id).count() + held(id);
        let all_known = found.iter().all(|(.., id)| self.files.references(*id) as usize == known(*id));
        (all_known && !found.is_empty()).then(|| found.into_iter().map(|(pid, fd, _)| (pid, fd)).collect())
    }

    /// Who or what could end a wait, as a person reads it.
    fn describe_enders(&self, thread: ThreadId, wait: &Wait) -> String {
        match wait.on {
            WaitOn::Readable(Object::Epoll(id)) => {
                self.describe_files("it watches", &self.epolls.watched(id))
            }
            WaitOn::Poll => self.describe_files("it looks at", &self.threads.get(thread).polls),
            WaitOn::Readable(object) | WaitOn::Writable(object) => self.describe_other_end(thread, object),
            WaitOn::Child(parent) => {
                let children: Vec<String> =
                    self.children(parent, -1).map(|child| self.describe_process(child.pid)).collect();
                format!("its children are {}", children.join(", "))
            }
            WaitOn::Lock(file) => {
                let holders = self.locks.holders(FileNumber(file)).map(|id| self.describe_havers(id));
                let holders: Vec<String> = holders.filter(|havers| !havers.is_empty()).collect();
                if holders.is_empty() { String::new() } else { format!("{} has it", holders.join(", ")) }
            }
            WaitOn::Record(file) => self.describe_record_holders(thread, file),
            WaitOn::Join(_) | WaitOn::Futex { .. } | WaitOn::Signal | WaitOn::Sleep => String::new(),
        }
    }

    /// The processes that have a descriptor of an open file.
    pub(super) fn describe_havers(&self, id: DescriptionId) -> String {
        let has = |process: &&Process| process.fds.iter().any(|(_, descriptor)| descriptor.description == id);
        let havers = self.processes.iter().filter(has);
        havers.map(|process| self.describe_process(process.pid)).collect::<Vec<_>>().join(", ")
    }

    fn describe_files(&self, doing: &str, files: &[Object]) -> String {
        let named: Vec<String> =
            files.iter().take(FILES_SHOWN).map(|object| self.describe_file(*object)).collect();
        let more = files.len().saturating_sub(FILES_SHOWN);
        match (named.len(), more) {
            (0, _) => format!("{doing} nothing"),
            (_, 0) => format!("{doing} {}", named.join("; ")),
            _ => format!("{doing} {}; and {more} more", named.join("; ")),
        }
    }

    fn describe_other_end(&self, thread: ThreadId, object: Object) -> String {
        let Some(other) = self.other_end(object).filter(|other| *other != object) else {
            return String::new();
        };
        let Some(descriptors) = self.descriptors(other) else { return String::new() };
        let own = self.threads.get(thread).process;
        let named: Vec<String> = descriptors
            .into_iter()
            .take(FILES_SHOWN)
            .map(|(pid, fd)| match pid == own {
                true => format!("descriptor {fd} of the same process"),
                false => format!("descriptor {fd} of {}", self.describe_process(pid)),
            })
            .collect();
        format!("the other end is {}", named.join(" and "))
    }

    fn enders(&self, thread: ThreadId, on: WaitOn) -> Enders {
        match on {
            WaitOn::Futex { .. } => self.holder(on).map_or(Enders::Anybody, Enders::Thread),
            WaitOn::Join(other) => Enders::Thread(other),
            WaitOn::Child(parent) => {
                let running = self.children(parent, -1).filter(|child| child.life == Life::Running);
                Enders::Processes(running.map(|child| child.pid).collect())
            }
            WaitOn::Readable(object) | WaitOn::Writable(object) => self.enders_of_file(thread, object),
            WaitOn::Poll => {
                let files = &self.threads.get(thread).polls;
                files.iter().fold(Enders::Processes(BTreeSet::new()), |enders, file| {
                    either(enders, self.enders_of_file(thread, *file))
                })
            }
            WaitOn::Sleep => Enders::Outside,
            WaitOn::Record(file) => {
                self.record_holders(thread, file).map_or(Enders::Anybody, Enders::Processes)
            }
            WaitOn::Lock(_) | WaitOn::Signal => Enders::Anybody,
        }
    }

    fn enders_of_file(&self, thread: ThreadId, object: Object) -> Enders {
        match object {
            Object::Standard(_) | Object::Real(_) => Enders::Outside,
            Object::TimerFd(id) if self.armed.contains_key(&id) => Enders::Outside,
            Object::Process(pid) => Enders::Processes(BTreeSet::from([pid])),
            // What it watches, and whoever could make it watch more.
            Object::Epoll(id) => {
                let own = Enders::Processes(BTreeSet::from([self.threads.get(thread).process]));
                let watched = self.epolls.watched(id);
                watched
                    .iter()
                    .filter(|file| !matches!(file, Object::Epoll(_)))
                    .fold(own, |enders, file| either(enders, self.enders_of_file(thread, *file)))
            }
            _ => {
                let descriptors = self.other_end(object).and_then(|other| self.descriptors(other));
                // Whoever shares this end could close it or shut it down.
                let own = self.descriptors(object);
                match (descriptors, own) {
                    (Some(others), Some(own)) => {
                        Enders::Processes(others.into_iter().chain(own).map(|(pid, _)| pid).collect())
                    }
                    _ => Enders::Anybody,
                }
            }
        }
    }

    /// The threads among `left` that can never go on: each waits without a deadline, and whatever could end its wait is not left or
    /// can never go on either.
    #[must_use]
    pub(super) fn stuck_of(&self, left: &[ThreadId]) -> Vec<ThreadId> {
        // Something is on its way that nobody has looked at.
        let under_way = self.timers.pending().any(|due| !matches!(due, Due::Deadline(_) | Due::Relief(_)));
        let mut alive: BTreeSet<ThreadId> = BTreeSet::new();
        loop {
            let goes_on = |id: &ThreadId| match &self.threads.get(*id).state {
                State::Runnable => true,
                State::Ended => false,
                State::Blocked(Wait { deadline_ns: Some(_), .. }) => true,
                State::Blocked(wait) => match self.enders(*id, wait.on) {
                    Enders::Outside => true,
                    Enders::Anybody => under_way || !alive.is_empty(),
                    Enders::Thread(other) => alive.contains(&other),
                    Enders::Processes(pids) => {
                        let is_of = |id: &ThreadId| pids.contains(&self.threads.get(*id).process);
                        under_way || alive.iter().any(is_of)
                    }
                },
            };
            let more: Vec<ThreadId> =
                left.iter().copied().filter(|id| !alive.contains(id)).filter(goes_on).collect();
            if more.is_empty() {
                return left.iter().copied().filter(|id| !alive.contains(id)).collect();
            }
            alive.extend(more);
        }
    }

    /// Ends a run that is given up. If threads wait for each other in a circle, that is the ending, and not that others went on
    /// without them, as a heartbeat does, until the run had used up what it may.
    pub(super) fn give_up(&mut self, ending: Ending) -> Next {
        let ending = match self.circle() {
            Some(waits) => Ending::Deadlock(waits),
            None => ending,
        };
        self.end(ending)
    }

    /// Whether a thread waits without a deadline, and has done so for a good part of the run.
    fn waits_long(&self, id: ThreadId) -> bool {
        let thread = self.threads.get(id);
        let (step, at_ns) = thread.blocked_at;
        matches!(thread.state, State::Blocked(Wait { deadline_ns: None, .. }))
            && self.step - step >= self.step / LONG
            && self.now_ns() - at_ns >= self.now_ns() / LONG
    }

    /// The thread for which a thread waits alone.
    fn next_in_chain(&self, id: ThreadId) -> Option<ThreadId> {
        match &self.threads.get(id).state {
            State::Blocked(wait) => self.holder(wait.on),
            State::Runnable | State::Ended => None,
        }
    }

    /// The threads of a circle of waits that all have lasted long, and all who wait for them.
    fn circle(&self) -> Option<Vec<Waiting>> {
        let chain = |from: ThreadId| {
            let mut chain = vec![from];
            while let Some(next) = self.next_in_chain(*chain.last().expect("never empty")) {
                if chain.contains(&next) {
                    return Some(chain);
                }
                chain.push(next);
            }
            None
        };
        let all = self.threads.iter().map(|(id, _)| id);
        let caught =
            all.filter(|id| chain(*id).is_some_and(|chain| chain.iter().all(|id| self.waits_long(*id))));
        let waits: Vec<Waiting> = caught.filter_map(|id| self.wait_of(id)).collect();
        (!waits.is_empty()).then_some(waits)
    }

    /// Of a run that was given up: for whom the main thread has waited long, and who waits long for what nobody has brought about.
    #[must_use]
    pub(super) fn awaited_in_vain(&self) -> Option<Waiting> {
        let mut last = ThreadId::MAIN;
        let mut seen = BTreeSet::from([last]);
        while let Some(next) = self.next_in_chain(last).filter(|_| self.waits_long(last)) {
            last = next;
            if !seen.insert(last) {
                return None;
            }
        }
        if self.waits_long(last) { self.wait_of(last) } else { None }
    }
}

fn either(one: Enders, other: Enders) -> Enders {
    match (one, other) {
        (Enders::Outside, _) | (_, Enders::Outside) => Enders::Outside,
        (Enders::Processes(mut pids), Enders::Processes(more)) => {
            pids.extend(more);
            Enders::Processes(pids)
        }
        _ => Enders::Anybody,
    }
}
