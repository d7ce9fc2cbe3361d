//! The programs with a race in them.
//!
//! Invariant: none has more than one mistake.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, RwLock};
use std::thread::{self, Builder};

use photofinish::scenario::Failure;

const COUNT: u64 = 50;

pub(super) fn lost_update() -> Result<(), Failure> {
    let counted = photofinish_innocent::count_badly(COUNT);
    if counted == 2 * COUNT {
        return Ok(());
    }
    Err(Failure { signature: "lost-update".into(), detail: format!("{counted} of {}", 2 * COUNT) })
}

/// As many threads, and visits of each, as the search chooses: two threads with one visit each are enough.
pub(super) fn workload() -> Result<(), Failure> {
    let (threads, visits): (usize, u32) = (photofinish::choose_in(2..=8), photofinish::choose_in(1..=8));
    let counted = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for _ in 0..visits {
                    counted.store(counted.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
                }
            });
        }
    });
    let made = threads * visits as usize;
    let counted = counted.into_inner() as usize;
    println!("{counted} of {made} visits of {threads} threads");
    if counted == made {
        return Ok(());
    }
    Err(Failure { signature: "lost-visits".into(), detail: format!("{counted} of {made}") })
}

/// Runs two closures on two threads of these names.
fn left_and_right(left: impl FnOnce() + Send, right: impl FnOnce() + Send) {
    thread::scope(|scope| {
        Builder::new().name("left".into()).spawn_scoped(scope, left).expect("there is room for two");
        Builder::new().name("right".into()).spawn_scoped(scope, right).expect("there is room for two");
    });
}

pub(super) fn lock_order() -> Result<(), Failure> {
    let (one, two) = (Mutex::new(1), Mutex::new(2));
    let add = |first: &Mutex<u32>, second: &Mutex<u32>| {
        *first.lock().expect("nobody panics") += *second.lock().expect("nobody panics");
    };
    left_and_right(|| add(&one, &two), || add(&two, &one));
    Ok(())
}

pub(super) fn lock_order_parking_lot() -> Result<(), Failure> {
    let (one, two) = (parking_lot::Mutex::new(1), parking_lot::Mutex::new(2));
    let add = |first: &parking_lot::Mutex<u32>, second: &parking_lot::Mutex<u32>| {
        let (mut first, second) = (first.lock(), second.lock());
        *first += *second;
    };
    left_and_right(|| add(&one, &two), || add(&two, &one));
    Ok(())
}

pub(super) fn lost_wakeup() -> Result<(), Failure> {
    let (ready, lock, condvar) = (AtomicBool::new(false), Mutex::new(()), Condvar::new());
    left_and_right(
        || {
            while !ready.load(Ordering::SeqCst) {
                drop(condvar.wait(lock.lock().expect("nobody panics")));
            }
        },
        || {
            ready.store(true, Ordering::SeqCst);
            condvar.notify_one();
        },
    );
    Ok(())
}

pub(super) fn check_then_act() -> Result<(), Failure> {
    let map = RwLock::new(BTreeMap::new());
    let enter = |who: &'static str| {
        if !map.read().expect("nobody panics with it").contains_key("seat") {
            let before = map.write().expect("nobody panics with it").insert("seat", who);
            assert_eq!(before, None, "the seat was free");
        }
    };
    left_and_right(|| enter("left"), || enter("right"));
    Ok(())
}

pub(super) fn statics() -> Result<(), Failure> {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    static FIRST: OnceLock<u32> = OnceLock::new();
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let first = *FIRST.get_or_init(|| run);
    if (run, first) == (0, 0) {
        return Ok(());
    }
    Err(Failure { signature: "not-fresh".into(), detail: format!("run {run} of this image, first {first}") })
}
