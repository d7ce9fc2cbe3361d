//! A step in a few words.
//!
//! Does not choose which steps are told. Invariant: a step's words do not depend on those before it, but for whether a running thread
//! made a wake, which [`Teller`] is told.

use std::collections::{BTreeMap, BTreeSet};

use photofinish_sim::errno::Errno;

use super::clock::duration;
use super::lanes::{Arrow, Kind, Lanes, Who};
use super::names::Names;
use crate::record::{Decision, Packet, Pause, Record, Step, Wake, What};

/// Tells steps.
pub(crate) struct Teller<'a> {
    names: &'a Names,
    /// Steps that are wakes which a running thread made.
    wakes: BTreeSet<usize>,
    /// Who sent what arrives at a step, and who waited for it.
    messages: BTreeMap<usize, (u32, Option<u32>)>,
}

impl<'a> Teller<'a> {
    pub(crate) fn new(names: &'a Names, lanes: &Lanes) -> Self {
        let wakes =
            lanes.arrows.iter().filter(|arrow| arrow.kind == Kind::Wake).map(|arrow| arrow.came.index);
        let thread = |lane: usize| match lanes.lanes[lane].who {
            Who::Thread(thread) => Some(thread),
            Who::Task(_) => None,
        };
        let messages = lanes.arrows.iter().filter(|arrow| arrow.kind == Kind::Message);
        let ends = |arrow: &Arrow| Some((arrow.came.index, (thread(arrow.from)?, arrow.to.and_then(thread))));
        Self { names, wakes: wakes.collect(), messages: messages.filter_map(ends).collect() }
    }

    /// Whether a running thread made this wake.
    pub(crate) fn is_made(&self, index: usize) -> bool {
        self.wakes.contains(&index)
    }

    /// Whom it reaches, if it is one thread.
    pub(crate) fn to(&self, index: usize, step: &Step) -> Option<u32> {
        match step.what {
            What::Spawned { child } => Some(child),
            What::Woke { thread, .. } => Some(thread).filter(|_| self.is_made(index)),
            What::Arrived(_) => self.messages.get(&index).and_then(|(_, to)| *to),
            _ => None,
        }
    }

    /// Whether no thread can be said to have done it.
    pub(crate) fn is_of_run(&self, index: usize, step: &Step) -> bool {
        match step.what {
            What::Arrived(_) => !self.messages.contains_key(&index),
            What::Wrong { .. } | What::Passed { .. } => true,
            What::Strayed { .. } | What::Link { .. } | What::Host { .. } => true,
            _ => false,
        }
    }

    /// Whose step it is: a wake that no thread made is the woken thread's, and a message its sender's.
    pub(crate) fn thread(&self, index: usize, step: &Step) -> u32 {
        match step.what {
            What::Arrived(_) => self.messages.get(&index).map_or(step.thread, |(from, _)| *from),
            What::Woke { thread, .. } if !self.is_made(index) => thread,
            _ => step.thread,
        }
    }

    /// The step in words.
    pub(crate) fn words(&self, index: usize, step: &Step) -> String {
        match &step.what {
            What::Spawned { child } => format!("spawns {}", self.names.thread(*child)),
            What::Named { name } => format!("is named {name}"),
            What::Ended => String::from("ends"),
            What::Switched { to, .. } => format!("{} follows", self.names.thread(*to)),
            What::Blocked { on, .. } => format!("waits for {}", waited(on, self.names)),
            What::Woke { thread, how } => self.wake(index, *thread, *how),
            What::Passed { ns, why } => passed(*ns, *why),
            What::Called { name, arg, result } => called(name, *arg, *result),
            What::Sent(packet) => format!("{} leaves", packet_words(packet)),
            // It stands with its sender, whose arrow it ends.
            What::Arrived(packet) if self.messages.contains_key(&index) => {
                format!("its {} arrives", packet_words(packet))
            }
            What::Arrived(packet) => format!("{} arrives", packet_words(packet)),
            What::Strayed { packet, fate } => format!("{} is {fate}", packet_words(packet)),
            What::Link { from, to, change } => format!("link {from} to {to}: {change}"),
            What::Host { host, change } => format!("host {host}: {change}"),
            What::Forked { child } => format!("forks process {child}"),
            What::Executed { program, .. } => format!("executes {program}"),
            What::Exited { pid, status } => format!("process {pid} {status}"),
            What::Signalled { pid, signal } => format!("signal {signal} to process {pid}"),
            What::Wrote { fd, text } => {
                format!("{} {}", if *fd == 2 { "complains:" } else { "prints:" }, text.trim_end())
            }
            What::Panicked { message, .. } => format!("panics: {message}"),
            What::Traced { level, of, name, fields, .. } => traced(level, of, name, fields),
            What::Task { task, name, .. } => format!("spawns task {task} {name}").trim_end().to_owned(),
            What::Marked { mark, outcome } => format!("mark {mark}: {outcome}"),
            What::Wrong { kind, what } => format!("{kind}: {what}"),
            What::Noted { what } => what.clone(),
            What::Other => String::from("what this reader does not know"),
        }
    }

    fn wake(&self, index: usize, thread: u32, how: Wake) -> String {
        match how {
            Wake::Cause if self.is_made(index) => format!("wakes {}", self.names.thread(thread)),
            Wake::Cause => String::from("is woken"),
            Wake::Deadline => String::from("is woken by its deadline"),
            Wake::Spurious => String::from("is woken by nothing"),
            Wake::Signal => String::from("is woken by a signal"),
        }
    }
}

/// What a decision says of its thread, if it begins with that: by its name here, the name that it gave itself, or its number.
pub(super) fn predicate<'a>(record: &Record, names: &Names, decision: &'a Decision) -> Option<&'a str> {
    let number = decision.thread;
    let own = usize::try_from(number).ok().and_then(|number| record.threads.get(number)?.name.clone());
    let subjects = [Some(names.thread(number)), own, Some(format!("thread {number}"))];
    subjects.into_iter().flatten().find_map(|subject| decision.what.strip_prefix(&subject)?.strip_prefix(' '))
}

/// What is waited for, with the name of a thread that it gives by number.
pub(super) fn waited(on: &str, names: &Names) -> String {
    let thread = on.strip_prefix("the end of thread ").and_then(|number| number.parse().ok());
    thread.map_or_else(|| on.to_owned(), |thread| format!("the end of {}", names.thread(thread)))
}

fn passed(ns: u64, why: Pause) -> String {
    let ns = duration(ns);
    match why {
        Pause::Idle => format!("{ns} pass"),
        Pause::Stalled => format!("{ns} pass instead of threads"),
        Pause::Spun => format!("{ns} pass while it spins"),
    }
}

fn called(name: &str, arg: i64, result: i64) -> String {
    let error =
        result.checked_neg().and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0);
    match error.map(|number| (number, Errno(number).name())) {
        Some((number, "E?")) => format!("{name}({arg}) = error {number}"),
        Some((_, name_of)) => format!("{name}({arg}) = {name_of}"),
        None => format!("{name}({arg}) = {result}"),
    }
}

fn packet_words(packet: &Packet) -> String {
    match packet.bytes {
        0 => packet.segment.clone(),
        bytes => format!("{} of {bytes} bytes", packet.segment),
    }
}

fn traced(level: &str, of: &str, name: &str, fields: &str) -> String {
    let what = match of {
        "event" => String::new(),
        of => format!("{of} {name}"),
    };
    let parts = [level, &what, fields];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
