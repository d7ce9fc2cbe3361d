//! `sendmsg(2)`, `recvmsg(2)`, their plurals, `socketpair(2)`: messages with more than bytes.
//!
//! Invariant: whatever is received was sent before by the same thread, over a socket that delivers at once.

use libc::{
    AF_INET, AF_UNIX, MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITFORONE,
    SCM_RIGHTS, SO_PASSCRED, SO_PEERCRED, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_RAW, SOCK_SEQPACKET,
    SOCK_STREAM, SOL_SOCKET, timespec,
};
use photofinish_calls::message::{self, In, Out};
use photofinish_calls::{Failed, descriptor, socket};

use super::case::family;
use super::sockets::{Fd, ready, recv, set, set_time};
use super::transcript::Transcript;
use super::unixes::{Names, control, ends, fresh, opened, rights};

family! {
    "message", "Messages with more than bytes.";
    "pairs" = pairs, ["socketpair"], "What pairs there are.";
    "names" = names, ["bind", "getsockname", "getpeername", "accept4", "connect"], "Lengths of names.";
    "rights" = of_rights, ["sendmsg", "recvmsg"], "Descriptors.";
    "room" = room, ["recvmsg"], "Too little room for descriptors.";
    "wrong" = wrong, ["sendmsg"], "Control messages that are wrong.";
    "credentials" = credentials, ["sendmsg", "recvmsg", "getsockopt"], "Who sent it.";
    "pieces" = pieces, ["sendmsg", "recvmsg", "readv", "writev"], "Buffers in pieces.";
    "several" = several, ["sendmmsg", "recvmmsg"], "Several at once.";
    "closed" = closed, ["sendmsg", "recvmsg", "sendmmsg", "recvmmsg"], "Where there is nothing to talk to.";
}

fn pairs(t: &mut Transcript) {
    let shown = |answer: Result<[i32; 2], Failed>| {
        answer.map(|ends| {
            let ends = ends.map(Fd);
            let flags = descriptor::fcntl(ends[1].0, libc::F_GETFL, 0).unwrap_or(-1) & libc::O_NONBLOCK;
            let closes = descriptor::fcntl(ends[0].0, libc::F_GETFD, 0).unwrap_or(-1);
            format!("{} {} {flags:#o} {closes}", ready(&ends[0]), ends[1].0 - ends[0].0)
        })
    };
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW, 0, 4, 7, 11, 15] {
        for protocol in [0, 1, 2] {
            t.call(format_args!("{kind} {protocol}"), shown(socket::socketpair(AF_UNIX, kind, protocol)));
        }
    }
    for flags in [SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC, 0o100] {
        t.call(format_args!("{flags:#o}"), shown(socket::socketpair(AF_UNIX, SOCK_STREAM | flags, 0)));
    }
    for kind in [SOCK_STREAM, SOCK_DGRAM, 4] {
        t.call(format_args!("IPv4 {kind}"), shown(socket::socketpair(AF_INET, kind, 0)));
    }
    for (kind, protocol) in [(SOCK_STREAM, 17), (SOCK_DGRAM, 6), (SOCK_DGRAM, 17), (SOCK_DGRAM, 0)] {
        let made = socket::socket(AF_INET, kind, protocol).map(Fd);
        t.call(format_args!("socket {kind} {protocol}"), made.map(|fd| ready(&fd)));
    }
}

