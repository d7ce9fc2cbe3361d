//! `shutdown(2)` and `close(2)` of a connection, and what the other end sees.
//!
//! Invariant: whatever one end did has reached the other before a line asks about it.

use libc::{MSG_DONTWAIT, MSG_PEEK, POLLIN, POLLRDHUP};
use photofinish_calls::socket;

use super::case::family;
use super::sockets::{Fd, Pair, error, pair, peer, ready, recv, send, set_linger, until, until_over};
use super::transcript::Transcript;

family! {
    "shutdown", "The ends of a connection.";
    "half" = half, ["shutdown", "recv", "send"], "One end stops sending and goes on reading.";
    "reading" = reading, ["shutdown", "recv"], "One end stops reading.";
    "orders" = orders, ["shutdown", "recv", "send"], "Every order of two shutdowns.";
    "unread" = unread, ["close", "recv", "send"], "Closed with bytes unread: a reset.";
    "linger" = linger, ["close", "setsockopt", "recv", "send"], "Closed with no time to linger: a reset.";
    "gone" = gone, ["close", "send", "recv", "getsockopt"], "Sending to an end that is gone.";
    "waiting" = waiting, ["shutdown", "recv"], "Shut while another thread waits.";
}

fn half(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("send", send(&client, b"last words"));
    t.call("shutdown", socket::shutdown(client.0, 1));
    t.call("shutdown again", socket::shutdown(client.0, 1));
    t.call("send", send(&client, b"x"));
    t.call("SO_ERROR", error(&client));
    until(&server, POLLRDHUP);
    t.call("peek", recv(&server, 4, MSG_PEEK));
    t.call("recv", recv(&server, 99, 0));
    t.call("recv", recv(&server, 99, 0));
    t.call("recv", recv(&server, 99, 0));
    t.call("answer", send(&server, b"answer"));
    t.call("recv", recv(&client, 6, libc::MSG_WAITALL));
    t.call("close", server.close());
    until(&client, POLLRDHUP);
    t.call("recv", recv(&client, 9, 0));
    t.call("shutdown", socket::shutdown(client.0, 0));
    t.call("SO_ERROR", error(&client));
}

fn reading(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("send", send(&client, b"before"));
    until(&server, POLLIN);
    t.call("shutdown", socket::shutdown(server.0, 0));
    t.call("recv", recv(&server, 3, 0));
    t.call("recv", recv(&server, 9, 0));
    t.call("recv", recv(&server, 9, 0));
    t.call("send", send(&client, b"after"));
    t.line(format_args!("sender: {}", ready(&client)));
    t.call("answer", send(&server, b"answer"));
    t.call("recv", recv(&client, 6, libc::MSG_WAITALL));
    t.call("shutdown again", socket::shutdown(server.0, 0));
}

fn orders(t: &mut Transcript) {
    for (first, second) in [(0, 0), (0, 1), (1, 0), (0, 2), (2, 0), (1, 1), (1, 2), (2, 1), (2, 2)] {
        let Pair { client, server } = pair();
        t.call(format_args!("shutdown {first}"), socket::shutdown(client.0, first));
        t.call("recv", recv(&client, 1, MSG_DONTWAIT));
        t.call("send", send(&client, b""));
        t.line(format_args!("ready for {}", ready(&client)));
        t.call(format_args!("shutdown {second}"), socket::shutdown(client.0, second));
        t.call("recv", recv(&client, 1, MSG_DONTWAIT));
        t.call("send", send(&client, b""));
        t.line(format_args!("ready for {}", ready(&client)));
        if first != 0 || second != 0 {
            t.line(format_args!("the other for {}", until(&server, POLLRDHUP)));
        }
        t.call("the other", socket::shutdown(server.0, second));
        if first > 0 && second > 0 {
            t.value("both ends know", until_over(&client) && until_over(&server));
            t.line(format_args!("this one for {}", ready(&client)));
            t.call("shutdown when it is over", socket::shutdown(client.0, first));
            t.value("peer", peer(&client).is_some());
            t.call("recv", recv(&client, 1, MSG_DONTWAIT));
            t.call("send", send(&client, b"x"));
        }
    }
}

