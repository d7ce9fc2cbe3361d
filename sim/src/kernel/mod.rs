//! The kernel: one value that holds everything a run is made of.
//!
//! It asks a [`Chooser`] and writes to a [`Recorder`]; it does not know who answers, who reads, or what runs its threads.
//! Whoever drives it reports scheduling points and calls, and does what [`Next`] says. Invariant: given the same reports, it
//! puts the same questions, and given the same answers it records the same events.

mod audit;
mod door;
mod drain;
mod faults;
mod files;
mod graph;
mod hosts;
mod leaks;
mod links;
mod marks;
mod oracles;
mod pollable;
mod probes;
mod processes;
mod records;
mod recovery;
mod schedule;
mod threads;
mod tracing;
mod virtual_time;

pub(crate) use door::Spurious;
pub use hosts::Begun;
pub use processes::Taken;
pub use records::FileOf;
pub use threads::Change;
pub use tracing::RuntimeTask;

use std::collections::BTreeMap;

use crate::choice::{Candidate, Chooser, Notice};
use crate::ending::Ending;
use crate::event::{Event, EventsHash, Recorder, Stamp, Why};
use crate::fault::Nemesis;
use crate::fd::{Files, Object};
use crate::file::epoll::Epolls;
use crate::file::eventfd::EventFds;
use crate::file::lock::FileLocks;
use crate::file::pipe::Pipes;
use crate::file::timerfd::{TimerFdId, TimerFds};
use crate::futex::Futexes;
use crate::limits::{Limits, SPIN_POINTS, TURN_POINTS};
use crate::link::Links;
use crate::mark::Marks;
use crate::net::{Flow, Net, Recovery, SocketId};
use crate::personality::Personality;
use crate::process::{Pid, Processes};
use crate::seed::Draws;
use crate::thread::{ThreadId, Threads};
use crate::timer::{self, Timers};
use crate::unix::UnixSockets;
use crate::wait::WaitOn;

/// What whoever drives the kernel must do now.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Go on with the running thread.
    Stay,
    /// Suspend the running thread and resume this one.
    Run(ThreadId),
    /// The run is over: see [`Kernel::ending`].
    End,
}

/// Whether a run keeps its events or only their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Searching: picks and the hash.
    HashOnly,
    /// Searching with an oracle that wants to hear of all events.
    Heard,
    /// Replaying a failure: everything, and who changed which lock word last.
    Events,
}

/// Figures of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Figures {
    /// Scheduling points passed.
    pub points: u64,
    /// Changes of the running thread.
    pub switches: u64,
    /// Virtual nanoseconds that passed.
    pub virtual_ns: u64,
    /// Threads created, the main thread included.
    pub threads: u64,
    /// Hosts, the first included.
    pub hosts: u64,
    /// Segments and datagrams that sockets of the internet's families sent.
    pub packets: u64,
    /// Virtual nanoseconds for which threads that could run were descheduled.
    pub stalled_ns: u64,
    /// Folded over all events.
    pub events_hash: u64,
}

/// Whose processes a run has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The effective user.
    pub uid: u32,
    /// The effective group.
    pub gid: u32,
}

/// The state of one run.
pub struct Kernel {
    /// The sockets and what travels between them.
    pub net: Net,
    /// The pipes.
    pub(crate) pipes: Pipes,
    /// The event counters.
    pub(crate) eventfds: EventFds,
    timerfds: TimerFds,
    /// By timer that is armed: its entry in the queue.
    armed: BTreeMap<TimerFdId, timer::Key>,
    epolls: Epolls,
    /// The sockets of `unix(7)`.
    pub unix: UnixSockets,
    /// The open files of all processes.
    pub files: Files,
    /// The processes.
    pub processes: Processes,
    /// Whose processes they are, as unix sockets tell: what `geteuid(2)` and `getegid(2)` answer the program.
    pub user: User,
    /// What is between the hosts.
    pub links: Links,
    /// By flow between hosts: what was lost and is sent again.
    recoveries: BTreeMap<Flow, Recovery>,
    /// Connections between hosts whose peers may be gone.
    probes: BTreeMap<SocketId, probes::Probes>,

    // The hot pair: a scheduling point counts one up and compares it with the other.
    step: u64,
    attention: u64,

    // When something other than "go on" may have to happen, in steps.
    ask_at: u64,
    spin_check_at: u64,
    turn_ends_at: u64,
    progress_at: u64,
    spin_wait_ns: u64,

