//! Programs that never end, or want more than they may have.
//!
//! Invariant: none of them ends by itself, but for `memory_asked`.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use photofinish::scenario::Failure;

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
