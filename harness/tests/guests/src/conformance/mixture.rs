//! Random calls of one thread on pipes, event counters and instances of `epoll(7)` over them, as the numbers of a generator
//! decide.
//!
//! Nothing here takes time, so that no call waits for another to settle. Invariant: what is called depends on the generator
//! alone, never on an answer.

use libc::{
    EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLERR, EPOLLET, EPOLLEXCLUSIVE, EPOLLHUP, EPOLLIN,
    EPOLLONESHOT, EPOLLOUT, EPOLLPRI, EPOLLRDHUP, EPOLLRDNORM, EPOLLWRNORM, F_GETFL, O_NONBLOCK,
};
use photofinish_calls::epoll::{Event, Sets, epoll_create1, epoll_ctl, epoll_wait, select};
use photofinish_calls::event::eventfd;
use photofinish_calls::time::Time;
use photofinish_calls::{Failed, descriptor, pipe};

use super::case::family;
use super::sequence::Draws;
use super::sockets::{Fd, ready};
use super::transcript::{Answer, Transcript};

family! {
    "mixture", "Random calls on pipes, counters and epoll.";
    "0" = batch::<0>, [], "The first sequences.";
    "1" = batch::<1>, [], "The second.";
    "2" = batch::<2>, [], "The third.";
    "3" = batch::<3>, [], "The fourth.";
    "4" = batch::<4>, [], "The fifth.";
    "5" = batch::<5>, [], "The sixth.";
    "6" = batch::<6>, [], "The seventh.";
    "7" = batch::<7>, [], "The eighth.";
    "8" = batch::<8>, [], "The ninth.";
    "9" = batch::<9>, [], "The tenth.";
    "10" = batch::<10>, [], "The eleventh.";
    "11" = batch::<11>, [], "The twelfth.";
    "12" = batch::<12>, [], "The thirteenth.";
    "13" = batch::<13>, [], "The fourteenth.";
    "14" = batch::<14>, [], "The fifteenth.";
    "15" = batch::<15>, [], "The sixteenth.";
}

/// Sequences per variant.
pub const SEQUENCES: u64 = 500;
const CALLS: u64 = 24;
const SLOTS: usize = 8;

/// What sizes are read and written: around a page, around a pipe, and what counters take.
const SIZES: [usize; 12] = [8, 0, 1, 3, 8, 100, 4_000, 4_096, 4_097, 9_000, 65_536, 70_000];

/// What is watched for, and how.
const EVENTS: [i32; 16] = [
    EPOLLIN,
    EPOLLOUT,
    EPOLLIN | EPOLLOUT,
    EPOLLIN | EPOLLET,
    EPOLLOUT | EPOLLET,
    EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
    EPOLLIN | EPOLLONESHOT,
    EPOLLOUT | EPOLLONESHOT | EPOLLET,
    0,
    EPOLLET,
    EPOLLIN | EPOLLEXCLUSIVE,
    EPOLLIN | EPOLLOUT | EPOLLET | EPOLLEXCLUSIVE,
    EPOLLRDNORM | EPOLLWRNORM,
    EPOLLPRI | EPOLLERR | EPOLLHUP,
    EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT,
    EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM,
];

fn batch<const NUMBER: u64>(t: &mut Transcript) {
    for sequence in NUMBER * SEQUENCES..(NUMBER + 1) * SEQUENCES {
        let mut lines = format!("sequence {sequence}");
        let mut world = World { draws: Draws(sequence ^ 0x5eed), slots: core::array::from_fn(|_| None) };
        world.start();
        for _ in 0..CALLS {
            lines.push('\n');
            lines.push_str(&world.step());
        }
        t.line(lines);
    }
}

struct World {
    draws: Draws,
    slots: [Option<Fd>; SLOTS],
}

fn shown<T: Answer>(answer: Result<T, Failed>) -> String {
    answer.map_or_else(|failed| failed.to_string(), |answer| answer.shown())
}

impl World {
    /// Two instances, a pipe and a counter.
    fn start(&mut self) {
        self.slots[0] = Some(instance());
        self.slots[1] = Some(instance());
        self.pipe(2, 3);
        self.slots[4] = Some(counter(0));
    }

    fn pipe(&mut self, reads: usize, writes: usize) {
        let (one, other) = pipe::pipe2(O_NONBLOCK).expect("few");
        (self.slots[reads], self.slots[writes]) = (Some(Fd(one)), Some(Fd(other)));
    }

    fn fd(&self, slot: usize) -> i32 {
        self.slots[slot].as_ref().map_or(-1, |fd| fd.0)
    }

