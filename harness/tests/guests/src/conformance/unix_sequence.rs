//! Random calls of one thread on a few unix sockets, as the numbers of a generator decide.
//!
//! Nothing is under way behind a call, so nothing needs to settle. Only descriptors that are held by nobody else are sent, so
//! that none waits in its own queue. Invariant: what is called depends on the generator alone, never on an answer.

use std::fmt::Write as _;

use libc::{
    MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SO_PASSCRED, SO_SNDBUF,
    SO_TYPE, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET,
};
use photofinish_calls::message::{self, In, Out};
use photofinish_calls::{Failed, descriptor, socket};

use super::case::family;
use super::sequence::Draws;
use super::sockets::{Fd, error, get, ready, set};
use super::transcript::{Answer, Transcript};
use super::unixes::{NAMES, Names, ends, family, fresh, opened, rights};

family! {
    "unix-sequence", "Random calls on a few unix sockets.";
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
const SEQUENCES: u64 = 300;
const CALLS: u64 = 16;
const SLOTS: usize = 5;
const KINDS: [i32; 3] = [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET];
const SIZES: [usize; 12] = [0, 1, 2, 5, 12, 12, 200, 1_000, 3_000, 5_000, 40_000, 250_000];
const ROOMS: [usize; 8] = [0, 8, 16, 20, 24, 32, 56, 200];

fn batch<const NUMBER: u64>(t: &mut Transcript) {
    let names = Names::new();
    for sequence in NUMBER * SEQUENCES..(NUMBER + 1) * SEQUENCES {
        names.clean();
        t.line(format_args!("sequence {sequence}"));
        let slots = core::array::from_fn(|_| None);
        let mut world = World { draws: Draws(sequence), slots, names: &names };
        world.start();
        for _ in 0..CALLS {
            let mut line = world.step();
            for slot in &world.slots {
                let state = slot.as_ref().map_or_else(|| "-".to_owned(), ready);
                write!(line, " [{state}]").expect("memory");
            }
            t.line(line);
        }
    }
    names.clean();
}

struct World<'a> {
    draws: Draws,
    slots: [Option<Fd>; SLOTS],
    names: &'a Names,
}

fn shown<T: Answer>(answer: Result<T, Failed>) -> String {
    answer.map_or_else(|failed| failed.to_string(), |answer| answer.shown())
}

fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = b"abcdefghijklmnopqrstuvwxyz".repeat(count / 26 + 1);
    bytes.truncate(count);
    bytes
}

/// What was received: the first bytes, and how many.
fn received(answer: Result<usize, Failed>, buffer: &[u8]) -> String {
    match answer {
        Ok(count) => {
            let got = &buffer[..count.min(buffer.len())];
            let first = &got[..got.len().min(8)];
            format!("{count} {} {:?}", first.escape_ascii(), got.last())
        }
        Err(failed) => failed.to_string(),
    }
}

