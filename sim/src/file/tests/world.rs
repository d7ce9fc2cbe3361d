//! A process with pipes, event counters and epoll instances, driven by scripts of one-line commands.
//!
//! Does not know Linux: its answers are words, to be compared with those that Linux gave. Invariant: every change of a file
//! is told to the instances before the next command.

use std::collections::BTreeMap;

use crate::errno::Errno;
use crate::fd::{Blocking, DescriptionId, Descriptor, FdTable, Files, Object, OnExec};
use crate::file::epoll::{Epolls, Event, Key, Op, Target, Wake};
use crate::file::eventfd::{EventFds, Take};
use crate::file::pipe::{Attempt, End, Pipes};
use crate::ready::{Mask, Refusal};

/// The bits that scripts name, in the order in which answers list them.
const NAMED: [(&str, u32); 13] = [
    ("IN", 0x1),
    ("PRI", 0x2),
    ("OUT", 0x4),
    ("ERR", 0x8),
    ("HUP", 0x10),
    ("RDNORM", 0x40),
    ("WRNORM", 0x100),
    ("RDHUP", 0x2000),
    ("EXCLUSIVE", 1 << 28),
    ("WAKEUP", 1 << 29),
    ("ONESHOT", 1 << 30),
    ("ET", 1 << 31),
    ("NOTHING", 0),
];

/// The bits of words joined by `|`.
pub(super) fn bits(words: &str) -> u32 {
    let bit = |word: &str| NAMED.iter().find(|(name, _)| *name == word).expect("scripts use known bits").1;
    words.split('|').map(bit).fold(0, |all, bit| all | bit)
}

/// The words of bits.
pub(super) fn words(bits: u32) -> String {
    let set: Vec<&str> = NAMED.iter().filter(|(_, bit)| bits & bit != 0).map(|(name, _)| *name).collect();
    if set.is_empty() { "NOTHING".into() } else { set.join("|") }
}

/// Runs each script, under its title, in a world of its own.
pub(super) fn check(scripts: &[(&str, &str)]) {
    for (title, script) in scripts {
        World::default().expect(title, script);
    }
}

/// One process and all its files.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) pipes: Pipes,
    pub(super) eventfds: EventFds,
    pub(super) epolls: Epolls,
    pub(super) wakes: Vec<Wake>,
    files: Files,
    table: FdTable,
    /// Numbers by the names that scripts give them. The data of an event is the place of its name in `names`.
    numbers: BTreeMap<String, i32>,
    names: Vec<String>,
}

impl World {
    /// Runs commands, separated by `; `. Returns the last answer; a command without one says `ok`.
    pub(super) fn run(&mut self, script: &str) -> String {
        script.split("; ").map(|command| self.command(command)).last().expect("a command")
    }

    /// Runs commands that stand with their answers, `ok` left out.
    pub(super) fn expect(&mut self, title: &str, script: &str) {
        for (at, step) in script.split("; ").enumerate() {
            let (command, expected) = step.split_once(" -> ").unwrap_or((step, "ok"));
            assert_eq!(self.command(command), expected, "{title}: step {at}, {command}, of: {script}");
        }
    }

    /// What a name stands for.
    pub(super) fn object(&self, name: &str) -> Object {
        self.files.object(self.description(name))
    }

    fn command(&mut self, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        let answer = match *words.as_slice() {
            ["pipe", name] => self.pipe(name),
            ["eventfd", name, initial] => self.eventfd(name, initial, Take::All),
            ["semaphore", name, initial] => self.eventfd(name, initial, Take::One),
            ["epoll", name] => self.epoll(name),
            ["dup", name, other] => self.dup(name, other),
            ["close", name] => self.close(name),
            ["write", name, size] => self.write(name, size.parse().expect("a number")),
            ["read", name, size] => self.read(name, size.parse().expect("a number")),
            ["poll", name] => Ok(self::words(self.poll(self.object(name)).0)),
            ["add", epoll, name, bits] => self.control(epoll, name, Op::Add(self.event(name, bits))),
            ["mod", epoll, name, bits] => self.control(epoll, name, Op::Modify(self.event(name, bits))),
            ["del", epoll, name] => self.control(epoll, name, Op::Delete),
            ["wait", epoll, max] => Ok(self.wait(epoll, max.parse().expect("a number"))),
            _ => panic!("an unknown command: {command}"),
        };
        self.settle();
        match answer {
            Ok(answer) => answer,
            Err(Refusal::Fail(errno)) => errno_name(errno),
            Err(Refusal::Wait(_)) => "EAGAIN".into(),
            Err(Refusal::Unmodelled(what, _)) => what,
        }
    }

    fn settle(&mut self) {
        loop {
            if let Some(change) = self.pipes.pop_change() {
                let (id, end) = change.of;
                self.epolls.changed(Object::Pipe(id, end), change.key);
            } else if let Some(change) = self.eventfds.pop_change() {
                self.epolls.changed(Object::EventFd(change.of), change.key);
            } else if let Some(wake) = self.epolls.pop_wake() {
                self.wakes.push(wake);
            } else {
                return;
            }
        }
    }

