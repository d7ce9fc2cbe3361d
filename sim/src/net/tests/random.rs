//! Random calls, packets delivered whenever: what must hold however they fall.
//!
//! Does not know Linux. Invariants checked: bytes read are a prefix of bytes written; none is missing at the end of a stream
//! unless a reset travelled; whoever waits is woken before its call
//! would answer; whoever still waits when all is quiet has a peer that may yet act; readiness and calls agree;
//! nothing is left when all is closed. That no window is passed and no state is impossible, the code itself asserts.

use proptest::prelude::*;

use super::fabric::Fabric;
use crate::net::tcp::{How, Progress, RecvFlags};
use crate::net::{Family, SocketId};
use crate::ready::{Mask, Refusal, Side};

#[derive(Clone, Debug)]
enum Op {
    Send(usize, usize),
    Recv(usize, usize),
    Shutdown(usize, How),
    Close(usize),
    Shrink(usize, i32),
    Linger(usize),
    Deliver,
}

fn op() -> impl Strategy<Value = Op> {
    let how = prop_oneof![Just(How::Receive), Just(How::Send), Just(How::Both)];
    prop_oneof![
        8 => (0..2_usize, prop_oneof![0..100_usize, 50_000..200_000_usize]).prop_map(|(end, size)| Op::Send(end, size)),
        8 => (0..2_usize, prop_oneof![0..100_usize, 50_000..200_000_usize]).prop_map(|(end, size)| Op::Recv(end, size)),
        1 => (0..2_usize, how).prop_map(|(end, how)| Op::Shutdown(end, how)),
        1 => (0..2_usize).prop_map(Op::Close),
        1 => (0..2_usize, 1..200_000).prop_map(|(end, size)| Op::Shrink(end, size)),
        1 => (0..2_usize).prop_map(Op::Linger),
        12 => Just(Op::Deliver),
    ]
}

/// One end of the connection and what it has done.
#[derive(Debug)]
struct End {
    id: Option<SocketId>,
    sent: u64,
    received: u64,
    ended: bool,
}

#[derive(Debug)]
struct Pair {
    fabric: Fabric,
    ends: [End; 2],
    /// Causes that calls wait for.
    awaited: Vec<(SocketId, Side)>,
}

fn pattern(from: u64, size: usize) -> Vec<u8> {
    (from..).take(size).map(|at| (at % 251) as u8).collect()
}

impl Pair {
    fn new() -> Self {
        let mut fabric = Fabric::new();
        let net = &mut fabric.net;
        let [listener, client] =
            [(); 2].map(|()| net.create_tcp(crate::host::HostId::FIRST, Family::Inet).expect("few sockets"));
        let address = "127.0.0.1:80".parse().expect("an address");
        net.bind(listener, address, 0).expect("free");
        net.listen(listener, 1, 0).expect("bound");
        let _ = net.connect(client, address, 0, Progress::First);
        fabric.run(1, 1_000);
        fabric.net.connect(client, address, 0, Progress::Again).expect("accepted");
        let server = fabric.net.accept(listener).expect("connected").id;
        fabric.net.close(listener);
        let end = |id| End { id: Some(id), sent: 0, received: 0, ended: false };
        Self { fabric, ends: [end(client), end(server)], awaited: Vec::new() }
    }

    fn play(&mut self, op: &Op, latency_ns: u64) {
        let (Op::Send(end, _)
        | Op::Recv(end, _)
        | Op::Shutdown(end, _)
        | Op::Close(end)
        | Op::Shrink(end, _)
        | Op::Linger(end)) = *op
        else {
            self.fabric.step(latency_ns);
            self.check_wakes();
            return;
        };
        let Some(id) = self.ends[end].id else { return };
        let net = &mut self.fabric.net;
        match *op {
            Op::Send(_, size) => {
                let ready = net.readiness(id).writable;
                let answer = net.send(id, &pattern(self.ends[end].sent, size));
                assert!(!(ready && matches!(answer, Err(Refusal::Wait(_)))), "writable, and yet it waits");
                self.ends[end].sent += *answer.as_ref().unwrap_or(&0) as u64;
                self.await_cause(id, answer.err());
            }
            Op::Recv(_, size) => self.read(end, id, size),
            Op::Shutdown(_, how) => drop(net.shutdown(id, how)),
            Op::Close(_) => {
                net.close(id);
                self.ends[end].id = None;
            }
            Op::Shrink(_, size) => net.set_option(id, 1, 8, &size.to_ne_bytes()).expect("SO_RCVBUF"),
            Op::Linger(_) => {
                let on: Vec<u8> = [1_i32, 0].iter().flat_map(|int| int.to_ne_bytes()).collect();
                net.set_option(id, 1, 13, &on).expect("SO_LINGER");
            }
            Op::Deliver => unreachable!("taken above"),
        }
        self.fabric.collect(latency_ns);
        self.check_wakes();
    }

    fn await_cause(&mut self, id: SocketId, refusal: Option<Refusal>) {
        if let Some(Refusal::Wait(side)) = refusal {
            self.fabric.collect(1);
            self.forget_woken();
            self.fabric.changes.clear();
            self.awaited.push((id, side));
        }
    }

    /// Nobody sleeps through the cause it waits for.
    fn check_wakes(&mut self) {
        self.forget_woken();
        for (id, side) in self.awaited.iter().filter(|(id, _)| self.holds(*id)) {
            let ready = self.fabric.net.readiness(*id);
            assert!(if *side == Side::Read { !ready.readable } else { !ready.writable });
        }
    }

