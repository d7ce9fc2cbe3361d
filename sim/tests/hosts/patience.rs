//! `TCP_USER_TIMEOUT`: how long a connection waits for its peer.
//!
//! Does not know how segments are sent again. Invariant: what ends by it ends with `ETIMEDOUT`, at a time that follows from Linux's timers.

use photofinish_sim::choice::Odds;
use photofinish_sim::errno::Errno;
use photofinish_sim::host::HostId;
use photofinish_sim::kernel::Next;
use photofinish_sim::ready::Side;

use crate::world::{
    Pair, SECOND, SO_KEEPALIVE, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL, WAY_NS, World, address, hop,
};

const A: HostId = HostId(1);
const B: HostId = HostId(2);
const TCP_USER_TIMEOUT: (i32, i32) = (6, 18);
/// `TCP_RTO_MIN`.
const RETRY_NS: u64 = SECOND / 5;

fn patient(host: HostId, ms: i32) -> (World, Pair) {
    let mut world = World::new(2);
    let pair = world.pair(host, B);
    world.set(pair.client, TCP_USER_TIMEOUT, ms);
    (world, pair)
}

#[test]
fn what_is_not_acknowledged_in_time_ends_the_connection() {
    // It counts from the first retry on (`retrans_stamp`), however often Linux would try without it.
    for (ms, patience_ns) in
        [(30_000, 30 * SECOND), (1_000, SECOND), (100, SECOND / 10), (1_800_000, 1_800 * SECOND)]
    {
        let gone_ns = RETRY_NS + patience_ns;
        let (mut world, pair) = patient(A, ms);
        world.cut_both(A, B);
        let sent_ns = world.now_ns();
        world.send(pair.client, b"x").expect("open");
        assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
        assert_eq!(world.now_ns() - sent_ns, gone_ns, "{ms} ms");
    }
}

#[test]
fn what_is_acknowledged_meanwhile_does_not_count() {
    let (mut world, pair) = patient(A, 5_000);
    for _ in 0..3 {
        world.cut_both(A, B);
        world.send(pair.client, b"x").expect("open");
        // The next retry is after 3 seconds.
        world.pass(2 * SECOND);
        world.heal_both(A, B);
        assert_eq!(world.recv(pair.server), Ok(b"x".to_vec()));
        world.pass(4 * SECOND);
    }
    assert_eq!(world.wait(pair.client, Side::Read), Next::End, "a deadlock, as all is well");
}

#[test]
fn what_only_the_peer_waits_for_does_not_count() {
    let (mut world, pair) = patient(A, 0);
    world.set(pair.server, TCP_USER_TIMEOUT, 5_000);
    fill(&mut world, pair);
    // The server reads, and its word that there is room is lost; then it is said again.
    world.cut_both(A, B);
    while world.try_recv(pair.server).is_some() {}
    world.pass(SECOND / 10);
    world.heal_both(A, B);
    world.pass(60 * SECOND);
    // What it sends is lost once.
    world.kernel.link_mut(hop(B, A)).loss = Odds { strikes: 1, of: 1 };
    world.send(pair.server, b"x").expect("open");
    world.pass(SECOND / 10);
    world.kernel.link_mut(hop(B, A)).loss = Odds::NEVER;
    assert_eq!(world.recv(pair.client), Ok(b"x".to_vec()));
}

#[test]
fn a_connect_to_a_full_listener_of_the_host_is_given_up_in_time() {
    let mut world = World::new(2);
    let listener = world.socket(A);
    world.net(|net, now_ns| net.bind(listener, address(A, 7), now_ns)).expect("free");
    world.net(|net, now_ns| net.listen(listener, 0, now_ns)).expect("bound");
    let began_ns = world.now_ns();
    let mut connect = || {
        let client = world.socket(A);
        world.set(client, TCP_USER_TIMEOUT, 5_000);
        world.connect(client, address(A, 7))
    };
    let refused = (0..4).find_map(|_| connect().err());
    assert_eq!(refused, Some(Errno::ETIMEDOUT));
    assert_eq!((world.now_ns() - began_ns) / SECOND, 5);
}

