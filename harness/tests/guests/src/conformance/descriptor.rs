//! `close(2)`, `dup(2)`, `fcntl(2)`, `ioctl(2)`, `readv(2)`, `writev(2)` and numbers that are no descriptor.
//!
//! Invariant: a number is written relative to the first one.

use std::io::{IoSlice, IoSliceMut, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use libc::{
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_NONBLOCK, O_RDWR,
    SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM,
};
use photofinish_calls::descriptor::Open;
use photofinish_calls::{descriptor, socket};

use super::case::family;
use super::sockets::{Fd, Pair, any_port, listener, pair, read, recv, send, tcp, until};
use super::transcript::Transcript;

family! {
    "descriptor", "Numbers, flags and files.";
    "lowest" = lowest, ["socket", "close", "dup", "fcntl"], "The lowest free number is given.";
    "flags" = flags, ["fcntl", "ioctl", "dup", "socket"], "Flags of the number and of the file.";
    "bad" = bad, [
        "read", "write", "readv", "writev", "close", "dup", "fcntl", "ioctl", "bind", "listen", "accept", "accept4",
        "connect", "shutdown", "recv", "recvfrom", "send", "sendto", "setsockopt", "getsockopt", "getsockname",
        "getpeername",
    ], "A closed number.";
    "not-a-socket" = not_a_socket, [
        "bind", "listen", "accept", "accept4", "connect", "shutdown", "recv", "recvfrom", "send", "sendto",
        "setsockopt", "getsockopt", "getsockname", "getpeername",
    ], "A file.";
    "shared" = shared, ["dup", "close"], "A connection ends with its last number.";
    "unread" = unread, ["ioctl"], "Bytes to be read.";
    "vectors" = vectors, ["readv", "writev"], "Several buffers.";
    "files" = files, ["open", "open64", "openat", "openat64", "read", "write", "close"], "Real files beside sockets.";
    "std" = of_std, ["fcntl", "ioctl", "close", "readv", "writev"], "try_clone and its kin.";
}

fn lowest(t: &mut Transcript) {
    let first = tcp();
    let base = first.0;
    let (second, third) = (tcp(), tcp());
    t.value("in order", (second.0 - base, third.0 - base));
    t.call("close", second.close());
    let again = tcp();
    t.value("filled", again.0 - base);
    let copy = Fd(descriptor::dup(third.0).expect("few"));
    t.value("dup", copy.0 - base);
    let high = Fd(descriptor::fcntl(first.0, F_DUPFD, base + 50).expect("few"));
    t.value("F_DUPFD", high.0 - base);
    let higher = Fd(descriptor::fcntl(first.0, F_DUPFD_CLOEXEC, base + 50).expect("few"));
    t.value("F_DUPFD_CLOEXEC", higher.0 - base);
    drop((first, again));
    let (one, two, three) = (tcp(), tcp(), tcp());
    t.value("filled", (one.0 - base, two.0 - base, three.0 - base));
    for least in [-1, i32::MIN, i32::MAX] {
        t.call(format_args!("F_DUPFD from {least}"), descriptor::fcntl(one.0, F_DUPFD, least));
    }
    let file = std::fs::File::open("/dev/null").expect("there is one");
    t.value("a file, too", std::os::fd::AsRawFd::as_raw_fd(&file) - base);
    let kinds = [SOCK_STREAM | 0x100, SOCK_STREAM | 0x40, 0, 4, 7, 9, 11, 15, -1];
    for kind in kinds {
        t.call(format_args!("socket of kind {kind:#x}"), socket::socket(libc::AF_INET, kind, 0).map(|_| ()));
    }
    t.call("protocol UDP", socket::socket(libc::AF_INET, SOCK_STREAM, 17));
    t.call("protocol ICMP", socket::socket(libc::AF_INET6, SOCK_STREAM, 1));
}

fn flags(t: &mut Transcript) {
    let status = |fd: &Fd| {
        let flags = descriptor::fcntl(fd.0, F_GETFL, 0).expect("open");
        let name = |flag, name| if flags & flag != 0 { name } else { "" };
        let rest = flags & !(O_RDWR | O_NONBLOCK);
        format!("{} {} {rest:#o}", name(O_RDWR, "RDWR"), name(O_NONBLOCK, "NONBLOCK"))
    };
    for kind in [0, SOCK_NONBLOCK, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC] {
        let fd = Fd(socket::socket(libc::AF_INET, SOCK_STREAM | kind, 0).expect("few"));
        t.call(format_args!("F_GETFD of {kind:#o}"), descriptor::fcntl(fd.0, F_GETFD, 0));
        t.line(format_args!("F_GETFL of {kind:#o}: {}", status(&fd)));
    }
    let fd = tcp();
    let copy = Fd(descriptor::dup(fd.0).expect("few"));
    let closed = Fd(descriptor::fcntl(fd.0, F_DUPFD_CLOEXEC, 0).expect("few"));
    t.call("F_GETFD of dup", descriptor::fcntl(copy.0, F_GETFD, 0));
    t.call("F_GETFD of F_DUPFD_CLOEXEC", descriptor::fcntl(closed.0, F_GETFD, 0));
    for argument in [FD_CLOEXEC, 0, 3, 2, -1] {
        t.call(format_args!("F_SETFD {argument}"), descriptor::fcntl(fd.0, F_SETFD, argument));
        t.call("F_GETFD", descriptor::fcntl(fd.0, F_GETFD, 0));
    }
    for argument in [O_NONBLOCK, 0, O_NONBLOCK | O_RDWR | libc::O_CREAT | libc::O_EXCL, libc::O_TRUNC] {
        t.call(format_args!("F_SETFL {argument:#o}"), descriptor::fcntl(fd.0, F_SETFL, argument));
        t.line(format_args!("F_GETFL: {}", status(&fd)));
        t.line(format_args!("F_GETFL of dup: {}", status(&copy)));
    }
    for value in [1, 0, 17, 0] {
        t.call(format_args!("FIONBIO {value}"), descriptor::set_nonblocking(copy.0, value));
        t.line(format_args!("F_GETFL: {}", status(&fd)));
    }
}

/// Every call on one number.
fn every_call(t: &mut Transcript, fd: i32) {
    t.call("bind", socket::bind(fd, any_port()));
    t.call("listen", socket::listen(fd, 1));
    t.call("accept", socket::accept(fd));
    t.call("accept4", socket::accept4(fd, 0).map(|_| ()));
    t.call("accept4 with bad flags", socket::accept4(fd, 1).map(|_| ()));
    t.call("connect", socket::connect(fd, any_port()));
    t.call("shutdown", socket::shutdown(fd, 2));
    t.call("shutdown nonsense", socket::shutdown(fd, 9));
    t.call("recv", socket::recv(fd, &mut [0], 0));
    t.call("recv nothing", socket::recv(fd, &mut [], 0));
    t.call("recvfrom", socket::recvfrom(fd, &mut [0], 0).map(|_| ()));
    t.call("send", socket::send(fd, &[0], 0));
    t.call("sendto", socket::sendto(fd, &[0], 0, any_port()));
    let option = socket::Name { level: libc::SOL_SOCKET, name: libc::SO_KEEPALIVE };
    t.call("setsockopt", socket::setsockopt(fd, option, &[0; 4]));
    t.call("getsockopt", socket::getsockopt(fd, option, 4));
    t.call("getsockname", socket::getsockname(fd).map(|_| ()));
    t.call("getpeername", socket::getpeername(fd).map(|_| ()));
}

fn bad(t: &mut Transcript) {
    let gone = tcp();
    let fd = gone.0;
    t.call("close", gone.close());
    for fd in [fd, -1, 1 << 20] {
        t.call("read", descriptor::read(fd, &mut [0]));
        t.call("read nothing", descriptor::read(fd, &mut []));
        t.call("write", descriptor::write(fd, &[0]));
        t.call("readv", descriptor::readv(fd, &mut [IoSliceMut::new(&mut [0])]));
        t.call("writev", descriptor::writev(fd, &[IoSlice::new(&[0])]));
        t.call("close", descriptor::close(fd));
        t.call("dup", descriptor::dup(fd));
        for command in [F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL] {
            t.call(format_args!("fcntl {command}"), descriptor::fcntl(fd, command, 0));
        }
        t.call("FIONREAD", descriptor::unread(fd));
        t.call("FIONBIO", descriptor::set_nonblocking(fd, 1));
        every_call(t, fd);
    }
}

fn not_a_socket(t: &mut Transcript) {
    let file = std::fs::File::open("/dev/null").expect("there is one");
    every_call(t, std::os::fd::AsRawFd::as_raw_fd(&file));
}

fn shared(t: &mut Transcript) {
    let Pair { client, server } = pair();
    let copy = Fd(descriptor::dup(client.0).expect("few"));
    t.call("close one", client.close());
    t.call("send by the other", send(&copy, b"abc"));
    t.call("recv", recv(&server, 10, 0));
    t.call("close the other", copy.close());
    t.line(format_args!("then {}", until(&server, libc::POLLRDHUP)));
    t.call("recv", recv(&server, 10, 0));
}

fn unread(t: &mut Transcript) {
    let fresh = tcp();
    t.call("fresh", descriptor::unread(fresh.0));
    t.call("listener", descriptor::unread(listener().0));
    let Pair { client, server } = pair();
    t.call("connected", descriptor::unread(server.0));
    t.call("send", send(&client, b"hello"));
    until(&server, libc::POLLIN);
    t.call("five", descriptor::unread(server.0));
    t.call("peek", recv(&server, 2, libc::MSG_PEEK));
    t.call("still five", descriptor::unread(server.0));
    t.call("read", read(&server, 2));
    t.call("three", descriptor::unread(server.0));
    drop(client);
    until(&server, libc::POLLRDHUP);
    t.call("three before the end", descriptor::unread(server.0));
    t.call("read", read(&server, 9));
    t.call("at the end", descriptor::unread(server.0));
}

fn vectors(t: &mut Transcript) {
    let Pair { client, server } = pair();
    let parts = [&b"ab"[..], b"", b"cde", b"f"].map(IoSlice::new);
    t.call("writev", descriptor::writev(client.0, &parts));
    t.call("writev nothing", descriptor::writev(client.0, &[]));
    t.call("writev empty", descriptor::writev(client.0, &[IoSlice::new(b"")]));
    until(&server, libc::POLLIN);
    let mut room = [[0_u8; 2], [0; 2], [0; 2], [0; 2]];
    let mut parts = room.each_mut().map(|part| IoSliceMut::new(part));
    t.call("readv nothing", descriptor::readv(server.0, &mut []));
    t.call("readv empty", descriptor::readv(server.0, &mut [IoSliceMut::new(&mut [])]));
    t.call("readv", descriptor::readv(server.0, &mut parts));
    t.value("read", room.concat().escape_ascii().to_string());
    t.call("shutdown", socket::shutdown(client.0, 1));
    t.call("writev after the end", descriptor::writev(client.0, &[IoSlice::new(b"x")]));
    t.call("writev nothing after the end", descriptor::writev(client.0, &[]));
    t.call("writev empty after the end", descriptor::writev(client.0, &[IoSlice::new(b"")]));
    let mut room = [0; 2];
    t.call("readv at the end", descriptor::readv(server.0, &mut [IoSliceMut::new(&mut room)]));
}

fn files(t: &mut Transcript) {
    let first = tcp();
    for which in [Open::Plain, Open::Large, Open::At, Open::LargeAt] {
        let null = descriptor::open(which, c"/dev/null", libc::O_RDWR).map(Fd);
        let Ok(null) = null else { panic!("no /dev/null") };
        t.value(format_args!("{which:?}"), null.0 - first.0);
        t.call("read", descriptor::read(null.0, &mut [0; 4]));
        t.call("write", descriptor::write(null.0, b"abc"));
        t.call("close", null.close());
        t.call("nothing", descriptor::open(which, c"/no/such/file", 0));
        t.call("not a folder", descriptor::open(which, c"/dev/null", libc::O_DIRECTORY));
        t.call("a folder to write", descriptor::open(which, c"/", libc::O_RDWR));
    }
}

fn of_std(t: &mut Transcript) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("any port");
    let mut client = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    let (mut server, _) = listener.accept().expect("a connection waits");
    let mut copy = client.try_clone().expect("few");
    let parts = [&b"one "[..], b"two "].map(IoSlice::new);
    t.std("write_vectored", &client.write_vectored(&parts));
    t.std("write", &copy.write_all(b"three"));
    drop((client, copy));
    let mut text = String::new();
    t.std("read_to_string", &server.read_to_string(&mut text));
    t.value("read", text);
    t.std("set_nonblocking", &listener.set_nonblocking(true));
    t.std("accept", &listener.accept());
    t.std("set_nonblocking of a clone", &listener.try_clone().expect("few").set_nonblocking(false));
    t.std("take_error", &listener.take_error());
    t.value("an error", server.take_error().map(|error| error.is_some()).ok());
}
