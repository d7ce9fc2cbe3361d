//! `timerfd_create(2)` and its kin.
//!
//! Invariant: what is left of a time is compared with bounds, never written down.

use libc::{
    CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME, F_GETFD, F_GETFL, POLLIN, TFD_CLOEXEC, TFD_NONBLOCK,
    TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET,
};
use photofinish_calls::event::{Setting, timerfd_create, timerfd_gettime, timerfd_settime};
use photofinish_calls::time::{Time, clock_gettime};
use photofinish_calls::{Failed, descriptor, event};

use super::case::family;
use super::sockets::{Fd, ready, until};
use super::transcript::Transcript;

family! {
    "timerfd", "Timers that are files.";
    "flags" = flags, ["timerfd_create", "fcntl"], "Clocks, modes and flags.";
    "wrong" = wrong, ["timerfd_settime", "timerfd_gettime", "read", "write", "ioctl"], "What no timer takes.";
    "once" = once, ["timerfd_settime", "timerfd_gettime", "read", "poll"], "One expiration.";
    "periodic" = periodic, ["timerfd_settime", "timerfd_gettime", "read"], "Many.";
    "absolute" = absolute, ["timerfd_settime", "read"], "At a point on a clock, also in the past.";
    "waiting" = waiting, ["read", "poll"], "Calls that wait for it.";
}

const MS: i64 = 1_000_000;
const ZERO: Time = Time { seconds: 0, fraction: 0 };
const HOUR: Time = Time { seconds: 3_600, fraction: 0 };

fn ns(fraction: i64) -> Time {
    Time { seconds: 0, fraction }
}

fn timer(clock: i32) -> Fd {
    Fd(timerfd_create(clock, TFD_NONBLOCK).expect("few"))
}

/// A setting, without what time makes of it.
fn shown(setting: Result<Setting, Failed>) -> Result<String, Failed> {
    setting.map(|Setting { value, interval }| {
        let left = if value == ZERO { "never" } else { "armed" };
        let long = if value.seconds >= 3_500 { ", in an hour" } else { "" };
        format!("{left}{long}, every {} s {} ns", interval.seconds, interval.fraction)
    })
}

fn ticks(fd: &Fd) -> Result<u64, Failed> {
    let mut room = [0; 8];
    descriptor::read(fd.0, &mut room).map(|_| u64::from_ne_bytes(room))
}

fn flags(t: &mut Transcript) {
    for clock in [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME] {
        let fd = timer(clock);
        t.line(format_args!("ready: {}", ready(&fd)));
        t.call("gettime", shown(timerfd_gettime(fd.0)));
        t.call("read", ticks(&fd));
    }
    for clock in [2, 3, 4, 5, 6, 10, 11, -1, 100] {
        t.call(format_args!("clock {clock}"), timerfd_create(clock, 0).map(|_| ()));
    }
    for flags in [0, TFD_CLOEXEC, TFD_NONBLOCK, TFD_CLOEXEC | TFD_NONBLOCK] {
        let fd = Fd(timerfd_create(CLOCK_MONOTONIC, flags).expect("few"));
        t.call("F_GETFD", descriptor::fcntl(fd.0, F_GETFD, 0));
        t.call("F_GETFL", descriptor::fcntl(fd.0, F_GETFL, 0));
    }
    for flags in [1, 2, -1] {
        t.call(format_args!("flags {flags:#x}"), timerfd_create(CLOCK_MONOTONIC, flags).map(|_| ()));
    }
}

fn wrong(t: &mut Transcript) {
    let (fd, other) = (timer(CLOCK_MONOTONIC), Fd(event::eventfd(0, 0).expect("few")));
    let good = Setting { value: HOUR, interval: ZERO };
    for (what, number) in [("a counter", other.0), ("nothing", -1)] {
        t.call(format_args!("settime of {what}"), shown(timerfd_settime(number, 0, good)));
        t.call(format_args!("gettime of {what}"), shown(timerfd_gettime(number)));
        t.call(format_args!("bad flags of {what}"), shown(timerfd_settime(number, 4, good)));
    }
    for flags in [4, 8, -1] {
        t.call(format_args!("flags {flags}"), shown(timerfd_settime(fd.0, flags, good)));
    }
    let bad = [ns(-1), ns(1_000_000_000), Time { seconds: -1, fraction: 0 }];
    for time in bad {
        t.call(
            format_args!("{time:?}"),
            shown(timerfd_settime(fd.0, 0, Setting { value: time, interval: ZERO })),
        );
        t.call(
            format_args!("every {time:?}"),
            shown(timerfd_settime(fd.0, 0, Setting { value: ZERO, interval: time })),
        );
    }
    t.call("read 7", descriptor::read(fd.0, &mut [0; 7]));
    t.call("read nothing", descriptor::read(fd.0, &mut []));
    t.call("write", descriptor::write(fd.0, &[0; 8]));
    t.call("unread", descriptor::unread(fd.0));
}

