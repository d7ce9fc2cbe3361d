//! `send(2)`, `recv(2)`, `read(2)`, `write(2)` on a connection.
//!
//! Urgent data is not sent: it is unmodelled. Invariant: bytes that a line asks about have arrived.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use libc::{
    MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_WAITALL, POLLIN, POLLOUT, POLLRDHUP, SO_RCVTIMEO, SO_SNDTIMEO,
};
use photofinish_calls::{descriptor, socket};

use super::case::family;
use super::sockets::{Pair, any_port, local, pair, read, ready, recv, send, set_time, until};
use super::transcript::Transcript;

family! {
    "stream", "Bytes.";
    "flags" = flags, ["recv", "send"], "Peeking, waiting for all, not waiting.";
    "nothing" = nothing, ["recv", "send", "read", "write", "recvfrom", "sendto"], "Calls that move no byte.";
    "pieces" = pieces, ["recv", "read", "write"], "Pieces written are not pieces read.";
    "addresses" = addresses, ["recvfrom", "sendto"], "Addresses mean nothing here.";
    "time-outs" = timeouts, ["recv", "send", "read", "setsockopt"], "Nothing comes, or nothing goes.";
    "full" = full, ["send", "recv", "poll"], "As much as fits, then as much as is read.";
    "large" = large, ["write", "read"], "More than fits, through waiting threads.";
    "wait-all" = wait_all, ["recv"], "Waiting for more than comes.";
    "std" = of_std, ["recv", "send", "setsockopt", "getsockopt"], "What std makes of it.";
}

fn flags(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("without waiting", recv(&server, 1, MSG_DONTWAIT));
    t.call("peek without waiting", recv(&server, 1, MSG_DONTWAIT | MSG_PEEK));
    t.call("send", socket::send(client.0, b"abcdef", MSG_NOSIGNAL | MSG_DONTWAIT));
    until(&server, POLLIN);
    t.call("peek", recv(&server, 3, MSG_PEEK));
    t.call("peek more", recv(&server, 9, MSG_PEEK));
    t.call("recv", recv(&server, 2, 0));
    t.call("peek", recv(&server, 9, MSG_PEEK | MSG_DONTWAIT));
    t.call("all", recv(&server, 3, MSG_WAITALL));
    t.call("all without waiting", recv(&server, 9, MSG_WAITALL | MSG_DONTWAIT));
    t.call("all without waiting", recv(&server, 9, MSG_WAITALL | MSG_DONTWAIT));
    t.call("FIONBIO", descriptor::set_nonblocking(server.0, 1));
    t.call("recv", recv(&server, 1, 0));
    t.call("read", read(&server, 1));
    t.call("all", recv(&server, 1, MSG_WAITALL));
    t.call("send back", send(&server, b"xyz"));
    t.call("all", recv(&client, 3, MSG_WAITALL));
}

fn nothing(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("send", send(&client, b""));
    t.call("write", descriptor::write(client.0, b""));
    t.call("sendto", socket::sendto(client.0, b"", 0, any_port()));
    t.call("recv without waiting", recv(&server, 0, MSG_DONTWAIT));
    t.call("read", read(&server, 0));
    t.call("send", send(&client, b"abc"));
    until(&server, POLLIN);
    t.call("recv", recv(&server, 0, 0));
    t.call("recvfrom", socket::recvfrom(server.0, &mut [], 0));
    t.call("peek", recv(&server, 0, MSG_PEEK));
    t.call("all", recv(&server, 0, MSG_WAITALL));
    t.call("read", read(&server, 0));
    t.call("recv", recv(&server, 9, 0));
    t.call("shutdown", socket::shutdown(client.0, 1));
    until(&server, POLLRDHUP);
    t.call("recv at the end", recv(&server, 0, 0));
    t.call("recv at the end without waiting", recv(&server, 0, MSG_DONTWAIT));
    t.call("peek at the end", recv(&server, 0, MSG_PEEK));
    t.call("read at the end", read(&server, 0));
    t.call("send after the end", send(&client, b""));
    t.call("write after the end", descriptor::write(client.0, b""));
}

fn pieces(t: &mut Transcript) {
    let Pair { client, server } = pair();
    for piece in [&b"a"[..], b"bc", b"def"] {
        t.call("write", descriptor::write(client.0, piece));
    }
    t.call("all", recv(&server, 6, MSG_WAITALL));
    t.call("send", send(&client, b"0123456789"));
    t.call("all", recv(&server, 4, MSG_WAITALL));
    t.call("read", read(&server, 3));
    t.call("read", read(&server, 99));
    t.call("close", client.close());
    t.call("read", read(&server, 1));
    t.call("read", read(&server, 1));
    t.call("peek", recv(&server, 1, MSG_PEEK));
}

fn addresses(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("sendto the peer", socket::sendto(client.0, b"a", 0, local(&server)));
    t.call("sendto nobody", socket::sendto(client.0, b"b", 0, any_port()));
    let mut bytes = [0; 2];
    t.call("recvfrom", socket::recvfrom(server.0, &mut bytes, MSG_WAITALL));
    t.value("bytes", bytes);
}

