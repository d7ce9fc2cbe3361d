//! Segments for connections that a host does not have.
//!
//! Does not know who keeps connections alive. Invariant: a host answers them as Linux does, whatever they say.

use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;
use photofinish_sim::host::HostId;
use photofinish_sim::net::tcp::{How, Progress};
use photofinish_sim::net::{Flow, Journey, Packet, Segment};

use crate::world::{SECOND, WAY_NS, World, address, hop};

const A: HostId = HostId(1);
const B: HostId = HostId(2);

fn sent(world: &World, name: &str) -> usize {
    let is_it = |event: &&Event| matches!(event, Event::Sent { segment, .. } if segment.as_ref() == name);
    world.events().iter().filter(is_it).count()
}

#[test]
fn a_reader_whose_window_opens_is_reset_by_a_peer_that_came_back() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.send(pair.server, &vec![7; 400_000]).expect("open");
    world.pass(SECOND);
    world.crash(B);
    world.kernel.power_on(B).expect("down");
    while world.try_recv(pair.client).is_some() {}
    assert_eq!(sent(&world, "WINDOW"), 1);
    assert_eq!(world.recv(pair.client), Err(Errno::ECONNRESET));
}

#[test]
fn an_acknowledged_end_is_reset_by_a_peer_that_came_back() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.close(pair.server);
    world.crash(B);
    world.kernel.power_on(B).expect("down");
    assert_eq!(world.recv(pair.client), Ok(Vec::new()));
    assert!(!world.kernel.net.readiness(pair.client).error, "not yet");
    world.pass(2 * WAY_NS);
    assert!(world.kernel.net.readiness(pair.client).error);
    assert_eq!(world.send(pair.client, b"x"), Err(Errno::EPIPE));
}

#[test]
fn a_connection_in_the_way_of_the_next_is_reset() {
    for closes in [false, true] {
        let mut world = World::new(2);
        let from = |world: &mut World| {
            let id = world.socket(A);
            world.net(|net, now_ns| net.bind(id, address(A, 5_000), now_ns)).expect("free");
            id
        };
        let listener = world.listen(B, 80);
        let client = from(&mut world);
        world.connect(client, address(B, 80)).expect("listens");
        let server = world.done(listener, |net, _| net.accept(listener)).expect("connected").id;
        world.crash(A);
        world.kernel.power_on(A).expect("down");
        if closes {
            world.close(server);
        }
        let before_ns = world.now_ns();
        let client = from(&mut world);
        world.connect(client, address(B, 80)).expect("by the second SYN");
        assert_eq!(world.now_ns() - before_ns, SECOND + 2 * WAY_NS);
        if !closes {
            assert_eq!(world.recv(server), Err(Errno::ECONNRESET));
        }
        let server = world.done(listener, |net, _| net.accept(listener)).expect("connected").id;
        world.send(client, b"x").expect("open");
        assert_eq!(world.recv(server), Ok(b"x".to_vec()));
    }
}

#[test]
fn a_forgotten_connection_hears_of_it_from_the_next() {
    let mut world = World::new(2);
    let listener = world.listen(B, 80);
    let connect = |world: &mut World| {
        let id = world.socket(A);
        world.net(|net, now_ns| net.bind(id, address(A, 5_000), now_ns)).expect("free");
        let _ = world.net(|net, now_ns| net.connect(id, address(B, 80), now_ns, Progress::First));
        world.pass(3 * WAY_NS);
    };
    connect(&mut world);
    let server = world.done(listener, |net, _| net.accept(listener)).expect("connected").id;
    world.crash(A);
    world.kernel.power_on(A).expect("down");
    connect(&mut world);
    assert_eq!(world.try_recv(server), None, "an error, after the SYN, the challenge and the reset");
    assert!(world.kernel.net.readiness(server).hup);
    assert_eq!(sent(&world, "RST"), 1);
}

#[test]
fn what_was_sent_before_a_crash_is_not_sent_again() {
    // Whether its acknowledgement of an end is on its way or lost when the host crashes, and whether it comes back.
    for (lost, comes_back) in [(false, true), (true, true), (false, false), (true, false)] {
        let mut world = World::new(2);
        let pair = world.pair(A, B);
        world.net(|net, _| net.shutdown(pair.client, How::Send)).expect("open");
        world.pass(WAY_NS + WAY_NS / 2);
        assert_eq!(sent(&world, "FIN-ACK"), 1);
        world.kernel.cut(hop(B, A));
        if lost {
            world.pass(WAY_NS);
        }
        world.crash(B);
        if comes_back {
            world.kernel.power_on(B).expect("down");
        }
        world.pass(WAY_NS);
        world.kernel.heal(hop(B, A));
        let errno = if comes_back { Errno::ECONNRESET } else { Errno::ETIMEDOUT };
        assert_eq!(world.recv(pair.client), Err(errno), "{lost} {comes_back}");
        assert_eq!(sent(&world, "FIN-ACK"), 1, "{lost} {comes_back}");
    }
}

#[test]
fn who_ended_first_takes_acknowledgements_in_silence_for_a_minute() {
    for (after_ns, crashes, resets) in [(SECOND, 0, 0), (60 * SECOND, 0, 1), (SECOND, 1, 1)] {
        let mut world = World::new(2);
        let pair = world.pair(A, B);
        world.close(pair.client);
        world.close(pair.server);
        world.pass(SECOND);
        for _ in 0..crashes {
            world.crash(A);
            world.kernel.power_on(A).expect("down");
        }
        world.pass(after_ns);
        let (source, destination) = (address(B, 80), address(A, 32_768));
        let late = Box::new(Packet {
            flow: Some(Flow(1)),
            hop: hop(B, A),
            source,
            destination,
            due_ns: None,
            segment: Segment::Window,
            edge: 0,
            from: pair.server,
            to: Some(pair.client),
            journey: Journey::default(),
        });
        world.net(|net, now_ns| net.deliver(late, now_ns));
        assert_eq!(sent(&world, "RST"), resets, "{after_ns} {crashes}");
    }
}
