//! `poll(2)` on sockets in every state.
//!
//! Descriptors of files are not polled: together with sockets they are unmodelled. Invariant: a state is asked about only once
//! nothing can change it.

use libc::{POLLIN, POLLOUT, POLLPRI, POLLRDHUP, POLLRDNORM, POLLWRNORM, pollfd};
use photofinish_calls::{descriptor, socket};

use super::case::family;
use super::sockets::{
    Fd, Pair, any_port, bits, client, listener, pair, ready, recv, send, set_linger, tcp, until,
};
use super::transcript::Transcript;

family! {
    "poll", "What sockets are ready for.";
    "states" = states, ["poll"], "From a fresh socket to a connection that is no more.";
    "listener" = of_listener, ["poll"], "A listener with and without connections.";
    "halves" = halves, ["poll"], "One direction shut, then the other.";
    "reset" = reset, ["poll"], "After a reset.";
    "entries" = entries, ["poll"], "Several entries, bad ones among them.";
    "masks" = masks, ["poll"], "Only what is asked for, and what always is.";
    "time-out" = timeout, ["poll"], "Nothing comes.";
}

fn states(t: &mut Transcript) {
    let fresh = tcp();
    t.line(format_args!("fresh: {}", ready(&fresh)));
    t.call("bind", socket::bind(fresh.0, any_port()));
    t.line(format_args!("bound: {}", ready(&fresh)));
    let Pair { client, server } = pair();
    t.line(format_args!("connected: {} {}", ready(&client), ready(&server)));
    t.call("send", send(&client, b"x"));
    t.line(format_args!("bytes came: {}", until(&server, POLLIN)));
    t.call("recv", recv(&server, 5, 0));
    t.line(format_args!("read: {}", ready(&server)));
    t.call("close", client.close());
    t.line(format_args!("peer closed: {}", until(&server, POLLRDHUP)));
    t.call("recv", recv(&server, 5, 0));
    t.line(format_args!("end read: {}", ready(&server)));
}

fn of_listener(t: &mut Transcript) {
    let listener = listener();
    t.line(format_args!("empty: {}", ready(&listener)));
    let first = client(&listener);
    t.line(format_args!("one waits: {}", until(&listener, POLLIN)));
    let second = client(&listener);
    let accepted = Fd(socket::accept(listener.0).expect("one waits"));
    t.line(format_args!("another: {}", until(&listener, POLLIN)));
    drop(second);
    let closed = Fd(socket::accept(listener.0).expect("one waits"));
    t.line(format_args!("closed before accepted: {}", until(&closed, POLLRDHUP)));
    t.line(format_args!("none waits: {}", ready(&listener)));
    t.call("shutdown for reading", socket::shutdown(listener.0, 0));
    t.line(format_args!("shut: {}", ready(&listener)));
    drop((accepted, first));
}

fn halves(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("shutdown for writing", socket::shutdown(client.0, 1));
    t.line(format_args!("the other: {}", until(&server, POLLRDHUP)));
    t.line(format_args!("this one: {}", ready(&client)));
    t.call("shutdown the other, too", socket::shutdown(server.0, 1));
    t.line(format_args!("the other: {}", ready(&server)));
    t.line(format_args!("this one: {}", until(&client, POLLRDHUP)));
    let Pair { client, server } = pair();
    t.call("shutdown for reading", socket::shutdown(client.0, 0));
    t.line(format_args!("this one: {}", ready(&client)));
    t.line(format_args!("the other: {}", ready(&server)));
    t.call("shutdown for writing", socket::shutdown(client.0, 1));
    t.line(format_args!("this one: {}", ready(&client)));
    t.line(format_args!("the other: {}", until(&server, POLLRDHUP)));
    let Pair { client, server } = pair();
    t.call("shutdown both", socket::shutdown(client.0, 2));
    t.line(format_args!("this one: {}", ready(&client)));
    t.line(format_args!("the other: {}", until(&server, POLLRDHUP)));
}

fn reset(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("linger", set_linger(&client, 1, 0));
    t.call("close", client.close());
    t.line(format_args!("reset: {}", until(&server, 0)));
    t.call("recv", recv(&server, 1, 0));
    t.line(format_args!("told: {}", ready(&server)));
    t.call("recv", recv(&server, 1, 0));
    t.call("send", send(&server, b"x"));
    t.line(format_args!("after: {}", ready(&server)));
}

fn entries(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("send", send(&client, b"x"));
    until(&server, POLLIN);
    let gone = tcp();
    let gone_fd = gone.0;
    t.call("close", gone.close());
    let entry = |fd, events| pollfd { fd, events, revents: 0x7fff };
    let mut list = [
        entry(client.0, POLLIN),
        entry(server.0, POLLIN),
        entry(-1, POLLIN | POLLOUT),
        entry(gone_fd, POLLIN),
        entry(client.0, POLLOUT),
        entry(server.0, 0),
    ];
    t.call("poll", descriptor::poll(&mut list, -1));
    for (index, entry) in list.iter().enumerate() {
        t.line(format_args!("{index}: {}", bits(entry.revents)));
    }
    t.call("poll nothing", descriptor::poll(&mut [], 0));
    t.call("poll what is nothing", descriptor::poll(&mut [entry(-5, POLLIN)], 1));
}

fn masks(t: &mut Transcript) {
    let Pair { client, server } = pair();
    let asked = |fd: &Fd, events| {
        let mut entries = [pollfd { fd: fd.0, events, revents: 0 }];
        descriptor::poll(&mut entries, 0).map(|count| format!("{count} {:#x}", entries[0].revents))
    };
    t.call("send", send(&client, b"x"));
    until(&server, POLLIN);
    let masks =
        [0, POLLIN, POLLOUT, POLLRDHUP, POLLPRI, POLLRDNORM, POLLWRNORM, POLLIN | POLLOUT, 0x80, 0x200, -1];
    for mask in masks {
        t.call(format_args!("{mask:#x}"), asked(&server, mask));
    }
    drop(client);
    until(&server, POLLRDHUP);
    t.call("shutdown", socket::shutdown(server.0, 1));
    for mask in masks {
        t.call(format_args!("{mask:#x} at the end"), asked(&server, mask));
    }
}

fn timeout(t: &mut Transcript) {
    let Pair { client, server } = pair();
    let start = std::time::Instant::now();
    let mut entries = [client.0, server.0].map(|fd| pollfd { fd, events: POLLIN, revents: 0x55 });
    t.call("for 3 ms", descriptor::poll(&mut entries, 3));
    t.value("bits", entries.map(|entry| entry.revents));
    t.call("nobody for 2 ms", descriptor::poll(&mut [], 2));
    t.value("5 ms passed", start.elapsed() >= std::time::Duration::from_millis(5));
    let waits = std::thread::spawn(move || until(&server, POLLIN));
    t.call("send", send(&client, b"x"));
    t.value("it came", waits.join().expect("it does not panic"));
}