fn names(t: &mut Transcript) {
    let names = Names::new();
    names.clean();
    let listener = fresh(SOCK_STREAM);
    for length in [0, 1, 2, 3, 111, 129] {
        let mut bytes = vec![b'x'; length];
        bytes.iter_mut().zip([1, 0]).for_each(|(byte, family)| *byte = family);
        t.call(format_args!("connect to {length} bytes"), socket::connect_bytes(listener.0, &bytes));
    }
    t.call("bind to too much", socket::bind_bytes(listener.0, &[&[1, 0][..], &[b'x'; 109]].concat()));
    t.call("bind to IPv4", socket::bind_bytes(listener.0, &[2; 16]));
    t.call("bind", socket::bind_bytes(listener.0, names.address(4)));
    t.call("bind again", socket::bind_bytes(listener.0, names.address(3)));
    t.value("its file is gone again", !names.file(3).exists() || !names.file(4).exists());
    t.call("a second", socket::bind_bytes(fresh(SOCK_STREAM).0, names.address(4)));
    t.call("listen", socket::listen(listener.0, 4));
    let client = fresh(SOCK_STREAM);
    t.call("connect", socket::connect_bytes(client.0, names.address(4)));
    for room in [0, 1, 2, 3, 128] {
        let shown = |told: socket::Told| names.shown(&told);
        t.call(format_args!("own {room}"), socket::getsockname_bytes(listener.0, room).map(shown));
        t.call(format_args!("peer {room}"), socket::getpeername_bytes(client.0, room).map(shown));
        t.call(format_args!("unnamed {room}"), socket::getsockname_bytes(client.0, room).map(shown));
        t.call(format_args!("no peer {room}"), socket::getpeername_bytes(listener.0, room).map(shown));
    }
    let accepted = socket::accept_bytes(listener.0, 0, 128);
    t.call("accept", accepted.map(|(fd, from)| format!("{} {}", ready(&Fd(fd)), names.shown(&from))));
    names.clean();
    let nowhere = [&[1, 0][..], b"/nonexistent/socket"].concat();
    t.call("bind nowhere", socket::bind_bytes(fresh(SOCK_STREAM).0, &nowhere));
    t.call("connect nowhere", socket::connect_bytes(client.0, &nowhere));
}

fn receive(t: &mut Transcript, fd: &Fd, room: usize, flags: i32) -> Vec<Fd> {
    let mut arrived = In::new(&[8], room);
    let answer = message::recvmsg(fd.0, &mut arrived, flags);
    let (fds, said) = if answer.is_ok() { opened(&arrived) } else { (Vec::new(), String::new()) };
    t.call(format_args!("recvmsg {room} {flags:#x} {said}"), answer);
    fds
}

fn send(fd: &Fd, bytes: &[u8], control: &[u8]) -> Result<usize, Failed> {
    message::sendmsg(fd.0, Out { parts: &[bytes], to: &[], control }, MSG_NOSIGNAL)
}

fn of_rights(t: &mut Transcript) {
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let [here, there] = ends(kind);
        let [sent, kept] = ends(SOCK_STREAM);
        t.call("send", send(&here, b"abc", &rights(&[sent.0, sent.0])));
        t.call("close", sent.close());
        t.line(ready(&kept));
        let peeked = receive(t, &there, 64, MSG_PEEK);
        let fds = receive(t, &there, 64, MSG_CMSG_CLOEXEC);
        t.value("received", (peeked.len(), fds.len()));
        if let Some(first) = fds.first() {
            t.call("through it", super::sockets::send(first, b"hello"));
        }
        t.call("recv", recv(&kept, 9, 0));
        drop((peeked, fds));
        t.line(ready(&kept));
        let [sent, kept] = ends(SOCK_STREAM);
        t.call("send nothing", send(&here, b"", &rights(&[sent.0])));
        drop(sent);
        t.line(ready(&kept));
        drop(receive(t, &there, 64, MSG_DONTWAIT));
        t.line(ready(&kept));
        let [sent, kept] = ends(SOCK_STREAM);
        t.call("send", send(&here, b"x", &rights(&[sent.0])));
        drop((sent, there));
        t.line(format_args!("lost with its socket: {}", ready(&kept)));
    }
}

fn room(t: &mut Transcript) {
    for room in [0, 1, 15, 16, 17, 19, 20, 23, 24, 27, 28, 32, 40] {
        let [here, there] = ends(SOCK_STREAM);
        t.call("send", send(&here, b"abc", &rights(&[here.0, here.0, here.0])));
        drop(receive(t, &there, room, 0));
    }
    let [here, there] = ends(SOCK_DGRAM);
    t.call("send", send(&here, b"abcdefghijkl", &rights(&[here.0])));
    drop(receive(t, &there, 0, MSG_TRUNC));
    t.call("send", send(&here, b"abcdefghijkl", &rights(&[here.0])));
    t.call("recv", recv(&there, 4, 0));
}

