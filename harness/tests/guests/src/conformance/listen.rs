//! `listen(2)`, `accept(2)`.
//!
//! Invariant: a connection that a line asks about has arrived.

use std::net::{TcpListener, TcpStream};

use libc::{
    F_GETFD, F_GETFL, IPPROTO_TCP, MSG_DONTWAIT, O_NONBLOCK, POLLIN, POLLRDHUP, SO_ACCEPTCONN, SO_KEEPALIVE,
    SO_RCVTIMEO, SO_REUSEADDR, SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET, TCP_NODELAY,
};
use photofinish_calls::{descriptor, socket};

use super::case::family;
use super::sockets::{
    Fd, Pair, any_port, client, error, get, listener, local, pair, ready, recv, send, set, set_linger,
    set_time, tcp, until,
};
use super::transcript::Transcript;

family! {
    "listen", "Listening and accepting.";
    "states" = states, ["listen", "accept", "connect", "shutdown"], "Who may listen, and what a listener may not.";
    "accept" = accept, ["accept4"], "Order, flags and time-outs.";
    "inherited" = inherited, ["accept", "getsockopt", "setsockopt"], "What an accepted socket has from its listener.";
    "too-late" = too_late, ["accept", "close"], "Connections that ended before they were accepted.";
    "abandoned" = abandoned, ["close", "shutdown"], "A listener that ends with connections waiting.";
    "again" = again, ["shutdown", "listen"], "A listener that stops and listens again.";
    "shut-before" = shut_before, ["shutdown", "listen", "accept"], "A socket that was shut before it listened.";
    "std" = of_std, ["accept4", "listen"], "What std makes of it.";
}

fn states(t: &mut Transcript) {
    let fd = tcp();
    t.call("accept of a fresh one", socket::accept(fd.0));
    t.call("SO_ACCEPTCONN", get(&fd, SOL_SOCKET, SO_ACCEPTCONN));
    t.call("listen without a name", socket::listen(fd.0, 1));
    t.value("name", (local(&fd).ip(), local(&fd).port() != 0));
    t.call("SO_ACCEPTCONN", get(&fd, SOL_SOCKET, SO_ACCEPTCONN));
    t.call("listen again", socket::listen(fd.0, 0));
    t.call("listen with a strange backlog", socket::listen(fd.0, -1));
    t.call("connect", socket::connect(fd.0, any_port()));
    t.call("bind", socket::bind(fd.0, any_port()));
    t.call("send", send(&fd, b"x"));
    t.call("send nothing", send(&fd, b""));
    t.call("recv", recv(&fd, 1, 0));
    t.call("recv nothing", recv(&fd, 0, 0));
    t.call("read nothing", descriptor::read(fd.0, &mut []));
    t.call("recv without waiting", recv(&fd, 1, MSG_DONTWAIT));
    t.call("SO_ERROR", error(&fd));
    t.call("shutdown for writing", socket::shutdown(fd.0, 1));
    t.call("SO_ACCEPTCONN", get(&fd, SOL_SOCKET, SO_ACCEPTCONN));
    let Pair { client, server } = pair();
    t.call("listen when connected", socket::listen(client.0, 1));
    t.call("listen when accepted", socket::listen(server.0, 1));
    t.call("accept when connected", socket::accept(client.0));
    let (one, two) = (tcp(), tcp());
    for fd in [&one, &two] {
        set(fd, SOL_SOCKET, SO_REUSEADDR, 1).expect("any time");
    }
    t.call("bind", socket::bind(one.0, any_port()));
    t.call("bind the other", socket::bind(two.0, local(&one)));
    t.call("listen", socket::listen(one.0, 1));
    t.call("listen with the other", socket::listen(two.0, 1));
    t.call("close", one.close());
    t.call("listen with the other", socket::listen(two.0, 1));
}

fn accept(t: &mut Transcript) {
    let listener = listener();
    let clients: Vec<Fd> = (0..3).map(|_| client(&listener)).collect();
    for client in &clients {
        let (new, from) = socket::accept4(listener.0, 0).expect("one waits");
        t.value("in order", from == Some(local(client)));
        drop(Fd(new));
    }
    for flags in [0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC, 1, -1] {
        let _client = client(&listener);
        until(&listener, POLLIN);
        match socket::accept4(listener.0, flags) {
            Ok((new, _)) => {
                let new = Fd(new);
                t.call(format_args!("F_GETFD with {flags:#o}"), descriptor::fcntl(new.0, F_GETFD, 0));
                let status = descriptor::fcntl(new.0, F_GETFL, 0).map(|status| status & O_NONBLOCK);
                t.call("O_NONBLOCK", status);
            }
            Err(failed) => t.line(format_args!("accept4 with {flags:#o} -> {failed}")),
        }
    }
    let rest = [socket::accept(listener.0), socket::accept(listener.0)];
    t.value("those were left", rest.map(|new| new.map(Fd).is_ok()));
    t.call("FIONBIO", descriptor::set_nonblocking(listener.0, 1));
    t.call("accept", socket::accept(listener.0));
    t.call("FIONBIO", descriptor::set_nonblocking(listener.0, 0));
    t.call("SO_RCVTIMEO", set_time(&listener, SO_RCVTIMEO, 0, 3_000));
    t.call("accept", socket::accept(listener.0));
    let at = local(&listener);
    let connects = std::thread::spawn(move || TcpStream::connect(at).is_ok());
    t.call("SO_RCVTIMEO", set_time(&listener, SO_RCVTIMEO, 0, 0));
    t.call("accept", socket::accept(listener.0).map(Fd).map(|_| ()));
    t.value("connected", connects.join().ok());
}

