//! `bind(2)`, `getsockname(2)`, `getpeername(2)`: who may have which address.
//!
//! Privileged ports are not asked for. Invariant: a port is written only as equal to another or not.

use std::net::{SocketAddr, TcpListener, TcpStream};

use libc::{IPPROTO_IPV6, IPV6_V6ONLY, SO_REUSEADDR, SOL_SOCKET};
use photofinish_calls::socket;

use super::case::family;
use super::sockets::{
    Fd, Pair, address, any_port, client, listener, local, pair, peer, set, tcp, tcp6, until, until_over,
};
use super::transcript::Transcript;

family! {
    "name", "Addresses and ports.";
    "bind" = bind, ["bind", "getsockname"], "Addresses good and bad.";
    "families" = families, ["bind", "connect", "getsockname"], "IPv4 and IPv6 mixed.";
    "conflicts" = conflicts, ["bind", "setsockopt"], "Two sockets, one port.";
    "both-stacks" = both_stacks, ["bind", "listen", "accept4", "getpeername"], "One listener for IPv4 and IPv6.";
    "names" = names, ["getsockname", "getpeername"], "Names in every state.";
    "remembered" = remembered, ["bind", "close", "shutdown"], "A port remembers a connection that it ended first.";
    "std" = of_std, ["bind", "getsockname", "getpeername"], "What std makes of it.";
}

fn with_port(mut of: SocketAddr, port: u16) -> SocketAddr {
    of.set_port(port);
    of
}

