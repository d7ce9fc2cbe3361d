//! Random calls: what must hold however they fall.
//!
//! Does not know Linux. Invariants checked: bytes and messages arrive once, in order and whole; whoever waits is woken before its
//! call would answer; readiness and calls agree; every right is delivered or orphaned once; nothing is left when all is closed.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::rights::Rights;
use super::script::{ME, asker};
use crate::errno::Errno;
use crate::fd::Blocking;
use crate::net::tcp::How;
use crate::ready::{Mask, Refusal, Side};
use crate::unix::{Kind, Name, Outgoing, RecvAsk, UnixId, UnixSockets};

const KINDS: [Kind; 3] = [Kind::Stream, Kind::Datagram, Kind::SeqPacket];

/// Why a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// Nothing to read or to accept.
    Empty,
    /// Too much memory charged.
    Memory,
    /// Another socket's queue is full.
    Full(UnixId),
}

/// The sockets, and the calls that wait for them.
#[derive(Default)]
struct World {
    unix: UnixSockets,
    rights: Rights,
    waiting: Vec<(UnixId, Cause)>,
}

impl World {
    fn send(&mut self, id: UnixId, bytes: &[u8], to: Option<&Name>, rights: usize) -> Result<usize, Refusal> {
        let rights = self.rights.make(rights);
        let asker = asker(Blocking::Yes);
        let writable = self.unix.readiness(id).meets(Mask::OUT);
        let outgoing = Outgoing { bytes, to, rights: &rights, credentials: None, asker };
        let answer = self.unix.send(id, outgoing);
        if answer.is_err() {
            self.rights.settle(&rights);
        }
        if answer == Err(Refusal::Wait(Side::Write)) {
            let socket = self.unix.socket(id);
            let named = to.and_then(|name| self.unix.find(id, name).ok());
            assert!(named.is_some() || !writable, "writable, and yet it waits");
            let full = named.or(socket.peer).map_or(Cause::Memory, Cause::Full);
            let memory = socket.charged >= socket.options.send_buffer;
            self.wait(id, if memory { Cause::Memory } else { full });
        }
        answer
    }

    fn recv(&mut self, id: UnixId, buffer: &mut [u8], peek: bool) -> Result<(usize, usize), Refusal> {
        let before = self.unix.readiness(id);
        let ask = RecvAsk { asker: asker(Blocking::Yes), peek, after: None };
        match self.unix.recv(id, buffer, ask) {
            Ok(received) => {
                assert!(before.meets(Mask::IN), "not readable, and yet it answers");
                if !peek {
                    self.rights.settle(&received.rights);
                }
                Ok((received.count, received.full_length))
            }
            Err(refusal) => {
                if refusal == Refusal::Wait(Side::Read) {
                    assert!(!before.meets(Mask::IN | Mask::ERR), "readable, and yet it waits");
                    self.wait(id, Cause::Empty);
                }
                Err(refusal)
            }
        }
    }

    fn connect(&mut self, id: UnixId, name: &Name) {
        if self.unix.connect(id, name, asker(Blocking::Yes)) == Err(Refusal::Wait(Side::Write)) {
            let listener = self.unix.find(id, name).expect("it was found");
            self.wait(id, Cause::Full(listener));
        }
    }

    fn wait(&mut self, id: UnixId, cause: Cause) {
        self.settle();
        self.waiting.push((id, cause));
    }

