//! System calls by an instruction of the program's own: the kernel's answer, which is not always the C library's.
//!
//! Does not ask what the C library answers; the other families do. Invariant: no line holds an id or a time.

use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::AtomicU32;

use photofinish_calls::time::Time;
use photofinish_calls::{bypass, identity};

use super::case::family;
use super::transcript::Transcript;

family! {
    "bypass", "System calls past the C library.";
    "bypass-ids" = ids, [], "Ids and turns.";
    "bypass-time" = time, [], "Clocks and sleeps, and times that are wrong.";
    "bypass-sockets" = sockets, [], "read, write and fcntl of sockets and of what is none.";
    "bypass-futex" = futex, [], "Waits that do not wait, wakes of nobody.";
    "bypass-random" = random, [], "Random bytes.";
}

fn ids(t: &mut Transcript) {
    t.value("getpid", bypass::getpid() == Ok(i64::from(identity::getpid())));
    t.value("gettid", bypass::gettid() == Ok(i64::from(identity::gettid())));
    t.call("sched_yield", bypass::sched_yield());
    t.call("a page", bypass::map_a_page());
}

fn time(t: &mut Transcript) {
    let nanosecond = Time { seconds: 0, fraction: 1 };
    let wrong = Time { seconds: 0, fraction: 1_000_000_000 };
    t.call("a clock", bypass::clock_gettime(libc::CLOCK_MONOTONIC).map(|_| ()));
    t.call("no clock", bypass::clock_gettime(12_345).map(|_| ()));
    t.call("a nanosecond", bypass::nanosleep(nanosecond));
    t.call("too many nanoseconds", bypass::nanosleep(wrong));
    t.call("the same on a clock", bypass::clock_nanosleep(libc::CLOCK_MONOTONIC, 0, wrong));
    t.call("until the past", bypass::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, nanosecond));
    t.call("on no clock", bypass::clock_nanosleep(12_345, 0, nanosecond));
}

fn sockets(t: &mut Transcript) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let stream = TcpStream::connect(listener.local_addr().expect("it is bound")).expect("it listens");
    let (peer, _) = listener.accept().expect("somebody connected");
    let mut room = [0; 16];
    t.call("read of no descriptor", bypass::read(-1, &mut room));
    t.call("write to no descriptor", bypass::write(-1, b"x"));
    t.call("read of a listener", bypass::read(listener.as_raw_fd(), &mut room));
    t.call("write to a stream", bypass::write(stream.as_raw_fd(), b"some words"));
    t.call("read of its peer", bypass::read(peer.as_raw_fd(), &mut room));
    t.value("what came", String::from_utf8_lossy(&room[..10]));
    t.call("flags", bypass::flags(stream.as_raw_fd()));
    stream.set_nonblocking(true).expect("it is a socket");
    t.call("flags of one that does not block", bypass::flags(stream.as_raw_fd()));
    t.call("read of nothing yet", bypass::read(stream.as_raw_fd(), &mut room));
    drop(peer);
    stream.set_nonblocking(false).expect("it is a socket");
    t.call("read of the end", bypass::read(stream.as_raw_fd(), &mut room));
    t.call("flags of no descriptor", bypass::flags(-1));
}

fn futex(t: &mut Transcript) {
    let word = AtomicU32::new(3);
    t.call("a word that is otherwise", bypass::futex_wait(&word, 4));
    t.call("nobody waits", bypass::futex_wake(&word, 1));
}

fn random(t: &mut Transcript) {
    let (mut one, mut other) = ([0; 32], [0; 32]);
    t.call("bytes", bypass::getrandom(&mut one));
    t.call("more", bypass::getrandom(&mut other));
    t.value("they differ", one != other);
    t.call("none", bypass::getrandom(&mut []));
}