fn once(t: &mut Transcript) {
    let fd = timer(CLOCK_MONOTONIC);
    t.call("set", shown(timerfd_settime(fd.0, 0, Setting { value: HOUR, interval: ZERO })));
    t.call("gettime", shown(timerfd_gettime(fd.0)));
    t.call("again", shown(timerfd_settime(fd.0, 0, Setting { value: ns(MS), interval: ZERO })));
    t.line(format_args!("it comes: {}", until(&fd, POLLIN)));
    t.call("gettime", shown(timerfd_gettime(fd.0)));
    t.call("read", ticks(&fd));
    t.line(format_args!("then {}", ready(&fd)));
    t.call("read", ticks(&fd));
    t.call("set", shown(timerfd_settime(fd.0, 0, Setting { value: ns(1), interval: ZERO })));
    until(&fd, POLLIN);
    t.call("set unread", shown(timerfd_settime(fd.0, 0, Setting { value: HOUR, interval: HOUR })));
    t.call("read", ticks(&fd));
    t.call("disarm", shown(timerfd_settime(fd.0, 0, Setting { value: ZERO, interval: HOUR })));
    t.call("gettime", shown(timerfd_gettime(fd.0)));
}

fn periodic(t: &mut Transcript) {
    let fd = timer(CLOCK_REALTIME);
    t.call("set", shown(timerfd_settime(fd.0, 0, Setting { value: ns(MS), interval: HOUR })));
    t.line(format_args!("it comes: {}", until(&fd, POLLIN)));
    t.call("read", ticks(&fd));
    t.call("gettime", shown(timerfd_gettime(fd.0)));
    t.call("read", ticks(&fd));
    t.call("set", shown(timerfd_settime(fd.0, 0, Setting { value: ns(MS), interval: ns(MS) })));
    std::thread::sleep(std::time::Duration::from_millis(10));
    t.value("at least 9", ticks(&fd).map(|ticks| ticks >= 9));
    std::thread::sleep(std::time::Duration::from_millis(5));
    t.call("disarm", shown(timerfd_settime(fd.0, 0, Setting { value: ZERO, interval: ZERO })));
    t.call("read", ticks(&fd));
}

fn absolute(t: &mut Transcript) {
    for clock in [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME] {
        let fd = timer(clock);
        for flags in [TFD_TIMER_ABSTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET] {
            t.call(
                "in the past",
                shown(timerfd_settime(fd.0, flags, Setting { value: ns(1), interval: ZERO })),
            );
            t.line(format_args!("ready: {}", until(&fd, POLLIN)));
            t.call("read", ticks(&fd));
            let now = clock_gettime(clock).expect("a clock");
            let soon = Time { seconds: now.seconds + 3_600, ..now };
            t.call(
                "in an hour",
                shown(timerfd_settime(fd.0, flags, Setting { value: soon, interval: ZERO })),
            );
            t.call("gettime", shown(timerfd_gettime(fd.0)));
            t.call("read", ticks(&fd));
            t.call("at 0", shown(timerfd_settime(fd.0, flags, Setting { value: ZERO, interval: ZERO })));
            t.call("gettime", shown(timerfd_gettime(fd.0)));
        }
        let now = clock_gettime(clock).expect("a clock");
        let past = Time { seconds: now.seconds - 50, fraction: 0 };
        let every = Time { seconds: 20, fraction: 0 };
        t.call(
            "50 s ago",
            shown(timerfd_settime(fd.0, TFD_TIMER_ABSTIME, Setting { value: past, interval: every })),
        );
        until(&fd, POLLIN);
        t.call("read", ticks(&fd));
        t.call("gettime", shown(timerfd_gettime(fd.0)));
    }
}

fn waiting(t: &mut Transcript) {
    let fd = Fd(timerfd_create(CLOCK_MONOTONIC, 0).expect("few"));
    t.call("set", shown(timerfd_settime(fd.0, 0, Setting { value: ns(2 * MS), interval: ZERO })));
    t.call("read", ticks(&fd));
    let number = fd.0;
    let reader = std::thread::spawn(move || {
        let mut room = [0; 8];
        descriptor::read(number, &mut room).map(|_| u64::from_ne_bytes(room))
    });
    t.call("set", shown(timerfd_settime(fd.0, 0, Setting { value: ns(MS), interval: ZERO })));
    t.call("read by another", reader.join().expect("it does not panic"));
}
