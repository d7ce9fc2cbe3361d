//! Whose a packet, a wake and a signal are.
//!
//! Does not know hosts: what becomes of packets between them is tested there. Invariant: an origin is a moment at which its thread ran.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use proptest::prelude::*;

use photofinish_sim::call::io::{read, write};
use photofinish_sim::call::pipe::pipe;
use photofinish_sim::call::process::kill;
use photofinish_sim::call::socket::{Ask, socketpair};
use photofinish_sim::call::{Caller, Stop};
use photofinish_sim::chooser::{Boring, Strategy as Search};
use photofinish_sim::event::{Event, Memory, Stamp};
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::net::SocketId;
use photofinish_sim::process::Pid;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::ThreadId;

use crate::driver::run;
use crate::program::{Op, Program, cases, some_program};

const STRATEGY: Search = Search::Swarm;

/// What arrived: when, what, whose, where.
type Arrival<'a> = (Stamp, &'a str, Option<Stamp>, Option<SocketId>);

fn arrivals(events: &[(Stamp, Event)]) -> Vec<Arrival<'_>> {
    let arrival = |(stamp, event)| match event {
        &Event::Arrived { ref segment, origin, socket, .. } => {
            Some((stamp, segment.as_ref(), origin, socket))
        }
        _ => None,
    };
    events.iter().map(|(stamp, event)| (*stamp, event)).filter_map(arrival).collect()
}

/// Two that send, and one that takes from both in turn.
fn senders() -> Program {
    let main = vec![
        Op::Listen { port: 80 },
        Op::Spawn { script: 1 },
        Op::Spawn { script: 1 },
        Op::Accept,
        Op::Receive,
        Op::Accept,
        Op::Receive,
    ];
    Program::new(vec![main, vec![Op::Sleep { ns: 1_000 }, Op::Connect { port: 80 }, Op::Send]])
}

#[test]
fn bytes_name_the_write_that_sent_them_and_the_socket_that_is_read() {
    for seed in 0..50 {
        let outcome = run(&senders(), STRATEGY.chooser(Seed(seed)), Detail::Events);
        let arrivals = arrivals(&outcome.events);
        let data: Vec<_> = arrivals.iter().filter(|(_, segment, ..)| *segment == "DATA").collect();
        assert_eq!(data.len(), 2, "seed {seed}: {:?}", outcome.ending);
        for (_, _, origin, _) in data {
            let origin = origin.expect("a call sent it");
            let wrote = |(stamp, event): &(Stamp, Event)| {
                *stamp == origin && matches!(event, Event::Called { name, .. } if name == "write")
            };
            assert!(outcome.events.iter().any(wrote), "seed {seed}: {origin:?}");
        }
        let owners = |of: &str| {
            let of = arrivals.iter().filter(|(_, segment, ..)| *segment == of);
            let mut owners: Vec<_> = of.map(|(_, _, origin, _)| origin.map(|origin| origin.thread)).collect();
            owners.sort();
            owners
        };
        assert_eq!(owners("DATA"), [Some(ThreadId(1)), Some(ThreadId(2))], "seed {seed}");
        assert_eq!(owners("SYN"), [Some(ThreadId(1)), Some(ThreadId(2))], "seed {seed}");
        assert_eq!(owners("SYN-ACK"), [None, None], "seed {seed}: the host answers by itself");
        let sockets = |of: &str| -> BTreeSet<SocketId> {
            let of = arrivals.iter().filter(|(_, segment, ..)| *segment == of);
            of.map(|(.., socket)| socket.expect("somebody is there")).collect()
        };
        // Who listens, and the two ends of each connection.
        let (listener, ends) = (sockets("SYN"), [sockets("SYN-ACK"), sockets("DATA")]);
        assert_eq!((listener.len(), ends[0].len(), ends[1].len()), (1, 2, 2), "seed {seed}");
        let all: BTreeSet<_> = listener.iter().chain(&ends[0]).chain(&ends[1]).collect();
        assert_eq!(all.len(), 5, "seed {seed}");
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn an_origin_is_a_moment_of_its_thread(program in some_program(), seed in any::<u64>()) {
        let outcome = run(&program, STRATEGY.chooser(Seed(seed)), Detail::Events);
        for (arrived, segment, origin, _) in arrivals(&outcome.events) {
            let Some(origin) = origin else {
                prop_assert!(!["SYN", "DATA"].contains(&segment), "nobody sent {segment}");
                continue;
            };
            prop_assert!((origin.step, origin.at_ns) <= (arrived.step, arrived.at_ns));
            prop_assert!(
                outcome.events.iter().any(|(stamp, _)| *stamp == origin),
                "{segment}: thread {} did nothing at step {}", origin.thread.0, origin.step
            );
        }
    }
}

/// A kernel whose main thread has made another, and what they do.
fn two() -> (Kernel, ThreadId, Rc<RefCell<Memory>>) {
    let memory = Rc::<RefCell<Memory>>::default();
    let recorder = Box::new(memory.clone());
    let mut kernel = Kernel::new(Limits::default(), Box::new(Boring), recorder, Detail::Events);
    let other = kernel.spawn().expect("below the limit");
    (kernel, other, memory)
}

fn me(kernel: &Kernel) -> Caller {
    Caller::new(kernel.current(), kernel.process())
}

/// Opens something to read from, and to write to.
type Open = fn(&mut Kernel, &Caller) -> Result<(i32, i32), Stop>;

/// The main thread waits for bytes, and the other writes them.
fn check_waker(open: Open) {
    let (mut kernel, other, memory) = two();
    let mut caller = me(&kernel);
    let (from, to) = open(&mut kernel, &caller).expect("numbers");
    let Err(Stop::Block(wait)) = read(&mut kernel, &mut caller, from, &mut [0]) else {
        panic!("nothing is there")
    };
    assert_eq!(kernel.block(wait), Next::Run(other));
    let mut caller = me(&kernel);
    assert_eq!(write(&mut kernel, &mut caller, to, b"x"), Ok(1));
    let woke = memory.borrow().events.last().cloned();
    let Some((stamp, Event::Woke { thread, .. })) = woke else { panic!("{woke:?}") };
    assert_eq!((stamp.thread, thread), (other, ThreadId::MAIN));
}

#[test]
fn a_write_to_a_pipe_or_a_unix_socket_wakes_its_reader_in_the_name_of_the_writer() {
    const UNIX: Ask = Ask { domain: 1, kind: 1, protocol: 0 };
    check_waker(|kernel, caller| pipe(kernel, caller, 0));
    check_waker(|kernel, caller| socketpair(kernel, caller, UNIX));
}

#[test]
fn a_signal_is_its_senders() {
    const SIGCHLD: i32 = 17;
    let (mut kernel, other, memory) = two();
    assert_eq!(kernel.yield_turn(), Next::Run(other));
    let caller = me(&kernel);
    kill(&mut kernel, &caller, Pid::FIRST.0, SIGCHLD).expect("it is there");
    let sent = memory.borrow().events.last().cloned();
    let Some((stamp, Event::Signalled { process, signal })) = sent else { panic!("{sent:?}") };
    assert_eq!((stamp.thread, process, signal), (other, Pid::FIRST, SIGCHLD));
}