    fn install(&mut self, name: &str, description: DescriptionId) {
        let fd = self.table.lowest_free(0).expect("a free number");
        self.files.hold(description);
        let before =
            self.table.put(fd, Descriptor { description, on_exec: OnExec::Keep }).expect("a valid number");
        assert!(before.is_none(), "the number was free");
        self.numbers.insert(name.into(), fd);
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.into());
        }
    }

    fn open(&mut self, name: &str, object: Object) {
        let description = self.files.open(object, Blocking::No);
        self.install(name, description);
    }

    fn pipe(&mut self, name: &str) -> Result<String, Refusal> {
        let id = self.pipes.create()?;
        self.open(&format!("{name}.r"), Object::Pipe(id, End::Read));
        self.open(&format!("{name}.w"), Object::Pipe(id, End::Write));
        Ok("ok".into())
    }

    fn eventfd(&mut self, name: &str, initial: &str, take: Take) -> Result<String, Refusal> {
        let id = self.eventfds.create(initial.parse().expect("a number"), take);
        self.open(name, Object::EventFd(id));
        Ok("ok".into())
    }

    fn epoll(&mut self, name: &str) -> Result<String, Refusal> {
        let id = self.epolls.create();
        self.open(name, Object::Epoll(id));
        Ok("ok".into())
    }

    fn dup(&mut self, name: &str, other: &str) -> Result<String, Refusal> {
        self.install(other, self.description(name));
        Ok("ok".into())
    }

    fn close(&mut self, name: &str) -> Result<String, Refusal> {
        let fd = self.numbers.remove(name).expect("an open name");
        let description = self.table.take(fd)?;
        let Some(object) = self.files.release(description) else { return Ok("ok".into()) };
        self.epolls.forget(description);
        match object {
            Object::Pipe(id, end) => self.pipes.close_end(id, end),
            Object::EventFd(id) => self.eventfds.close(id),
            Object::Epoll(id) => self.epolls.close(id),
            other => panic!("not opened here: {other:?}"),
        }
        Ok("ok".into())
    }

    /// Of a counter the number is the value, of a pipe the size.
    fn write(&mut self, name: &str, number: u64) -> Result<String, Refusal> {
        let written = match self.object(name) {
            Object::EventFd(id) => self.eventfds.write(id, &number.to_le_bytes())?,
            Object::Pipe(id, End::Write) => {
                let size = usize::try_from(number).expect("a small size");
                self.pipes.write(id, &vec![7; size], Attempt::Once)?
            }
            _ => return Err(Errno::EBADF.into()),
        };
        Ok(written.to_string())
    }

    fn read(&mut self, name: &str, size: usize) -> Result<String, Refusal> {
        let mut buffer = vec![0; size];
        match self.object(name) {
            Object::EventFd(id) => {
                self.eventfds.read(id, &mut buffer)?;
                Ok(u64::from_le_bytes(buffer[..8].try_into().expect("8 bytes")).to_string())
            }
            Object::Pipe(id, End::Read) => Ok(self.pipes.read(id, &mut buffer, Attempt::Once)?.to_string()),
            _ => Err(Errno::EBADF.into()),
        }
    }

    fn poll(&mut self, object: Object) -> Mask {
        match object {
            Object::Pipe(id, end) => self.pipes.poll(id, end),
            Object::EventFd(id) => self.eventfds.readiness(id),
            Object::Epoll(id) => {
                let (pipes, eventfds) = (&mut self.pipes, &self.eventfds);
                self.epolls.readiness(id, &mut |object| leaf(pipes, eventfds, object))
            }
            other => panic!("not opened here: {other:?}"),
        }
    }

    fn control(&mut self, epoll: &str, name: &str, op: Op) -> Result<String, Refusal> {
        let Object::Epoll(id) = self.object(epoll) else { return Err(Errno::EINVAL.into()) };
        let object = self.object(name);
        let key = Key { description: self.description(name), fd: self.numbers[name] };
        let (pipes, eventfds) = (&mut self.pipes, &self.eventfds);
        self.epolls.control(id, op, Target { key, object }, &mut |object| leaf(pipes, eventfds, object))?;
        Ok("ok".into())
    }

    fn wait(&mut self, epoll: &str, max: usize) -> String {
        let Object::Epoll(id) = self.object(epoll) else { panic!("{epoll} is no epoll instance") };
        let (pipes, eventfds) = (&mut self.pipes, &self.eventfds);
        let mut events = Vec::new();
        let mut poll = |object| leaf(pipes, eventfds, object);
        self.epolls.collect(id, max, &mut poll, &mut |event| events.push(event));
        let name = |event: &Event| &self.names[usize::try_from(event.data).expect("a place")];
        let found: Vec<String> =
            events.iter().map(|event| format!("{}={}", name(event), words(event.events))).collect();
        if found.is_empty() { "-".into() } else { found.join(" ") }
    }

    fn event(&self, name: &str, bits: &str) -> Event {
        let data = self.names.iter().position(|known| known == name).expect("an open name");
        Event { events: self::bits(bits), data: data as u64 }
    }

    fn description(&self, name: &str) -> DescriptionId {
        self.table.get(self.numbers[name]).expect("an open name").description
    }
}

fn leaf(pipes: &mut Pipes, eventfds: &EventFds, object: Object) -> Mask {
    match object {
        Object::Pipe(id, end) => pipes.poll(id, end),
        Object::EventFd(id) => eventfds.readiness(id),
        other => panic!("not opened here: {other:?}"),
    }
}

fn errno_name(errno: Errno) -> String {
    match errno.0 {
        17 => "EEXIST".into(),
        40 => "ELOOP".into(),
        _ => errno.name().into(),
    }
}
