//! `timerfd_create(2)` against the clock that the test turns.
//!
//! Does not know Linux's clocks. Invariant checked: what is read is how often the time passed a multiple of the interval.

use crate::errno::Errno;
use crate::file::timerfd::{Clock, First, Remaining, TimerFdId, TimerFds};
use crate::ready::{Mask, Refusal, Side};

/// What a timer is set to, and what is found at which times.
type Case<'a> = (&'a str, First, u64, &'a [(u64, u64)]);

/// Expires what is due, as the kernel does when the time comes.
fn pass(timers: &mut TimerFds, id: TimerFdId, now_ns: u64) {
    while let Some(due_ns) = timers.next_due(id).filter(|&due_ns| due_ns <= now_ns) {
        timers.expire(id, due_ns);
    }
}

/// What a read finds, 0 if it waits.
fn read(timers: &mut TimerFds, id: TimerFdId, now_ns: u64) -> u64 {
    let ready = timers.readiness(id).meets(Mask::IN);
    let mut buffer = [0; 8];
    match timers.read(id, &mut buffer, now_ns) {
        Ok(size) => assert!(ready && size == 8, "what is read is ready before"),
        Err(refusal) => assert_eq!((ready, refusal), (false, Refusal::Wait(Side::Read))),
    }
    assert_eq!(timers.readiness(id), Mask::NONE, "a read takes all");
    u64::from_le_bytes(buffer)
}

fn timer() -> (TimerFds, TimerFdId) {
    let mut timers = TimerFds::default();
    let id = timers.create(Clock::Monotonic, crate::host::HostClock::default());
    (timers, id)
}

#[test]
fn expirations_are_counted_as_by_linux() {
    // Set at 1000.
    let cases: [Case; 9] = [
        ("never set off", First::Never, 10, &[(5000, 0)]),
        ("once", First::After(100), 0, &[(1099, 0), (1100, 1), (9000, 0)]),
        ("once, read late", First::After(100), 0, &[(9000, 1), (9001, 0)]),
        (
            "periodic",
            First::After(100),
            10,
            &[(1099, 0), (1100, 1), (1109, 0), (1110, 1), (1139, 2), (1140, 1)],
        ),
        ("periodic, read late", First::After(100), 10, &[(2100, 101), (2105, 0), (2110, 1)]),
        ("at a time", First::At(1500), 0, &[(1499, 0), (1500, 1), (1501, 0)]),
        ("at a time that has passed", First::At(400), 100, &[(1000, 7), (1099, 0), (1100, 1)]),
        ("at a time before the run", First::At(-1_000_000), 1, &[(1000, 1_001_001), (1001, 1)]),
        ("by the nanosecond", First::After(1), 1, &[(u64::MAX / 4, u64::MAX / 4 - 1000)]),
    ];
    for (title, first, interval_ns, reads) in cases {
        let (mut timers, id) = timer();
        timers.set(id, first, interval_ns, 1000);
        for &(now_ns, expected) in reads {
            pass(&mut timers, id, now_ns);
            assert_eq!(read(&mut timers, id, now_ns), expected, "{title}, at {now_ns}");
        }
    }
}

#[test]
fn what_remains_is_told() {
    let cases: [Case; 6] = [
        ("never set off", First::Never, 7, &[(1000, 0), (5000, 0)]),
        ("once", First::After(100), 0, &[(1000, 100), (1099, 1), (1100, 0), (5000, 0)]),
        ("periodic", First::After(100), 10, &[(1000, 100), (1095, 5), (1100, 10), (1109, 1), (1110, 10)]),
        ("periodic, asked late", First::After(100), 10, &[(2103, 7)]),
        ("at a time", First::At(1500), 0, &[(1000, 500), (1500, 0)]),
        ("as late as can be", First::After(u64::MAX), 0, &[(1000, i64::MAX as u64 - 1000)]),
    ];
    for (title, first, interval_ns, asked) in cases {
        let (mut timers, id) = timer();
        timers.set(id, first, interval_ns, 1000);
        for &(now_ns, value_ns) in asked {
            pass(&mut timers, id, now_ns);
            assert_eq!(timers.get(id, now_ns), Remaining { value_ns, interval_ns }, "{title}, at {now_ns}");
        }
    }
}

#[test]
fn asking_what_remains_loses_no_expiration() {
    let (mut timers, id) = timer();
    timers.set(id, First::After(100), 10, 0);
    for now_ns in [100, 155, 172] {
        pass(&mut timers, id, now_ns);
        timers.get(id, now_ns);
    }
    assert_eq!(read(&mut timers, id, 172), 8);
}

#[test]
fn setting_tells_what_was_set_and_forgets_what_was_counted() {
    let (mut timers, id) = timer();
    assert_eq!(timers.set(id, First::After(100), 10, 0), Remaining { value_ns: 0, interval_ns: 0 });
    pass(&mut timers, id, 104);
    assert_eq!(timers.set(id, First::After(50), 0, 104), Remaining { value_ns: 6, interval_ns: 10 });
    assert_eq!(read(&mut timers, id, 104), 0);
    assert_eq!(timers.set(id, First::Never, 0, 114), Remaining { value_ns: 40, interval_ns: 0 });
    assert_eq!(timers.next_due(id), None);
}

#[test]
fn a_timer_wakes_as_it_expires_and_waits_to_be_looked_at() {
    let (mut timers, id) = timer();
    timers.set(id, First::After(100), 10, 0);
    assert_eq!(timers.next_due(id), Some(100));
    timers.expire(id, 99);
    assert_eq!(timers.pop_change(), None, "it is not due");
    timers.expire(id, 100);
    assert_eq!(timers.pop_change().map(|change| (change.of, change.key)), Some((id, Mask::IN)));
    assert_eq!(timers.next_due(id), None, "nobody has looked");
    assert_eq!(read(&mut timers, id, 125), 3);
    assert_eq!(timers.next_due(id), Some(130));
    timers.set(id, First::At(-5), 0, 125);
    assert_eq!(timers.next_due(id), Some(0), "a time that has passed is due at once");
}

#[test]
fn short_buffers_and_other_clocks_are_refused() {
    let (mut timers, id) = timer();
    assert_eq!(timers.read(id, &mut [0; 7], 0), Err(Refusal::Fail(Errno::EINVAL)));
    assert_eq!(timers.clock(id), Clock::Monotonic);
    for (number, clock) in [(0, Clock::Realtime), (1, Clock::Monotonic), (7, Clock::Boottime)] {
        assert_eq!(Clock::from_number(number), Ok(clock));
    }
    for number in [-1, 2, 3, 4, 5, 6, 10, 11] {
        assert_eq!(Clock::from_number(number), Err(Refusal::Fail(Errno::EINVAL)), "clock {number}");
    }
    for number in [8, 9] {
        assert!(matches!(Clock::from_number(number), Err(Refusal::Unmodelled(..))), "clock {number}");
    }
}
