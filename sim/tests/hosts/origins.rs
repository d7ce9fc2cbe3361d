//! Whose packets between hosts are, and at which sockets they arrive.
//!
//! Does not know threads: there is one. Invariant: a packet that is sent again, or arrives twice, is of the call that sent it first.

use photofinish_sim::choice::Odds;
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::host::HostId;
use photofinish_sim::net::SocketId;
use photofinish_sim::thread::ThreadId;

use crate::world::{MS, SECOND, WAY_NS, World, address, hop};

const A: HostId = HostId(1);
const B: HostId = HostId(2);

/// What became of packets of a kind: the event, whose they were, where they arrived.
fn fates(world: &World, kind: &str) -> Vec<(&'static str, Option<Stamp>, Option<SocketId>)> {
    let fate = |event| match event {
        Event::Sent { segment, origin, .. } if segment == kind => Some(("sent", origin, None)),
        Event::Reached { segment, origin, socket, .. } if segment == kind => {
            Some(("reached", origin, socket))
        }
        Event::Arrived { segment, origin, socket, .. } if segment == kind => {
            Some(("arrived", origin, socket))
        }
        Event::Lost { segment, origin, .. } if segment == kind => Some(("lost", origin, None)),
        Event::Duplicated { segment, origin, .. } if segment == kind => Some(("doubled", origin, None)),
        _ => None,
    };
    world.events().into_iter().filter_map(fate).collect()
}

/// The moment of a call that is about to be made.
fn moment(world: &World) -> Stamp {
    Stamp { step: world.kernel.figures().points, at_ns: world.now_ns(), thread: ThreadId::MAIN }
}

#[test]
fn what_is_sent_again_is_of_the_call_that_sent_it_first() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.pass(SECOND);
    let origin = Some(moment(&world));
    world.kernel.cut(hop(A, B));
    world.send(pair.client, b"x").expect("open");
    world.pass(100 * MS);
    world.kernel.heal(hop(A, B));
    world.recv(pair.server).expect("sent again");
    let (sent, server) = (("sent", origin, None), Some(pair.server));
    assert_eq!(fates(&world, "DATA"), [sent, ("lost", origin, None), sent, ("reached", origin, server)]);
}

#[test]
fn a_handshake_begins_with_a_call_and_its_answers_are_nobodys() {
    let mut world = World::new(2);
    let listener = world.listen(B, 80);
    let client = world.socket(A);
    world.pass(SECOND);
    let origin = Some(moment(&world));
    world.connect(client, address(B, 80)).expect("listens");
    world.pass(2 * WAY_NS);
    assert_eq!(fates(&world, "SYN"), [("sent", origin, None), ("reached", origin, Some(listener))]);
    assert_eq!(fates(&world, "SYN-ACK"), [("sent", None, None), ("reached", None, Some(client))]);
    assert!(fates(&world, "ACK").iter().all(|(_, origin, _)| origin.is_none()));
    world.pass(100 * SECOND);
    assert_eq!(
        fates(&world, "SYN-TIMEOUT"),
        [("arrived", None, None)],
        "a timer is nobody's, and for nobody"
    );
}

#[test]
fn what_a_wider_window_lets_go_is_nobodys() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    let bytes = vec![0; 1 << 20];
    let mut sent = world.send(pair.client, &bytes).expect("open");
    assert!(sent < bytes.len(), "the window is smaller");
    let first = fates(&world, "DATA");
    assert!(!first.is_empty() && first.iter().all(|(_, origin, _)| origin.is_some()), "{first:?}");
    let mut received = 0;
    while received < sent {
        received += world.recv(pair.server).expect("open").len();
        sent = sent.max(received);
    }
    let later = &fates(&world, "DATA")[first.len()..];
    let let_go = |(fate, origin, _): &&(_, Option<Stamp>, _)| *fate == "sent" && origin.is_none();
    assert!(later.iter().any(|fate| let_go(&fate)), "{later:?}");
}

#[test]
fn a_datagram_that_is_doubled_arrives_twice_from_one_call() {
    let mut world = World::new(2);
    let (sender, receiver) = (world.datagrams(A, 1_000), world.datagrams(B, 2_000));
    world.kernel.link_mut(hop(A, B)).duplicate = Odds { strikes: 1, of: 1 };
    world.pass(SECOND);
    let origin = Some(moment(&world));
    world.net(|net, _| net.send_to(sender, b"x", Some(address(B, 2_000)))).expect("never waits");
    world.pass(2 * WAY_NS);
    let reached = ("reached", origin, Some(receiver));
    let expected = [("sent", origin, None), ("doubled", origin, None), reached, reached];
    assert_eq!(fates(&world, "DATAGRAM"), expected);
}

#[test]
fn what_comes_for_nobody_arrives_at_no_socket() {
    let mut world = World::new(2);
    let (sender, client) = (world.datagrams(A, 1_000), world.socket(A));
    world.net(|net, _| net.send_to(sender, b"x", Some(address(B, 2_000)))).expect("never waits");
    world.connect(client, address(B, 80)).expect_err("nobody listens");
    for kind in ["DATAGRAM", "SYN"] {
        let reached = fates(&world, kind).into_iter().find(|(fate, ..)| *fate == "reached");
        assert_eq!(
            reached.map(|(_, origin, socket)| (origin.is_some(), socket)),
            Some((true, None)),
            "{kind}"
        );
    }
    let refused = fates(&world, "UNREACHABLE");
    assert_eq!(refused, [("sent", None, None), ("reached", None, Some(sender))]);
}
