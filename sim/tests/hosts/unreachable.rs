//! Addresses that no host has, and what calls on them answer at once.
//!
//! Does not know addresses that a host could have. Invariant: nothing is sent.

use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;
use photofinish_sim::host::HostId;
use photofinish_sim::net::Family;
use photofinish_sim::net::tcp::Progress;
use photofinish_sim::ready::Refusal;

use crate::world::World;

const FIRST: HostId = HostId::FIRST;
const A: HostId = HostId(1);

enum Answer {
    Fails(Errno),
    Unmodelled,
}

fn check<T: core::fmt::Debug>(what: &str, got: Result<T, Refusal>, wanted: &Answer) {
    match (got, wanted) {
        (Err(Refusal::Fail(errno)), Answer::Fails(wanted)) => assert_eq!(errno, *wanted, "{what}"),
        (Err(Refusal::Unmodelled(..)), Answer::Unmodelled) => {}
        (got, _) => panic!("{what}: {got:?}"),
    }
}

/// The answer to a connect over TCP and to a datagram.
fn answers(host: HostId, to: &str, stream: &Answer, datagram: &Answer) {
    let mut world = World::new(1);
    let address: std::net::SocketAddr = to.parse().expect("an address");
    let family = if address.is_ipv4() { Family::Inet } else { Family::Inet6 };
    let id = world.net(|net, _| net.create_tcp(host, family)).expect("few sockets");
    check(to, world.net(|net, now_ns| net.connect(id, address, now_ns, Progress::First)), stream);
    let id = world.net(|net, _| net.create_udp(host, family)).expect("few sockets");
    check(to, world.net(|net, _| net.send_to(id, b"x", Some(address))), datagram);
    assert!(!world.events().iter().any(|event| matches!(event, Event::Sent { .. })), "{to}");
}

#[test]
fn a_stream_has_one_peer() {
    let unreachable = Answer::Fails(Errno::ENETUNREACH);
    let denied = Answer::Fails(Errno::EACCES);
    for to in ["224.0.0.1:9", "239.1.2.3:9"] {
        answers(A, to, &unreachable, &Answer::Unmodelled);
        answers(FIRST, to, &unreachable, &unreachable);
    }
    answers(A, "255.255.255.255:9", &unreachable, &denied);
    answers(A, "127.255.255.255:9", &unreachable, &denied);
    answers(FIRST, "127.255.255.255:9", &unreachable, &denied);
    answers(A, "[ff0e::1]:9", &unreachable, &Answer::Unmodelled);
}

#[test]
fn what_no_host_can_have_is_no_black_hole() {
    for to in ["0.1.2.3:9", "0.0.0.1:9", "240.0.0.1:9", "255.255.255.254:9"] {
        answers(A, to, &Answer::Unmodelled, &Answer::Unmodelled);
        let unreachable = Answer::Fails(Errno::ENETUNREACH);
        answers(FIRST, to, &unreachable, &unreachable);
    }
}
