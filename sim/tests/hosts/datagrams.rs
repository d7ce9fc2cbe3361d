//! Datagrams between hosts: lost, doubled, overtaken, refused.
//!
//! Does not know streams. Invariant: nobody sends a datagram again but the link that doubles it.

use photofinish_sim::choice::Odds;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;
use photofinish_sim::host::HostId;
use photofinish_sim::link::Loss;
use photofinish_sim::net::SocketId;

use crate::world::{MS, SECOND, WAY_NS, World, address, hop};

const A: HostId = HostId(1);
const B: HostId = HostId(2);
const ALWAYS: Odds = Odds { strikes: 1, of: 1 };

/// A sender on one host, a receiver on the other.
fn pair() -> (World, SocketId, SocketId) {
    let mut world = World::new(2);
    let sender = world.datagrams(A, 1_000);
    let receiver = world.datagrams(B, 2_000);
    world
        .net(|net, now_ns| {
            net.connect(sender, address(B, 2_000), now_ns, photofinish_sim::net::tcp::Progress::First)
        })
        .expect("a route");
    (world, sender, receiver)
}

fn losses(world: &World) -> Vec<Loss> {
    let why = |event| match event {
        Event::Lost { why, .. } => Some(why),
        _ => None,
    };
    world.events().into_iter().filter_map(why).collect()
}

#[test]
fn a_datagram_takes_the_way_or_is_lost() {
    let (mut world, sender, receiver) = pair();
    world.send(sender, b"one").expect("never waits");
    assert_eq!(world.recv(receiver), Ok(b"one".to_vec()));
    assert_eq!(world.now_ns(), WAY_NS);
    world.kernel.cut(hop(A, B));
    world.send(sender, b"two").expect("never waits");
    world.kernel.heal(hop(A, B));
    world.kernel.link_mut(hop(A, B)).loss = ALWAYS;
    world.send(sender, b"three").expect("never waits");
    world.kernel.link_mut(hop(A, B)).loss = Odds::NEVER;
    world.crash(B);
    world.send(sender, b"four").expect("never waits");
    world.pass(1_000 * SECOND);
    assert_eq!(losses(&world), [Loss::Cut, Loss::Struck, Loss::Down]);
}

#[test]
fn a_doubled_datagram_comes_twice() {
    let (mut world, sender, receiver) = pair();
    world.kernel.link_mut(hop(A, B)).duplicate = ALWAYS;
    world.send(sender, b"one").expect("never waits");
    assert_eq!(world.recv(receiver), Ok(b"one".to_vec()));
    assert_eq!(world.recv(receiver), Ok(b"one".to_vec()));
    world.pass(SECOND);
    assert_eq!(world.try_recv(receiver), None);
}

#[test]
fn a_late_datagram_is_overtaken() {
    let (mut world, sender, receiver) = pair();
    world.kernel.link_mut(hop(A, B)).reorder = ALWAYS;
    world.send(sender, b"one").expect("never waits");
    world.kernel.link_mut(hop(A, B)).reorder = Odds::NEVER;
    world.send(sender, b"two").expect("never waits");
    assert_eq!(world.recv(receiver), Ok(b"two".to_vec()));
    assert_eq!(world.recv(receiver), Ok(b"one".to_vec()));
    assert_eq!(world.now_ns(), 2 * WAY_NS);
}

#[test]
fn a_full_queue_drops() {
    let (mut world, sender, receiver) = pair();
    let link = world.kernel.link_mut(hop(A, B));
    (link.bandwidth, link.queue_bytes_max) = (Some(1_000_000), Some(2_000));
    for n in 0..4 {
        // With its headers 1,000 bytes.
        world.send(sender, &[n; 972]).expect("never waits");
    }
    world.pass(SECOND);
    let got: Vec<u8> = core::iter::from_fn(|| world.try_recv(receiver).map(|bytes| bytes[0])).collect();
    assert_eq!(got, [0, 1]);
    assert_eq!(losses(&world), [Loss::Overflow, Loss::Overflow]);
    world.send(sender, &[9; 972]).expect("never waits");
    let before_ns = world.now_ns();
    assert_eq!(world.recv(receiver).map(|bytes| bytes[0]), Ok(9));
    assert_eq!(world.now_ns() - before_ns, MS + WAY_NS);
}

#[test]
fn a_port_that_nobody_has_is_unreachable() {
    let (mut world, sender, receiver) = pair();
    world.close(receiver);
    world.send(sender, b"x").expect("never waits");
    assert_eq!(world.recv(sender), Err(Errno::ECONNREFUSED));
    assert_eq!(world.now_ns(), 2 * WAY_NS);
    world.kernel.cut(hop(B, A));
    world.send(sender, b"x").expect("never waits");
    world.pass(SECOND);
    assert_eq!(world.try_recv(sender), None);
    assert!(!world.kernel.net.has_error(sender), "the answer was lost");
}

#[test]
fn datagrams_that_are_held_travel_when_they_are_released() {
    let (mut world, sender, receiver) = pair();
    world.kernel.hold(hop(A, B));
    world.send(sender, b"one").expect("never waits");
    world.pass(SECOND);
    assert_eq!(world.try_recv(receiver), None);
    world.kernel.release(hop(A, B));
    assert_eq!(world.recv(receiver), Ok(b"one".to_vec()));
    assert_eq!(world.now_ns(), SECOND + WAY_NS);
}
