//! What happened, as a record holds it: the kernel's events in words that need no table to be understood.
//!
//! Does not choose what matters. Invariant: [`what`] is total, and of two events that differ in what a reader can see, the words differ.

use photofinish_sim::event::{Event, Pass, Stamp, Why};
use photofinish_sim::net::Hop;
use photofinish_sim::process::Status;
use photofinish_sim::traced;
use photofinish_sim::wait::{WaitOn, Woken};
use serde::{Deserialize, Serialize};

/// One thing that happened. Threads, processes and hosts are numbers, as in the rest of the record.
///
/// On disk its fields stand beside those of its [`Step`](super::Step), so that none may be called `step`, `at_ns`, `thread` or `stack` there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum What {
    /// The thread created another.
    Spawned {
        /// The new thread.
        child: u32,
    },
    /// The thread has a name.
    Named {
        /// Its name.
        name: String,
    },
    /// The thread is over.
    Ended,
    /// Another thread runs from here on.
    Switched {
        /// That thread.
        to: u32,
        /// Why the one before does not.
        why: Switch,
    },
    /// The thread waits.
    Blocked {
        /// For what, in words.
        on: String,
        /// Until when at most.
        until_ns: Option<u64>,
    },
    /// A thread that waited can run: by a call of the thread that ran, unless it follows a packet that arrived, or time that passed.
    Woke {
        /// That thread.
        #[serde(rename = "woken")]
        thread: u32,
        /// What ended its wait.
        how: Wake,
    },
    /// Virtual time passed although no instruction did.
    Passed {
        /// For so long.
        ns: u64,
        /// Why.
        why: Pause,
    },
    /// A system call was answered.
    Called {
        /// Its name.
        name: String,
        /// Its descriptor or first argument that matters.
        arg: i64,
        /// What it returned; an error number negated.
        result: i64,
    },
    /// A packet left its host.
    Sent(Packet),
    /// A packet arrived: at the other end of a connection of the same host, or at another host.
    Arrived(Packet),
    /// A packet was lost, or is going to arrive twice.
    Strayed {
        /// The packet.
        packet: Packet,
        /// What became of it, in a word.
        fate: String,
    },
    /// A link between hosts changed.
    Link {
        /// From this host.
        from: u32,
        /// To this one.
        to: u32,
        /// What became of it, in a word.
        change: String,
    },
    /// A host changed.
    Host {
        /// The host.
        host: u32,
        /// What became of it, in words.
        change: String,
    },
    /// The process made another.
    Forked {
        /// The new one.
        child: i32,
    },
    /// A process runs a program from here on.
    Executed {
        /// The process.
        pid: i32,
        /// The program.
        program: String,
    },
    /// A process is over.
    Exited {
        /// The process.
        pid: i32,
        /// How, in words.
        status: String,
    },
    /// A signal arrived at a process: from the thread that ran.
    Signalled {
        /// The process.
        pid: i32,
        /// The signal's number.
        signal: i32,
    },
    /// The program wrote to its standard output (1) or error (2).
    Wrote {
        /// 1 or 2.
        fd: i32,
        /// What, with what is no UTF-8 replaced.
        text: String,
    },
    /// The thread panicked.
    Panicked {
        /// The message.
        message: String,
        /// File, line and column.
        place: String,
    },
    /// The program's own tracing said something.
    Traced {
        /// The level as `tracing` writes it.
        level: String,
        /// What happened: `event`, `new`, `enter`, `exit`, `close`, `record`.
        of: String,
        /// The target.
        target: String,
        /// The name of the span or event.
        name: String,
        /// The fields as text.
        fields: String,
        /// The span itself, or the one around an event.
        span: Option<u64>,
        /// The task that ran.
        task: Option<u64>,
    },
    /// An asynchronous runtime spawned a task.
    Task {
        /// The task, as [`What::Traced`] numbers it.
        task: u64,
        /// Its name; empty if it has none.
        name: String,
        /// Where it was spawned: file, line and column.
        place: String,
    },
    /// The program passed a mark of its own.
    Marked {
        /// The mark, with its place.
        mark: String,
        /// What came of it, in a word.
        outcome: String,
    },
    /// Something is wrong, or not modelled.
    Wrong {
        /// What kind of wrong, in a word: `judged`, `unmodelled`, `escaped`, `late`, `unattended`, `unfulfilled`.
        kind: String,
        /// What.
        what: String,
    },
    /// Anything else that is worth a line.
    Noted {
        /// The line.
        what: String,
    },
    /// A kind of event that the writer knew and this reader does not.
    #[serde(other)]
    Other,
}

