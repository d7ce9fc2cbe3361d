//! `eventfd(2)`.
//!
//! Invariant: a call that waits is made by a thread that another one frees.

use libc::{EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE, F_GETFD, F_GETFL};
use photofinish_calls::{Failed, descriptor, event};

use super::case::family;
use super::sockets::{Fd, ready};
use super::transcript::Transcript;

family! {
    "eventfd", "Counters that are files.";
    "flags" = flags, ["eventfd", "fcntl"], "Modes and flags.";
    "counting" = counting, ["eventfd", "read", "write", "poll", "eventfd_read", "eventfd_write"], "Up, and down to 0.";
    "semaphore" = semaphore, ["eventfd", "read", "write"], "Down by one.";
    "limits" = limits, ["read", "write", "eventfd_read", "eventfd_write", "ioctl"], "Sizes and numbers that do not fit.";
    "threads" = threads, ["eventfd_read", "eventfd_write"], "Calls that wait.";
}

fn counter(initial: u32, flags: i32) -> Fd {
    Fd(event::eventfd(initial, flags | EFD_NONBLOCK).expect("few"))
}

fn flags(t: &mut Transcript) {
    for flags in [0, EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE] {
        let fd = Fd(event::eventfd(0, flags).expect("few"));
        t.call("F_GETFD", descriptor::fcntl(fd.0, F_GETFD, 0));
        t.call("F_GETFL", descriptor::fcntl(fd.0, F_GETFL, 0));
    }
    for flags in [2, 0x40, -1] {
        t.call(format_args!("flags {flags:#x}"), event::eventfd(0, flags).map(|_| ()));
    }
}

fn counting(t: &mut Transcript) {
    for initial in [0, 5, u32::MAX] {
        let fd = counter(initial, 0);
        t.line(format_args!("of {initial}: {}", ready(&fd)));
        t.call("read", event::eventfd_read(fd.0));
        t.line(format_args!("then {}", ready(&fd)));
        t.call("read", event::eventfd_read(fd.0));
        t.call("write 3", event::eventfd_write(fd.0, 3));
        t.call("write 4", descriptor::write(fd.0, &4_u64.to_ne_bytes()));
        t.call("write 0", event::eventfd_write(fd.0, 0));
        t.line(format_args!("then {}", ready(&fd)));
        let mut room = [0; 9];
        t.call("read by read(2)", descriptor::read(fd.0, &mut room));
        t.value("room", room);
    }
}

fn semaphore(t: &mut Transcript) {
    let fd = counter(2, EFD_SEMAPHORE);
    for _ in 0..3 {
        t.call("read", event::eventfd_read(fd.0));
        t.line(format_args!("then {}", ready(&fd)));
    }
    t.call("write 2", event::eventfd_write(fd.0, 2));
    t.call("read", event::eventfd_read(fd.0));
}

fn limits(t: &mut Transcript) {
    let fd = counter(0, 0);
    t.call("read nothing", descriptor::read(fd.0, &mut []));
    t.call("read 7", descriptor::read(fd.0, &mut [0; 7]));
    t.call("write nothing", descriptor::write(fd.0, b""));
    t.call("write 7", descriptor::write(fd.0, &[0; 7]));
    t.call("write the greatest", event::eventfd_write(fd.0, u64::MAX));
    t.call("write nearly the greatest", event::eventfd_write(fd.0, u64::MAX - 1));
    t.line(format_args!("then {}", ready(&fd)));
    t.call("write 1", event::eventfd_write(fd.0, 1));
    t.call("write 0", event::eventfd_write(fd.0, 0));
    t.call("read 7", descriptor::read(fd.0, &mut [0; 7]));
    t.call("read", event::eventfd_read(fd.0));
    t.call("FIONREAD", descriptor::unread(fd.0));
    t.call("bad read", event::eventfd_read(-1));
    t.call("bad write", event::eventfd_write(-1, 1));
}

fn threads(t: &mut Transcript) {
    let fd = Fd(event::eventfd(0, 0).expect("few"));
    let number = fd.0;
    let reader = std::thread::spawn(move || -> Result<u64, Failed> {
        let mut sum = 0;
        while sum < 60 {
            sum += event::eventfd_read(number)?;
        }
        Ok(sum)
    });
    for value in [10, 20, 30] {
        t.call(format_args!("write {value}"), event::eventfd_write(fd.0, value));
    }
    t.call("read", reader.join().expect("it does not panic"));
    t.call("fill", event::eventfd_write(fd.0, u64::MAX - 1));
    let writer = std::thread::spawn(move || event::eventfd_write(number, 5));
    t.call("read", event::eventfd_read(fd.0));
    t.call("write", writer.join().expect("it does not panic"));
    t.call("read", event::eventfd_read(fd.0));
}