fn timeouts(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("SO_RCVTIMEO", set_time(&server, SO_RCVTIMEO, 0, 4_000));
    let start = Instant::now();
    t.call("recv", recv(&server, 1, 0));
    t.value("4 ms passed", start.elapsed() >= Duration::from_millis(4));
    t.call("read", read(&server, 1));
    t.call("peek", recv(&server, 1, MSG_PEEK));
    t.call("all", recv(&server, 1, MSG_WAITALL));
    t.call("send", send(&client, b"abc"));
    until(&server, POLLIN);
    t.call("more than there is", recv(&server, 9, MSG_WAITALL));
    t.call("a negative one", set_time(&server, SO_RCVTIMEO, -1, 0));
    t.call("recv", recv(&server, 1, 0));
    t.call("SO_SNDTIMEO", set_time(&client, SO_SNDTIMEO, 0, 4_000));
    let chunk = vec![7; 1 << 20];
    let mut last = Ok(0);
    for _ in 0..64 {
        last = send(&client, &chunk);
        if last != Ok(chunk.len()) {
            break;
        }
    }
    t.value("part of it went", last.is_ok_and(|count| count < chunk.len()));
    t.call("then nothing", send(&client, &chunk));
    t.call("not even a byte", send(&client, b"x"));
}

fn full(t: &mut Transcript) {
    let Pair { client, server } = pair();
    t.call("FIONBIO", descriptor::set_nonblocking(client.0, 1));
    let chunk = vec![1; 1 << 16];
    let mut sent = 0;
    loop {
        match send(&client, &chunk) {
            Ok(count) => sent += count,
            Err(failed) => {
                // What is under way may still make room.
                if until_full(&client) {
                    t.line(format_args!("full -> {failed}"));
                    break;
                }
            }
        }
    }
    t.value("something went", sent >= 100_000);
    t.line(format_args!("then {}", ready(&client)));
    t.line(format_args!("the other {}", until(&server, POLLIN)));
    let mut read_total = 0;
    while read_total < sent {
        let count = recv(&server, 1 << 16, 0).map(|bytes| bytes.len()).unwrap_or(0);
        read_total += count;
        assert!(count > 0, "bytes are lost");
    }
    t.value("all came", read_total == sent);
    t.line(format_args!("then {}", until(&client, POLLOUT)));
    t.call("send", send(&client, b"more"));
    t.call("recv", recv(&server, 4, MSG_WAITALL));
}

/// Whether there is no room, and none comes for a while.
fn until_full(fd: &super::sockets::Fd) -> bool {
    let mut entries = [libc::pollfd { fd: fd.0, events: POLLOUT, revents: 0 }];
    descriptor::poll(&mut entries, 20) == Ok(0)
}

fn large(t: &mut Transcript) {
    let Pair { client, server } = pair();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let expected = bytes.clone();
    let writes = std::thread::spawn(move || {
        let mut done = 0;
        while done < bytes.len() {
            done += descriptor::write(client.0, &bytes[done..]).expect("a reader");
        }
        client.close().expect("it is open");
        done
    });
    let mut received = Vec::new();
    loop {
        let piece = read(&server, 100_000).expect("a writer");
        if piece.is_empty() {
            break;
        }
        received.extend(piece);
    }
    t.value("written", writes.join().ok());
    t.value("read the same", received == expected);
}

fn wait_all(t: &mut Transcript) {
    let Pair { client, server } = pair();
    let waits = std::thread::spawn(move || (recv(&server, 9, MSG_WAITALL), recv(&server, 9, MSG_WAITALL)));
    t.call("send", send(&client, b"abc"));
    t.call("send", send(&client, b"def"));
    t.call("close", client.close());
    let (first, second) = waits.join().expect("it does not panic");
    t.call("what there was", first);
    t.call("the end", second);
}

fn of_std(t: &mut Transcript) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("any port");
    let mut client = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    let (mut server, _) = listener.accept().expect("one waits");
    t.std("set_nodelay", &client.set_nodelay(true));
    t.value("nodelay", client.nodelay().ok());
    t.std("set_read_timeout", &server.set_read_timeout(Some(Duration::from_millis(20))));
    t.value("read_timeout", server.read_timeout().ok());
    t.std("read", &server.read(&mut [0]));
    t.std("no time at all", &server.set_read_timeout(Some(Duration::ZERO)));
    t.std("set_read_timeout", &server.set_read_timeout(None));
    t.value("read_timeout", server.read_timeout().ok());
    t.std("write_all", &client.write_all(b"hello"));
    let mut two = [0; 2];
    t.std("peek", &server.peek(&mut two));
    t.std("read_exact", &server.read_exact(&mut two));
    t.value("read", two);
    t.std("shutdown", &client.shutdown(std::net::Shutdown::Write));
    let mut rest = Vec::new();
    t.std("read_to_end", &server.read_to_end(&mut rest));
    t.value("rest", rest.escape_ascii().to_string());
    t.std("read_exact at the end", &server.read_exact(&mut two));
    t.std("write", &client.write(b"x"));
}