/// A packet, as far as a picture shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Packet {
    /// What kind: `SYN`, `data`.
    pub segment: String,
    /// Bytes of the program's data in it.
    pub bytes: u64,
    /// The host it comes from.
    pub from: u32,
    /// The host it goes to; one that nobody has is `u32::MAX`.
    pub to: u32,
    /// Who sent it; nobody if no call did: an answer of the host's own, what a timer or a wider window let go, and timers.
    pub sent: Option<Sender>,
    /// The socket at which it arrived, by its number, if anybody was there.
    pub socket: Option<u32>,
}

/// Who sent a packet, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sender {
    /// The thread.
    pub thread: u32,
    /// Scheduling points passed before.
    pub step: u64,
    /// Virtual nanoseconds before.
    pub at_ns: u64,
}

/// Why another thread runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// It was chosen although the other could go on.
    Preempted,
    /// The other waits.
    Blocked,
    /// The other is over.
    Ended,
    /// The other gave up its turn, or spun.
    Yielded,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wake {
    /// What was waited for came.
    Cause,
    /// The deadline came first.
    Deadline,
    /// Neither.
    Spurious,
    /// A signal.
    Signal,
}

/// Why time passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pause {
    /// No thread could run.
    Idle,
    /// Threads could run, and were descheduled.
    Stalled,
    /// The only thread that could run was spinning.
    Spun,
}

/// An event of the kernel in the words of a record.
#[must_use]
pub fn what(event: &Event) -> What {
    match event {
        Event::Spawned { child } => What::Spawned { child: child.0 },
        Event::Named { name } => What::Named { name: name.clone() },
        Event::Ended => What::Ended,
        Event::Switched { to, why } => What::Switched { to: to.0, why: switch(*why) },
        Event::Blocked { on, deadline_ns } => What::Blocked { on: waits_for(on), until_ns: *deadline_ns },
        Event::Woke { thread, how } => What::Woke { thread: thread.0, how: wake(*how) },
        Event::Passed { ns, why } => What::Passed { ns: *ns, why: pause(*why) },
        Event::Called { name, arg, result } => {
            What::Called { name: name.to_string(), arg: *arg, result: *result }
        }
        Event::Wrote { fd, bytes } => {
            What::Wrote { fd: *fd, text: String::from_utf8_lossy(bytes).into_owned() }
        }
        Event::Panicked { message, place } => {
            What::Panicked { message: message.clone(), place: place.clone() }
        }
        Event::Forked { child } => What::Forked { child: child.0 },
        Event::Executed { process, program } => What::Executed { pid: process.0, program: program.clone() },
        Event::Exited { process, status } => What::Exited { pid: process.0, status: ended(*status) },
        Event::Signalled { process, signal } => What::Signalled { pid: process.0, signal: *signal },
        Event::Arrived { .. }
        | Event::Sent { .. }
        | Event::Reached { .. }
        | Event::Lost { .. }
        | Event::Duplicated { .. }
        | Event::Link { .. }
        | Event::Host { .. } => on_the_network(event),
        Event::Traced(traced) => of_tracing(traced),
        Event::TaskSpawned(spawned) => {
            What::Task { task: spawned.task.0, name: spawned.name.clone(), place: spawned.place.clone() }
        }
        Event::Chose { number, from, to, place, words } => What::Noted {
            what: match words.as_deref() {
                None => format!("the search chose {number} of {from} to {to} at {place}"),
                Some("") => String::from("the search chose nothing"),
                Some(words) => format!("the search chose: {words}"),
            },
        },
        Event::Marked { mark, outcome, detail } => What::Marked {
            mark: if detail.is_empty() { mark.to_string() } else { format!("{mark}: {detail}") },
            outcome: format!("{outcome:?}").to_lowercase(),
        },
        Event::Unattended { .. }
        | Event::Unmodelled { .. }
        | Event::Judged { .. }
        | Event::Escaped { .. }
        | Event::Unfulfilled { .. }
        | Event::Late { .. } => wrong(event),
    }
}

fn on_the_network(event: &Event) -> What {
    match event {
        Event::Arrived { segment, bytes, origin, socket } => {
            let socket = socket.map(|socket| socket.0);
            What::Arrived(Packet { socket, ..packet(segment, *bytes, Hop::default(), *origin) })
        }
        Event::Sent { hop, segment, bytes, origin } => What::Sent(packet(segment, *bytes, *hop, *origin)),
        Event::Reached { hop, segment, bytes, origin, socket } => {
            let socket = socket.map(|socket| socket.0);
            What::Arrived(Packet { socket, ..packet(segment, *bytes, *hop, *origin) })
        }
        Event::Lost { hop, segment, bytes, origin, why } => What::Strayed {
            packet: packet(segment, *bytes, *hop, *origin),
            fate: format!("lost: {why:?}").to_lowercase(),
        },
        Event::Duplicated { hop, segment, bytes, origin } => {
            What::Strayed { packet: packet(segment, *bytes, *hop, *origin), fate: String::from("doubled") }
        }
        Event::Link { hop, change } => {
            What::Link { from: hop.from.0, to: hop.to.0, change: format!("{change:?}").to_lowercase() }
        }
        Event::Host { host, change } => What::Host { host: host.0, change: became(change) },
        other => What::Noted { what: format!("{other:?}") },
    }
}

