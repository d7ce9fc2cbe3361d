//! `SO_KEEPALIVE` between hosts.
//!
//! Does not know how probes are planned. Invariant: without a fault no probe is ever sent.

use photofinish_sim::choice::Odds;
use photofinish_sim::ending::Ending;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;
use photofinish_sim::host::HostId;
use photofinish_sim::kernel::Next;
use photofinish_sim::ready::Side;

use crate::world::{
    Pair, SECOND, SO_KEEPALIVE, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL, WAY_NS, World, hop,
};

const A: HostId = HostId(1);
const B: HostId = HostId(2);

/// A connection whose client asks after 10 seconds, every 2, three times.
fn watchful() -> (World, Pair) {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    for (option, value) in [(SO_KEEPALIVE, 1), (TCP_KEEPIDLE, 10), (TCP_KEEPINTVL, 2), (TCP_KEEPCNT, 3)] {
        world.set(pair.client, option, value);
    }
    (world, pair)
}

fn probes(world: &World) -> usize {
    let is_probe =
        |event: &&Event| matches!(event, Event::Sent { segment, .. } if segment.as_ref() == "PROBE");
    world.events().iter().filter(is_probe).count()
}

#[test]
fn a_silent_peer_times_out_after_idle_and_all_probes() {
    let (mut world, pair) = watchful();
    let before_ns = world.now_ns();
    world.pass(3 * SECOND);
    world.crash(B);
    assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - before_ns, (10 + 3 * 2) * SECOND);
    assert_eq!(probes(&world), 3);
}

/// A connection whose client asks after 60 seconds, every 10, nine times, and when it last heard of its peer.
fn idle_for_a_minute() -> (World, Pair, u64) {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    for (option, value) in [(SO_KEEPALIVE, 1), (TCP_KEEPIDLE, 60), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 9)] {
        world.set(pair.client, option, value);
    }
    let heard_ns = world.now_ns();
    (world, pair, heard_ns)
}

#[test]
fn questions_that_were_answered_count() {
    let lose_all = |world: &mut World, hop| {
        world.kernel.link_mut(hop).loss = Odds { strikes: 1, of: 1 };
        world.kernel.settle();
    };
    let ways: [&dyn Fn(&mut World); 7] = [
        &|world| world.cut_both(A, B),
        &|world| world.kernel.cut(hop(B, A)),
        &|world| world.crash(B),
        &|world| world.kernel.hold(hop(A, B)),
        &|world| world.kernel.hold(hop(B, A)),
        &|world| lose_all(world, hop(A, B)),
        &|world| lose_all(world, hop(B, A)),
    ];
    for (way, cut_s, gone_s) in
        (0..ways.len()).flat_map(|way| [(way, 30, 150), (way, 90, 210), (way, 1_000, 1_110)])
    {
        let (mut world, pair, heard_ns) = idle_for_a_minute();
        world.pass(cut_s * SECOND);
        ways[way](&mut world);
        assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
        assert_eq!(world.now_ns() - heard_ns, gone_s * SECOND, "{way}: gone after {cut_s} seconds");
    }
}

#[test]
fn a_peer_that_is_heard_is_asked_anew() {
    let (mut world, pair) = watchful();
    world.kernel.cut(hop(A, B));
    world.pass(13 * SECOND);
    assert_eq!(probes(&world), 2);
    world.send(pair.server, b"x").expect("open");
    assert_eq!(world.recv(pair.client), Ok(b"x".to_vec()));
    let heard_ns = world.now_ns();
    world.crash(B);
    assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - heard_ns, 16 * SECOND);
}

#[test]
fn who_waits_for_what_a_link_holds_does_not_ask() {
    let (mut world, pair) = watchful();
    world.kernel.hold(hop(A, B));
    world.send(pair.client, b"x").expect("open");
    world.pass(100 * SECOND);
    assert_eq!(probes(&world), 0);
    world.kernel.release(hop(A, B));
    assert_eq!(world.recv(pair.server), Ok(b"x".to_vec()));
    world.pass(100 * SECOND);
    assert_eq!(probes(&world), 0);
    assert_eq!(world.wait(pair.client, Side::Read), Next::End, "a deadlock, as the peer says nothing");
}

#[test]
fn a_link_that_carries_again_ends_the_questions() {
    let (mut world, pair) = watchful();
    world.kernel.link_mut(hop(A, B)).loss = Odds { strikes: 1, of: 1 };
    world.kernel.hold(hop(B, A));
    world.pass(11 * SECOND);
    assert_eq!(probes(&world), 1);
    world.kernel.link_mut(hop(A, B)).loss = Odds::NEVER;
    world.kernel.release(hop(B, A));
    assert_eq!(world.wait(pair.client, Side::Read), Next::End, "a deadlock, as all is well");
    assert_eq!(probes(&world), 1);
}

#[test]
fn linux_takes_two_hours_and_eleven_minutes() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.set(pair.client, SO_KEEPALIVE, 1);
    let before_ns = world.now_ns();
    world.cut_both(A, B);
    assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - before_ns, (7_200 + 9 * 75) * SECOND);
}

#[test]
fn a_peer_that_came_back_resets_the_probe() {
    let (mut world, pair) = watchful();
    let before_ns = world.now_ns();
    world.crash(B);
    world.kernel.power_on(B).expect("down");
    assert_eq!(world.recv(pair.client), Err(Errno::ECONNRESET));
    assert_eq!(world.now_ns() - before_ns, 10 * SECOND + 2 * WAY_NS);
}

#[test]
fn an_answer_ends_the_questions() {
    let (mut world, pair) = watchful();
    world.kernel.cut(hop(B, A));
    world.pass(11 * SECOND);
    assert_eq!(probes(&world), 1);
    world.kernel.heal(hop(B, A));
    world.pass(100 * SECOND);
    assert_eq!(probes(&world), 1, "what would be answered is not asked");
    world.send(pair.server, b"x").expect("open");
    assert_eq!(world.recv(pair.client), Ok(b"x".to_vec()));
}

#[test]
fn it_counts_from_the_last_that_was_heard() {
    let (mut world, pair) = watchful();
    world.pass(5 * SECOND);
    world.send(pair.server, b"x").expect("open");
    world.recv(pair.client).expect("sent");
    let before_ns = world.now_ns();
    world.pass(SECOND);
    world.crash(B);
    assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - before_ns, 16 * SECOND);
}

#[test]
fn who_asks_for_it_after_the_crash_is_told_too() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.crash(B);
    world.pass(SECOND);
    world.set(pair.client, TCP_KEEPIDLE, 10);
    world.set(pair.client, SO_KEEPALIVE, 1);
    let before_ns = world.now_ns();
    assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - before_ns, (10 + 9 * 75) * SECOND);
}

#[test]
fn a_healthy_connection_that_both_ends_wait_for_is_a_deadlock() {
    let (mut world, pair) = watchful();
    let before_ns = world.now_ns();
    assert_eq!(world.wait(pair.client, Side::Read), Next::End);
    assert!(matches!(world.kernel.ending(), Some(Ending::Deadlock(_))));
    // The timer of the SYN was the last that was set.
    assert!(world.now_ns() - before_ns <= SECOND);
    assert_eq!(probes(&world), 0);
}