    /// Wakes whom the changes concern; nobody else may have a reason to be awake.
    fn settle(&mut self) {
        while let Some(change) = self.unix.pop_change() {
            self.waiting.retain(|(id, cause)| {
                let key = if *cause == Cause::Empty { Mask::READERS } else { Mask::WRITERS };
                change.of != *id || !(change.key.is_empty() || change.key.meets(key))
            });
        }
        self.rights.collect(&mut self.unix);
        let unix = &self.unix;
        self.waiting.retain(|(id, _)| unix.get(*id).is_some_and(|socket| !socket.is_dead()));
        for (id, cause) in &self.waiting {
            match cause {
                Cause::Empty => {
                    assert!(!unix.readiness(*id).meets(Mask::IN | Mask::ERR), "{}", unix.describe(*id));
                }
                Cause::Memory => assert!(!unix.socket(*id).is_writable(), "{}", unix.describe(*id)),
                Cause::Full(other) => {
                    let other = unix.get(*other).filter(|other| !other.is_dead());
                    assert!(
                        other.is_some_and(super::super::socket::Socket::is_full),
                        "{}",
                        unix.describe(*id)
                    );
                }
            }
        }
    }

    fn end(mut self, sockets: impl IntoIterator<Item = UnixId>) {
        for id in sockets {
            self.unix.close(id);
            self.settle();
        }
        assert_eq!(self.unix.live_count(), 0, "everything is closed and something is left");
        assert_eq!(self.rights.outstanding(), [], "rights are lost");
    }
}

#[derive(Clone, Debug)]
enum Op {
    Send(usize, usize, usize),
    Recv(usize, usize),
    Peek(usize, usize),
    Shutdown(usize, How),
    Close(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let how = prop_oneof![Just(How::Receive), Just(How::Send), Just(How::Both)];
    let size = || prop_oneof![0..5_usize, 0..3_000_usize, 3_000..150_000_usize];
    let rights = prop_oneof![4 => Just(0_usize), 1 => 1..4_usize];
    prop_oneof![
        10 => (0..2_usize, size(), rights).prop_map(|(end, size, rights)| Op::Send(end, size, rights)),
        10 => (0..2_usize, size()).prop_map(|(end, size)| Op::Recv(end, size)),
        2 => (0..2_usize, size()).prop_map(|(end, size)| Op::Peek(end, size)),
        1 => (0..2_usize, how).prop_map(|(end, how)| Op::Shutdown(end, how)),
        1 => (0..2_usize).prop_map(Op::Close),
    ]
}

/// A connected pair, and what is on its way to each end.
struct Pair {
    world: World,
    kind: Kind,
    ends: [Option<UnixId>; 2],
    /// Messages; of a stream one, without boundaries.
    coming: [VecDeque<Vec<u8>>; 2],
    count: u8,
}

impl Pair {
    fn new(kind: Kind) -> Self {
        let mut world = World::default();
        let (first, second) = world.unix.pair((crate::host::HostId::FIRST, kind), ME).expect("few sockets");
        Self { world, kind, ends: [Some(first), Some(second)], coming: Default::default(), count: 0 }
    }

    fn play(&mut self, op: &Op) {
        let (Op::Send(end, ..) | Op::Recv(end, _) | Op::Peek(end, _) | Op::Shutdown(end, _) | Op::Close(end)) =
            *op;
        let Some(id) = self.ends[end] else { return };
        match *op {
            Op::Send(_, size, rights) => self.send(end, id, size, rights),
            Op::Recv(_, size) => self.recv(end, id, size, false),
            Op::Peek(_, size) => self.recv(end, id, size, true),
            Op::Shutdown(_, how) => self.world.unix.shutdown(id, how),
            Op::Close(_) => {
                self.world.unix.close(id);
                self.ends[end] = None;
            }
        }
        self.world.settle();
    }

    fn send(&mut self, end: usize, id: UnixId, size: usize, rights: usize) {
        self.count = self.count.wrapping_add(1);
        let bytes: Vec<u8> = (0..size).map(|at| self.count.wrapping_add((at % 251) as u8)).collect();
        match self.world.send(id, &bytes, None, rights) {
            Ok(count) if self.kind == Kind::Stream => {
                let coming = &mut self.coming[1 - end];
                coming.resize(1, Vec::new());
                coming[0].extend(&bytes[..count]);
            }
            Ok(count) => {
                assert_eq!(count, size, "a message is sent whole");
                self.coming[1 - end].push_back(bytes);
            }
            // A datagram socket that finds its peer closed loses what came from it.
            Err(Refusal::Fail(Errno::ECONNREFUSED)) => self.coming[end].clear(),
            Err(_) => {}
        }
    }