fn packet(segment: &str, bytes: u64, hop: Hop, origin: Option<Stamp>) -> Packet {
    let sent = origin.map(|Stamp { step, at_ns, thread }| Sender { thread: thread.0, step, at_ns });
    Packet { segment: segment.to_owned(), bytes, from: hop.from.0, to: hop.to.0, sent, socket: None }
}

fn became(change: &photofinish_sim::host::HostChange) -> String {
    use photofinish_sim::host::HostChange;
    match change {
        HostChange::Added { name } => format!("added as {name}"),
        HostChange::Started { process, program } => format!("started {program} as process {}", process.0),
        change => format!("{change:?}").to_lowercase(),
    }
}

fn wrong(event: &Event) -> What {
    let (kind, what) = match event {
        Event::Judged { signature } => ("judged", signature.clone()),
        Event::Unmodelled { what } => ("unmodelled", what.clone()),
        Event::Escaped { what } => ("escaped", what.to_string()),
        Event::Late { due_ns, by_ns } => {
            ("late", format!("a timer due at {due_ns} ns found its thread {by_ns} ns later"))
        }
        Event::Unattended { host, process, status } => {
            let ended = ended(*status);
            ("unattended", format!("process {} of host {} {ended}, and nobody asked", process.0, host.0))
        }
        Event::Unfulfilled { mark, detail } => ("unfulfilled", format!("{mark}: {detail}")),
        other => ("other", format!("{other:?}")),
    };
    What::Wrong { kind: kind.to_owned(), what }
}

fn of_tracing(said: &traced::Traced) -> What {
    What::Traced {
        level: said.level.to_string(),
        of: said.what.to_string(),
        target: said.target.to_string(),
        name: said.name.to_string(),
        fields: said.fields.clone(),
        span: said.span.or(said.parent).map(|span| span.0),
        task: said.task.map(|task| task.0),
    }
}

fn ended(status: Status) -> String {
    match status {
        Status::Exited(code) => format!("exited with {code}"),
        Status::Signalled(signal) => format!("was ended by signal {signal}"),
    }
}

/// What a thread waits for, in words.
fn waits_for(on: &WaitOn) -> String {
    match on {
        WaitOn::Futex { word, .. } => format!("futex word {word}"),
        WaitOn::Readable(object) => format!("something to read from {}", file(object)),
        WaitOn::Writable(object) => format!("room to write to {}", file(object)),
        WaitOn::Poll => String::from("any of several files"),
        WaitOn::Join(thread) => format!("the end of thread {}", thread.0),
        WaitOn::Child(pid) => format!("the end of process {}", pid.0),
        WaitOn::Lock(number) => format!("the lock of file {number}"),
        WaitOn::Record(number) => format!("a lock of bytes of file {number}"),
        WaitOn::Sleep => String::from("time to pass"),
        WaitOn::Signal => String::from("a signal"),
    }
}

fn file(object: &photofinish_sim::fd::Object) -> String {
    use photofinish_sim::fd::Object;
    match object {
        Object::Socket(id) => format!("socket {}", id.0),
        Object::Unix(id) => format!("unix socket {}", id.0),
        Object::Pipe(id, _) => format!("pipe {}", id.0),
        Object::EventFd(id) => format!("eventfd {}", id.0),
        Object::TimerFd(id) => format!("timerfd {}", id.0),
        Object::Epoll(id) => format!("epoll {}", id.0),
        Object::Process(pid) => format!("process {}", pid.0),
        Object::Standard(fd) => format!("descriptor {fd}"),
        Object::Real(_) => String::from("a file"),
    }
}

fn switch(why: Why) -> Switch {
    match why {
        Why::Preempted => Switch::Preempted,
        Why::Blocked => Switch::Blocked,
        Why::Ended => Switch::Ended,
        Why::Yielded => Switch::Yielded,
    }
}

fn wake(how: Woken) -> Wake {
    match how {
        Woken::Cause => Wake::Cause,
        Woken::Deadline => Wake::Deadline,
        Woken::Spurious => Wake::Spurious,
        Woken::Signal => Wake::Signal,
    }
}

fn pause(why: Pass) -> Pause {
    match why {
        Pass::Idle => Pause::Idle,
        Pass::Stalled => Pause::Stalled,
        Pass::Spun => Pause::Spun,
    }
}
