//! Locks, conditions, barriers and things made once, of the standard library and by hand.
//!
//! Invariant: what a lock protects is never seen half changed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};
use std::thread;

use photofinish::scenario::Failure;

/// Four threads meet three times; each meeting has one leader, and nobody is ahead of it.
pub(super) fn barrier() -> Result<(), Failure> {
    const ROUNDS: u64 = 3;
    let barrier = Barrier::new(4);
    let (arrived, led) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 1..=ROUNDS {
                    arrived.fetch_add(1, Ordering::Relaxed);
                    led.fetch_add(barrier.wait().is_leader().into(), Ordering::Relaxed);
                    assert!(arrived.load(Ordering::Relaxed) >= 4 * round);
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!((arrived.into_inner(), led.into_inner()), (4 * ROUNDS, ROUNDS));
    Ok(())
}

/// Writers move two numbers in step; readers see them equal.
pub(super) fn rwlock() -> Result<(), Failure> {
    let pair = RwLock::new((0_u32, 0_u32));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let mut pair = pair.write().expect("nobody panics");
                    pair.0 += 1;
                    thread::yield_now();
                    pair.1 += 1;
                }
            });
        }
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let pair = pair.read().expect("nobody panics");
                    assert_eq!(pair.0, pair.1);
                }
            });
        }
    });
    assert_eq!(pair.into_inner().expect("nobody panicked"), (10, 10));
    Ok(())
}

/// Three kinds of things made once, asked for by four threads at a time.
pub(super) fn once() -> Result<(), Failure> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    static ONCE: Once = Once::new();
    static CELL: OnceLock<u64> = OnceLock::new();
    static LAZY: LazyLock<u64> = LazyLock::new(|| call(100));
    fn call(value: u64) -> u64 {
        thread::yield_now();
        CALLS.fetch_add(1, Ordering::Relaxed);
        value
    }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                ONCE.call_once(|| assert_eq!(call(0), 0));
                assert!(ONCE.is_completed());
                assert_eq!(*CELL.get_or_init(|| call(10)), 10);
                assert_eq!(*LAZY, 100);
            });
        }
    });
    assert_eq!(CALLS.load(Ordering::Relaxed), 3);
    Ok(())
}

struct Queue {
    items: Mutex<VecDeque<u32>>,
    filled: Condvar,
    emptied: Condvar,
}

impl Queue {
    fn push(&self, item: u32) {
        let items = self.items.lock().expect("nobody panics");
        let mut items = self.emptied.wait_while(items, |items| items.len() >= 2).expect("nobody panics");
        items.push_back(item);
        self.filled.notify_one();
    }

    fn pop(&self) -> u32 {
        let items = self.items.lock().expect("nobody panics");
        let mut items = self.filled.wait_while(items, |items| items.is_empty()).expect("nobody panics");
        let item = items.pop_front().expect("it is not empty");
        self.emptied.notify_one();
        item
    }
}

/// Two producers and two consumers around a queue with room for two.
pub(super) fn condvar() -> Result<(), Failure> {
    let queue = Queue { items: Mutex::new(VecDeque::new()), filled: Condvar::new(), emptied: Condvar::new() };
    let sum = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (1..=10).for_each(|item| queue.push(item)));
        }
        let consumers = [(); 2].map(|()| scope.spawn(|| (0..10).map(|_| queue.pop()).sum::<u32>()));
        consumers.map(|consumer| consumer.join().expect("it does not panic")).iter().sum::<u32>()
    });
    assert_eq!(sum, 110);
    Ok(())
}

/// A thread panics while it holds a lock.
pub(super) fn poison() -> Result<(), Failure> {
    let lock = Arc::new(Mutex::new(1));
    let theirs = lock.clone();
    let panicked = thread::spawn(move || {
        let mut value = theirs.lock().expect("it is not poisoned yet");
        *value = 2;
        panic!("with the lock in hand");
    });
    assert!(panicked.join().is_err());
    assert_eq!(lock.lock().map(|value| *value).map_err(|poisoned| **poisoned.get_ref()), Err(2));
    lock.clear_poison();
    assert_eq!(lock.lock().map(|value| *value).ok(), Some(2));
    Ok(())
}

const SPINNERS: u64 = 3;
const ROUNDS: u64 = 20;

fn count(lock: &(dyn Fn() + Sync), unlock: &(dyn Fn() + Sync)) -> u64 {
    let counter = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..SPINNERS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    lock();
                    // Two operations, between which a preempted owner leaves the others spinning.
                    let seen = counter.load(Ordering::Relaxed);
                    counter.store(seen + 1, Ordering::Relaxed);
                    unlock();
                }
            });
        }
    });
    counter.into_inner()
}

/// Whoever swaps `true` in first is alone; the others spin, and nobody ever yields.
pub(super) fn spin_lock() -> Result<(), Failure> {
    let taken = AtomicBool::new(false);
    let counted =
        count(&|| while taken.swap(true, Ordering::Acquire) {}, &|| taken.store(false, Ordering::Release));
    assert_eq!(counted, SPINNERS * ROUNDS);
    Ok(())
}

/// Everybody draws a number and spins until it is called: only the one thread whose turn it is can go on.
pub(super) fn ticket_lock() -> Result<(), Failure> {
    let (next, called) = (AtomicU64::new(0), AtomicU64::new(0));
    let counted = count(
        &|| {
            let ticket = next.fetch_add(1, Ordering::Relaxed);
            while called.load(Ordering::Acquire) != ticket {
                std::hint::spin_loop();
            }
        },
        &|| {
            called.fetch_add(1, Ordering::Release);
        },
    );
    assert_eq!(counted, SPINNERS * ROUNDS);
    Ok(())
}