#[test]
fn a_connect_is_given_up_in_time() {
    // SYNs at 0, 1, 3, 7 and 15 seconds; a patience shorter than the first wait counts when that is over.
    for (ms, gone_ns) in [(30_000, 30 * SECOND), (5_000, 5 * SECOND), (500, SECOND)] {
        let mut world = World::new(2);
        world.cut_both(A, B);
        let client = world.socket(A);
        world.set(client, TCP_USER_TIMEOUT, ms);
        let began_ns = world.now_ns();
        assert_eq!(world.connect(client, address(B, 7)), Err(Errno::ETIMEDOUT));
        assert_eq!(world.now_ns() - began_ns, gone_ns, "{ms} ms");
    }
}

#[test]
fn a_silent_peer_is_asked_for_so_long() {
    // reqwest's: the first question after 15 seconds, then every 15; it goes by 30 seconds and not by three questions.
    let (mut world, pair) = patient(A, 30_000);
    for (option, value) in [(SO_KEEPALIVE, 1), (TCP_KEEPIDLE, 15), (TCP_KEEPINTVL, 15), (TCP_KEEPCNT, 3)] {
        world.set(pair.client, option, value);
    }
    let heard_ns = world.now_ns();
    world.crash(B);
    assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - heard_ns, 30 * SECOND);
}

/// Sends until there is no room, and says when that was.
fn fill(world: &mut World, pair: Pair) -> u64 {
    let bytes = vec![0; 1 << 16];
    while world.net(|net, _| net.send_to(pair.client, &bytes, None)).is_ok() {}
    world.pass(2 * WAY_NS);
    while world.net(|net, _| net.send_to(pair.client, &bytes, None)).is_ok() {}
    world.now_ns()
}

#[test]
fn a_peer_that_does_not_read_is_waited_for_so_long() {
    for host in [A, B] {
        let (mut world, pair) = patient(host, 3_000);
        let full_ns = fill(&mut world, pair);
        assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
        let waited_ns = world.now_ns() - full_ns;
        assert!((3 * SECOND..=3 * SECOND + RETRY_NS).contains(&waited_ns), "{waited_ns} ns");
    }
}

#[test]
fn a_peer_that_reads_now_and_then_is_waited_for() {
    for host in [A, B] {
        let (mut world, pair) = patient(host, 3_000);
        for _ in 0..4 {
            fill(&mut world, pair);
            world.pass(2 * SECOND);
            while world.try_recv(pair.server).is_some_and(|bytes| !bytes.is_empty()) {}
            world.pass(2 * WAY_NS);
        }
        while world.try_recv(pair.server).is_some_and(|bytes| !bytes.is_empty()) {
            world.pass(2 * WAY_NS);
        }
        assert_eq!(world.wait(pair.client, Side::Read), Next::End, "a deadlock, as all is well");
    }
}

#[test]
fn patience_may_change_while_a_window_is_closed() {
    for host in [A, B] {
        let (mut world, pair) = patient(host, 3_000);
        let full_ns = fill(&mut world, pair);
        world.set(pair.client, TCP_USER_TIMEOUT, 10_000);
        assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
        assert_eq!((world.now_ns() - full_ns) / SECOND, 10, "more");
        let (mut world, pair) = patient(host, 3_000);
        fill(&mut world, pair);
        world.set(pair.client, TCP_USER_TIMEOUT, 0);
        assert_eq!(world.wait(pair.client, Side::Read), Next::End, "a deadlock without any");
        let (mut world, pair) = patient(host, 0);
        let full_ns = fill(&mut world, pair);
        world.set(pair.client, TCP_USER_TIMEOUT, 3_000);
        assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
        assert_eq!((world.now_ns() - full_ns) / SECOND, 3, "late");
    }
}

#[test]
fn without_it_a_closed_window_is_waited_for_for_ever() {
    let (mut world, pair) = patient(A, 0);
    fill(&mut world, pair);
    world.kernel.hold(hop(A, B));
    assert_eq!(world.wait(pair.client, Side::Read), Next::End, "a deadlock, as the peer is there");
}
