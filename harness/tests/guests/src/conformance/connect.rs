//! `connect(2)` in every state.
//!
//! Addresses beyond loopback are not asked for: what answers there is the machine's affair. Invariant: a handshake that a line
//! asks about is over, or cannot go on.

use std::net::TcpStream;
use std::time::Duration;

use libc::{MSG_DONTWAIT, POLLIN, POLLOUT, SO_SNDTIMEO};
use photofinish_calls::{descriptor, socket};

use super::case::family;
use super::sockets::{
    Fd, Pair, address, any_port, client, error, listener, local, pair, peer, ready, recv, send, set_time,
    tcp, until,
};
use super::transcript::Transcript;

family! {
    "connect", "Connecting.";
    "refused" = refused, ["connect"], "Nobody listens.";
    "refused-later" = refused_later, ["connect", "getsockopt", "poll"], "Nobody listens, and nobody waits for the answer.";
    "not-waiting" = not_waiting, ["connect", "getsockopt"], "A handshake that nobody waits for.";
    "again" = again, ["connect"], "A connected socket connects again.";
    "full" = full, ["connect", "listen"], "A listener that takes no more.";
    "full-time-out" = full_timeout, ["connect", "setsockopt"], "A time-out ends the wait, not the handshake.";
    "given-up" = given_up, ["connect", "shutdown", "close"], "A handshake that is given up.";
    "unconnected" = unconnected, ["send", "recv", "shutdown", "read", "write"], "A socket that never connected.";
    "bound" = bound, ["connect", "bind"], "From a chosen address.";
    "bytes" = bytes, ["connect"], "Addresses that are none.";
    "std" = of_std, ["connect", "poll", "getsockopt"], "connect_timeout and its kin.";
}

/// An address where nobody listens: its port is taken by a socket that does not.
fn nobody() -> Fd {
    let fd = tcp();
    socket::bind(fd.0, any_port()).expect("any port");
    fd
}

fn refused(t: &mut Transcript) {
    let nobody = nobody();
    let fd = tcp();
    t.call("connect", socket::connect(fd.0, local(&nobody)));
    t.line(format_args!("then {}", ready(&fd)));
    t.value("name", local(&fd).ip());
    t.call("SO_ERROR", error(&fd));
    t.call("send", send(&fd, b"x"));
    t.call("recv", recv(&fd, 1, 0));
    t.call("connect again", socket::connect(fd.0, local(&nobody)));
    let listener = listener();
    t.call("connect elsewhere", socket::connect(fd.0, local(&listener)));
    t.value("connected", peer(&fd) == Some(local(&listener)));
    t.call("send", send(&fd, b"x"));
    let fd = tcp();
    t.call("connect", socket::connect(fd.0, local(&nobody)));
    t.call("listen instead", socket::listen(fd.0, 1));
}

fn refused_later(t: &mut Transcript) {
    let nobody = nobody();
    let refused = || {
        let fd = tcp();
        descriptor::set_nonblocking(fd.0, 1).expect("any time");
        let answer = socket::connect(fd.0, local(&nobody));
        let state = until(&fd, POLLOUT);
        (fd, answer, state)
    };
    let (fd, answer, state) = refused();
    t.call("connect", answer);
    t.value("then", state);
    t.call("SO_ERROR", error(&fd));
    t.line(format_args!("then {}", ready(&fd)));
    t.call("SO_ERROR", error(&fd));
    t.call("recv", recv(&fd, 1, 0));
    t.call("send", send(&fd, b"x"));
    t.call("connect", socket::connect(fd.0, local(&nobody)));
    until(&fd, POLLOUT);
    t.call("connect", socket::connect(fd.0, local(&nobody)));
    let (fd, ..) = refused();
    t.call("recv first", recv(&fd, 1, 0));
    t.call("recv", recv(&fd, 1, 0));
    let (fd, ..) = refused();
    t.call("send first", send(&fd, b"x"));
    t.call("send", send(&fd, b"x"));
    let (fd, ..) = refused();
    t.call("connect first", socket::connect(fd.0, local(&nobody)));
    t.line(format_args!("then {}", ready(&fd)));
    let (fd, ..) = refused();
    t.call("shutdown first", socket::shutdown(fd.0, 2));
    t.call("SO_ERROR", error(&fd));
    t.line(format_args!("then {}", ready(&fd)));
    let (fd, ..) = refused();
    t.call("listen first", socket::listen(fd.0, 1));
    t.value("peer", peer(&fd));
}