    fn forget_woken(&mut self) {
        let changes = &self.fabric.changes;
        let key = |side| if side == Side::Read { Mask::READERS } else { Mask::WRITERS };
        self.awaited.retain(|(id, side)| {
            !changes
                .iter()
                .any(|change| change.of == *id && (change.key.is_empty() || change.key.meets(key(*side))))
        });
    }

    fn holds(&self, id: SocketId) -> bool {
        self.ends.iter().any(|end| end.id == Some(id))
    }

    fn read(&mut self, end: usize, id: SocketId, size: usize) {
        let mut buffer = vec![0; size];
        let ready = self.fabric.net.readiness(id).readable;
        match self.fabric.net.recv(id, &mut buffer, RecvFlags::default()) {
            Ok(count) => {
                assert!(ready, "not readable, and yet it answers");
                assert_eq!(buffer[..count], pattern(self.ends[end].received, count), "not what was sent");
                self.ends[end].received += count as u64;
                assert!(self.ends[end].received <= self.ends[1 - end].sent, "more than was sent");
                self.ends[end].ended |= count == 0 && size > 0;
            }
            Err(refusal @ Refusal::Wait(_)) => {
                assert!(!ready, "readable, and yet it waits");
                self.await_cause(id, Some(refusal));
            }
            Err(_) => self.ends[end].ended = true,
        }
    }

    /// Lets everything arrive and reads all there is, until nothing changes.
    fn quieten(&mut self) {
        let mut before = [u64::MAX; 2];
        while before != [0, 1].map(|end| self.ends[end].received) {
            before = [0, 1].map(|end| self.ends[end].received);
            while self.fabric.step(1) {}
            for end in 0..2 {
                if let Some(id) = self.ends[end].id {
                    self.read(end, id, 1 << 20);
                }
            }
        }
    }

    fn check_quiet(&self, shut: [bool; 2]) {
        let reset = self.fabric.resets > 0;
        for end in 0..2 {
            let (mine, peer) = (&self.ends[end], &self.ends[1 - end]);
            let Some(id) = mine.id else { continue };
            assert!(reset || mine.received == peer.sent, "bytes are missing and nothing was reset");
            let waits = !mine.ended;
            assert!(
                !waits || peer.id.is_some() && !shut[1 - end] && !reset,
                "waits for one that will never act"
            );
            assert!(
                self.fabric.net.readiness(id).writable,
                "all was read, and yet there is no room to write"
            );
        }
    }
}

proptest! {
    #[test]
    fn a_stream_is_what_was_written(ops in prop::collection::vec((op(), 0..5_000_u64), 0..60)) {
        let mut pair = Pair::new();
        let mut shut = [false; 2];
        for (op, latency_ns) in &ops {
            pair.play(op, *latency_ns);
            if let Op::Shutdown(end, How::Send | How::Both) = *op {
                shut[end] = true;
            }
        }
        pair.quieten();
        pair.check_quiet(shut);
        for end in 0..2 {
            pair.play(&Op::Close(end), 1);
        }
        while pair.fabric.step(1) {}
        assert_eq!(pair.fabric.net.live_count(), 0, "both ends are closed and something is left");
    }

    #[test]
    fn no_order_of_calls_is_impossible(
        calls in prop::collection::vec((0..5_usize, 0..12_u8, 0..4_u16, 0..3_000_000_u64), 0..120),
    ) {
        let mut fabric = Fabric::new();
        let mut sockets: Vec<Option<SocketId>> = vec![None; 5];
        for (slot, verb, argument, latency_ns) in calls {
            any_call(&mut fabric, &mut sockets, (slot, verb, argument));
            fabric.collect(latency_ns);
        }
        for id in sockets.into_iter().flatten() {
            fabric.net.close(id);
        }
        while fabric.step(1) {}
        assert_eq!(fabric.net.live_count(), 0, "everything is closed and something is left");
    }
}

fn any_call(fabric: &mut Fabric, sockets: &mut [Option<SocketId>], (slot, verb, argument): (usize, u8, u16)) {
    let now_ns = fabric.now_ns;
    let address = format!("127.0.0.1:{}", 80 + argument % 2).parse().expect("an address");
    let Some(id) = sockets[slot] else {
        sockets[slot] =
            Some(fabric.net.create_tcp(crate::host::HostId::FIRST, Family::Inet).expect("few sockets"));
        return;
    };
    let net = &mut fabric.net;
    match verb {
        0 => drop(net.bind(id, address, now_ns)),
        1 => drop(net.listen(id, i32::from(argument) - 1, now_ns)),
        2 => drop(net.connect(id, address, now_ns, Progress::First)),
        3 => {
            if let (Ok(accepted), other) = (net.accept(id), (slot + 1) % sockets.len()) {
                let before = sockets[other].replace(accepted.id);
                before.into_iter().for_each(|before| net.close(before));
            }
        }
        4 => drop(net.send(id, b"abc")),
        5 => drop(net.recv(id, &mut [0; 2], RecvFlags::default())),
        6 => drop(net.shutdown(id, How::from_linux(i32::from(argument % 3)).expect("0..=2"))),
        7 => {
            net.close(id);
            sockets[slot] = None;
        }
        8 => drop(net.set_option(id, 1, 2, &1_i32.to_ne_bytes())),
        9 => drop(net.get_option(id, 1, 4)),
        _ => drop(fabric.step(u64::from(argument))),
    }
}
