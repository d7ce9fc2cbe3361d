//! Sockets by socket2: options of every kind, and calls that the standard library does not make.
//!
//! Invariant: an option that was set is read back as Linux tells it.

use std::io::{ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::thread;
use std::time::Duration;

use photofinish::scenario::{Failure, Scenario, Variant};
use socket2::{Domain, Protocol, SockAddr, SockRef, Socket, TcpKeepalive, Type};

use crate::sound;

/// The guests of this file.
pub static SCENARIO: Scenario = Scenario {
    name: "socket2",
    story: "Sockets made, bound, connected and set up call by call.",
    programs: &[],
    variants: VARIANTS,
};

static VARIANTS: &[Variant] = &[
    sound("tcp-options", "What can be set of a TCP socket is set, and asked for.", tcp_options),
    sound("tcp", "A listener, and a client that connects without waiting.", tcp),
    sound("tcp-v6", "A listener of both families, with clients of each.", tcp_v6),
    sound("udp", "Datagrams, connected and not, whole, cut short and looked at first.", udp),
    sound("unix", "A pair, and a listener with an abstract name.", unix),
];

const SECOND: Duration = Duration::from_secs(1);

fn local(port: u16) -> SockAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()
}

fn tcp_options() -> Result<(), Failure> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).expect("a socket");
    let options = "the option is there";
    socket.set_reuse_address(true).expect(options);
    socket.set_reuse_port(true).expect(options);
    socket.set_tcp_nodelay(true).expect(options);
    socket.set_linger(Some(3 * SECOND)).expect(options);
    socket.set_recv_buffer_size(20_000).expect(options);
    socket.set_send_buffer_size(30_000).expect(options);
    socket.set_read_timeout(Some(2 * SECOND)).expect(options);
    socket.set_write_timeout(Some(SECOND)).expect(options);
    let keepalive = TcpKeepalive::new().with_time(60 * SECOND).with_interval(5 * SECOND).with_retries(4);
    socket.set_tcp_keepalive(&keepalive).expect(options);
    socket.set_ttl_v4(17).expect(options);
    socket.set_cloexec(false).expect(options);
    socket.set_cloexec(true).expect(options);
    assert!(socket.reuse_address().expect(options) && socket.reuse_port().expect(options));
    assert!(socket.tcp_nodelay().expect(options) && socket.keepalive().expect(options));
    assert_eq!(socket.linger().expect(options), Some(3 * SECOND));
    assert_eq!(socket.recv_buffer_size().expect(options), 40_000, "socket(7): the kernel doubles it");
    assert_eq!(socket.send_buffer_size().expect(options), 60_000, "likewise");
    assert_eq!(socket.read_timeout().expect(options), Some(2 * SECOND));
    assert_eq!(socket.write_timeout().expect(options), Some(SECOND));
    assert_eq!(socket.tcp_keepalive_time().expect(options), 60 * SECOND);
    assert_eq!(socket.tcp_keepalive_interval().expect(options), 5 * SECOND);
    assert_eq!(socket.tcp_keepalive_retries().expect(options), 4);
    assert_eq!(socket.ttl_v4().expect(options), 17);
    assert_eq!(socket.r#type().expect(options), Type::STREAM);
    assert_eq!(socket.domain().expect(options), Domain::IPV4);
    assert_eq!(socket.protocol().expect(options), Some(Protocol::TCP));
    assert!(!socket.is_listener().expect(options));
    assert!(socket.take_error().expect(options).is_none());
    socket.bind(&local(0)).expect("a port is free");
    socket.listen(16).expect("it is bound");
    assert!(socket.is_listener().expect(options));
    Ok(())
}

/// A listener that echoes what each of so many connections says, until it says no more.
fn echoing(domain: Domain, at: SocketAddr, connections: u32) -> (SocketAddr, thread::JoinHandle<()>) {
    let listener = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).expect("a socket");
    if domain == Domain::IPV6 {
        listener.set_only_v6(false).expect("IPv6 has the option");
    }
    listener.bind(&at.into()).expect("a port is free");
    listener.listen(4).expect("it is bound");
    let address = listener.local_addr().expect("it has one").as_socket().expect("of the Internet");
    let serving = thread::spawn(move || {
        for _ in 0..connections {
            let (mut connection, peer) = listener.accept().expect("a client");
            assert!(peer.as_socket().is_some());
            let mut heard = Vec::new();
            connection.read_to_end(&mut heard).expect("the client ends in order");
            connection.write_all(&heard).expect("the client reads");
        }
    });
    (address, serving)
}