fn bind(t: &mut Transcript) {
    let fd = tcp();
    t.value("fresh", local(&fd));
    t.call("not ours", socket::bind(fd.0, address("192.0.2.1:0")));
    t.call("a group", socket::bind(tcp().0, address("224.0.0.1:0")));
    t.call("broadcast", socket::bind(tcp().0, address("255.255.255.255:0")));
    t.call("nothing", socket::bind_bytes(fd.0, &[]));
    t.call("a byte", socket::bind_bytes(fd.0, &[2]));
    t.call("a family", socket::bind_bytes(fd.0, &[2, 0]));
    t.call("15 bytes", socket::bind_bytes(fd.0, &[2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
    t.call("bind", socket::bind(fd.0, any_port()));
    t.value("a port", local(&fd).port() != 0);
    t.value("address", local(&fd).ip());
    t.call("bind again", socket::bind(fd.0, any_port()));
    t.call("bind again, not ours", socket::bind(fd.0, address("192.0.2.1:0")));
    let any = tcp();
    t.call("any", socket::bind(any.0, address("0.0.0.0:0")));
    t.value("address", local(&any).ip());
    let other = tcp();
    t.call("127.0.0.2", socket::bind(other.0, address("127.0.0.2:0")));
    t.value("address", local(&other).ip());
    let Pair { client, .. } = pair();
    t.call("bind when connected", socket::bind(client.0, any_port()));
    t.call("bind a listener", socket::bind(listener().0, any_port()));
}

fn families(t: &mut Transcript) {
    let (four, six) = (tcp(), tcp6());
    t.call("IPv6 on IPv4", socket::bind(four.0, address("[::1]:0")));
    t.call("IPv4 on IPv6", socket::bind(six.0, any_port()));
    t.call("connect IPv4 to IPv6", socket::connect(four.0, address("[::1]:9")));
    t.call("connect IPv6 to IPv4", socket::connect(six.0, address("127.0.0.1:9")));
    t.call("not ours", socket::bind(six.0, address("[2001:db8::1]:0")));
    t.call("multicast", socket::bind(six.0, address("[ff02::1]:0")));
    t.call("link-local without a link", socket::bind(six.0, address("[fe80::1]:0")));
    t.call("a short one", socket::bind_bytes(six.0, &[10, 0, 0, 0, 0, 0, 0, 0]));
    t.value("fresh", local(&six));
    t.call("mapped", socket::bind(six.0, address("[::ffff:127.0.0.1]:0")));
    t.value("address", local(&six).ip());
    let only = tcp6();
    t.call("IPV6_V6ONLY", set(&only, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    t.call("mapped", socket::bind(only.0, address("[::ffff:127.0.0.1]:0")));
    t.call("connect to mapped", socket::connect(only.0, address("[::ffff:127.0.0.1]:9")));
    t.call("loopback", socket::bind(only.0, address("[::1]:0")));
    t.call("IPV6_V6ONLY when bound", set(&only, IPPROTO_IPV6, IPV6_V6ONLY, 0));
    t.call("listen", socket::listen(only.0, 1));
    let client = tcp6();
    t.call("connect", socket::connect(client.0, local(&only)));
    t.value("to whom", peer(&client).map(|peer| peer.ip()));
    t.value("from", local(&client).ip());
}

/// Binds a second socket to the first one's port.
fn second(t: &mut Transcript, what: &str, first: (&Fd, &str), second: (&Fd, &str)) {
    t.call(format_args!("{what}: {}", first.1), socket::bind(first.0.0, address(first.1)));
    let port = local(first.0).port();
    t.call(second.1, socket::bind(second.0.0, with_port(address(second.1), port)));
}

fn conflicts(t: &mut Transcript) {
    let reusing = |fd: Fd| {
        set(&fd, SOL_SOCKET, SO_REUSEADDR, 1).expect("any time");
        fd
    };
    let only = |fd: Fd| {
        set(&fd, IPPROTO_IPV6, IPV6_V6ONLY, 1).expect("before bind");
        fd
    };
    let one = "127.0.0.1:0";
    second(t, "the same", (&tcp(), one), (&tcp(), one));
    second(t, "another", (&tcp(), one), (&tcp(), "127.0.0.2:0"));
    second(t, "any after one", (&tcp(), one), (&tcp(), "0.0.0.0:0"));
    second(t, "one after any", (&tcp(), "0.0.0.0:0"), (&tcp(), one));
    second(t, "any after any", (&tcp(), "0.0.0.0:0"), (&tcp(), "0.0.0.0:0"));
    second(t, "six after four", (&tcp(), one), (&tcp6(), "[::1]:0"));
    second(t, "any six after four", (&tcp(), one), (&tcp6(), "[::]:0"));
    second(t, "only six after four", (&tcp(), "0.0.0.0:0"), (&only(tcp6()), "[::]:0"));
    second(t, "four after any six", (&tcp6(), "[::]:0"), (&tcp(), one));
    second(t, "four after only six", (&only(tcp6()), "[::]:0"), (&tcp(), one));
    second(t, "mapped after four", (&tcp(), one), (&tcp6(), "[::ffff:127.0.0.1]:0"));
    second(t, "first reuses", (&reusing(tcp()), one), (&tcp(), one));
    second(t, "second reuses", (&tcp(), one), (&reusing(tcp()), one));
    let (first, second_one) = (reusing(tcp()), reusing(tcp()));
    second(t, "both reuse", (&first, one), (&second_one, one));
    t.call("one listens", socket::listen(first.0, 1));
    t.call("the other, too", socket::listen(second_one.0, 1));
    let third = reusing(tcp());
    t.call("a third", socket::bind(third.0, local(&first)));
    let Pair { client, server } = pair();
    let fourth = tcp();
    t.call("a connection's port", socket::bind(fourth.0, local(&client)));
    t.call("an accepted one's", socket::bind(fourth.0, local(&server)));
    let fifth = reusing(tcp());
    t.call("reusing, a connection's", socket::bind(fifth.0, local(&client)));
    t.call("reusing, an accepted one's", socket::bind(fifth.0, local(&server)));
}

fn both_stacks(t: &mut Transcript) {
    let listener = tcp6();
    t.call("bind", socket::bind(listener.0, address("[::]:0")));
    t.call("listen", socket::listen(listener.0, 8));
    let port = local(&listener).port();
    let (four, six, mapped) = (tcp(), tcp6(), tcp6());
    for (fd, to) in [(&four, "127.0.0.1:0"), (&six, "[::1]:0"), (&mapped, "[::ffff:127.0.0.1]:0")] {
        t.call(format_args!("connect to {to}"), socket::connect(fd.0, with_port(address(to), port)));
        let (new, from) = socket::accept4(listener.0, 0).expect("one waits");
        let new = Fd(new);
        t.value("from", from.map(|from| from.ip()));
        t.value("it is he", from.map(|from| from.port()) == Some(local(fd).port()));
        t.value("accepted by", local(&new).ip());
        t.value("the client is", local(fd).ip());
        t.value("connected to", peer(fd).map(|peer| peer.ip()));
    }
    let any4 = tcp();
    t.call("connect to 0.0.0.0", socket::connect(any4.0, with_port(address("0.0.0.0:0"), port)));
    t.value("connected to", peer(&any4).map(|peer| peer.ip()));
    let any6 = tcp6();
    t.call("connect to ::", socket::connect(any6.0, with_port(address("[::]:0"), port)));
    t.value("connected to", peer(&any6).map(|peer| peer.ip()));
    let other = tcp();
    t.call("connect to 127.0.0.9", socket::connect(other.0, with_port(address("127.0.0.9:0"), port)));
    t.value("from", local(&other).ip());
    t.value("connected to", peer(&other).map(|peer| peer.ip()));
}

fn names(t: &mut Transcript) {
    let length = |named: Result<(u32, Option<SocketAddr>), _>| named.map(|(length, _)| i64::from(length));
    let (four, six) = (tcp(), tcp6());
    t.call("IPv4", length(socket::getsockname(four.0)));
    t.call("IPv6", length(socket::getsockname(six.0)));
    t.call("nobody", length(socket::getpeername(four.0)));
    let listener = listener();
    t.call("a listener's peer", length(socket::getpeername(listener.0)));
    let client = client(&listener);
    let (server, from) = socket::accept4(listener.0, 0).expect("one waits");
    let server = Fd(server);
    t.value("both agree", from == Some(local(&client)) && peer(&client) == Some(local(&server)));
    t.value("and back", peer(&server) == Some(local(&client)) && local(&server) == local(&listener));
    let (mine, other) = (local(&client), peer(&client));
    t.call("shutdown", socket::shutdown(client.0, 1));
    t.value("half-closed", (local(&client) == mine, peer(&client) == other));
    until(&server, libc::POLLRDHUP);
    t.call("shutdown", socket::shutdown(server.0, 1));
    until(&client, libc::POLLRDHUP);
    t.value("local stays", local(&client) == mine);
    t.value("peer", peer(&client) == other);
}

fn remembered(t: &mut Transcript) {
    for (closer, reuse) in [("client", 0), ("client", 1), ("server", 0), ("server", 1)] {
        let listener = listener();
        set(&listener, SOL_SOCKET, SO_REUSEADDR, reuse).expect("any time");
        let client = tcp();
        set(&client, SOL_SOCKET, SO_REUSEADDR, reuse).expect("any time");
        socket::bind(client.0, any_port()).expect("any port");
        socket::connect(client.0, local(&listener)).expect("it listens");
        let server = Fd(socket::accept(listener.0).expect("one waits"));
        let (from, to) = (local(&client), local(&listener));
        t.call("close the listener", listener.close());
        let (first, last) = if closer == "client" { (client, server) } else { (server, client) };
        t.call(format_args!("the {closer} ends first, reuse {reuse}"), socket::shutdown(first.0, 1));
        until(&last, libc::POLLRDHUP);
        t.call("then the other", socket::shutdown(last.0, 1));
        t.value("both know", until_over(&first) && until_over(&last));
        drop((first, last));
        for (whose, name) in [("client", from), ("server", to)] {
            for reuse in [0, 1] {
                let fd = tcp();
                set(&fd, SOL_SOCKET, SO_REUSEADDR, reuse).expect("any time");
                t.call(format_args!("the {whose}'s port, reuse {reuse}"), socket::bind(fd.0, name));
            }
        }
    }
}

fn of_std(t: &mut Transcript) {
    let listener = TcpListener::bind("[::1]:0").expect("any port");
    let at = listener.local_addr().expect("bound");
    t.std("the same", &TcpListener::bind(at));
    t.std("not ours", &TcpListener::bind("192.0.2.7:0"));
    let client = TcpStream::connect(at).expect("it listens");
    let (server, from) = listener.accept().expect("one waits");
    t.value("from", from == client.local_addr().expect("connected"));
    t.value(
        "peer",
        client.peer_addr().expect("connected") == at && server.local_addr().expect("connected") == at,
    );
    drop((listener, server));
    t.std("nobody listens", &TcpStream::connect(at));
    // std sets SO_REUSEADDR on listeners, so the connection that ended does not stand in the way.
    drop(client);
    t.std("again", &TcpListener::bind(at));
}