fn wrong(t: &mut Transcript) {
    let [here, _there] = ends(SOCK_DGRAM);
    let long = |length: usize| {
        let mut bytes = rights(&[here.0]);
        bytes[..8].copy_from_slice(&length.to_ne_bytes());
        bytes
    };
    for length in [0, 8, 15, 16, 17, 19, 20, 24, 25, 200] {
        t.call(format_args!("of {length}"), send(&here, b"x", &long(length)));
    }
    for bytes in [1, 8, 15] {
        t.call(format_args!("{bytes} bytes"), send(&here, b"x", &rights(&[here.0])[..bytes]));
    }
    t.call("no descriptor", send(&here, b"x", &rights(&[-1])));
    t.call("one that is closed", send(&here, b"x", &rights(&[here.0, 999])));
    t.call("too many", send(&here, b"x", &rights(&[here.0; 254])));
    t.call("of two kinds", send(&here, b"x", &[rights(&[here.0]), rights(&[here.0; 2])].concat()));
    t.call("another type", send(&here, b"x", &control(SOL_SOCKET, 77, &[0; 4])));
    t.call("another level", send(&here, b"x", &control(libc::IPPROTO_IP, SCM_RIGHTS, &[0; 4])));
    t.call("half credentials", send(&here, b"x", &control(SOL_SOCKET, libc::SCM_CREDENTIALS, &[0; 8])));
}

fn credentials(t: &mut Transcript) {
    for kind in [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET] {
        let [here, there] = ends(kind);
        t.call("before", super::sockets::send(&here, b"a"));
        t.call("SO_PASSCRED", set(&there, SOL_SOCKET, SO_PASSCRED, 1));
        t.call("behind", super::sockets::send(&here, b"b"));
        drop(receive(t, &there, 64, 0));
        drop(receive(t, &there, 64, MSG_DONTWAIT));
        for room in [0, 15, 16, 20, 28, 32] {
            t.call("send", super::sockets::send(&here, b"c"));
            drop(receive(t, &there, room, 0));
        }
        t.call("with rights", send(&here, b"d", &rights(&[here.0])));
        drop(receive(t, &there, 64, 0));
        t.call("shutdown", socket::shutdown(here.0, libc::SHUT_WR));
        drop(receive(t, &there, 64, 0));
        let name = socket::Name { level: SOL_SOCKET, name: SO_PEERCRED };
        let peer = socket::getsockopt(there.0, name, 12).map(|bytes| {
            let own = std::process::id().to_ne_bytes();
            format!("{} bytes, ours: {}", bytes.len(), bytes.starts_with(&own))
        });
        t.call("SO_PEERCRED", peer);
    }
}

fn pieces(t: &mut Transcript) {
    let [here, there] = ends(SOCK_SEQPACKET);
    let parts: [&[u8]; 4] = [b"ab", b"", b"cde", b"f"];
    t.call("sendmsg", message::sendmsg(here.0, Out { parts: &parts, to: &[], control: &[] }, 0));
    let mut arrived = In::new(&[1, 0, 3, 9], 0);
    t.call("recvmsg", message::recvmsg(there.0, &mut arrived, 0));
    t.value("parts", &arrived.parts);
    t.call("none", message::sendmsg(here.0, Out::default(), 0));
    t.call("recvmsg", message::recvmsg(there.0, &mut In::new(&[], 0), 0));
    let many: Vec<&[u8]> = vec![b"x"; 1_025];
    t.call("too many", message::sendmsg(here.0, Out { parts: &many, to: &[], control: &[] }, 0));
    t.call("just enough", message::sendmsg(here.0, Out { parts: &many[1..], to: &[], control: &[] }, 0));
    let mut cut = In::new(&[2, 2], 0);
    t.call("cut", message::recvmsg(there.0, &mut cut, MSG_TRUNC));
    t.value("flags", cut.flags);
    t.call("writev", descriptor::writev(here.0, &parts.map(std::io::IoSlice::new)));
    let (mut one, mut two) = ([0; 4], [0; 9]);
    let rooms = &mut [std::io::IoSliceMut::new(&mut one), std::io::IoSliceMut::new(&mut two)];
    t.call("readv", descriptor::readv(there.0, rooms));
    t.value("read", (one, two));
}

