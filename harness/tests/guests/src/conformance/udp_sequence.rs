//! Random calls of one thread on a few UDP sockets, as the numbers of a generator decide.
//!
//! After each call the world is left alone for longer than any packet takes, so that a line holds what is settled. Invariant:
//! what is called depends on the generator alone, never on an answer.

use std::fmt::Write as _;
use std::net::SocketAddr;

use libc::{MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SOCK_DGRAM, SOCK_NONBLOCK};
use photofinish_calls::message::{self, In, Out};
use photofinish_calls::time::{self, Time};
use photofinish_calls::{Failed, descriptor, socket};

use super::case::family;
use super::sequence::Draws;
use super::sockets::{Fd, any_port, error, local, peer, ready, send};
use super::transcript::{Answer, Transcript};
use super::unixes::family;

family! {
    "udp-sequence", "Random calls on a few UDP sockets.";
    "0" = batch::<0>, [], "The first sequences.";
    "1" = batch::<1>, [], "The second.";
    "2" = batch::<2>, [], "The third.";
    "3" = batch::<3>, [], "The fourth.";
    "4" = batch::<4>, [], "The fifth.";
    "5" = batch::<5>, [], "The sixth.";
}

/// Sequences per variant.
const SEQUENCES: u64 = 150;
const CALLS: u64 = 16;
const SLOTS: usize = 4;
/// Longer than any packet takes in the simulation, and than the kernel's loopback does.
const SETTLE: Time = Time { seconds: 0, fraction: 600_000 };
const SIZES: [usize; 6] = [0, 1, 5, 12, 900, 65_600];

fn batch<const NUMBER: u64>(t: &mut Transcript) {
    for sequence in NUMBER * SEQUENCES..(NUMBER + 1) * SEQUENCES {
        t.line(format_args!("sequence {sequence}"));
        let slots = core::array::from_fn(fresh);
        let mut world = World { draws: Draws(sequence), slots };
        for _ in 0..CALLS {
            let mut line = world.step();
            time::nanosleep(SETTLE).expect("a short while");
            for slot in &mut world.slots {
                slot.name = local(&slot.fd);
                let named = if slot.name.port() == 0 { "" } else { "@" };
                let other = peer(&slot.fd).map_or("", |_| "+");
                write!(line, " [{}{named}{}{other}]", ready(&slot.fd), slot.name.ip()).expect("memory");
            }
            t.line(line);
        }
    }
}

struct Slot {
    fd: Fd,
    name: SocketAddr,
}

/// The last slot is IPv6.
fn fresh(at: usize) -> Slot {
    let family = if at + 1 == SLOTS { libc::AF_INET6 } else { libc::AF_INET };
    let fd = Fd(socket::socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0).expect("few"));
    let name = local(&fd);
    Slot { fd, name }
}

struct World {
    draws: Draws,
    slots: [Slot; SLOTS],
}

fn shown<T: Answer>(answer: Result<T, Failed>) -> String {
    answer.map_or_else(|failed| failed.to_string(), |answer| answer.shown())
}

impl World {
    fn whose(&self, from: Option<SocketAddr>) -> String {
        let Some(from) = from else { return "nobody".to_owned() };
        match self.slots.iter().position(|slot| slot.name.port() == from.port()) {
            Some(whose) => format!("{whose} as {}", from.ip()),
            None => "one who is gone".to_owned(),
        }
    }

    /// Where another can be reached.
    fn target(&self, slot: usize, other: usize) -> SocketAddr {
        let mut target = self.slots[other].name;
        if target.ip().is_unspecified() {
            target.set_ip([127, 0, 0, 1].into());
        }
        if let (true, SocketAddr::V4(v4)) = (slot + 1 == SLOTS, target) {
            target.set_ip(v4.ip().to_ipv6_mapped().into());
        }
        target
    }

    /// Makes one call.
    fn step(&mut self) -> String {
        let (slot, other) = (self.draws.below(SLOTS as u64), self.draws.below(SLOTS as u64));
        let (kind, detail) = (self.draws.below(40), self.draws.below(24));
        let target = self.target(slot, other);
        let fd = &self.slots[slot].fd;
        let size = SIZES[detail % 6];
        let answer = match kind {
            0..=5 => {
                let any = if slot + 1 == SLOTS { "[::]:0".parse().expect("an address") } else { any_port() };
                let name = if detail < 4 { target } else { any };
                format!("bind -> {}", shown(socket::bind(fd.0, name)))
            }
            6..=9 => format!("connect {other} -> {}", shown(socket::connect(fd.0, target))),
            10 => format!("disconnect -> {}", shown(socket::connect_bytes(fd.0, &family(libc::AF_UNSPEC)))),
            11..=16 => {
                let sent = socket::sendto(fd.0, &vec![b'x'; size], MSG_NOSIGNAL, target);
                format!("sendto {other} {size} -> {}", shown(sent))
            }
            17..=20 => format!("send {size} -> {}", shown(send(fd, &vec![b'y'; size]))),
            21..=24 => self.receive(fd, detail),
            25..=27 => self.receive_message(fd, detail),
            28 | 29 => {
                // A second one would meet what the first one caused, which in the simulation takes its time.
                let bytes = vec![b'z'; size];
                let out = Out { parts: &[&bytes], to: &[], control: &[] };
                let sent = message::sendmmsg(fd.0, &[out], MSG_NOSIGNAL).map(|sent| format!("{sent:?}"));
                format!("sendmmsg {size} -> {}", shown(sent))
            }
            30 | 31 => {
                let mut rooms: Vec<In> = (0..3).map(|_| In::new(&[9], 0)).collect();
                let received = message::recvmmsg(fd.0, &mut rooms[..1 + detail % 2], MSG_TRUNC, None);
                format!("recvmmsg -> {}", shown(received.map(|received| format!("{received:?}"))))
            }
            32 | 33 => {
                let how = i32::try_from(detail % 3).expect("small");
                format!("shutdown {how} -> {}", shown(socket::shutdown(fd.0, how)))
            }
            34 | 35 => format!("SO_ERROR -> {}", shown(error(fd))),
            36 => format!("FIONREAD -> {}", shown(descriptor::unread(fd.0))),
            37 => format!("listen -> {}", shown(socket::listen(fd.0, 1))),
            38 => format!("accept -> {}", shown(socket::accept(fd.0))),
            _ => {
                self.slots[slot] = fresh(slot);
                return format!("{slot} anew");
            }
        };
        format!("{slot} {answer}")
    }

    fn receive(&self, fd: &Fd, detail: usize) -> String {
        let flags = [0, MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_TRUNC, MSG_PEEK | MSG_TRUNC][detail % 6];
        let mut buffer = [0; 9];
        let room = detail % 10;
        let answer = socket::recvfrom(fd.0, &mut buffer[..room], flags);
        format!("recvfrom {room} {flags:#x} -> {} {:?}", shown(answer), buffer[0])
    }

    fn receive_message(&self, fd: &Fd, detail: usize) -> String {
        let mut room = In::new(&[detail % 5, 3], 64);
        let answer = message::recvmsg(fd.0, &mut room, if detail < 6 { MSG_PEEK } else { 0 });
        if answer.is_err() {
            return format!("recvmsg -> {}", shown(answer));
        }
        let from = self.whose(socket::decoded(&room.from));
        format!(
            "recvmsg {} -> {} from {from} {:#x} {}",
            detail % 5,
            shown(answer),
            room.flags,
            room.control.len()
        )
    }
}