/// Connects, says something in two pieces, and hears it.
fn echoed(client: &mut Socket) {
    assert_eq!(client.send_vectored(&[IoSlice::new(b"to and "), IoSlice::new(b"fro")]).expect("room"), 10);
    client.shutdown(Shutdown::Write).expect("it is connected");
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).expect("the server ends in order");
    assert_eq!(heard, b"to and fro");
}

fn tcp() -> Result<(), Failure> {
    let (address, serving) = echoing(Domain::IPV4, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 2);
    let mut patient = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    patient.connect_timeout(&address.into(), 30 * SECOND).expect("it listens");
    echoed(&mut patient);
    let mut hasty = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    hasty.set_nonblocking(true).expect("every file can");
    let begun = hasty.connect(&address.into());
    assert!(begun.is_ok() || begun.is_err_and(|error| error.raw_os_error() == Some(libc::EINPROGRESS)));
    while hasty.peer_addr().is_err() {
        assert!(hasty.take_error().expect("the option is there").is_none());
        thread::sleep(SECOND / 1_000);
    }
    let nothing = hasty.recv(&mut [MaybeUninit::uninit(); 8]).expect_err("nothing has been said");
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    hasty.set_nonblocking(false).expect("every file can");
    echoed(&mut hasty);
    serving.join().expect("it does not panic");
    let refused = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let error = refused.connect_timeout(&address.into(), SECOND).expect_err("nobody listens");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    Ok(())
}

fn tcp_v6() -> Result<(), Failure> {
    let (address, serving) = echoing(Domain::IPV6, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)), 2);
    let six = SocketAddr::from((Ipv6Addr::LOCALHOST, address.port()));
    let four = SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()));
    for (domain, to) in [(Domain::IPV6, six), (Domain::IPV4, four)] {
        let mut client = Socket::new(domain, Type::STREAM, None).expect("a socket");
        client.connect(&to.into()).expect("it listens");
        echoed(&mut client);
    }
    serving.join().expect("it does not panic");
    Ok(())
}

fn udp() -> Result<(), Failure> {
    let [one, other] = [(); 2].map(|()| {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).expect("a socket");
        socket.bind(&local(0)).expect("a port is free");
        socket.set_read_timeout(Some(30 * SECOND)).expect("every socket has it");
        socket
    });
    let [here, there] = [&one, &other].map(|socket| socket.local_addr().expect("it has one"));
    one.set_broadcast(true).expect("UDP has the option");
    assert!(one.broadcast().expect("it is there"));
    let mut place = [MaybeUninit::new(0); 8];
    assert_eq!(one.send_to(b"hello", &there).expect("room"), 5);
    let (count, from) = other.peek_from(&mut place).expect("it arrives");
    assert_eq!((count, from.as_socket()), (5, here.as_socket()));
    let (count, _) = other.recv_from(&mut place[..2]).expect("it is there");
    assert_eq!(count, 2, "the rest of a datagram is gone");
    other.connect(&here).expect("it has an address");
    assert_eq!(other.send(b"and back").expect("room"), 8);
    let (count, from) = one.recv_from(&mut place).expect("it arrives");
    assert_eq!((count, from.as_socket()), (8, there.as_socket()));
    other.set_nonblocking(true).expect("every file can");
    assert_eq!(other.recv(&mut place).expect_err("nothing more").kind(), ErrorKind::WouldBlock);
    Ok(())
}

fn unix() -> Result<(), Failure> {
    let (mut left, right) = Socket::pair(Domain::UNIX, Type::STREAM, None).expect("a pair");
    let echo = thread::spawn(move || {
        let mut right = right;
        let mut heard = Vec::new();
        right.read_to_end(&mut heard).expect("the other end ends in order");
        right.write_all(&heard).expect("the other end reads");
    });
    echoed(&mut left);
    echo.join().expect("it does not panic");
    let name = format!("\0photofinish-guest-{}", std::process::id());
    let address = SockAddr::unix(name).expect("it is short");
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    listener.bind(&address).expect("nobody has the name");
    listener.listen(1).expect("it is bound");
    let client = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    client.connect(&address).expect("there is room");
    let (server, _) = listener.accept().expect("a client");
    assert_eq!(client.send(b"x").expect("room"), 1);
    assert_eq!(server.recv(&mut [MaybeUninit::uninit(); 8]).expect("it is there"), 1);
    assert!(SockRef::from(&server).peer_addr().expect("it is connected").is_unnamed());
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
