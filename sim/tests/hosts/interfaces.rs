//! Interfaces and addresses of hosts, as control messages of datagrams name them.
//!
//! Does not know what other messages say. Invariant: the bytes are those of the Linux ABI.

use photofinish_sim::errno::Errno;
use photofinish_sim::host::HostId;
use photofinish_sim::net::tcp::RecvFlags;
use photofinish_sim::net::{Family, Outgoing, SocketId};
use photofinish_sim::ready::Refusal;

use crate::world::{SECOND, World, address};

const A: HostId = HostId(1);
const B: HostId = HostId(2);
const IP_PKTINFO: (i32, i32) = (0, 8);
const LOOPBACK: [u8; 4] = [127, 0, 0, 1];
const ANY: [u8; 4] = [0; 4];

/// A socket on B that is told what packets come over, and one on another host that is bound to nothing.
fn ends(world: &mut World, sender: HostId) -> (SocketId, SocketId) {
    world.net(|net, now_ns| {
        let receiver = net.create_udp(B, Family::Inet).expect("few sockets");
        net.bind(receiver, "0.0.0.0:70".parse().expect("an address"), now_ns).expect("free");
        net.set_option(receiver, IP_PKTINFO.0, IP_PKTINFO.1, &1_i32.to_ne_bytes()).expect("known");
        (receiver, net.create_udp(sender, Family::Inet).expect("few sockets"))
    })
}

/// One message with an `in_pktinfo`.
fn info(interface: u32, source: [u8; 4]) -> Vec<u8> {
    let length = 28_usize.to_ne_bytes();
    let header = [length, [0; 8]].concat();
    let mut bytes = [header, [interface.to_ne_bytes(), source, ANY].concat()].concat();
    bytes[12..16].copy_from_slice(&IP_PKTINFO.1.to_ne_bytes());
    bytes
}

fn send(world: &mut World, sender: SocketId, to: [u8; 4], control: &[u8]) -> Result<usize, Refusal> {
    let to = Some((to, 70).into());
    world.net(|net, _| net.send_message(sender, Outgoing { bytes: b"x", to, control }))
}

/// The interface, the address to answer from, and the one it was for; then who sent it.
fn heard(world: &mut World, receiver: SocketId) -> (u32, [u8; 4], [u8; 4], String) {
    world.pass(SECOND);
    world.net(|net, _| {
        let received = net.recv_from(receiver, &mut [0; 9], RecvFlags::default()).expect("it arrived");
        let (control, flags) = net.told(receiver, &received, 100);
        assert_eq!((control.len(), flags), (32, 0));
        let word = |at: usize| *control[at..].first_chunk().expect("it is long enough");
        let from = received.from.expect("a datagram has one").ip().to_string();
        (u32::from_ne_bytes(word(16)), word(20), word(24), from)
    })
}

#[test]
fn all_but_loopback_comes_over_the_second_interface() {
    let own = [10, 0, 0, 2];
    for (host, to, interface, from) in
        [(A, own, 2, "10.0.0.1"), (B, own, 2, "10.0.0.2"), (B, LOOPBACK, 1, "127.0.0.1")]
    {
        let mut world = World::new(2);
        let (receiver, sender) = ends(&mut world, host);
        assert_eq!(send(&mut world, sender, to, &[]), Ok(1));
        assert_eq!(heard(&mut world, receiver), (interface, to, to, from.to_owned()));
        // What was heard may be said again.
        assert_eq!(send(&mut world, sender, to, &info(interface, ANY)), Ok(1));
        assert_eq!(heard(&mut world, receiver).0, interface);
    }
}

#[test]
fn a_source_is_an_address_of_the_host() {
    let (mine, its) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let cases = [
        (info(0, mine), Ok("10.0.0.1")),
        (info(2, mine), Ok("10.0.0.1")),
        (info(0, its), Err(Errno::ENETUNREACH)),
        (info(3, mine), Err(Errno::ENODEV)),
        (info(0, LOOPBACK), Err(Errno::EINVAL)),
    ];
    for (control, expected) in cases {
        let mut world = World::new(2);
        let (receiver, sender) = ends(&mut world, A);
        match (send(&mut world, sender, its, &control), expected) {
            (Ok(1), Ok(from)) => assert_eq!(heard(&mut world, receiver).3, from),
            (Err(Refusal::Fail(errno)), Err(expected)) => assert_eq!(errno, expected),
            (answer, expected) => panic!("{control:?}: {answer:?}, not {expected:?}"),
        }
    }
}

#[test]
fn an_interface_that_does_not_lead_there_is_unmodelled() {
    for (host, to, interface) in [(A, [10, 0, 0, 2], 1), (A, LOOPBACK, 2), (B, [10, 0, 0, 2], 1)] {
        let mut world = World::new(2);
        let (_, sender) = ends(&mut world, host);
        let answer = send(&mut world, sender, to, &info(interface, ANY));
        assert!(matches!(answer, Err(Refusal::Unmodelled(..))), "{to:?} {answer:?}");
    }
}

#[test]
fn what_was_cut_travels_alone() {
    let mut world = World::new(2);
    let (receiver, sender) = ends(&mut world, A);
    let segment = 1_i32.to_ne_bytes();
    world.net(|net, _| net.set_option(sender, 17, 103, &segment)).expect("known");
    let to = Some(address(B, 70));
    let sent = world.net(|net, _| net.send_message(sender, Outgoing { bytes: b"abc", to, control: &[] }));
    assert_eq!(sent, Ok(3));
    for _ in 0..3 {
        assert_eq!(heard(&mut world, receiver).0, 2);
    }
}
