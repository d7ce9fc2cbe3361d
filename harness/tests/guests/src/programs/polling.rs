//! The poller of smol, driven by hand: epoll, an event counter and a timer, all asked for by rustix.
//!
//! Invariant: a source that was told of once is asked for again, until its other end is over.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use photofinish::scenario::{Failure, Scenario, Variant};
use photofinish_calls::poller::Watched;
use polling::{Event, Events, PollMode, Poller};

use crate::sound;

/// The guests of this file.
pub static SCENARIO: Scenario = Scenario {
    name: "polling",
    story: "One thread that waits for many sockets, for others' word, and for a time.",
    programs: &[],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    sound("echo", "Three clients, served by one thread.", echo),
    sound("notify", "A thread that waits is told to look up, once for any number of times.", notify),
    sound("time-out", "Nothing happens for a while, and for no time at all.", time_out),
    sound("modes", "An event that stays is told again, or not, as was asked for.", modes),
];

const CLIENTS: usize = 3;
const ROUNDS: u8 = 4;
const LISTENER: usize = 1_000;

/// Says a few bytes and hears them, several times.
fn client(server: SocketAddr) {
    let mut stream = TcpStream::connect(server).expect("it listens");
    for round in 0..ROUNDS {
        let said = vec![round; 1 + 10 * usize::from(round)];
        stream.write_all(&said).expect("the server reads");
        let mut heard = vec![0; said.len()];
        stream.read_exact(&mut heard).expect("the server answers");
        assert_eq!(heard, said);
    }
}

/// Answers what a connection says; whether it has said its last.
fn answer(mut connection: &TcpStream) -> bool {
    let mut bytes = [0; 16];
    loop {
        match connection.read(&mut bytes) {
            Ok(0) => return true,
            Ok(count) => connection.write_all(&bytes[..count]).expect("there is room"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("{error}"),
        }
    }
}

fn echo() -> Result<(), Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.set_nonblocking(true).expect("every file can");
    let address = listener.local_addr().expect("it has one");
    let clients: Vec<_> = (0..CLIENTS).map(|_| thread::spawn(move || client(address))).collect();
    let poller = Arc::new(Poller::new().expect("a poller"));
    let watch = "it can be watched";
    let listener =
        Watched::new(&poller, listener, Event::readable(LISTENER), PollMode::Oneshot).expect(watch);
    let mut connections = BTreeMap::new();
    let (mut accepted, mut ended) = (0, 0);
    let mut events = Events::new();
    while ended < CLIENTS {
        events.clear();
        poller.wait(&mut events, None).expect("something happens");
        for Event { key, .. } in events.iter() {
            if key == LISTENER {
                while let Ok((connection, _)) = listener.source().accept() {
                    connection.set_nonblocking(true).expect("every file can");
                    let interest = Event::readable(accepted);
                    let connection = Watched::new(&poller, connection, interest, PollMode::Oneshot);
                    connections.insert(accepted, connection.expect(watch));
                    accepted += 1;
                }
                listener.again(Event::readable(LISTENER)).expect("it is there");
            } else if answer(connections[&key].source()) {
                connections.remove(&key);
                ended += 1;
            } else {
                connections[&key].again(Event::readable(key)).expect("it is there");
            }
        }
    }
    clients.into_iter().for_each(|client| client.join().expect("it does not panic"));
    Ok(())
}

fn notify() -> Result<(), Failure> {
    let poller = Arc::new(Poller::new().expect("a poller"));
    let mut events = Events::new();
    poller.notify().expect("it is there");
    poller.notify().expect("it is there");
    assert_eq!(poller.wait(&mut events, None).expect("it was told"), 0);
    let timeout = Some(Duration::from_millis(5));
    let began = Instant::now();
    assert_eq!(poller.wait(&mut events, timeout).expect("nothing is wrong"), 0);
    assert!(began.elapsed() >= Duration::from_millis(5), "twice told is told once");
    let telling = thread::spawn({
        let poller = poller.clone();
        move || {
            thread::sleep(Duration::from_millis(20));
            poller.notify().expect("it is there");
        }
    });
    assert_eq!(poller.wait(&mut events, None).expect("it was told"), 0);
    telling.join().expect("it does not panic");
    Ok(())
}

fn time_out() -> Result<(), Failure> {
    let poller = Poller::new().expect("a poller");
    let mut events = Events::new();
    for time in
        [Duration::ZERO, Duration::from_nanos(1), Duration::from_micros(1_500), Duration::from_secs(1)]
    {
        let began = Instant::now();
        assert_eq!(poller.wait(&mut events, Some(time)).expect("nothing is wrong"), 0);
        assert!(began.elapsed() >= time, "{time:?}");
    }
    Ok(())
}

fn modes() -> Result<(), Failure> {
    for (mode, told) in [(PollMode::Oneshot, 1), (PollMode::Edge, 1), (PollMode::Level, 3)] {
        let poller = Arc::new(Poller::new().expect("a poller"));
        if mode == PollMode::Edge {
            assert!(poller.supports_edge(), "epoll does");
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let client = TcpStream::connect(listener.local_addr().expect("it has one")).expect("it listens");
        let (server, _) = listener.accept().expect("a client");
        let _server = Watched::new(&poller, server, Event::readable(7), mode).expect("it can be watched");
        (&client).write_all(b"x").expect("there is room");
        let mut events = Events::new();
        poller.wait(&mut events, None).expect("something happens");
        let mut seen = events.len();
        for _ in 0..2 {
            events.clear();
            seen += poller.wait(&mut events, Some(Duration::from_millis(3))).expect("nothing is wrong");
        }
        assert_eq!(seen, told, "{mode:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::VARIANTS;

    #[test]
    fn natively_each_passes_too() {
        for variant in VARIANTS {
            assert_eq!((variant.run)(), Ok(()), "{}", variant.name);
        }
    }
}
