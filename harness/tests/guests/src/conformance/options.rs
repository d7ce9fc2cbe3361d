//! `getsockopt(2)`, `setsockopt(2)`.
//!
//! The buffers' default sizes are the machine's affair, a time to linger is unmodelled. Invariant: no line holds a default that
//! a machine may change.

use libc::{
    IPPROTO_IPV6, IPPROTO_TCP, IPV6_V6ONLY, SO_ACCEPTCONN, SO_DOMAIN, SO_ERROR, SO_KEEPALIVE, SO_LINGER,
    SO_PROTOCOL, SO_RCVBUF, SO_RCVTIMEO, SO_REUSEADDR, SO_SNDBUF, SO_SNDTIMEO, SO_TYPE, SOL_SOCKET,
    TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_NODELAY, TCP_USER_TIMEOUT,
};
use photofinish_calls::descriptor;
use photofinish_calls::socket::{self, Name};

use super::case::family;
use super::sockets::{
    Fd, Pair, error, get, listener, pair, read, send, set, set_linger, set_time, tcp, tcp6, until,
};
use super::transcript::Transcript;

family! {
    "options", "Socket options.";
    "defaults" = defaults, ["getsockopt"], "What a fresh socket, a listener and a connection say.";
    "switches" = switches, ["setsockopt", "getsockopt"], "On, off, and values between.";
    "read-only" = read_only, ["setsockopt"], "What cannot be set.";
    "lengths" = lengths, ["setsockopt", "getsockopt"], "Too short and too long.";
    "times" = times, ["setsockopt", "getsockopt"], "Time-outs good and bad.";
    "buffers" = buffers, ["setsockopt", "getsockopt"], "Sizes are doubled, and never too small.";
    "keep-alive" = keep_alive, ["setsockopt", "getsockopt"], "The ranges of keep-alive's times.";
    "patience" = patience, ["setsockopt", "getsockopt"], "TCP_USER_TIMEOUT, and a peer that does not read.";
    "linger" = linger, ["setsockopt", "getsockopt"], "What SO_LINGER says back.";
    "stacks" = stacks, ["setsockopt", "getsockopt"], "IPV6_V6ONLY on both families.";
}

