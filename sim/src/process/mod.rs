//! Processes: who runs which program, with which descriptors and signals, and how it ended.
//!
//! Does not know programs, and has no address spaces: all processes of a run share one. Invariant: a number is never reused
//! within a run, and a process that is over holds no descriptor.

pub mod signal;

use serde::{Deserialize, Serialize};

use crate::fd::FdTable;
use crate::host::HostId;
use signal::Signals;

/// The number of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pid(pub i32);

impl Pid {
    /// The process that the run begins with; its end is the run's.
    pub const FIRST: Self = Self(1_000);
}

/// How a process ended, as `wait(2)` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// It left with this code, of which the low 8 bits are told.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
}

impl Status {
    /// The `wstatus` of `waitpid(2)`.
    #[must_use]
    pub fn wait_status(self) -> i32 {
        match self {
            Self::Exited(code) => (code & 0xff) << 8,
            Self::Signalled(signal) => signal & 0x7f,
        }
    }
}

/// Where a process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs, or is about to.
    Running,
    /// It is over, and its parent has not asked yet.
    Zombie(Status),
    /// It is over, and nobody will ask.
    Gone,
}

/// One process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its number.
    pub pid: Pid,
    /// Who waits for it; `None` when nobody will.
    pub parent: Option<Pid>,
    /// Its process group.
    pub group: i32,
    /// The machine it runs on.
    pub host: HostId,
    /// Its session.
    pub session: i32,
    /// Whether it has executed a program since it was forked.
    pub executed: bool,
    /// What it runs, for people.
    pub program: String,
    /// Where it is in its life.
    pub life: Life,
    /// How it ended, once it has, whoever waited for it.
    pub ended: Option<Status>,
    /// Of a process that a host began with: whether anybody has asked how it ended. Of all others their parents are told.
    pub asked: bool,
    /// What its numbers refer to.
    pub fds: FdTable,
    /// What it does about signals.
    pub signals: Signals,
    /// Threads of it that are alive.
    pub threads: u32,
}

/// All processes of a run, in order of creation.
#[derive(Debug)]
pub struct Processes {
    all: Vec<Process>,
}

/// Children are numbered from here, in the order in which they are made.
const CHILDREN_FROM: i32 = 10_000;

impl Processes {
    /// The first process, which has standard input, output and error.
    #[must_use]
    pub(crate) fn new(fds: FdTable) -> Self {
        let first = Process {
            pid: Pid::FIRST,
            parent: None,
            host: HostId::FIRST,
            group: Pid::FIRST.0,
            // As of a program that a shell starts: it leads a group, in the shell's session.
            session: 1,
            executed: true,
            program: String::from("main"),
            life: Life::Running,
            ended: None,
            asked: true,
            fds,
            signals: Signals::default(),
            threads: 1,
        };
        Self { all: vec![first] }
    }

    /// A child of `parent` that has all that its parent has; its descriptors must be held once more by the caller.
    pub(crate) fn fork(&mut self, parent: Pid) -> Pid {
        let pid = self.next_pid();
        let before = self.get(parent);
        let child = Process {
            pid,
            parent: Some(parent),
            host: before.host,
            group: before.group,
            session: before.session,
            executed: false,
            program: before.program.clone(),
            life: Life::Running,
            ended: None,
            asked: true,
            fds: before.fds.clone(),
            signals: before.signals.inherited(),
            threads: 0,
        };
        self.all.push(child);
        pid
    }

    /// A process that a host begins with: it leads a session, and is nobody's child.
    pub(crate) fn start(&mut self, host: HostId, program: &str, fds: FdTable) -> Pid {
        let pid = self.next_pid();
        self.all.push(Process {
            pid,
            parent: None,
            host,
            group: pid.0,
            session: pid.0,
            executed: true,
            program: program.to_owned(),
            life: Life::Running,
            ended: None,
            asked: false,
            fds,
            signals: Signals::default(),
            threads: 0,
        });
        pid
    }

    fn next_pid(&self) -> Pid {
        Pid(CHILDREN_FROM + i32::try_from(self.all.len()).expect("processes are limited like threads"))
    }

    /// The process with this number, which this run must have handed out.
    #[must_use]
    pub fn get(&self, pid: Pid) -> &Process {
        self.find(pid).expect("a number of this run")
    }

    /// The process with this number, to change.
    pub fn get_mut(&mut self, pid: Pid) -> &mut Process {
        let index = match pid {
            Pid::FIRST => Some(0),
            Pid(number) => usize::try_from(number - CHILDREN_FROM).ok(),
        };
        index.and_then(|index| self.all.get_mut(index)).expect("a number of this run")
    }

    /// The process with this number, if there was one.
    #[must_use]
    pub fn find(&self, pid: Pid) -> Option<&Process> {
        match pid {
            Pid::FIRST => self.all.first(),
            Pid(number) => self.all.get(usize::try_from(number.checked_sub(CHILDREN_FROM)?).ok()?),
        }
    }

    /// All processes in order of creation.
    pub fn iter(&self) -> impl Iterator<Item = &Process> {
        self.all.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Process> {
        self.all.iter_mut()
    }
}
