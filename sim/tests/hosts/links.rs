//! What is done to links, and what TCP makes of it.
//!
//! Does not know datagrams. Invariant: bytes come in order, once, or their end hears of an error.

use photofinish_sim::choice::Odds;
use photofinish_sim::chooser::Strategy;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;
use photofinish_sim::host::HostId;
use photofinish_sim::link::{LinkChange, Loss};
use photofinish_sim::net::tcp::How;
use photofinish_sim::seed::Seed;

use crate::world::{MS, SECOND, WAY_NS, World, hop};

const A: HostId = HostId(1);
const B: HostId = HostId(2);
const C: HostId = HostId(3);

#[test]
fn what_a_link_holds_travels_in_order_when_it_is_released() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.kernel.hold(hop(A, B));
    for bytes in [&b"one"[..], b"two", b"three"] {
        world.send(pair.client, bytes).expect("open");
    }
    world.send(pair.server, b"back").expect("open");
    assert_eq!(world.recv(pair.client), Ok(b"back".to_vec()), "the other way is open");
    world.pass(2_000 * SECOND);
    assert_eq!(world.try_recv(pair.server), None);
    let is_sent = |event: &&Event| matches!(event, Event::Sent { hop, bytes: 1.., .. } if hop.from == A);
    assert_eq!(world.events().iter().filter(is_sent).count(), 0, "none has left");
    let before_ns = world.now_ns();
    world.kernel.release(hop(A, B));
    assert_eq!(world.events().iter().filter(is_sent).count(), 3, "each once");
    world.pass(2 * WAY_NS);
    assert_eq!(world.try_recv(pair.server), Some(b"onetwothree".to_vec()));
    assert_eq!(world.now_ns() - before_ns, 2 * WAY_NS);
}

#[test]
fn what_is_on_its_way_when_a_link_is_cut_is_lost() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    let before_ns = world.now_ns();
    world.send(pair.client, b"x").expect("open");
    world.pass(WAY_NS / 2);
    world.cut_both(A, B);
    world.pass(WAY_NS);
    world.heal_both(A, B);
    world.recv(pair.server).expect("sent again");
    assert_eq!(world.now_ns() - before_ns, 200 * MS + WAY_NS);
    let why = |event: &Event| matches!(event, Event::Lost { why: Loss::Cut, .. });
    assert_eq!(world.events().iter().filter(|event| why(event)).count(), 1);
}

#[test]
fn a_cut_between_two_is_none_of_a_third_ones() {
    let mut world = World::new(3);
    let pair = world.pair(A, C);
    world.cut_both(A, B);
    world.cut_both(B, C);
    world.send(pair.client, b"x").expect("open");
    assert_eq!(world.recv(pair.server), Ok(b"x".to_vec()));
}

#[test]
fn both_ends_hear_of_a_reset() {
    let mut world = World::new(3);
    let pair = world.pair(A, B);
    let other = world.pair(C, A);
    world.send(pair.client, b"on its way").expect("open");
    world.kernel.reset_connections(B, A);
    world.check();
    assert_eq!(world.recv(pair.client), Err(Errno::ECONNRESET));
    assert_eq!(world.recv(pair.server), Err(Errno::ECONNRESET));
    world.send(other.client, b"x").expect("none of its");
    assert_eq!(world.recv(other.server), Ok(b"x".to_vec()));
    let changes = world.events().into_iter().filter(|event| matches!(event, Event::Link { .. }));
    let expected = [hop(B, A), hop(A, B)].map(|hop| Event::Link { hop, change: LinkChange::Reset });
    assert_eq!(changes.collect::<Vec<_>>(), expected);
}

#[test]
fn a_reset_between_two_leaves_a_third_ones_last_word() {
    let mut world = World::new(3);
    let pair = world.pair(A, B);
    world.close(pair.client);
    assert_eq!(world.recv(pair.server), Ok(Vec::new()));
    world.kernel.cut(hop(A, B));
    world.net(|net, _| net.shutdown(pair.server, How::Send)).expect("open");
    // The client's last word, with which it is gone, is lost.
    world.pass(2 * WAY_NS);
    world.kernel.reset_connections(A, C);
    world.check();
    world.kernel.heal(hop(A, B));
    world.pass(10 * SECOND);
    assert!(!world.kernel.net.readiness(pair.server).error, "the last word was said again");
}

#[test]
fn a_narrow_link_takes_its_time() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.kernel.link_mut(hop(A, B)).bandwidth = Some(1_000_000);
    let before_ns = world.now_ns();
    world.send(pair.client, &[1; 960]).expect("open");
    world.send(pair.client, &[2; 460]).expect("open");
    assert_eq!(world.recv(pair.server).map(|bytes| bytes.len()), Ok(960));
    // 960 and 40 bytes of headers, a microsecond each.
    assert_eq!(world.now_ns() - before_ns, MS + WAY_NS);
    assert_eq!(world.recv(pair.server).map(|bytes| bytes.len()), Ok(460));
    assert_eq!(world.now_ns() - before_ns, MS + MS / 2 + WAY_NS);
}

#[test]
fn a_stream_gets_through_a_link_that_loses_half() {
    for seed in 0..20 {
        let mut world = World::chosen(2, Strategy::Swarm.chooser(Seed(seed)));
        let pair = world.pair(A, B);
        for hop in [hop(A, B), hop(B, A)] {
            world.kernel.link_mut(hop).loss = Odds { strikes: 1, of: 2 };
        }
        let mut got = Vec::new();
        for n in 0..20_u8 {
            world.send(pair.client, &[n; 3]).expect("open");
            world.pass(MS);
        }
        world.close(pair.client);
        loop {
            let part = world.recv(pair.server).expect("sent again until it arrives");
            if part.is_empty() {
                break;
            }
            got.extend(part);
        }
        let expected: Vec<u8> = (0..20).flat_map(|n| [n; 3]).collect();
        assert_eq!(got, expected, "seed {seed}");
        let lost = world.events().iter().filter(|event| matches!(event, Event::Lost { .. })).count();
        assert!(lost > 2, "seed {seed}: {lost} were lost");
    }
}

#[test]
fn a_connect_gets_through_a_link_that_loses_some() {
    for seed in 0..50 {
        let mut world = World::chosen(2, Strategy::Swarm.chooser(Seed(seed)));
        for hop in [hop(A, B), hop(B, A)] {
            world.kernel.link_mut(hop).loss = Odds { strikes: 1, of: 10 };
        }
        let pair = world.pair(A, B);
        world.send(pair.server, b"x").expect("open");
        assert_eq!(world.recv(pair.client), Ok(b"x".to_vec()));
    }
}
