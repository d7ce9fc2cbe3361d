//! `clock_gettime(2)`, `clock_nanosleep(2)` and the other ways to read or pass time.
//!
//! Alarm clocks and the leap-second clock are not asked for: they are unmodelled. Invariant: no line holds a time.

use std::time::{Duration, Instant, SystemTime};

use libc::{CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME, TIMER_ABSTIME};
use photofinish_calls::time::{self, Time};

use super::case::family;
use super::transcript::Transcript;

family! {
    "time", "Reading and passing time.";
    "clocks" = clocks, ["clock_gettime", "clock_getres"], "Every clock, and numbers that are none.";
    "agree" = agree, ["clock_gettime", "gettimeofday", "time"], "The ways to ask for the time of day agree.";
    "nanosleep" = nanosleep, ["nanosleep"], "Intervals good and bad.";
    "clock-nanosleep" = clock_nanosleep, ["clock_nanosleep"], "Every clock, intervals and points in time.";
    "sleeps" = sleeps, ["sleep", "usleep", "clock"], "The older ways to sleep, and processor time.";
    "std" = of_std, ["clock_gettime", "nanosleep", "clock_nanosleep"], "What std makes of it.";
}

/// Clocks 8, 9 and 11 are left out.
const CLOCKS: [i32; 14] = [0, 1, 2, 3, 4, 5, 6, 7, 10, 12, 13, 99, -1, i32::MIN];

fn clocks(t: &mut Transcript) {
    for clock in CLOCKS {
        let fits = |at: Time| at.seconds >= 0 && (0..1_000_000_000).contains(&at.fraction);
        t.call(format_args!("clock_gettime {clock}"), time::clock_gettime(clock).map(fits));
        t.call(format_args!("clock_getres {clock} into nothing"), time::clock_exists(clock));
        // The coarse clocks tick with the machine's timer.
        let resolution = time::clock_getres(clock).map(|at| match clock {
            5 | 6 => format!("{}", at.seconds == 0 && at.fraction > 0),
            _ => format!("{} s {} ns", at.seconds, at.fraction),
        });
        t.call(format_args!("clock_getres {clock}"), resolution);
    }
    for clock in [0, 1, 4, 5, 6, 7] {
        let (first, second) = (time::clock_gettime(clock), time::clock_gettime(clock));
        t.value(format_args!("clock {clock} does not go back"), first.ok() <= second.ok());
    }
}

fn agree(t: &mut Transcript) {
    let before = time::clock_gettime(CLOCK_REALTIME).expect("a clock");
    let middle = time::gettimeofday().expect("a clock");
    let after = time::clock_gettime(CLOCK_REALTIME).expect("a clock");
    t.value("gettimeofday has microseconds", (0..1_000_000).contains(&middle.fraction));
    let as_ns = |at: Time, unit: i64| at.seconds * 1_000_000_000 + at.fraction * unit;
    let between = as_ns(before, 1) / 1_000 * 1_000..=as_ns(after, 1);
    t.value("gettimeofday lies between", between.contains(&as_ns(middle, 1_000)));
    let (returned, written) = time::time().expect("a clock");
    t.value("time returns what it writes", returned == written);
    let now = time::clock_gettime(CLOCK_REALTIME).expect("a clock").seconds;
    // It reads the coarse clock, which is late by up to a tick.
    t.value("time is the second", (before.seconds - 1..=now).contains(&returned));
}

fn passed(since: Instant, least: Duration) -> bool {
    (least..least + Duration::from_secs(20)).contains(&since.elapsed())
}

const REQUESTS: [(i64, i64); 8] =
    [(0, 0), (0, 1_000_000), (0, 999), (0, -1), (0, 1_000_000_000), (0, i64::MAX), (-1, 0), (i64::MIN, 5)];

fn nanosleep(t: &mut Transcript) {
    for (seconds, fraction) in REQUESTS {
        t.call(format_args!("nanosleep {seconds} {fraction}"), time::nanosleep(Time { seconds, fraction }));
    }
    let start = Instant::now();
    let slept = time::nanosleep(Time { seconds: 0, fraction: 3_000_000 });
    t.call("nanosleep 3 ms", slept.map(|()| passed(start, Duration::from_millis(3))));
}

fn clock_nanosleep(t: &mut Transcript) {
    for clock in CLOCKS {
        let past = Time { seconds: 0, fraction: 0 };
        t.call(
            format_args!("until the past of clock {clock}"),
            time::clock_nanosleep(clock, TIMER_ABSTIME, past),
        );
        let bad = Time { seconds: 0, fraction: -1 };
        t.call(format_args!("nonsense on clock {clock}"), time::clock_nanosleep(clock, 0, bad));
        t.call(
            format_args!("until nonsense on clock {clock}"),
            time::clock_nanosleep(clock, TIMER_ABSTIME, bad),
        );
    }
    for clock in [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME] {
        for (seconds, fraction) in REQUESTS {
            let what = format_args!("clock {clock} for {seconds} {fraction}").to_string();
            t.call(what, time::clock_nanosleep(clock, 0, Time { seconds, fraction }));
        }
        let start = Instant::now();
        let mut at = time::clock_gettime(clock).expect("a clock");
        at.fraction += 2_000_000;
        if at.fraction >= 1_000_000_000 {
            at = Time { seconds: at.seconds + 1, fraction: at.fraction - 1_000_000_000 };
        }
        let slept = time::clock_nanosleep(clock, TIMER_ABSTIME, at);
        t.call(
            format_args!("clock {clock} for 2 ms from now"),
            slept.map(|()| passed(start, Duration::from_millis(2))),
        );
        t.value("that time has come", time::clock_gettime(clock).expect("a clock") >= at);
    }
    let unknown_flag = time::clock_nanosleep(CLOCK_MONOTONIC, 0x4000, Time { seconds: 0, fraction: 1 });
    t.call("an unknown flag", unknown_flag);
}

fn sleeps(t: &mut Transcript) {
    t.value("sleep 0", time::sleep(0));
    let start = Instant::now();
    t.value("sleep 1", time::sleep(1));
    t.value("a second passed", passed(start, Duration::from_secs(1)));
    let start = Instant::now();
    t.call("usleep 0", time::usleep(0));
    t.call("usleep 1500", time::usleep(1_500));
    t.value("1500 us passed", passed(start, Duration::from_micros(1_500)));
    let used = time::clock();
    t.value("clock does not go back", used >= 0 && time::clock() >= used);
}

fn of_std(t: &mut Transcript) {
    let (start, day) = (Instant::now(), SystemTime::now());
    std::thread::sleep(Duration::from_millis(2));
    t.value("2 ms passed", passed(start, Duration::from_millis(2)));
    let by_day = day.elapsed().expect("the clock is not set");
    t.value("of the day, too", by_day >= Duration::from_millis(2));
    std::thread::sleep(Duration::ZERO);
    t.value("after 1970", day.duration_since(SystemTime::UNIX_EPOCH).is_ok());
}
