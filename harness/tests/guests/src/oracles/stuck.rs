//! Programs that return while others wait for ever, or run late.
//!
//! Invariant: who waits for whom does not depend on the schedule.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use photofinish::scenario::Failure;

/// Starts a thread that nobody joins.
pub(super) fn start(name: &str, body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("there is room")
}

/// Two threads that have a lock each and want the other's.
pub(super) fn left_and_right() -> [thread::JoinHandle<()>; 2] {
    let locks = Arc::new((Mutex::new(()), Mutex::new(()), Barrier::new(2)));
    let other = Arc::clone(&locks);
    let left = start("left", move || {
        let _left = locks.0.lock();
        locks.2.wait();
        drop(locks.1.lock());
    });
    let right = start("right", move || {
        let _right = other.1.lock();
        other.2.wait();
        drop(other.0.lock());
    });
    [left, right]
}

/// A thread that waits until somebody says a word.
pub(super) fn waits_for_a_word() -> thread::JoinHandle<()> {
    start("worker", || {
        let (said, word) = (Mutex::new(false), Condvar::new());
        let mut said = said.lock().expect("nobody panics");
        while !*said {
            said = word.wait(said).expect("nobody panics");
        }
    })
}

pub(super) fn worker() -> Result<(), Failure> {
    drop(waits_for_a_word());
    thread::sleep(Duration::from_secs(10));
    Ok(())
}

pub(super) fn worker_of_a_sleeper() -> Result<(), Failure> {
    let (sender, words) = mpsc::channel();
    drop(start("worker", move || words.iter().for_each(|word: u32| println!("{word}"))));
    drop(start("sleeper", move || {
        loop {
            thread::sleep(Duration::from_secs(60));
            if sender.send(1).is_err() {
                return;
            }
        }
    }));
    thread::sleep(Duration::from_secs(10));
    Ok(())
}

pub(super) fn circle() -> Result<(), Failure> {
    drop(left_and_right());
    drop(start("heart", || {
        loop {
            thread::sleep(Duration::from_secs(1));
        }
    }));
    thread::sleep(Duration::from_secs(10));
    Ok(())
}

fn sleeper() -> thread::JoinHandle<()> {
    start("sleeper-1", || (0..5).for_each(|_| thread::sleep(Duration::from_micros(300))))
}

pub(super) fn late() -> Result<(), Failure> {
    static COUNTED: AtomicU64 = AtomicU64::new(0);
    let sleeper = sleeper();
    let hog = thread::spawn(|| {
        for _ in 0..200_000 {
            COUNTED.fetch_add(1, Ordering::Relaxed);
        }
    });
    hog.join().expect("it does not panic");
    sleeper.join().expect("it does not panic");
    Ok(())
}

pub(super) fn punctual() -> Result<(), Failure> {
    sleeper().join().expect("it does not panic");
    Ok(())
}
