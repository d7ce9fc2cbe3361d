//! Guests about time: how long things take, and what a time-out races.
//!
//! Invariant: those of `exact` have one thread, so that nothing but their own waits takes time.

mod exact;
mod racing;

use photofinish::scenario::{Find, Scenario, Variant};

use crate::{racy, sound};

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "time",
    story: "Waits that end by the clock, and a clock that moves only when everybody waits.",
    programs: &[],
    variants: VARIANTS,
};

const TIMED_OUT: &[Find] = &[Find { signature: "timed-out", within_runs: 300 }];

static VARIANTS: &[Variant] = &[
    sound("sleep", "An hour of sleep, and a nanosecond of it.", exact::sleep),
    sound("condvar", "Condvar::wait_timeout of a condition that nobody notifies.", exact::condvar),
    sound("recv", "recv_timeout of a channel that nobody sends to.", exact::recv),
    sound("park", "park_timeout of a thread that nobody unparks.", exact::park),
    sound("read", "A read from a socket with SO_RCVTIMEO whose peer says nothing.", exact::read),
    sound("connect", "connect_timeout to a listener whose queue is full.", exact::connect),
    sound("parking-lot", "Condvar::wait_for and try_lock_for of parking_lot.", exact::parking_lot),
    sound("crossbeam", "recv_timeout and after of crossbeam.", exact::crossbeam),
    sound("calendar", "The wall clock begins with the year 2026, and keeps step.", exact::calendar),
    sound("busy", "A loop on Instant::now until a millisecond is over ends.", exact::busy),
    sound(
        "spin-on-word",
        "A loop on an atomic word that another thread sets after some seconds.",
        exact::spin_on_word,
    ),
    racy(
        "race-tie",
        "wait_timeout and its notification are due at the same instant.",
        TIMED_OUT,
        racing::tie,
    ),
    racy(
        "race-condvar",
        "wait_timeout, and a notification a millisecond before.",
        TIMED_OUT,
        racing::condvar,
    ),
    racy("race-recv", "recv_timeout, and a message a millisecond before.", TIMED_OUT, racing::recv),
    racy("race-park", "park_timeout, and an unpark a millisecond before.", TIMED_OUT, racing::park),
    racy(
        "race-read",
        "A read with SO_RCVTIMEO, and an answer a millisecond before.",
        TIMED_OUT,
        racing::read,
    ),
];