    fn recv(&mut self, end: usize, id: UnixId, size: usize, peek: bool) {
        let mut buffer = vec![0; size];
        let Ok((count, full_length)) = self.world.recv(id, &mut buffer, peek) else { return };
        let Some(coming) = self.coming[end].front_mut() else {
            assert_eq!((count, full_length), (0, 0), "nothing was sent");
            return;
        };
        assert_eq!(buffer[..count], coming[..count], "not what was sent");
        if self.kind == Kind::Stream {
            if !peek {
                coming.drain(..count);
            }
            return;
        }
        assert_eq!((count, full_length), (size.min(coming.len()), coming.len()), "not a whole message");
        if !peek {
            self.coming[end].pop_front();
        }
    }
}

fn any_call(world: &mut World, sockets: &mut [Option<UnixId>], (slot, verb, argument): (usize, u8, usize)) {
    let name = match argument % 3 {
        0 => Name::Path { path: b"/p".into(), node: 1 },
        which => Name::Abstract(vec![which as u8]),
    };
    let other = (slot + 1 + argument) % sockets.len();
    let Some(id) = sockets[slot] else {
        sockets[slot] =
            Some(world.unix.create(crate::host::HostId::FIRST, KINDS[argument % 3]).expect("few sockets"));
        return;
    };
    let unix = &mut world.unix;
    match verb {
        0 => drop(unix.bind(id, name)),
        1 => drop(unix.listen(id, (argument % 4) as i32 - 1, ME)),
        2..5 => world.connect(id, &name),
        5 => match unix.accept(id, Blocking::Yes) {
            Ok(accepted) => {
                let before = sockets[other].replace(accepted.id);
                before.into_iter().for_each(|before| unix.close(before));
            }
            Err(Refusal::Wait(_)) => world.wait(id, Cause::Empty),
            Err(_) => {}
        },
        6..10 => drop(world.send(id, &vec![7; argument * argument], None, argument % 2)),
        10..14 => {
            let to = (verb > 10).then_some(&name);
            for _ in 0..argument % 16 {
                drop(world.send(id, b"abc", to, argument % 2));
            }
        }
        14..18 => drop(world.recv(id, &mut vec![0; argument * 20], argument.is_multiple_of(7))),
        18 => unix.shutdown(id, How::from_linux((argument % 3) as i32).expect("0..=2")),
        19 => {
            unix.close(id);
            sockets[slot] = None;
        }
        20 => drop(unix.disconnect(id)),
        21 => drop(unix.set_option(id, 1, 16, &((argument % 2) as i32).to_ne_bytes())),
        22 => {
            let (first, second) =
                unix.pair((crate::host::HostId::FIRST, KINDS[argument % 3]), ME).expect("few sockets");
            for (slot, id) in [(slot, first), ((slot + 1) % sockets.len(), second)] {
                let before = sockets[slot].replace(id);
                before.into_iter().for_each(|before| unix.close(before));
            }
        }
        _ => drop(unix.get_option(id, 1, 4)),
    }
}

proptest! {
    #[test]
    fn what_is_received_is_what_was_sent(kind in 0..3_usize, ops in prop::collection::vec(op(), 0..60)) {
        let mut pair = Pair::new(KINDS[kind]);
        ops.iter().for_each(|op| pair.play(op));
        pair.world.end(pair.ends.into_iter().flatten());
    }

    #[test]
    fn no_order_of_calls_is_impossible(
        calls in prop::collection::vec((0..5_usize, 0..24_u8, 0..200_usize), 0..200),
    ) {
        let mut world = World::default();
        let mut sockets = vec![None; 5];
        for call in calls {
            any_call(&mut world, &mut sockets, call);
            world.settle();
        }
        world.end(sockets.into_iter().flatten());
    }
}
