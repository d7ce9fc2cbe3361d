//! When a program hears of what went wrong, to the nanosecond.
//!
//! Does not know why these are the times: `tcp(7)` and Linux's source do. Invariant: every time here is exact.

use photofinish_sim::errno::Errno;
use photofinish_sim::host::{HostClock, HostId, HostSpec};
use photofinish_sim::kernel::Next;
use photofinish_sim::net::{NOWHERE, SocketId};
use photofinish_sim::ready::Side;

use crate::world::{MS, SECOND, WAY_NS, World, address, hop};

const A: HostId = HostId(1);
const B: HostId = HostId(2);
/// `tcp_syn_retries` of 6: 1 + 2 + 4 + 8 + 16 + 32 + 64 seconds.
const CONNECT_NS: u64 = 127 * SECOND;
/// `tcp_retries2` of 15: 204.6 seconds of doubling and six times 120.
const WRITE_NS: u64 = 924_600 * MS;

/// A peer that cannot be reached, by whatever.
fn unreachable(how: impl FnOnce(&mut World)) {
    let mut world = World::new(2);
    how(&mut world);
    let client = world.socket(A);
    let before_ns = world.now_ns();
    assert_eq!(world.connect(client, address(B, 80)), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - before_ns, CONNECT_NS);
}

#[test]
fn a_connect_to_nobody_takes_127_seconds() {
    unreachable(|world| world.crash(B));
    unreachable(|world| world.kernel.cut(hop(A, B)));
    unreachable(|world| {
        world.listen(B, 80);
        world.kernel.cut(hop(B, A));
    });
    unreachable(|world| world.kernel.hold(hop(A, B)));
    let mut world = World::new(1);
    let client = world.socket(A);
    assert_eq!(world.connect(client, "10.9.9.9:80".parse().unwrap()), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns(), CONNECT_NS);
    assert_eq!(NOWHERE, HostId(u32::MAX));
}

#[test]
fn a_connect_where_nobody_listens_is_refused_after_a_round_trip() {
    let mut world = World::new(2);
    let client = world.socket(A);
    assert_eq!(world.connect(client, address(B, 80)), Err(Errno::ECONNREFUSED));
    assert_eq!(world.now_ns(), 2 * WAY_NS);
}

#[test]
fn a_connect_over_a_link_that_heals_completes_with_the_next_syn() {
    let mut world = World::new(2);
    world.listen(B, 80);
    world.cut_both(A, B);
    let client = world.socket(A);
    world.kernel.heal(hop(B, A));
    let progress = photofinish_sim::net::tcp::Progress::First;
    let _ = world.net(|net, now_ns| net.connect(client, address(B, 80), now_ns, progress));
    world.pass(5 * SECOND);
    world.kernel.heal(hop(A, B));
    assert_eq!(world.wait(client, Side::Write), Next::Stay);
    assert_eq!(world.now_ns(), 7 * SECOND + 2 * WAY_NS);
}

/// What a writer hears whose bytes are not acknowledged, and when.
fn unacknowledged(how: impl FnOnce(&mut World)) {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    how(&mut world);
    let before_ns = world.now_ns();
    assert_eq!(world.send(pair.client, b"lost"), Ok(4));
    assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - before_ns, WRITE_NS);
    assert_eq!(world.send(pair.client, b"x"), Err(Errno::EPIPE));
}

#[test]
fn a_write_that_is_never_acknowledged_times_out_after_924_seconds() {
    unacknowledged(|world| world.cut_both(A, B));
    unacknowledged(|world| world.kernel.cut(hop(A, B)));
    unacknowledged(|world| world.kernel.cut(hop(B, A)));
    unacknowledged(|world| world.crash(B));
}

#[test]
fn bytes_arrive_over_a_link_whose_way_back_is_cut() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.kernel.cut(hop(B, A));
    let before_ns = world.now_ns();
    world.send(pair.client, b"one").expect("open");
    world.send(pair.client, b"two").expect("open");
    assert_eq!(world.recv(pair.server), Ok(b"one".to_vec()));
    assert_eq!(world.recv(pair.server), Ok(b"two".to_vec()));
    // From the first question on, what is written waits behind it.
    world.pass(SECOND);
    world.send(pair.client, b"three").expect("open");
    world.pass(SECOND);
    assert_eq!(world.try_recv(pair.server), None);
    world.kernel.heal(hop(B, A));
    assert_eq!(world.recv(pair.server), Ok(b"three".to_vec()));
    // Questions at 0.2, 0.6, 1.4 and 3.0 seconds; the last is answered.
    assert_eq!(world.now_ns() - before_ns, 3 * SECOND + 2 * WAY_NS);
}

