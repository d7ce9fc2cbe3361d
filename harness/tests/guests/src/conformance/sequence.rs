//! Random calls of one thread on a few sockets, as the numbers of a generator decide.
//!
//! After each call the world is left alone for longer than any packet takes, so that a line holds what is settled. Invariant:
//! what is called depends on the generator alone, never on an answer.

use std::fmt::Write as _;
use std::net::SocketAddr;

use libc::{
    IPPROTO_TCP, MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL, SO_KEEPALIVE, SO_REUSEADDR, SOCK_NONBLOCK, SOL_SOCKET,
    TCP_NODELAY,
};
use photofinish_calls::time::{self, Time};
use photofinish_calls::{Failed, descriptor, socket};

use super::case::family;
use super::sockets::{Fd, any_port, error, get, local, peer, ready, recv, send, set, set_linger};
use super::transcript::{Answer, Transcript};

family! {
    "sequence", "Random calls on a few sockets.";
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
}

/// Sequences per variant.
pub const SEQUENCES: u64 = 200;
const CALLS: u64 = 24;
const SLOTS: usize = 4;
/// Longer than any packet takes in the simulation, and than the kernel's loopback does.
const SETTLE: Time = Time { seconds: 0, fraction: 600_000 };

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers in both worlds.
pub(super) struct Draws(pub(super) u64);

impl Draws {
    pub(super) fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound).expect("bounds are small")
    }
}

/// A socket, and the last name it was seen with.
#[derive(Default)]
struct Slot {
    fd: Option<Fd>,
    name: Option<SocketAddr>,
}

fn batch<const NUMBER: u64>(t: &mut Transcript) {
    for sequence in NUMBER * SEQUENCES..(NUMBER + 1) * SEQUENCES {
        t.line(format_args!("sequence {sequence}"));
        let mut world = World { draws: Draws(sequence), slots: core::array::from_fn(|_| Slot::default()) };
        world.start();
        for _ in 0..CALLS {
            let mut line = world.step();
            time::nanosleep(SETTLE).expect("a short while");
            for slot in &mut world.slots {
                let Some(fd) = &slot.fd else { continue };
                slot.name = Some(local(fd)).filter(|name| name.port() != 0).or(slot.name);
                let other = if peer(fd).is_some() { "+" } else { "" };
                write!(line, " [{}{other}]", ready(fd)).expect("memory");
            }
            t.line(line);
        }
    }
}

struct World {
    draws: Draws,
    slots: [Slot; SLOTS],
}

fn fresh() -> Fd {
    Fd(socket::socket(libc::AF_INET, libc::SOCK_STREAM | SOCK_NONBLOCK, 0).expect("few"))
}

fn shown<T: Answer>(answer: Result<T, Failed>) -> String {
    answer.map_or_else(|failed| failed.to_string(), |answer| answer.shown())
}

impl World {
    /// A listener, a socket that connects to it, and a fresh one.
    fn start(&mut self) {
        for slot in &mut self.slots[..3] {
            slot.fd = Some(fresh());
        }
        let Slot { fd: Some(listener), name } = &mut self.slots[0] else { unreachable!("made above") };
        socket::bind(listener.0, any_port()).expect("any port");
        socket::listen(listener.0, 8).expect("bound");
        *name = Some(local(listener));
    }

    fn slot(&mut self) -> usize {
        self.draws.below(SLOTS as u64)
    }

    /// Makes one call.
    fn step(&mut self) -> String {
        let (slot, other) = (self.slot(), self.slot());
        let (kind, detail) = (self.draws.below(40), self.draws.below(12));
        let target = self.slots[other].name.filter(|_| slot != other);
        let Some(fd) = &self.slots[slot].fd else {
            self.slots[slot] = Slot { fd: Some(fresh()), name: None };
            return format!("{slot} socket");
        };
        let answer = match kind {
            0..=5 => self.connect(fd, target),
            6..=10 => return self.accept(slot, other),
            11..=16 => format!("send {detail} -> {}", shown(send(fd, &b"abcdefghijkl"[..detail]))),
            17..=22 => {
                let flags = [0, 0, 0, MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL][detail % 6];
                format!("recv {detail} {flags:#x} -> {}", shown(recv(fd, detail, flags)))
            }
            23..=26 => {
                let how = i32::try_from(detail % 3).expect("small");
                format!("shutdown {how} -> {}", shown(socket::shutdown(fd.0, how)))
            }
            27..=29 => {
                let fd = self.slots[slot].fd.take();
                return format!("{slot} close -> {}", shown(fd.map_or(Ok(()), Fd::close)));
            }
            30 | 31 => {
                let name = target.filter(|_| detail < 6).unwrap_or_else(any_port);
                format!("bind -> {}", shown(socket::bind(fd.0, name)))
            }
            32 | 33 => format!("listen -> {}", shown(socket::listen(fd.0, 8))),
            34 => format!("linger -> {}", shown(set_linger(fd, i32::from(detail < 8), 0))),
            35 => format!("SO_REUSEADDR -> {}", shown(set(fd, SOL_SOCKET, SO_REUSEADDR, 1))),
            36 => format!("TCP_NODELAY {}", shown(get(fd, IPPROTO_TCP, TCP_NODELAY))),
            37 => format!("SO_KEEPALIVE -> {}", shown(set(fd, SOL_SOCKET, SO_KEEPALIVE, 1))),
            38 => format!("SO_ERROR -> {}", shown(error(fd))),
            _ => format!("FIONREAD -> {}", shown(descriptor::unread(fd.0))),
        };
        format!("{slot} {answer}")
    }

    fn connect(&self, fd: &Fd, target: Option<SocketAddr>) -> String {
        // A socket that meets itself is unmodelled.
        let Some(target) = target.filter(|target| *target != local(fd)) else {
            return "connects to nobody".to_owned();
        };
        format!("connect -> {}", shown(socket::connect(fd.0, target)))
    }

    fn accept(&mut self, slot: usize, into: usize) -> String {
        let Some(fd) = &self.slots[slot].fd else { return format!("{slot} is gone") };
        match socket::accept4(fd.0, SOCK_NONBLOCK) {
            Ok((new, from)) => {
                let whose = self.slots.iter().position(|slot| slot.name.is_some() && slot.name == from);
                let whose = whose.map_or_else(|| "nobody".to_owned(), |whose| whose.to_string());
                self.slots[into] = Slot { fd: Some(Fd(new)), name: None };
                format!("{slot} accept into {into} -> from {whose}")
            }
            Err(failed) => format!("{slot} accept -> {failed}"),
        }
    }
}