const INTS: [(&str, i32, i32); 12] = [
    ("SO_TYPE", SOL_SOCKET, SO_TYPE),
    ("SO_DOMAIN", SOL_SOCKET, SO_DOMAIN),
    ("SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL),
    ("SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN),
    ("SO_ERROR", SOL_SOCKET, SO_ERROR),
    ("SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR),
    ("SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE),
    ("TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY),
    ("TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE),
    ("TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL),
    ("TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT),
    ("TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT),
];

fn defaults(t: &mut Transcript) {
    let Pair { client, server } = pair();
    for (what, fd) in
        [("IPv4", tcp()), ("IPv6", tcp6()), ("listener", listener()), ("client", client), ("server", server)]
    {
        for (name, level, number) in INTS {
            t.call(format_args!("{what} {name}"), get(&fd, level, number));
        }
        for (name, number) in
            [("SO_LINGER", SO_LINGER), ("SO_RCVTIMEO", SO_RCVTIMEO), ("SO_SNDTIMEO", SO_SNDTIMEO)]
        {
            let value = socket::getsockopt(fd.0, Name { level: SOL_SOCKET, name: number }, 32);
            t.call(format_args!("{what} {name}"), value);
        }
    }
}

fn patience(t: &mut Transcript) {
    let Pair { client, server } = pair();
    // Longer than threads that could run may stand still in all.
    for value in [0, -1, i32::MIN, 1, i32::MAX, 3000] {
        t.call(format_args!("{value} ms"), set(&client, IPPROTO_TCP, TCP_USER_TIMEOUT, value));
        t.call("is", get(&client, IPPROTO_TCP, TCP_USER_TIMEOUT));
    }
    descriptor::fcntl(client.0, libc::F_SETFL, libc::O_NONBLOCK).expect("a flag");
    let bytes = vec![0; 1 << 16];
    let has_room = |fd: &Fd| {
        let mut entry = [libc::pollfd { fd: fd.0, events: libc::POLLOUT, revents: 0 }];
        descriptor::poll(&mut entry, 50) == Ok(1) && entry[0].revents == libc::POLLOUT
    };
    while send(&client, &bytes).is_ok() || has_room(&client) {}
    t.value("it ends", until(&client, 0));
    t.call("by", error(&client));
    t.call("by no more", error(&client));
    t.call("send", send(&client, b"x"));
    t.call("read", read(&client, 1));
    t.call("the peer has what was sent", read(&server, 1));
}

fn switches(t: &mut Transcript) {
    let fd = tcp();
    for (name, level, number) in [
        ("SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR),
        ("SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE),
        ("TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY),
    ] {
        for value in [1, 0, 5, -1, 256, 0] {
            t.call(format_args!("{name} {value}"), set(&fd, level, number, value));
            t.call(name, get(&fd, level, number));
        }
    }
}

fn read_only(t: &mut Transcript) {
    let fd = tcp();
    for (name, level, number) in &INTS[..5] {
        t.call(name, set(&fd, *level, *number, 1));
        t.call(
            format_args!("{name} with too little"),
            socket::setsockopt(fd.0, Name { level: *level, name: *number }, &[1]),
        );
    }
}

fn lengths(t: &mut Transcript) {
    let fd = tcp();
    let mut names = INTS.to_vec();
    names.extend([
        ("SO_LINGER", SOL_SOCKET, SO_LINGER),
        ("SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO),
        ("SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO),
    ]);
    for (name, level, number) in &names {
        let option = Name { level: *level, name: *number };
        for room in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17] {
            t.call(format_args!("{name} into {room}"), socket::getsockopt(fd.0, option, room));
        }
    }
    for (name, level, number) in &names[5..] {
        let option = Name { level: *level, name: *number };
        for length in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17] {
            let mut value = vec![0; length];
            if let Some(first) = value.first_mut().filter(|_| length < 8) {
                *first = 1;
            }
            t.call(format_args!("{name} from {length}"), socket::setsockopt(fd.0, option, &value));
        }
        t.call(name, socket::getsockopt(fd.0, option, 32));
    }
}

fn times(t: &mut Transcript) {
    let fd = tcp();
    for (name, number) in [("SO_RCVTIMEO", SO_RCVTIMEO), ("SO_SNDTIMEO", SO_SNDTIMEO)] {
        let values =
            [(0, 1), (1, 0), (5, 240_000), (0, 999_999), (0, 1_000_000), (0, -1), (-1, 0), (0, 0), (7, -5)];
        for (seconds, micros) in values {
            t.call(format_args!("{name} {seconds} {micros}"), set_time(&fd, number, seconds, micros));
            let value = socket::getsockopt(fd.0, Name { level: SOL_SOCKET, name: number }, 16);
            // The kernel counts in ticks of up to 10 ms, and rounds up.
            let rounded = value.map(|value| {
                let word =
                    |at: usize| value[at..].first_chunk().map_or(-1, |bytes| i64::from_ne_bytes(*bytes));
                let micros = word(0) * 1_000_000 + word(8);
                format!("{} ms", (micros + 9_999) / 10_000 * 10)
            });
            t.call(name, rounded);
        }
    }
}

fn buffers(t: &mut Transcript) {
    for (name, number) in [("SO_RCVBUF", SO_RCVBUF), ("SO_SNDBUF", SO_SNDBUF)] {
        let fd = tcp();
        t.call(format_args!("{name} has a default"), get(&fd, SOL_SOCKET, number).map(|size| size >= 4_096));
        for size in [10_000, 65_536, 100_001, 5_000, 1, 0] {
            t.call(format_args!("{name} {size}"), set(&fd, SOL_SOCKET, number, size));
            t.call(name, get(&fd, SOL_SOCKET, number));
        }
        t.call(format_args!("{name} -1"), set(&fd, SOL_SOCKET, number, -1));
        t.call("a large one", get(&fd, SOL_SOCKET, number).map(|size| size > 100_000));
    }
}

fn keep_alive(t: &mut Transcript) {
    let fd = tcp();
    for (name, level, number) in &INTS[8..] {
        for value in [1, 0, -1, 127, 128, 32_767, 32_768, 75] {
            t.call(format_args!("{name} {value}"), set(&fd, *level, *number, value));
            t.call(name, get(&fd, *level, *number));
        }
    }
}

fn linger(t: &mut Transcript) {
    let fd = tcp();
    let said = |fd: &Fd| socket::getsockopt(fd.0, Name { level: SOL_SOCKET, name: SO_LINGER }, 8);
    for (on, seconds) in [(1, 0), (0, 0), (5, 0), (0, 7), (-1, 0), (0, -1)] {
        t.call(format_args!("{on} {seconds}"), set_linger(&fd, on, seconds));
        t.call("said back", said(&fd));
    }
}

fn stacks(t: &mut Transcript) {
    let (four, six) = (tcp(), tcp6());
    t.call("IPv4", get(&four, IPPROTO_IPV6, IPV6_V6ONLY));
    t.call("set IPv4", set(&four, IPPROTO_IPV6, IPV6_V6ONLY, 1));
    t.call("IPv6", get(&six, IPPROTO_IPV6, IPV6_V6ONLY));
    for value in [1, 0, 3] {
        t.call(format_args!("set {value}"), set(&six, IPPROTO_IPV6, IPV6_V6ONLY, value));
        t.call("IPv6", get(&six, IPPROTO_IPV6, IPV6_V6ONLY));
    }
    let Pair { client, .. } = pair();
    t.call("a connection", get(&client, IPPROTO_IPV6, IPV6_V6ONLY));
}