fn several(t: &mut Transcript) {
    let [here, there] = ends(SOCK_DGRAM);
    let part: [&[u8]; 3] = [b"one", b"", b"three"];
    let outs: Vec<Out<'_>> =
        part.iter().map(|part| Out { parts: core::slice::from_ref(part), to: &[], control: &[] }).collect();
    t.value("sendmmsg", message::sendmmsg(here.0, &outs, 0).map_err(|failed| failed.to_string()));
    t.value("of none", message::sendmmsg(here.0, &[], 0).map_err(|failed| failed.to_string()));
    let rooms = || (0..4).map(|_| In::new(&[4], 0)).collect::<Vec<_>>();
    let mut first = rooms();
    let received = |answer: Result<Vec<u32>, Failed>| answer.map_err(|failed| failed.to_string());
    t.value("recvmmsg", received(message::recvmmsg(there.0, &mut first, MSG_TRUNC, None)));
    t.value("parts", first.iter().map(|room| (&room.parts, room.flags)).collect::<Vec<_>>());
    t.value("again", received(message::recvmmsg(there.0, &mut rooms(), 0, None)));
    t.value("of none", received(message::recvmmsg(there.0, &mut [], 0, None)));
    // A socket that waits: for one, or until the time is over.
    let [here, there] = socket::socketpair(AF_UNIX, SOCK_DGRAM, 0).expect("few").map(Fd);
    t.value("sendmmsg", message::sendmmsg(here.0, &outs, 0).map_err(|failed| failed.to_string()));
    t.value("wait for one", received(message::recvmmsg(there.0, &mut rooms(), MSG_WAITFORONE, None)));
    t.value("sendmmsg", message::sendmmsg(here.0, &outs, 0).map_err(|failed| failed.to_string()));
    let mut over = timespec { tv_sec: 0, tv_nsec: 0 };
    t.value("no time", received(message::recvmmsg(there.0, &mut rooms(), 0, Some(&mut over))));
    let mut wrong = timespec { tv_sec: 0, tv_nsec: -1 };
    t.value("a wrong time", received(message::recvmmsg(there.0, &mut rooms(), 0, Some(&mut wrong))));
    t.call("SO_RCVTIMEO", set_time(&there, libc::SO_RCVTIMEO, 0, 4_000));
    t.value("then", received(message::recvmmsg(there.0, &mut rooms(), 0, None)));
}

fn closed(t: &mut Transcript) {
    let file =
        Fd(descriptor::open(descriptor::Open::Plain, c"/dev/null", libc::O_RDWR).expect("it is there"));
    for (what, fd) in [("a file", file.0), ("nothing", 999)] {
        t.call(format_args!("sendmsg to {what}"), message::sendmsg(fd, Out::default(), 0));
        t.call(format_args!("recvmsg of {what}"), message::recvmsg(fd, &mut In::new(&[1], 0), 0));
        let sent = message::sendmmsg(fd, &[Out::default()], 0).map(|sent| sent.len());
        t.call(format_args!("sendmmsg to {what}"), sent);
        let received = message::recvmmsg(fd, &mut [], 0, None).map(|received| received.len());
        t.call(format_args!("recvmmsg of {what}"), received);
        t.call(format_args!("recv of {what}"), recv(&Fd(fd), 1, 0));
        t.call(format_args!("getsockname of {what}"), socket::getsockname_bytes(fd, 9).map(|told| told.1));
    }
    let [here, there] = ends(SOCK_STREAM);
    drop(there);
    t.call("sendmsg", send(&here, b"x", &[]));
    t.call("sendmsg of nothing", send(&here, b"", &[]));
    drop(receive(t, &here, 64, 0));
}
