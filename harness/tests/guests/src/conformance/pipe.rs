//! `pipe(2)`.
//!
//! Invariant: only what fits is written where nobody reads.

use libc::{F_GETFD, F_GETFL, O_CLOEXEC, O_NONBLOCK, POLLIN, POLLOUT};
use photofinish_calls::{Failed, descriptor, pipe};

use super::case::family;
use super::sockets::{Fd, read, ready, until};
use super::transcript::Transcript;

family! {
    "pipe", "Bytes from one end to the other.";
    "flags" = flags, ["pipe", "pipe2", "fcntl"], "Numbers, modes and flags of both ends.";
    "bytes" = bytes, ["pipe", "read", "write", "readv", "writev", "ioctl"], "What goes in comes out.";
    "wrong-end" = wrong_end, ["read", "write"], "Reading where one writes, and the other way round.";
    "full" = full, ["write", "read", "poll"], "No more room, and room again.";
    "ends" = ends, ["close", "read", "write", "poll"], "One end closed, then the other.";
    "threads" = threads, ["read", "write", "close"], "Calls that wait.";
}

/// The two ends of a pipe.
pub(super) fn ends_of(flags: i32) -> (Fd, Fd) {
    let (reads, writes) = pipe::pipe2(flags).expect("few");
    (Fd(reads), Fd(writes))
}

fn flags(t: &mut Transcript) {
    let first = pipe::pipe().map(|(reads, writes)| (Fd(reads), Fd(writes))).expect("few");
    t.value("in order", first.1.0 - first.0.0);
    for flags in [0, O_CLOEXEC, O_NONBLOCK, O_CLOEXEC | O_NONBLOCK] {
        let (reads, writes) = ends_of(flags);
        for fd in [&reads, &writes] {
            t.call("F_GETFD", descriptor::fcntl(fd.0, F_GETFD, 0));
            t.call("F_GETFL", descriptor::fcntl(fd.0, F_GETFL, 0));
        }
    }
    for flags in [1, 0x40, -1, libc::O_APPEND] {
        t.call(format_args!("flags {flags:#x}"), pipe::pipe2(flags).map(|_| ()));
    }
}

fn bytes(t: &mut Transcript) {
    let (reads, writes) = ends_of(O_NONBLOCK);
    t.call("read", read(&reads, 4));
    t.call("read nothing", read(&reads, 0));
    t.call("write nothing", descriptor::write(writes.0, b""));
    t.call("write", descriptor::write(writes.0, b"abc"));
    t.call("write", descriptor::write(writes.0, b"defg"));
    t.call("unread", descriptor::unread(reads.0));
    t.call("unread at the other end", descriptor::unread(writes.0));
    t.call("read", read(&reads, 5));
    t.call("unread", descriptor::unread(reads.0));
    t.call("read", read(&reads, 5));
    t.call("read", read(&reads, 5));
    let parts = [&b"12"[..], b"", b"345"].map(std::io::IoSlice::new);
    t.call("writev", descriptor::writev(writes.0, &parts));
    let mut room = [[0_u8; 2], [0; 2], [0; 2]];
    let mut parts = room.each_mut().map(|part| std::io::IoSliceMut::new(part));
    t.call("readv", descriptor::readv(reads.0, &mut parts));
    t.value("read", room.concat().escape_ascii().to_string());
    t.call("readv nothing", descriptor::readv(reads.0, &mut []));
    t.call("writev nothing", descriptor::writev(writes.0, &[]));
}

fn wrong_end(t: &mut Transcript) {
    let (reads, writes) = ends_of(0);
    t.call("read", read(&writes, 4));
    t.call("read nothing", read(&writes, 0));
    t.call("write", descriptor::write(reads.0, b"x"));
    t.call("write nothing", descriptor::write(reads.0, b""));
    t.call("writev", descriptor::writev(reads.0, &[std::io::IoSlice::new(b"x")]));
}

/// Fills a pipe with writes of a size, and says how much went in.
fn fill(writes: &Fd, size: usize) -> usize {
    let block = vec![7; size];
    let mut total = 0;
    while let Ok(count) = descriptor::write(writes.0, &block) {
        total += count;
    }
    total
}

fn full(t: &mut Transcript) {
    for size in [1, 100, 3_000, 4_096, 5_000, 70_000, 200_000] {
        let (reads, writes) = ends_of(O_NONBLOCK);
        t.value(format_args!("in blocks of {size}"), fill(&writes, size));
        t.line(format_args!("ready: {} {}", ready(&reads), ready(&writes)));
        t.call("unread", descriptor::unread(reads.0));
        for room in [1, 4_000, 95, 1, 4_096, 5_000] {
            t.call(format_args!("read {room}"), descriptor::read(reads.0, &mut vec![0; room]));
            t.line(format_args!("ready: {} {}", ready(&reads), ready(&writes)));
            t.call("write 10", descriptor::write(writes.0, &[1; 10]));
            t.call("write 4096", descriptor::write(writes.0, &[2; 4_096]));
            t.call("write 9000", descriptor::write(writes.0, &[3; 9_000]));
        }
    }
}

fn ends(t: &mut Transcript) {
    let (reads, writes) = ends_of(0);
    t.line(format_args!("fresh: {} {}", ready(&reads), ready(&writes)));
    t.call("write", descriptor::write(writes.0, b"last"));
    let copy = Fd(descriptor::dup(writes.0).expect("few"));
    t.call("close one", writes.close());
    t.line(format_args!("one of two: {}", ready(&reads)));
    t.call("close the other", copy.close());
    t.line(format_args!("none writes: {}", ready(&reads)));
    t.call("read", read(&reads, 9));
    t.line(format_args!("empty: {}", ready(&reads)));
    t.call("read", read(&reads, 9));
    let (reads, writes) = ends_of(0);
    t.call("write", descriptor::write(writes.0, b"lost"));
    t.call("close", reads.close());
    t.line(format_args!("none reads: {}", ready(&writes)));
    t.call("write", descriptor::write(writes.0, b"x"));
    t.call("write nothing", descriptor::write(writes.0, b""));
    t.call("unread", descriptor::unread(writes.0));
}

fn threads(t: &mut Transcript) {
    let (reads, writes) = ends_of(0);
    let reader = std::thread::spawn(move || -> Result<(usize, u64), Failed> {
        let (mut total, mut sum) = (0, 0);
        loop {
            let part = read(&reads, 777)?;
            if part.is_empty() {
                return Ok((total, sum));
            }
            total += part.len();
            sum += part.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        }
    });
    let block: Vec<u8> = (0..150_000_u32).map(|at| at.to_le_bytes()[0]).collect();
    t.call("a long write", descriptor::write(writes.0, &block));
    t.call("close", writes.close());
    t.value("read", reader.join().expect("it does not panic"));
    let (reads, writes) = ends_of(0);
    let waits = std::thread::spawn(move || (until(&reads, POLLIN), read(&reads, 3)));
    t.call("write", descriptor::write(writes.0, b"abcdef"));
    t.value("waited", waits.join().expect("it does not panic"));
    let (reads, writes) = ends_of(0);
    fill_blocking(&writes);
    let waits = std::thread::spawn(move || (until(&writes, POLLOUT), descriptor::write(writes.0, b"x")));
    t.call("close", reads.close());
    t.value("waited", waits.join().expect("it does not panic"));
}

fn fill_blocking(writes: &Fd) {
    descriptor::set_nonblocking(writes.0, 1).expect("a pipe");
    fill(writes, 4_096);
    descriptor::set_nonblocking(writes.0, 0).expect("a pipe");
}
