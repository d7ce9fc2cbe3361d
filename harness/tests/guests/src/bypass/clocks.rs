//! Clocks that are read past the C library.
//!
//! Invariant: each is held against std's clock, which it must agree with.

#[cfg(target_arch = "x86_64")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use photofinish::scenario::Failure;
use photofinish_calls::time::{self, Time};
#[cfg(target_arch = "x86_64")]
use photofinish_calls::tsc::{rdtsc, rdtscp};
use photofinish_calls::{bypass, tsc};

const HOUR: Time = Time { seconds: 3_600, fraction: 0 };

fn since_start(at: Time) -> Duration {
    let seconds = u64::try_from(at.seconds).expect("a time after the start");
    Duration::new(seconds, u32::try_from(at.fraction).expect("less than a second"))
}

/// Three readings in turn, of which the second is by other means.
fn in_order(what: &str, read: impl Fn() -> Time) {
    let monotonic = || time::clock_gettime(libc::CLOCK_MONOTONIC).expect("there is such a clock");
    let (before, between, after) = (monotonic(), read(), monotonic());
    assert!(before <= between && between <= after, "{what}: {before:?} {between:?} {after:?}");
}

pub(super) fn clock() -> Result<(), Failure> {
    let read = || bypass::clock_gettime(libc::CLOCK_MONOTONIC).expect("there is such a clock");
    in_order("clock_gettime", read);
    let began = Instant::now();
    bypass::nanosleep(HOUR).expect("nothing interrupts it");
    assert!(began.elapsed() >= Duration::from_secs(3_600));
    let until = Time { seconds: read().seconds + 3_600, fraction: 0 };
    bypass::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, until)
        .expect("nothing interrupts it");
    assert!(read() >= until && since_start(read()) < since_start(until) + Duration::from_secs(1));
    Ok(())
}

pub(super) fn vdso() -> Result<(), Failure> {
    let read = |clock| tsc::vdso_clock_gettime(clock);
    if read(libc::CLOCK_MONOTONIC).is_none() {
        println!("there is no vDSO");
        return Ok(());
    }
    for clock in [libc::CLOCK_MONOTONIC, libc::CLOCK_MONOTONIC_COARSE] {
        println!("clock {clock} says {:?}", read(clock));
    }
    in_order("the vDSO", || read(libc::CLOCK_MONOTONIC).expect("it was there"));
    let before = read(libc::CLOCK_REALTIME).map(since_start);
    thread::sleep(Duration::from_secs(1));
    let after = read(libc::CLOCK_REALTIME).map(since_start);
    assert!(after >= before.map(|before| before + Duration::from_secs(1)), "{before:?} {after:?}");
    Ok(())
}

/// At a tick per nanosecond.
#[cfg(target_arch = "x86_64")]
pub(super) fn counter() -> Result<(), Failure> {
    const SECOND: u64 = 1_000_000_000;
    let before = rdtsc();
    thread::sleep(Duration::from_secs(1));
    let between = rdtsc();
    thread::sleep(Duration::from_secs(1));
    let (after, processor) = rdtscp();
    println!("{before} {between} {after}, on processor {processor}");
    for took in [between - before, after - between] {
        assert!((SECOND..SECOND + SECOND / 1_000).contains(&took), "{took} ticks of a second");
    }
    Ok(())
}

#[cfg(target_arch = "x86_64")]
pub(super) fn counter_spin() -> Result<(), Failure> {
    static DONE: AtomicBool = AtomicBool::new(false);
    DONE.store(false, Ordering::SeqCst);
    let other = thread::spawn(|| {
        thread::sleep(Duration::from_millis(1));
        DONE.store(true, Ordering::SeqCst);
    });
    let until = rdtsc() + 1_000_000;
    let mut reads = 0_u32;
    while rdtsc() < until {
        reads += 1;
    }
    other.join().expect("it does not panic");
    println!("{} after {reads} reads", DONE.load(Ordering::SeqCst));
    Ok(())
}