fn not_waiting(t: &mut Transcript) {
    let listener = listener();
    let fd = tcp();
    t.call("FIONBIO", descriptor::set_nonblocking(fd.0, 1));
    t.call("connect", socket::connect(fd.0, local(&listener)));
    t.line(format_args!("then {}", until(&fd, POLLOUT)));
    t.call("SO_ERROR", error(&fd));
    t.value("peer", peer(&fd) == Some(local(&listener)));
    t.call("recv", recv(&fd, 1, 0));
    t.call("connect", socket::connect(fd.0, local(&listener)));
    t.call("connect", socket::connect(fd.0, local(&listener)));
    t.call("send", send(&fd, b"x"));
}

fn again(t: &mut Transcript) {
    let Pair { client, server } = pair();
    let other = listener();
    t.call("connect", socket::connect(client.0, local(&other)));
    t.call("the accepted one", socket::connect(server.0, local(&other)));
    t.call("close the peer", server.close());
    until(&client, libc::POLLRDHUP);
    t.call("connect", socket::connect(client.0, local(&other)));
    t.call("shutdown", socket::shutdown(client.0, 1));
    until(&client, libc::POLLHUP);
    t.call("connect", socket::connect(client.0, local(&other)));
}

/// A listener whose queue is full, and the connection that fills it.
fn full_listener() -> (Fd, Fd) {
    let fd = tcp();
    socket::bind(fd.0, any_port()).expect("any port");
    socket::listen(fd.0, 0).expect("bound");
    let first = client(&fd);
    until(&fd, POLLIN);
    (fd, first)
}

fn full(t: &mut Transcript) {
    let (listener, _first) = full_listener();
    let fd = tcp();
    t.call("FIONBIO", descriptor::set_nonblocking(fd.0, 1));
    t.call("connect", socket::connect(fd.0, local(&listener)));
    t.call("connect", socket::connect(fd.0, local(&listener)));
    t.line(format_args!("then {}", ready(&fd)));
    t.call("SO_ERROR", error(&fd));
    t.call("send", send(&fd, b"x"));
    t.call("recv", recv(&fd, 1, 0));
    t.value("peer", peer(&fd));
    t.value("name", local(&fd).ip());
    t.call("listen", socket::listen(fd.0, 1));
    t.call("bind", socket::bind(fd.0, any_port()));
    t.call("FIONREAD", descriptor::unread(fd.0));
    t.call("accept the first", socket::accept(listener.0).map(Fd).map(|_| ()));
    // The SYN is sent again after a second.
    t.line(format_args!("then {}", until(&fd, POLLOUT)));
    t.call("SO_ERROR", error(&fd));
    t.call("connect", socket::connect(fd.0, local(&listener)));
}

fn full_timeout(t: &mut Transcript) {
    let (listener, _first) = full_listener();
    let fd = tcp();
    t.call("SO_SNDTIMEO", set_time(&fd, SO_SNDTIMEO, 0, 3_000));
    t.call("connect", socket::connect(fd.0, local(&listener)));
    t.call("connect", socket::connect(fd.0, local(&listener)));
    t.call("send", send(&fd, b"x"));
    t.call("recv without waiting", recv(&fd, 1, MSG_DONTWAIT));
    t.line(format_args!("then {}", ready(&fd)));
}

fn given_up(t: &mut Transcript) {
    for how in [0, 1, 2] {
        let (listener, _first) = full_listener();
        let fd = tcp();
        t.call("FIONBIO", descriptor::set_nonblocking(fd.0, 1));
        t.call("connect", socket::connect(fd.0, local(&listener)));
        t.call(format_args!("shutdown {how}"), socket::shutdown(fd.0, how));
        t.line(format_args!("then {}", ready(&fd)));
        t.value("name", local(&fd).ip());
        t.call("recv", recv(&fd, 1, 0));
        t.call("send", send(&fd, b"x"));
        t.call("SO_ERROR", error(&fd));
        t.call("shutdown again", socket::shutdown(fd.0, how));
        t.call("connect again", socket::connect(fd.0, local(&listener)));
        t.line(format_args!("then {}", ready(&fd)));
        t.call("close", fd.close());
    }
}