impl World<'_> {
    /// A pair, a listener or a bound socket, and a fresh one.
    fn start(&mut self) {
        let kind = KINDS[self.draws.below(3)];
        let [one, other] = ends(kind);
        let bound = fresh(kind);
        let name = self.names.address(self.draws.below(NAMES as u64));
        socket::bind_bytes(bound.0, name).expect("the name is free");
        let _datagrams_do_not: Result<(), Failed> = socket::listen(bound.0, 1);
        self.slots = [Some(one), Some(other), Some(bound), Some(fresh(kind)), None];
    }

    /// Makes one call.
    fn step(&mut self) -> String {
        let (slot, other) = (self.draws.below(SLOTS as u64), self.draws.below(SLOTS as u64));
        let (kind, detail) = (self.draws.below(60), self.draws.below(24));
        let name = self.names.address(detail % NAMES);
        let Some(fd) = &self.slots[slot] else { return self.make(slot, other, detail) };
        let answer = match kind {
            0..=4 => format!("connect {} -> {}", detail % NAMES, shown(socket::connect_bytes(fd.0, name))),
            5 => format!("disconnect -> {}", shown(socket::connect_bytes(fd.0, &family(libc::AF_UNSPEC)))),
            6..=9 => return self.accept(slot, other),
            10..=14 => format!("send {} -> {}", SIZES[detail % 12], shown(self.send(fd, detail))),
            15..=18 => {
                let sent = socket::sendto_bytes(fd.0, &bytes(SIZES[detail / 2]), MSG_NOSIGNAL, name);
                format!("sendto {} {} -> {}", SIZES[detail / 2], detail % NAMES, shown(sent))
            }
            19..=25 => return self.send_message(slot, other, detail),
            26..=31 => {
                let flags =
                    [0, MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_TRUNC, MSG_PEEK | MSG_TRUNC][detail % 6];
                let mut buffer = vec![0; SIZES[detail / 2]];
                let answer = socket::recv(fd.0, &mut buffer, flags);
                format!("recv {} {flags:#x} -> {}", buffer.len(), received(answer, &buffer))
            }
            32..=39 => return self.receive_message(slot, other, detail),
            40..=42 => {
                format!("shutdown {} -> {}", detail % 3, shown(socket::shutdown(fd.0, small(detail % 3))))
            }
            43..=46 => {
                let fd = self.slots[slot].take();
                return format!("{slot} close -> {}", shown(fd.map_or(Ok(()), Fd::close)));
            }
            47..=49 => format!("bind {} -> {}", detail % NAMES, shown(socket::bind_bytes(fd.0, name))),
            50 => format!("bind -> {}", shown(socket::bind_bytes(fd.0, &family(libc::AF_UNIX)))),
            51 | 52 => format!("listen {} -> {}", detail % 4, shown(socket::listen(fd.0, small(detail % 4)))),
            53 => {
                let answer = set(fd, SOL_SOCKET, SO_PASSCRED, i32::from(detail < 16));
                format!("SO_PASSCRED {} -> {}", detail < 16, shown(answer))
            }
            54 => format!("SO_SNDBUF -> {}", shown(set(fd, SOL_SOCKET, SO_SNDBUF, small(detail) * 2_000))),
            55 => format!("SO_ERROR -> {}", shown(error(fd))),
            56 => format!("FIONREAD -> {}", shown(descriptor::unread(fd.0))),
            57 => format!("unlink -> {}", std::fs::remove_file(self.names.file(detail)).is_ok()),
            _ => self.names(fd, detail),
        };
        format!("{slot} {answer}")
    }

    fn names(&self, fd: &Fd, detail: usize) -> String {
        let room = [0, 1, 2, 3, 20, 110][detail % 6];
        let told = |answer: Result<socket::Told, Failed>| {
            answer.map_or_else(|failed| failed.to_string(), |told| self.names.shown(&told))
        };
        let kind = shown(get(fd, SOL_SOCKET, SO_TYPE));
        let (own, peer) = (socket::getsockname_bytes(fd.0, room), socket::getpeername_bytes(fd.0, room));
        format!("type {kind} {} and {}", told(own), told(peer))
    }

    /// Fills an empty slot, or two with the ends of a pair.
    fn make(&mut self, slot: usize, other: usize, detail: usize) -> String {
        let kind = KINDS[detail % 3];
        if self.slots[other].is_none() && other != slot && detail < 12 {
            let [one, two] = ends(kind);
            (self.slots[slot], self.slots[other]) = (Some(one), Some(two));
            return format!("{slot} {other} pair {kind}");
        }
        self.slots[slot] = Some(fresh(kind));
        format!("{slot} socket {kind}")
    }

    fn send(&self, fd: &Fd, detail: usize) -> Result<usize, Failed> {
        socket::send(fd.0, &bytes(SIZES[detail % 12]), MSG_NOSIGNAL)
    }

    fn accept(&mut self, slot: usize, into: usize) -> String {
        let Some(fd) = &self.slots[slot] else { return format!("{slot} is gone") };
        match socket::accept_bytes(fd.0, libc::SOCK_NONBLOCK, 110) {
            Ok((new, from)) => {
                let from = self.names.shown(&from);
                self.slots[into] = Some(Fd(new));
                format!("{slot} accept into {into} -> from {from}")
            }
            Err(failed) => format!("{slot} accept -> {failed}"),
        }
    }

    /// Sends fresh descriptors: of one, the other end goes into a slot.
    fn send_message(&mut self, slot: usize, other: usize, detail: usize) -> String {
        let Some(fd) = &self.slots[slot] else { return format!("{slot} is gone") };
        let kind = KINDS[detail % 3];
        let [sent, kept] = ends(kind);
        let number = [0, 1, 1, 2, 3, 254][detail / 4];
        let fds = vec![sent.0; number];
        let control = if number == 0 { Vec::new() } else { rights(&fds) };
        let whole = bytes(SIZES[detail / 2]);
        let (first, second) = whole.split_at(whole.len() / 3);
        let to = if detail % 8 == 7 { self.names.address(detail % NAMES) } else { &[] };
        let out = Out { parts: &[first, &[], second], to, control: &control };
        let answer = message::sendmsg(fd.0, out, MSG_NOSIGNAL);
        if self.slots[other].is_none() {
            self.slots[other] = Some(kept);
        }
        format!("{slot} sendmsg {} with {number} of {kind} -> {}", whole.len(), shown(answer))
    }

    fn receive_message(&mut self, slot: usize, other: usize, detail: usize) -> String {
        let Some(fd) = &self.slots[slot] else { return format!("{slot} is gone") };
        let control = ROOMS[detail % 8];
        let flags = [0, 0, MSG_PEEK, MSG_CMSG_CLOEXEC, MSG_TRUNC, MSG_WAITALL][detail % 6];
        let size = SIZES[detail / 2];
        let mut room = In::new(&[size / 2, size - size / 2], control);
        let answer = message::recvmsg(fd.0, &mut room, flags);
        let whole = room.parts.concat();
        let (fds, said) = if answer.is_ok() { opened(&room) } else { (Vec::new(), String::new()) };
        let from = self.names.shown(&(u32::try_from(room.from.len()).unwrap_or(0), room.from.clone()));
        let from = if answer.is_ok() { from } else { String::new() };
        if let (Some(first), true) = (fds.into_iter().next(), self.slots[other].is_none()) {
            self.slots[other] = Some(first);
        }
        format!("{slot} recvmsg {size} {control} {flags:#x} -> {} {said} {from}", received(answer, &whole))
    }
}

fn small(number: usize) -> i32 {
    i32::try_from(number).expect("it is small")
}