    current: ThreadId,
    /// Where the running thread was at its last point that was not simply passed.
    place: door::Place,
    switched_at: u64,
    /// Virtual time is `epoch_ns` plus the cost of the steps so far.
    epoch_ns: u64,
    /// Threads that can run and have a claim to, the one that has waited longest first; only ever `Candidate::Thread`, so that
    /// the queue is the list of candidates.
    ready: Vec<Candidate>,
    /// Threads that can run but gave up their turn: they wait until everybody else has had one. Candidates as in `ready`, behind
    /// which they stand in a question.
    rested: Vec<Candidate>,
    /// Threads that could run if their hosts were not paused.
    held_back: Vec<ThreadId>,
    /// The running thread cannot go on since its host was hit, and why another runs then.
    displaced: Option<Why>,
    threads: Threads,
    alive: u32,
    timers: Timers,
    futexes: Futexes,
    waiters: BTreeMap<WaitOn, Vec<ThreadId>>,
    /// By file: the threads whose `poll(2)` looks at it.
    pollers: BTreeMap<Object, Vec<ThreadId>>,
    /// `flock(2)`.
    pub(crate) locks: FileLocks,
    /// `F_SETLK` of `fcntl(2)`.
    pub(crate) records: records::Records,
    /// Descriptors of the real kernel that nothing refers to any more, for the boundary to close.
    closed_real: Vec<i32>,
    /// Threads that were ended by the end of their process, for the boundary to forget.
    killed: Vec<ThreadId>,
    /// Programs that began by themselves, for the boundary to run.
    begun: Vec<Begun>,
    /// By address of a word that was once taken like a lock: who seems to hold it. Kept only with [`Detail::Events`].
    holders: BTreeMap<u64, Option<ThreadId>>,

    chooser: Box<dyn Chooser>,
    candidates: Vec<Candidate>,
    entropy: Option<Draws>,
    marks: Marks,
    /// The faults that strike by themselves.
    nemesis: Nemesis,

    /// What the program's own tracing made.
    tracing: tracing::Tracing,

    /// What is asked of the run besides what its program asks.
    asked_of: oracles::AskedOf,

    recorder: Box<dyn Recorder>,
    detail: Detail,
    hash: EventsHash,

    limits: Limits,
    switches: u64,
    post: virtual_time::Post,
    stalled_ns: u64,
    used: door::Used,
    unmodelled: u64,
    ending: Option<Ending>,
    /// Whether the run is over and what is left of its threads runs on.
    draining: bool,
}

impl Kernel {
    /// A kernel whose main thread is about to run.
    #[must_use]
    pub fn new(
        limits: Limits,
        chooser: Box<dyn Chooser>,
        recorder: Box<dyn Recorder>,
        detail: Detail,
    ) -> Self {
        let mut files = Files::default();
        let mut kernel = Self {
            net: Net::default(),
            pipes: Pipes::default(),
            eventfds: EventFds::default(),
            timerfds: TimerFds::default(),
            armed: BTreeMap::new(),
            epolls: Epolls::default(),
            unix: UnixSockets::new(),
            user: User::default(),
            processes: Processes::new(files::standard(&mut files)),
            files,
            links: Links::default(),
            recoveries: BTreeMap::new(),
            probes: BTreeMap::new(),
            step: 0,
            attention: 0,
            ask_at: 0,
            spin_check_at: SPIN_POINTS,
            turn_ends_at: TURN_POINTS,
            progress_at: 0,
            spin_wait_ns: 0,
            current: ThreadId::MAIN,
            place: door::Place::default(),
            switched_at: 0,
            epoch_ns: 0,
            ready: Vec::new(),
            rested: Vec::new(),
            held_back: Vec::new(),
            displaced: None,
            threads: Threads::default(),
            alive: 1,
            timers: Timers::default(),
            futexes: Futexes::default(),
            waiters: BTreeMap::new(),
            pollers: BTreeMap::new(),
            locks: FileLocks::default(),
            records: records::Records::default(),
            closed_real: Vec::new(),
            killed: Vec::new(),
            begun: Vec::new(),
            holders: BTreeMap::new(),
            chooser,
            candidates: Vec::new(),
            entropy: None,
            marks: Marks::new(),
            tracing: tracing::Tracing::default(),
            nemesis: Nemesis::default(),
            asked_of: oracles::AskedOf::default(),
            recorder,
            detail,
            hash: EventsHash::default(),
            limits,
            switches: 0,
            post: virtual_time::Post::default(),
            stalled_ns: 0,
            used: door::Used::default(),
            unmodelled: 0,
            ending: None,
            draining: false,
        };
        kernel.begin_main();
        kernel
    }

