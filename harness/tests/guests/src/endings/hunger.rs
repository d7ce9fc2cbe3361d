//! Programs that never end, or want more than they may have.
//!
//! Invariant: none of them ends by itself, but for `memory_asked`.

use std::hint::{black_box, spin_loop};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish_calls::waiting::{Mutex, Semaphore, Until};

/// More than any run is given in our tests.
const LARGE: usize = 1 << 30;

pub(super) fn spin() -> Result<(), Failure> {
    spin_for_ever()
}

#[inline(never)]
fn spin_for_ever() -> ! {
    loop {
        spin_loop();
    }
}

pub(super) fn yields() -> Result<(), Failure> {
    static YIELDED: AtomicU64 = AtomicU64::new(0);
    loop {
        YIELDED.fetch_add(1, Ordering::Relaxed);
        thread::yield_now();
    }
}

pub(super) fn park_alone() -> Result<(), Failure> {
    loop {
        thread::park();
    }
}

pub(super) fn sleep_long() -> Result<(), Failure> {
    thread::sleep(Duration::from_secs(365 * 24 * 3_600));
    Ok(())
}

pub(super) fn threads() -> Result<(), Failure> {
    loop {
        thread::spawn(|| {
            loop {
                thread::park();
            }
        });
    }
}

pub(super) fn memory() -> Result<(), Failure> {
    let filled = black_box(vec![1_u8; LARGE]);
    println!("{}", filled[LARGE / 2]);
    Ok(())
}

pub(super) fn memory_asked() -> Result<(), Failure> {
    let mut wanted: Vec<u8> = Vec::new();
    assert!(wanted.try_reserve(LARGE).is_err());
    assert!(wanted.try_reserve(LARGE / 1024).is_ok());
    Ok(())
}

/// Each of two threads has one of the C library's mutexes and wants the other's.
pub(super) fn crossed() -> Result<(), Failure> {
    let mutexes = [Mutex::new(libc::PTHREAD_MUTEX_NORMAL), Mutex::new(libc::PTHREAD_MUTEX_NORMAL)];
    let both = Barrier::new(2);
    thread::scope(|scope| {
        for [own, other] in [[0, 1], [1, 0]].map(|order| order.map(|at: usize| mutexes[at])) {
            let both = &both;
            scope.spawn(move || {
                own.lock(Until::Ever).expect("a lock");
                both.wait();
                other.lock(Until::Ever).expect("a lock");
            });
        }
    });
    Ok(())
}

/// A semaphore that nobody posts.
pub(super) fn never_posted() -> Result<(), Failure> {
    Semaphore::new(0).and_then(|semaphore| semaphore.wait(Until::Ever)).expect("a wait");
    Ok(())
}