fn after_reset(t: &mut Transcript, fd: &Fd) {
    t.line(format_args!("reset: {}", until(fd, 0)));
    t.call("recv", recv(fd, 9, 0));
    t.line(format_args!("then {}", ready(fd)));
    t.call("recv", recv(fd, 9, 0));
    t.call("recv", recv(fd, 9, 0));
    t.call("send", send(fd, b"x"));
    t.call("SO_ERROR", error(fd));
    t.value("peer", peer(fd));
    t.call("shutdown", socket::shutdown(fd.0, 2));
}

fn unread(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("send", send(&client, b"unread"));
    until(&server, POLLIN);
    t.call("close", server.close());
    after_reset(t, &client);
    let Pair { client, server } = pair();
    t.call("send", send(&client, b"unread"));
    t.call("send back", send(&server, b"to be read"));
    until(&server, POLLIN);
    until(&client, POLLIN);
    t.call("close", server.close());
    t.line("bytes that came before a reset are still read");
    after_reset(t, &client);
    let Pair { client, server } = pair();
    t.call("send", send(&client, b"unread"));
    until(&server, POLLIN);
    t.call("close", server.close());
    until(&client, 0);
    t.call("send first", send(&client, b"x"));
    t.call("send", send(&client, b"x"));
    t.call("recv", recv(&client, 1, 0));
    let Pair { client, server } = pair();
    t.call("send", send(&client, b"unread"));
    until(&server, POLLIN);
    t.call("close", server.close());
    until(&client, 0);
    t.call("SO_ERROR first", error(&client));
    t.line(format_args!("then {}", ready(&client)));
    t.call("recv", recv(&client, 1, 0));
    t.call("send", send(&client, b"x"));
}

fn linger(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("linger", set_linger(&client, 1, 0));
    t.call("close", client.close());
    after_reset(t, &server);
    let Pair { client, server } = pair();
    t.call("linger", set_linger(&client, 1, 0));
    t.call("shutdown", socket::shutdown(client.0, 1));
    until(&server, POLLRDHUP);
    t.call("recv", recv(&server, 1, 0));
    t.call("close", client.close());
    t.line(format_args!("after the end, a reset: {}", until(&server, 0)));
    t.call("recv", recv(&server, 1, 0));
    t.call("send", send(&server, b"x"));
    t.call("SO_ERROR", error(&server));
    let Pair { client, server } = pair();
    t.call("linger", set_linger(&client, 1, 0));
    t.call("linger no more", set_linger(&client, 0, 0));
    t.call("close", client.close());
    t.line(format_args!("an end: {}", until(&server, POLLRDHUP)));
    t.call("recv", recv(&server, 1, 0));
}

fn gone(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("close", server.close());
    until(&client, POLLRDHUP);
    t.call("recv", recv(&client, 1, 0));
    t.call("send", send(&client, b"into the void"));
    t.line(format_args!("refused: {}", until(&client, 0)));
    t.call("recv", recv(&client, 1, 0));
    t.call("send", send(&client, b"x"));
    t.call("send", send(&client, b"x"));
    t.call("SO_ERROR", error(&client));
    t.line(format_args!("then {}", ready(&client)));
    let Pair { client, server } = pair();
    t.call("close", server.close());
    until(&client, POLLRDHUP);
    t.call("send", send(&client, b"into the void"));
    until(&client, 0);
    t.call("SO_ERROR", error(&client));
    t.call("send", send(&client, b"x"));
    t.call("shutdown", socket::shutdown(client.0, 1));
    let Pair { client, server } = pair();
    t.call("shutdown", socket::shutdown(client.0, 1));
    until(&server, POLLRDHUP);
    t.call("close", client.close());
    t.call("send", send(&server, b"into the void"));
    t.line(format_args!("refused: {}", until(&server, 0)));
    t.call("recv", recv(&server, 1, 0));
    t.call("send", send(&server, b"x"));
}

fn waiting(t: &mut Transcript) {
    for how in [0, 2] {
        let Pair { client, server } = pair();
        let fd = client.0;
        let waits = std::thread::spawn(move || (recv(&client, 1, 0), client));
        t.call(format_args!("shutdown {how}"), socket::shutdown(fd, how));
        let (answer, client) = waits.join().expect("it does not panic");
        t.call("it read", answer);
        drop((client, server));
    }
    let listener = super::sockets::listener();
    let fd = listener.0;
    let waits = std::thread::spawn(move || socket::accept(listener.0));
    t.call("shutdown of a listener", socket::shutdown(fd, 0));
    t.call("it accepted", waits.join().expect("it does not panic"));
}
