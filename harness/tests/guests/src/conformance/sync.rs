//! Std's locks, which reach `futex(2)` through `syscall(2)`.
//!
//! Invariant: every line is the same whoever gets a lock first.

use std::sync::mpsc::{RecvTimeoutError, channel, sync_channel};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock};
use std::time::{Duration, Instant};

use super::case::family;
use super::transcript::Transcript;

family! {
    "sync", "Std's locks, conditions and channels.";
    "mutex" = mutex, ["syscall"], "Contention, poison and try_lock.";
    "condvar" = condvar, ["syscall"], "Notifications and time-outs.";
    "park" = park, ["syscall"], "Tokens and time-outs.";
    "once" = once, ["syscall"], "Things done once, and meeting points.";
    "channel" = channels, ["syscall"], "Bounded, unbounded, closed.";
}

fn mutex(t: &mut Transcript) {
    let shared = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    *shared.lock().expect("nobody panics") += 1;
                }
            });
        }
    });
    t.value("sum", *shared.lock().expect("nobody panics"));
    let held = shared.lock().expect("nobody panics");
    t.value(
        "held",
        std::thread::scope(|scope| scope.spawn(|| shared.try_lock().is_err()).join().expect("fine")),
    );
    drop(held);
    let poison = std::thread::scope(|scope| {
        let panics = scope.spawn(|| {
            let _held = shared.lock();
            std::panic::resume_unwind(Box::new(()));
        });
        panics.join().is_err()
    });
    t.value("poisoned", poison && shared.is_poisoned());
    let lock = RwLock::new(1);
    let readers = (lock.read().is_ok(), lock.try_read().is_ok(), lock.try_write().is_ok());
    t.value("two readers, no writer", readers);
    std::thread::scope(|scope| {
        scope.spawn(|| *lock.write().expect("nobody panics") += 1);
        scope.spawn(|| *lock.write().expect("nobody panics") += 1);
    });
    t.value("written", lock.into_inner());
}

fn condvar(t: &mut Transcript) {
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let other = Arc::clone(&pair);
    let turns = std::thread::spawn(move || {
        let (lock, changed) = &*other;
        for turn in [1, 3, 5] {
            let mut at = changed.wait_while(lock.lock().expect("fine"), |at| *at != turn).expect("fine");
            *at += 1;
            changed.notify_all();
        }
    });
    let (lock, changed) = &*pair;
    for turn in [0, 2, 4] {
        let mut at = changed.wait_while(lock.lock().expect("fine"), |at| *at != turn).expect("fine");
        *at += 1;
        changed.notify_all();
    }
    turns.join().expect("it does not panic");
    t.value("turns", *lock.lock().expect("fine"));
    let start = Instant::now();
    let guard = lock.lock().expect("fine");
    let (guard, timed_out) =
        changed.wait_timeout_while(guard, Duration::from_millis(3), |at| *at == 6).expect("fine");
    t.value("timed out", timed_out.timed_out() && start.elapsed() >= Duration::from_millis(3));
    drop(guard);
    changed.notify_one();
}

fn park(t: &mut Transcript) {
    std::thread::current().unpark();
    std::thread::park();
    t.line("a token lets park return at once");
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(2) {
        std::thread::park_timeout(Duration::from_millis(3));
    }
    t.line("park_timeout returns");
    let main = std::thread::current();
    let (sender, told) = channel();
    let parked = std::thread::spawn(move || {
        sender.send(()).expect("main listens");
        std::thread::park();
        main.unpark();
    });
    told.recv().expect("told");
    parked.thread().unpark();
    std::thread::park();
    parked.join().expect("it does not panic");
    t.line("both went on");
}

fn once(t: &mut Transcript) {
    static ONCE: Once = Once::new();
    let (count, cell, barrier) = (Mutex::new(0), OnceLock::new(), Barrier::new(3));
    let leaders = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                ONCE.call_once(|| *count.lock().expect("fine") += 1);
                cell.get_or_init(|| 7);
                if barrier.wait().is_leader() {
                    *leaders.lock().expect("fine") += 1;
                }
            });
        }
    });
    t.value("once", (count.into_inner().ok(), cell.get(), leaders.into_inner().ok()));
}

fn channels(t: &mut Transcript) {
    let (sender, receiver) = sync_channel(1);
    let sends = std::thread::spawn(move || (0..20).all(|n| sender.send(n).is_ok()));
    t.value("received", receiver.iter().sum::<i32>());
    t.value("sent", sends.join().ok());
    let (sender, receiver) = channel::<u8>();
    let start = Instant::now();
    let timed_out = receiver.recv_timeout(Duration::from_millis(2)) == Err(RecvTimeoutError::Timeout);
    t.value("timed out", timed_out && start.elapsed() >= Duration::from_millis(2));
    drop(sender);
    t.value("closed", receiver.recv_timeout(Duration::from_secs(9)));
    let (rendezvous, receiver) = sync_channel(0);
    let sends = std::thread::spawn(move || rendezvous.send(5));
    t.value("met", receiver.recv());
    t.value("sent", sends.join().ok());
}