fn unconnected(t: &mut Transcript) {
    for bound in [None, Some(any_port())] {
        let fd = tcp();
        if let Some(name) = bound {
            t.call("bind", socket::bind(fd.0, name));
        }
        t.call("recv", recv(&fd, 1, 0));
        t.call("recv nothing", recv(&fd, 0, 0));
        t.call("recv without waiting", recv(&fd, 1, MSG_DONTWAIT));
        t.call("peek", recv(&fd, 1, libc::MSG_PEEK));
        t.call("read", descriptor::read(fd.0, &mut [0]));
        t.call("read nothing", descriptor::read(fd.0, &mut []));
        t.call("send", send(&fd, b"x"));
        t.call("send nothing", send(&fd, b""));
        t.call("write", descriptor::write(fd.0, b"x"));
        t.call("write nothing", descriptor::write(fd.0, b""));
        t.call("sendto", socket::sendto(fd.0, b"x", libc::MSG_NOSIGNAL, any_port()));
        t.call("recvfrom", socket::recvfrom(fd.0, &mut [0], 0));
        t.call("SO_ERROR", error(&fd));
        t.value("peer", peer(&fd));
        for how in [0, 1, 2, 3, -1] {
            t.call(format_args!("shutdown {how}"), socket::shutdown(fd.0, how));
            t.line(format_args!("then {}", ready(&fd)));
        }
        t.call("recv", recv(&fd, 1, 0));
        t.call("send", send(&fd, b"x"));
        let listener = listener();
        t.call("connect", socket::connect(fd.0, local(&listener)));
        t.line(format_args!("then {}", ready(&fd)));
        t.call("send", send(&fd, b"x"));
        t.call("recv without waiting", recv(&fd, 1, MSG_DONTWAIT));
    }
}

fn bound(t: &mut Transcript) {
    let listener = listener();
    for name in ["127.0.0.1:0", "127.0.0.5:0", "0.0.0.0:0"] {
        let fd = tcp();
        t.call(format_args!("bind {name}"), socket::bind(fd.0, address(name)));
        let port = local(&fd).port();
        t.call("connect", socket::connect(fd.0, local(&listener)));
        t.value("from", (local(&fd).ip(), local(&fd).port() == port));
        let (new, from) = socket::accept4(listener.0, 0).expect("one waits");
        t.value("seen", from == Some(local(&fd)));
        drop(Fd(new));
    }
    let nobody = nobody();
    let fd = tcp();
    t.call("bind", socket::bind(fd.0, address("0.0.0.0:0")));
    let name = local(&fd);
    t.call("connect", socket::connect(fd.0, local(&nobody)));
    t.value("name stays", local(&fd) == name);
    t.call("bind again", socket::bind(fd.0, any_port()));
    t.call("connect elsewhere", socket::connect(fd.0, local(&listener)));
    t.value("from", (local(&fd).ip(), local(&fd).port() == name.port()));
}

fn bytes(t: &mut Transcript) {
    let fd = tcp();
    t.call("nothing", socket::connect_bytes(fd.0, &[]));
    t.call("a byte", socket::connect_bytes(fd.0, &[2]));
    t.call("a family", socket::connect_bytes(fd.0, &[2, 0]));
    t.call("15 bytes", socket::connect_bytes(fd.0, &[2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
    t.call("too many", socket::connect_bytes(fd.0, &[0; 200]));
    t.call("port 0", socket::connect(fd.0, any_port()));
    t.call("broadcast", socket::connect(fd.0, address("255.255.255.255:9")));
    t.call("multicast", socket::connect(fd.0, address("224.0.0.1:9")));
}

fn of_std(t: &mut Transcript) {
    let listener = listener();
    let at = local(&listener);
    t.std("connect", &TcpStream::connect(at));
    t.std("connect_timeout", &TcpStream::connect_timeout(&at, Duration::from_secs(9)));
    let (full, _first) = full_listener();
    t.std("connect_timeout", &TcpStream::connect_timeout(&local(&full), Duration::from_millis(3)));
    let nobody = nobody();
    t.std("connect", &TcpStream::connect(local(&nobody)));
    t.std("connect_timeout", &TcpStream::connect_timeout(&local(&nobody), Duration::from_secs(9)));
    t.std("connect_timeout of nothing", &TcpStream::connect_timeout(&at, Duration::ZERO));
}