fn inherited(t: &mut Transcript) {
    let listener = listener();
    t.call("FIONBIO", descriptor::set_nonblocking(listener.0, 1));
    t.call("TCP_NODELAY", set(&listener, IPPROTO_TCP, TCP_NODELAY, 1));
    t.call("SO_KEEPALIVE", set(&listener, SOL_SOCKET, SO_KEEPALIVE, 1));
    t.call("SO_REUSEADDR", set(&listener, SOL_SOCKET, SO_REUSEADDR, 1));
    t.call("SO_RCVTIMEO", set_time(&listener, SO_RCVTIMEO, 0, 4_000));
    let client = client(&listener);
    until(&listener, POLLIN);
    let server = Fd(socket::accept(listener.0).expect("one waits"));
    t.call("O_NONBLOCK", descriptor::fcntl(server.0, F_GETFL, 0).map(|status| status & O_NONBLOCK));
    t.call("TCP_NODELAY", get(&server, IPPROTO_TCP, TCP_NODELAY));
    t.call("SO_KEEPALIVE", get(&server, SOL_SOCKET, SO_KEEPALIVE));
    t.call("SO_REUSEADDR", get(&server, SOL_SOCKET, SO_REUSEADDR));
    t.call("SO_ACCEPTCONN", get(&server, SOL_SOCKET, SO_ACCEPTCONN));
    t.call("recv", recv(&server, 1, 0));
    t.call("the client's own", get(&client, IPPROTO_TCP, TCP_NODELAY));
}

fn too_late(t: &mut Transcript) {
    let listener = listener();
    let sender = client(&listener);
    t.call("send", send(&sender, b"abc"));
    t.call("close", sender.close());
    let server = Fd(socket::accept(listener.0).expect("one waits"));
    t.line(format_args!("accepted: {}", until(&server, POLLRDHUP)));
    t.call("recv", recv(&server, 9, 0));
    t.call("recv", recv(&server, 9, 0));
    let resetter = client(&listener);
    let _: String = until(&listener, POLLIN);
    t.call("linger", set_linger(&resetter, 1, 0));
    t.call("close", resetter.close());
    let (server, from) = socket::accept4(listener.0, 0).expect("a reset connection is accepted, too");
    let server = Fd(server);
    t.value("from somebody", from.is_some());
    t.line(format_args!("reset: {}", until(&server, 0)));
    t.call("recv", recv(&server, 9, 0));
    t.call("recv", recv(&server, 9, 0));
}

fn abandoned(t: &mut Transcript) {
    for how in ["close", "shutdown"] {
        let listener = listener();
        let waiting = client(&listener);
        until(&listener, POLLIN);
        let at = local(&listener);
        t.call("send", send(&waiting, b"abc"));
        if how == "close" {
            t.call("close", listener.close());
        } else {
            t.call("shutdown", socket::shutdown(listener.0, 2));
            t.call("accept", socket::accept(listener.0));
        }
        t.line(format_args!("{how}: {}", until(&waiting, 0)));
        t.call("recv", recv(&waiting, 1, 0));
        t.call("connect", socket::connect(tcp().0, at));
    }
}

fn again(t: &mut Transcript) {
    let listener = listener();
    let at = local(&listener);
    t.call("shutdown", socket::shutdown(listener.0, 0));
    t.value("name", local(&listener) == at);
    t.call("accept", socket::accept(listener.0));
    t.call("shutdown again", socket::shutdown(listener.0, 0));
    t.call("SO_ERROR", error(&listener));
    t.call("listen", socket::listen(listener.0, 3));
    t.value("name", local(&listener).port() == at.port());
    let client = client(&listener);
    t.call("accept", socket::accept(listener.0).map(Fd).map(|_| ()));
    t.line(format_args!("client: {}", until(&client, POLLRDHUP)));
    t.call("shutdown", socket::shutdown(listener.0, 2));
    let other = self::listener();
    t.call("connect instead", socket::connect(listener.0, local(&other)));
    t.value("name", local(&listener).port() == at.port());
    t.line(format_args!("it is {}", ready(&listener)));
}

fn shut_before(t: &mut Transcript) {
    for how in [0, 1, 2] {
        let listener = tcp();
        t.call(format_args!("shutdown {how}"), socket::shutdown(listener.0, how));
        t.call("listen", socket::listen(listener.0, 1));
        t.line(format_args!("listener {}", ready(&listener)));
        let client = tcp();
        t.call("bind", socket::bind(client.0, any_port()));
        let mut at = local(&listener);
        at.set_ip(local(&client).ip());
        t.call("connect", socket::connect(client.0, at));
        until(&listener, POLLIN);
        let server = Fd(socket::accept(listener.0).expect("one waits"));
        if how > 0 {
            until(&client, POLLRDHUP);
        }
        t.line(format_args!("client {}, server {}", ready(&client), ready(&server)));
        t.call("send", send(&server, b"x"));
        t.call("recv", recv(&server, 1, MSG_DONTWAIT));
        until(&client, POLLIN);
        t.call("the client's recv", recv(&client, 1, MSG_DONTWAIT));
    }
}

fn of_std(t: &mut Transcript) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("any port");
    let at = listener.local_addr().expect("bound");
    let connect =
        std::thread::spawn(move || (0..5).map(|_| TcpStream::connect(at)).collect::<Result<Vec<_>, _>>());
    for stream in listener.incoming().take(5) {
        t.std("incoming", &stream);
    }
    t.value("connected", connect.join().expect("it does not panic").map(|all| all.len()).ok());
    t.std("set_nonblocking", &listener.set_nonblocking(true));
    t.std("accept", &listener.accept());
}
