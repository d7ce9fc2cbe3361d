//! Threads that do much of one thing, and two small programs that are run often.
//!
//! They do not know whose threads and locks they use: `super::names` says so. Invariant: how many operations there are does not depend
//! on the schedule.

use std::collections::VecDeque;

use super::amounts::{ROOM, VALUES};
use super::names::{Arc, AtomicU64, Condvar, Mutex, Ordering, thread};

/// Each thread gives its turn away so often.
pub(crate) fn yields(threads: u64, each: u64) {
    together(threads, move || (0..each).for_each(|_| thread::yield_now()));
}

/// Each thread takes and releases a lock of its own so often.
pub(crate) fn locks(threads: u64, each: u64) {
    together(threads, move || {
        let lock = Mutex::new(0);
        (0..each).for_each(|_| *lock.lock().expect("nobody panics") += 1);
    });
}

/// All threads add to one word.
pub(crate) fn adds(threads: u64, each: u64) {
    let word = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&word);
    together(threads, move || {
        for _ in 0..each {
            shared.fetch_add(1, Ordering::SeqCst);
        }
    });
    assert_eq!(word.load(Ordering::SeqCst), threads * each, "every addition counts");
}

/// Two threads that each take two locks, in the same order.
pub(crate) fn tiny() {
    let locks = Arc::new((Mutex::new(0_u64), Mutex::new(0_u64)));
    let shared = Arc::clone(&locks);
    together(2, move || {
        let mut one = shared.0.lock().expect("nobody panics");
        *shared.1.lock().expect("nobody panics") += 1;
        *one += 1;
    });
    assert_eq!(*locks.0.lock().expect("nobody panics"), 2, "both were there");
}

/// A thread that hands values over, and one that takes them, through a buffer with little room.
pub(crate) fn buffer() {
    let shared = Arc::new((Mutex::new(VecDeque::new()), Condvar::new(), Condvar::new()));
    let giver = Arc::clone(&shared);
    let giving = thread::spawn(move || {
        let (buffer, room, filled) = &*giver;
        for value in 0..VALUES {
            let mut held = buffer.lock().expect("nobody panics");
            while held.len() == ROOM {
                held = room.wait(held).expect("nobody panics");
            }
            held.push_back(value);
            filled.notify_one();
        }
    });
    let taking = thread::spawn(move || {
        let (buffer, room, filled) = &*shared;
        for value in 0..VALUES {
            let mut held = buffer.lock().expect("nobody panics");
            while held.is_empty() {
                held = filled.wait(held).expect("nobody panics");
            }
            assert_eq!(held.pop_front(), Some(value), "values keep their order");
            room.notify_one();
        }
    });
    giving.join().expect("it does not panic");
    taking.join().expect("it does not panic");
}

fn together(threads: u64, work: impl Fn() + Clone + Send + 'static) {
    let threads: Vec<_> = (0..threads).map(|_| thread::spawn(work.clone())).collect();
    threads.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
}