#[test]
fn bytes_that_were_lost_arrive_with_the_next_retry() {
    for (heal_ns, arrives_ns) in [
        (0, 200 * MS),
        (199 * MS, 200 * MS),
        (201 * MS, 600 * MS),
        (5 * SECOND, 6_200 * MS),
        (203 * SECOND, 204_600 * MS),
        (205 * SECOND, 324_600 * MS),
    ] {
        let mut world = World::new(2);
        let pair = world.pair(A, B);
        world.cut_both(A, B);
        let before_ns = world.now_ns();
        world.send(pair.client, b"first").expect("open");
        world.pass(heal_ns);
        world.heal_both(A, B);
        world.send(pair.client, b"second").expect("open");
        assert_eq!(world.recv(pair.server), Ok(b"first".to_vec()));
        assert_eq!(world.now_ns() - before_ns, arrives_ns + WAY_NS);
        assert_eq!(world.recv(pair.server), Ok(b"second".to_vec()));
        assert_eq!(world.now_ns() - before_ns, arrives_ns + WAY_NS + 1, "right behind it");
    }
}

#[test]
fn backing_off_begins_anew_after_an_acknowledgement() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    for _ in 0..2 {
        world.cut_both(A, B);
        let before_ns = world.now_ns();
        world.send(pair.client, b"x").expect("open");
        world.pass(SECOND);
        world.heal_both(A, B);
        world.recv(pair.server).expect("sent again");
        assert_eq!(world.now_ns() - before_ns, 1_400 * MS + WAY_NS);
    }
}

#[test]
fn a_closed_connection_is_forgotten_sooner() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.cut_both(A, B);
    world.send(pair.client, b"x").expect("open");
    world.close(pair.client);
    let before = world.kernel.net.live_count();
    // `tcp_orphan_retries` of 8: 102.2 seconds.
    world.pass(102_200 * MS - 1);
    assert_eq!(world.kernel.net.live_count(), before);
    world.pass(1);
    assert_eq!(world.kernel.net.live_count(), before - 1);
}

#[test]
fn an_end_that_was_lost_is_sent_again() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.cut_both(A, B);
    let before_ns = world.now_ns();
    world.send(pair.client, b"last").expect("open");
    world.close(pair.client);
    world.pass(SECOND);
    world.heal_both(A, B);
    assert_eq!(world.recv(pair.server), Ok(b"last".to_vec()));
    assert_eq!(world.recv(pair.server), Ok(Vec::new()));
    assert_eq!(world.now_ns() - before_ns, 1_400 * MS + WAY_NS + 1);
    world.close(pair.server);
    world.close(pair.listener);
    world.pass(SECOND);
    assert_eq!(world.kernel.net.live_count(), 0);
}

#[test]
fn ends_complete_although_their_acknowledgements_were_lost() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.kernel.cut(hop(B, A));
    world.close(pair.client);
    assert_eq!(world.recv(pair.server), Ok(Vec::new()));
    world.close(pair.server);
    world.pass(SECOND);
    world.kernel.heal(hop(B, A));
    world.close(pair.listener);
    world.pass(10 * SECOND);
    assert_eq!(world.kernel.net.live_count(), 0);
    assert_eq!(world.kernel.next_due_ns(), None, "nothing is sent again for ever");
}

/// A handshake whose last word is lost, with its listener and its client.
fn losing_the_last_word() -> (World, SocketId, SocketId) {
    let mut world = World::new(2);
    let listener = world.listen(B, 80);
    let client = world.socket(A);
    let progress = photofinish_sim::net::tcp::Progress::First;
    let _ = world.net(|net, now_ns| net.connect(client, address(B, 80), now_ns, progress));
    world.pass(WAY_NS + WAY_NS / 2);
    world.kernel.cut(hop(A, B));
    world.pass(WAY_NS);
    world.kernel.heal(hop(A, B));
    (world, listener, client)
}

#[test]
fn a_handshake_whose_last_word_is_lost_completes_with_the_syn_ack() {
    let (mut world, listener, _) = losing_the_last_word();
    world.done(listener, |net, _| net.accept(listener)).expect("sent again");
    // The SYN-ACK's timer began when the SYN arrived.
    assert_eq!(world.now_ns(), SECOND + 3 * WAY_NS);
}

#[test]
fn a_handshake_whose_last_word_is_lost_completes_with_bytes() {
    let (mut world, listener, client) = losing_the_last_word();
    world.send(client, b"hello").expect("open for the client");
    let server = world.done(listener, |net, _| net.accept(listener)).expect("by the bytes").id;
    assert_eq!(world.now_ns(), 3 * WAY_NS + WAY_NS / 2);
    assert_eq!(world.recv(server), Ok(b"hello".to_vec()));
}