    fn begin_main(&mut self) {
        let thread = self.threads.add(None, Pid::FIRST);
        self.chooser.notice(Notice::Spawned { thread, parent: None });
        self.plan_questions();
    }

    /// A scheduling point: the running thread is about to do something another thread could see to `word`, at the instruction
    /// before `pc`.
    #[inline]
    pub fn point(&mut self, pc: u64, word: u64) -> Next {
        if self.point_is_quiet() { Next::Stay } else { self.attend(pc, word) }
    }

    /// The first half of [`Kernel::point`], for a driver that wants to do nothing in the common case: counts the point, and
    /// says whether it is simply passed. If not, [`Kernel::attend`] must follow.
    #[inline]
    pub fn point_is_quiet(&mut self) -> bool {
        self.step += 1;
        self.step < self.attention
    }

    /// As [`Kernel::point_is_quiet`], at an access to plain memory, which says nothing of whether the thread spins: a loop that waits
    /// for another thread looks at an atomic word in each turn, and those are counted.
    #[inline]
    pub fn plain_point_is_quiet(&mut self) -> bool {
        self.progress_at += 1;
        self.point_is_quiet()
    }

    /// The running thread changed a word that others can read, so it is not merely spinning.
    #[inline]
    pub fn progress(&mut self) {
        self.progress_at = self.step;
    }

    /// Whether events are kept, so that the driver need not gather what nobody will read.
    #[must_use]
    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// The running thread.
    #[must_use]
    pub fn current(&self) -> ThreadId {
        self.current
    }

    /// The threads of this run.
    #[must_use]
    pub fn threads(&self) -> &Threads {
        &self.threads
    }

    /// How the operating system differs from others.
    #[must_use]
    pub fn personality(&self) -> &'static Personality {
        Personality::of(self.os())
    }

    /// The bounds of this run.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How the run ended, once it has.
    #[must_use]
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Things asked for that are not modelled: a run with any cannot pass.
    #[must_use]
    pub fn unmodelled_count(&self) -> u64 {
        self.unmodelled
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        Figures {
            points: self.step,
            switches: self.switches,
            virtual_ns: self.now_ns(),
            threads: self.threads.count() as u64,
            hosts: self.net.hosts.count() as u64,
            packets: self.post.packets,
            stalled_ns: self.stalled_ns,
            events_hash: core::hash::Hasher::finish(&self.hash),
        }
    }

    /// Ends the run; the first ending stands. A strict replay with picks left has diverged.
    pub fn end(&mut self, ending: Ending) -> Next {
        if self.ending.is_none() {
            if matches!(ending, Ending::Returned | Ending::Exited(0)) {
                self.tell_unfulfilled();
                self.tell_unattended();
            }
            let ending = match self.chooser.finish(&self.moment()) {
                Err(divergence) if !matches!(ending, Ending::Diverged(_)) => Ending::Diverged(divergence),
                _ => ending,
            };
            self.ending = Some(ending);
            // Whoever drives us and goes on all the same is told so at its next point.
            self.attention = 0;
        }
        Next::End
    }

    /// Ends the run because whoever drives it cannot go on, which says nothing of the program: a replay with picks left has not
    /// diverged, it has not got that far.
    pub fn abandon(&mut self, ending: Ending) {
        if self.ending.is_none() {
            self.ending = Some(ending);
            self.attention = 0;
        }
    }

    /// Another thread runs from here on.
    fn emit_switch(&mut self, to: ThreadId, why: Why) {
        if self.detail != Detail::HashOnly {
            return self.emit(&Event::Switched { to, why });
        }
        // As `emit`, to which a switch is neither loud nor an advance.
        let stamp = Stamp { step: self.step, at_ns: self.now_ns(), thread: self.current };
        self.hash.fold_switch(&stamp, to, why);
    }

    /// Writes an event down.
    pub fn emit(&mut self, event: &Event) {
        let stamp = Stamp { step: self.step, at_ns: self.now_ns(), thread: self.current };
        self.hash.fold(&stamp, event);
        if self.asked_of.oracles.idle_points.is_some() {
            self.note_advance(event);
        }
        if self.detail != Detail::HashOnly || event.is_loud() {
            self.recorder.event(&stamp, event);
        }
    }

    /// Notes that the program asked for something we do not model; the run cannot pass any more.
    pub fn unmodelled(&mut self, what: String) {
        self.unmodelled += 1;
        // The first few say enough; a program that asks in a loop must not fill the disk.
        if self.unmodelled <= 100 {
            self.emit(&Event::Unmodelled { what });
        }
    }
}
