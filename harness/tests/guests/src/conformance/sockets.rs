//! What cases about sockets share: descriptors that close themselves, pairs, and waiting without sleeping.
//!
//! Does not write lines. Invariant: whatever waits here waits for a state that comes in every schedule.

use std::net::SocketAddr;

use libc::{
    AF_INET, AF_INET6, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP, SOCK_STREAM, pollfd,
};
use photofinish_calls::{Failed, descriptor, socket};

/// A descriptor that is closed at its end.
#[derive(Debug)]
pub(super) struct Fd(pub(super) i32);

impl Fd {
    /// `close(2)` now.
    pub(super) fn close(self) -> Result<(), Failed> {
        descriptor::close(std::mem::ManuallyDrop::new(self).0)
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // A case may have closed the number itself.
        let _: Result<(), Failed> = descriptor::close(self.0);
    }
}

/// 127.0.0.1 with any port.
pub(super) fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().expect("an address")
}

/// An address.
pub(super) fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// A TCP socket over IPv4.
pub(super) fn tcp() -> Fd {
    Fd(socket::socket(AF_INET, SOCK_STREAM, 0).expect("a socket"))
}

/// A TCP socket over IPv6.
pub(super) fn tcp6() -> Fd {
    Fd(socket::socket(AF_INET6, SOCK_STREAM, 0).expect("a socket"))
}

/// Where a socket is bound.
pub(super) fn local(fd: &Fd) -> SocketAddr {
    socket::getsockname(fd.0).expect("an open socket").1.expect("an IP address")
}

/// Whom a socket is connected to.
pub(super) fn peer(fd: &Fd) -> Option<SocketAddr> {
    socket::getpeername(fd.0).ok().and_then(|(_, address)| address)
}

/// A listener on 127.0.0.1.
pub(super) fn listener() -> Fd {
    let fd = tcp();
    socket::bind(fd.0, any_port()).expect("any port");
    socket::listen(fd.0, 8).expect("bound");
    fd
}

/// A connection to a listener, not accepted yet.
pub(super) fn client(of: &Fd) -> Fd {
    let fd = tcp();
    socket::connect(fd.0, local(of)).expect("it listens");
    fd
}

/// The two ends of a connection.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) client: Fd,
    pub(super) server: Fd,
}

/// A connection whose listener is gone.
pub(super) fn pair() -> Pair {
    let listener = listener();
    let client = client(&listener);
    let server = Fd(socket::accept(listener.0).expect("a connection waits"));
    Pair { client, server }
}

/// Milliseconds after which a state that must come has not.
const PATIENCE_MS: i32 = 10_000;

/// Waits for any of the events, an error or an end, and says which of the usual ones are the case.
pub(super) fn until(fd: &Fd, events: i16) -> String {
    let mut entries = [pollfd { fd: fd.0, events, revents: 0 }];
    match descriptor::poll(&mut entries, PATIENCE_MS) {
        Ok(0) => format!("never {}", bits(events)),
        Ok(_) => ready(fd),
        Err(failed) => failed.to_string(),
    }
}

/// Waits until both directions have ended and both ends know, which no event tells.
pub(super) fn until_over(fd: &Fd) -> bool {
    let start = std::time::Instant::now();
    while peer(fd).is_some() && start.elapsed() < std::time::Duration::from_secs(10) {
        std::thread::yield_now();
    }
    peer(fd).is_none()
}

/// What is the case now, of what is usually asked for.
pub(super) fn ready(fd: &Fd) -> String {
    let mut entries = [pollfd { fd: fd.0, events: POLLIN | POLLOUT | POLLRDHUP, revents: 0 }];
    match descriptor::poll(&mut entries, 0) {
        Ok(_) => bits(entries[0].revents),
        Err(failed) => failed.to_string(),
    }
}

/// The names of poll's bits.
pub(super) fn bits(events: i16) -> String {
    const NAMES: [(i16, &str); 7] = [
        (POLLIN, "IN"),
        (POLLPRI, "PRI"),
        (POLLOUT, "OUT"),
        (POLLERR, "ERR"),
        (POLLHUP, "HUP"),
        (POLLNVAL, "NVAL"),
        (POLLRDHUP, "RDHUP"),
    ];
    let names: Vec<&str> = NAMES.iter().filter(|(bit, _)| events & bit != 0).map(|(_, name)| *name).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join("|") }
}

/// `recv(2)` with room for so many bytes.
pub(super) fn recv(fd: &Fd, room: usize, flags: i32) -> Result<Vec<u8>, Failed> {
    let mut bytes = vec![0; room];
    socket::recv(fd.0, &mut bytes, flags).map(|count| {
        bytes.truncate(count);
        bytes
    })
}

/// `read(2)` with room for so many bytes.
pub(super) fn read(fd: &Fd, room: usize) -> Result<Vec<u8>, Failed> {
    let mut bytes = vec![0; room];
    descriptor::read(fd.0, &mut bytes).map(|count| {
        bytes.truncate(count);
        bytes
    })
}

/// `send(2)` without a signal when the connection is gone.
pub(super) fn send(fd: &Fd, bytes: &[u8]) -> Result<usize, Failed> {
    socket::send(fd.0, bytes, libc::MSG_NOSIGNAL)
}

/// Sets an option that is an int.
pub(super) fn set(fd: &Fd, level: i32, name: i32, value: i32) -> Result<(), Failed> {
    socket::setsockopt(fd.0, socket::Name { level, name }, &value.to_ne_bytes())
}

/// Reads an option that is an int.
pub(super) fn get(fd: &Fd, level: i32, name: i32) -> Result<i32, Failed> {
    let value = socket::getsockopt(fd.0, socket::Name { level, name }, 4)?;
    Ok(value.first_chunk().map_or(-1, |bytes| i32::from_ne_bytes(*bytes)))
}

/// Sets an option that is a `struct timeval`.
pub(super) fn set_time(fd: &Fd, name: i32, seconds: i64, micros: i64) -> Result<(), Failed> {
    let value = [seconds.to_ne_bytes(), micros.to_ne_bytes()].concat();
    socket::setsockopt(fd.0, socket::Name { level: libc::SOL_SOCKET, name }, &value)
}

/// Sets `SO_LINGER`.
pub(super) fn set_linger(fd: &Fd, on: i32, seconds: i32) -> Result<(), Failed> {
    let value = [on.to_ne_bytes(), seconds.to_ne_bytes()].concat();
    socket::setsockopt(fd.0, socket::Name { level: libc::SOL_SOCKET, name: libc::SO_LINGER }, &value)
}

/// The pending error, which it takes.
pub(super) fn error(fd: &Fd) -> Result<String, Failed> {
    get(fd, libc::SOL_SOCKET, libc::SO_ERROR)
        .map(|number| if number == 0 { "none".to_owned() } else { Failed(number).to_string() })
}