#[test]
fn a_handshake_that_nobody_completes_is_forgotten() {
    let mut world = World::new(2);
    world.listen(B, 80);
    let client = world.socket(A);
    let progress = photofinish_sim::net::tcp::Progress::First;
    let _ = world.net(|net, now_ns| net.connect(client, address(B, 80), now_ns, progress));
    world.pass(WAY_NS + WAY_NS / 2);
    world.cut_both(A, B);
    assert_eq!(world.kernel.net.live_count(), 3);
    // `tcp_synack_retries` of 5: 1 + 2 + 4 + 8 + 16 + 32 seconds.
    world.pass(63 * SECOND - WAY_NS);
    assert_eq!(world.kernel.net.live_count(), 3);
    world.pass(WAY_NS);
    assert_eq!(world.kernel.net.live_count(), 2);
}

#[test]
fn a_host_that_came_back_resets_who_still_talks_to_it() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.crash(B);
    let before_ns = world.now_ns();
    world.send(pair.client, b"x").expect("nobody knows yet");
    world.pass(SECOND);
    world.kernel.power_on(B).expect("down");
    assert_eq!(world.recv(pair.client), Err(Errno::ECONNRESET));
    assert_eq!(world.now_ns() - before_ns, 1_400 * MS + 2 * WAY_NS);
}

#[test]
fn a_crash_without_traffic_is_a_silence() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    world.crash(B);
    world.kernel.power_on(B).expect("down");
    assert_eq!(world.wait(pair.client, Side::Read), Next::End, "a deadlock, as the peer says nothing");
}

#[test]
fn a_window_that_opened_unheard_is_told_again() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    let bytes = vec![7; 400_000];
    let sent = world.send(pair.client, &bytes).expect("open");
    world.pass(SECOND);
    let mut got = 0;
    world.kernel.cut(hop(B, A));
    while let Some(part) = world.try_recv(pair.server) {
        got += part.len();
    }
    assert_eq!(got, 131_072, "what the window admits");
    world.pass(5 * SECOND);
    world.kernel.heal(hop(B, A));
    while got < sent {
        got += world.recv(pair.server).expect("the window is told").len();
    }
}

#[test]
fn a_writer_behind_a_closed_window_hears_of_a_peer_that_is_gone() {
    let mut world = World::new(2);
    let pair = world.pair(A, B);
    let bytes = vec![7; 400_000];
    world.send(pair.client, &bytes).expect("open");
    world.pass(SECOND);
    world.crash(B);
    let before_ns = world.now_ns();
    assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
    assert_eq!(world.now_ns() - before_ns, WRITE_NS);
}

#[test]
fn time_outs_are_by_the_clock_of_who_waits() {
    for drift_ppm in [-100_000, -500, 50, 100_000] {
        let clock = HostClock { skew_ns: 0, drift_ppm };
        let passed_ns =
            |world: &World, since_ns| clock.elapsed_ns(world.now_ns()) - clock.elapsed_ns(since_ns);
        let (mut world, b) = drifting(clock);
        let pair = world.pair(b, A);
        let before_ns = world.now_ns();
        world.crash(A);
        world.send(pair.client, b"lost").expect("open");
        assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
        check_near(passed_ns(&world, before_ns), WRITE_NS);
        let (mut world, b) = drifting(clock);
        let client = world.socket(b);
        world.crash(A);
        assert_eq!(world.connect(client, address(A, 80)), Err(Errno::ETIMEDOUT));
        check_near(passed_ns(&world, 0), CONNECT_NS);
        let (mut world, b) = drifting(clock);
        let pair = world.pair(b, A);
        for (option, value) in [((6, 4), 60), ((6, 5), 10), ((6, 6), 9), ((1, 9), 1)] {
            world.set(pair.client, option, value);
        }
        let heard_ns = world.now_ns();
        world.pass(100 * SECOND);
        world.crash(A);
        assert_eq!(world.recv(pair.client), Err(Errno::ETIMEDOUT));
        check_near(passed_ns(&world, heard_ns), 210 * SECOND);
    }
}

/// Host 1 has a true clock, and the other this one.
fn drifting(clock: HostClock) -> (World, HostId) {
    let mut world = World::new(1);
    let spec = HostSpec { name: String::from("drifts"), clock, ..world.kernel.net.hosts.get(A).spec.clone() };
    let host = world.kernel.add_host(HostSpec { addresses: Vec::new(), ..spec }).expect("a good name");
    (world, host)
}

/// Every time-out of a row is rounded up to a nanosecond.
fn check_near(ns: u64, wanted_ns: u64) {
    assert!((wanted_ns..wanted_ns + 100).contains(&ns), "{ns} and not {wanted_ns}");
}
