//! `futex(2)`, the operations that locks use.
//!
//! Priority inheritance is not asked for: it is unmodelled. Invariant: whoever wakes tries until somebody waits, so no line
//! depends on who came first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use libc::{FUTEX_CLOCK_REALTIME, FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAIT_BITSET};
use photofinish_calls::Failed;
use photofinish_calls::futex::{self, Requeue, Wait};
use photofinish_calls::time::Time;

use super::case::family;
use super::transcript::Transcript;

family! {
    "futex", "Waiting on a word.";
    "wait" = wait, ["syscall"], "Waits that do not begin, and waits that end by themselves.";
    "wake" = wake, ["syscall"], "Waking nobody, somebody, and by bits.";
    "requeue" = requeue, ["syscall"], "From one word to another.";
}

const PLAIN: Wait = Wait { operation: FUTEX_WAIT, expected: 0, timeout: None, bits: 0 };

fn wait(t: &mut Transcript) {
    let word = AtomicU32::new(1);
    t.call("another value", futex::wait(&word, PLAIN));
    t.call("another value, private", futex::wait(&word, Wait { operation: FUTEX_PRIVATE_FLAG, ..PLAIN }));
    let bitset = Wait { operation: FUTEX_WAIT_BITSET, expected: 1, ..PLAIN };
    t.call("no bits", futex::wait(&word, bitset));
    t.call("no bits and another value", futex::wait(&word, Wait { expected: 0, ..bitset }));
    let times = [(0, 0), (0, 1), (0, 1_000_000), (0, -1), (0, 1_000_000_000), (-1, 0)];
    for (seconds, fraction) in times {
        let timeout = Some(Time { seconds, fraction });
        let interval = Wait { expected: 1, timeout, ..PLAIN };
        t.call(format_args!("for {seconds} {fraction}"), futex::wait(&word, interval));
        t.call("and another value", futex::wait(&word, Wait { expected: 0, ..interval }));
        let point = Wait { bits: u32::MAX, timeout, ..bitset };
        t.call(format_args!("until {seconds} {fraction}"), futex::wait(&word, point));
        let realtime = Wait { operation: FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, ..point };
        t.call(format_args!("until {seconds} {fraction} o'clock"), futex::wait(&word, realtime));
        let odd = Wait { operation: FUTEX_WAIT | FUTEX_CLOCK_REALTIME, ..interval };
        t.call(format_args!("FUTEX_WAIT on the other clock, {seconds} {fraction}"), futex::wait(&word, odd));
    }
    let start = Instant::now();
    let for_2_ms = Wait { expected: 1, timeout: Some(Time { seconds: 0, fraction: 2_000_000 }), ..PLAIN };
    t.call("for 2 ms", futex::wait(&word, for_2_ms));
    t.value("2 ms passed", start.elapsed() >= Duration::from_millis(2));
}

/// Wakes until somebody was woken, or for long enough.
fn until_woken(mut attempt: impl FnMut() -> Result<i64, Failed>) -> Result<i64, Failed> {
    let start = Instant::now();
    loop {
        match attempt() {
            Ok(0) if start.elapsed() < Duration::from_secs(5) => std::thread::yield_now(),
            answer => return answer,
        }
    }
}

/// A thread that waits until the word has changed, however often it is woken before.
fn waiter(word: &Arc<AtomicU32>, how: Wait) -> std::thread::JoinHandle<Result<i64, Failed>> {
    let word = Arc::clone(word);
    std::thread::spawn(move || {
        loop {
            let answer = futex::wait(&word, how);
            if answer.is_err() || word.load(Ordering::SeqCst) != how.expected {
                return answer;
            }
        }
    })
}

fn wake(t: &mut Transcript) {
    let word = Arc::new(AtomicU32::new(0));
    for most in [0, 1, i32::MAX, -1] {
        t.call(format_args!("wake {most} of nobody"), futex::wake(&word, most, None));
    }
    t.call("wake by no bits", futex::wake(&word, 1, Some(0)));
    t.call("wake nobody by bits", futex::wake(&word, 1, Some(1)));
    // A waiter that finds the word changed before it waits answers EAGAIN, so it is told only once it has waited.
    for most in [1, 0, i32::MAX, -1] {
        let waits = waiter(&word, PLAIN);
        t.call(format_args!("wake {most} of one"), until_woken(|| futex::wake(&word, most, None)));
        word.store(1, Ordering::SeqCst);
        let _: Result<i64, Failed> = futex::wake(&word, 1, None);
        let answer = waits.join().expect("it does not panic");
        t.value("it is over", matches!(answer, Ok(0) | Err(Failed(libc::EAGAIN))));
        word.store(0, Ordering::SeqCst);
    }
    let odd = Wait { operation: FUTEX_WAIT_BITSET, bits: 0b10, ..PLAIN };
    let waits = waiter(&word, odd);
    t.call("wake by bits", until_woken(|| futex::wake(&word, 1, Some(0b110))));
    t.call("wake by other bits", futex::wake(&word, 1, Some(0b101)));
    word.store(1, Ordering::SeqCst);
    let _: Result<i64, Failed> = futex::wake(&word, 1, None);
    let answer = waits.join().expect("it does not panic");
    t.value("it is over", matches!(answer, Ok(0) | Err(Failed(libc::EAGAIN))));
}

fn requeue(t: &mut Transcript) {
    let (from, to) = (Arc::new(AtomicU32::new(0)), AtomicU32::new(0));
    let all = Requeue { wake_max: 1, move_max: i32::MAX, expected: 0 };
    t.call("nobody", futex::requeue(&from, &to, all));
    t.call("another value", futex::requeue(&from, &to, Requeue { expected: 1, ..all }));
    t.call("wake fewer than none", futex::requeue(&from, &to, Requeue { wake_max: -1, ..all }));
    t.call("move fewer than none", futex::requeue(&from, &to, Requeue { move_max: -1, ..all }));
    let long = Wait { timeout: Some(Time { seconds: 30, fraction: 0 }), ..PLAIN };
    // A wait that something outside interrupts, such as the freezer of a container, begins again where it first was
    // (`futex_wait_restart`), and not where it was moved to: then another thread shows where one that is left alone is.
    for last in [false, false, true] {
        let waits = {
            let from = Arc::clone(&from);
            std::thread::spawn(move || futex::wait(&from, long))
        };
        let moved = until_woken(|| futex::requeue(&from, &to, Requeue { wake_max: 0, ..all }));
        let left = futex::wake(&from, 1, None);
        if matches!(left, Ok(1)) && !last {
            waits.join().expect("it does not panic").expect("it was woken");
            continue;
        }
        t.call("move one", moved);
        t.call("nobody is left", left);
        t.call("it is there", futex::wake(&to, 1, None));
        t.call("it wakes", waits.join().expect("it does not panic"));
        return;
    }
}