    /// Makes one call.
    fn step(&mut self) -> String {
        let (slot, other) = (self.draws.below(SLOTS as u64), self.draws.below(SLOTS as u64));
        let (kind, detail) = (self.draws.below(40), self.draws.below(16));
        let fd = self.fd(slot);
        let answer = match kind {
            0..=5 => format!("read {}", read(fd, SIZES[detail % 12])),
            6..=12 => format!("write {}", self.write(fd, SIZES[detail % 12])),
            13..=18 => return self.control(EPOLL_CTL_ADD, slot % 2, other, detail),
            19 | 20 => return self.control(EPOLL_CTL_MOD, slot % 2, other, detail),
            21 => return self.control(EPOLL_CTL_DEL, slot % 2, other, detail),
            22 => return self.control(EPOLL_CTL_ADD, slot, other, detail),
            23..=29 => return wait(self.fd(slot % 2), slot % 2, detail),
            30 => format!("wait {}", wait(fd, slot, detail)),
            31 => return self.all_ready(),
            32 => return self.selected(),
            33 => format!("unread {}", shown(descriptor::unread(fd))),
            34 => format!("flags {}", shown(descriptor::fcntl(fd, F_GETFL, 0))),
            35 if slot > 1 => format!("close {}", shown(self.slots[slot].take().map_or(Ok(()), Fd::close))),
            36 if other > 1 => {
                self.slots[other] = descriptor::dup(fd).ok().map(Fd);
                format!("dup into {other}")
            }
            37 if slot > 1 && other > 1 && slot != other => {
                self.pipe(slot, other);
                format!("pipe into {other}")
            }
            38 if slot > 1 => {
                let flags = if detail % 2 == 0 { 0 } else { libc::EFD_SEMAPHORE };
                self.slots[slot] = Some(counter(flags));
                format!("counter {flags}")
            }
            39 if slot > 1 && detail < 6 => {
                self.slots[slot] = Some(instance());
                "instance".to_owned()
            }
            _ => format!("is {}", self.slots[slot].as_ref().map_or("none".to_owned(), ready)),
        };
        format!("{slot} {answer}")
    }

    /// Counters take numbers of 8 bytes: small ones, and now and then one that nearly fills them.
    fn write(&mut self, fd: i32, size: usize) -> String {
        let first = [1, 0, 2, 0xff][self.draws.below(4)];
        let mut bytes = vec![0; size];
        if let Some(byte) = bytes.first_mut() {
            *byte = first;
        }
        if first == 0xff {
            bytes.iter_mut().skip(1).take(7).for_each(|byte| *byte = 0xff);
            bytes.iter_mut().take(1).for_each(|byte| *byte = 0xfe);
        }
        format!("{size} {first} -> {}", shown(descriptor::write(fd, &bytes)))
    }

    #[expect(clippy::cast_sign_loss, reason = "EPOLLET is the sign bit of an int")]
    fn control(&self, op: i32, instance: usize, slot: usize, detail: usize) -> String {
        let events = EVENTS[detail] as u32;
        let event = Event { events, data: slot as u64 * 100 + detail as u64 };
        let answer = epoll_ctl(self.fd(instance), op, self.fd(slot), Some(event));
        format!("{instance} ctl {op} of {slot} {events:#x} -> {}", shown(answer))
    }

    /// What `poll(2)` says of every slot.
    fn all_ready(&self) -> String {
        let one = |slot: &Option<Fd>| slot.as_ref().map_or("-".to_owned(), ready);
        format!("all {}", self.slots.iter().map(one).collect::<Vec<_>>().join(" "))
    }

    /// What `select(2)` says of every slot.
    fn selected(&self) -> String {
        let fds: Vec<i32> = self.slots.iter().flatten().map(|fd| fd.0).collect();
        let set = || Some(fds.clone());
        let sets = Sets { read: set(), write: set(), except: set() };
        let most = fds.iter().max().map_or(0, |fd| fd + 1);
        match select(most, &sets, Some(Time { seconds: 0, fraction: 0 })) {
            Ok((count, found, _)) => {
                let place =
                    |fd: &i32| self.slots.iter().position(|slot| slot.as_ref().is_some_and(|s| s.0 == *fd));
                let places = |set: Option<Vec<i32>>| -> Vec<_> {
                    set.unwrap_or_default().iter().filter_map(place).collect()
                };
                let (mut read, mut write) = (places(found.read), places(found.write));
                read.sort_unstable();
                write.sort_unstable();
                format!("select {count} {read:?} {write:?} {:?}", found.except)
            }
            Err(failed) => format!("select -> {failed}"),
        }
    }
}

fn instance() -> Fd {
    Fd(epoll_create1(0).expect("few"))
}

fn counter(flags: i32) -> Fd {
    Fd(eventfd(0, flags | libc::EFD_NONBLOCK).expect("few"))
}

/// What is read, summed up.
fn read(fd: i32, size: usize) -> String {
    let mut room = vec![0; size];
    let count = descriptor::read(fd, &mut room);
    let sum: u64 = room.iter().map(|byte| u64::from(*byte)).sum();
    format!("{size} -> {} {sum}", shown(count))
}

fn wait(fd: i32, slot: usize, detail: usize) -> String {
    let most = i32::try_from(detail % 5).expect("small");
    let found = epoll_wait(fd, most, 0).map(|events| {
        events.iter().map(|event| format!(" {}:{:#x}", event.data, event.events)).collect::<String>()
    });
    format!("{slot} wait for {most} ->{}", found.unwrap_or_else(|failed| format!(" {failed}")))
}
