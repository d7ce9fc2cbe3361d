//! Futex queues: bits, requeues, time-outs that race wakes, wakes that race each other.
//!
//! Does not know locks. Invariant: whatever ends a wait, exactly one thing does, and afterwards the queue is clean (the
//! driver audits the queues after every report).

use std::collections::BTreeSet;

use photofinish_sim::choice::{Kind, Pick};
use photofinish_sim::chooser::{Boring, Strategy, Strict};
use photofinish_sim::ending::Ending;
use photofinish_sim::errno::Errno;
use photofinish_sim::event::Event;
use photofinish_sim::kernel::Detail;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::ThreadId;
use photofinish_sim::trace::Trace;
use photofinish_sim::wait::Woken;

use crate::driver::{Outcome, run};
use crate::program::{Op, Program, wait, wait_for, wake};
use crate::watch::strategies;

const ALL: u32 = i32::MAX.cast_unsigned();

/// What the threads' waits and wakes answered, by thread.
fn answers(outcome: &Outcome, thread: u32) -> Vec<i64> {
    let calls = |op: &Op| matches!(op, Op::Wait { .. } | Op::Wake { .. } | Op::Requeue { .. });
    let seen = outcome.seen.iter().filter(|(id, op, _)| *id == ThreadId(thread) && calls(op));
    seen.map(|(_, _, answer)| *answer).collect()
}

fn boring(scripts: Vec<Vec<Op>>) -> Outcome {
    run(&Program::new(scripts), Box::new(Boring), Detail::Events)
}

fn failed(errno: Errno) -> i64 {
    -i64::from(errno.0)
}

/// The main thread spawns waiters, lets them block, does something, and joins.
fn with_waiters(waiters: &[Op], then: &[Op]) -> Vec<Vec<Op>> {
    let mut main: Vec<Op> = (1..=waiters.len()).map(|script| Op::Spawn { script }).collect();
    main.push(Op::Sleep { ns: 1_000_000 });
    main.extend_from_slice(then);
    main.extend((0..waiters.len()).map(|child| Op::Join { child }));
    let mut scripts = vec![main];
    scripts.extend(waiters.iter().map(|waiter| vec![*waiter]));
    scripts
}

fn bits(bits: u32) -> Op {
    Op::Wait { word: 0, expected: 0, bits, timeout_ns: None }
}

#[test]
fn a_wake_takes_only_those_who_share_a_bit() {
    let wake_bits = |most, bits| Op::Wake { word: 0, most, bits };
    let then = [wake_bits(ALL, 4), wake_bits(1, 2), wake_bits(ALL, 3), wake(0, ALL)];
    let outcome = boring(with_waiters(&[bits(1), bits(2), bits(3), bits(8)], &then));
    assert_eq!(outcome.ending, Ending::Returned);
    assert_eq!(answers(&outcome, 0), [0, 1, 2, 1]);
    let woken: Vec<u32> = outcome
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Woke { thread, how: Woken::Cause } => Some(thread.0),
            _ => None,
        })
        .collect();
    assert_eq!(woken[..4], [2, 1, 3, 4]);
}

#[test]
fn calls_that_cannot_be_right_fail_and_change_nothing() {
    let cases = [
        (Op::Wait { word: 0, expected: 0, bits: 0, timeout_ns: None }, failed(Errno::EINVAL)),
        (Op::Wait { word: 0, expected: 1, bits: 1, timeout_ns: None }, failed(Errno::EAGAIN)),
        (Op::Wake { word: 0, most: 1, bits: 0 }, failed(Errno::EINVAL)),
        (wake(0, 1), 0),
        (wait_for(0, 0), failed(Errno::ETIMEDOUT)),
    ];
    for (op, expected) in cases {
        let outcome = boring(vec![vec![op]]);
        assert_eq!(outcome.ending, Ending::Returned, "{op:?}");
        assert_eq!(answers(&outcome, 0), [expected], "{op:?}");
    }
}

#[test]
fn requeued_waiters_wait_for_the_other_word() {
    let requeue = |wake_max, move_max| Op::Requeue { from: 0, to: 1, wake_max, move_max };
    let then = [requeue(1, 2), wake(0, ALL), wake(1, ALL), wake(0, ALL), wake(1, ALL)];
    let outcome = boring(with_waiters(&[wait(0); 5], &then));
    assert_eq!(outcome.ending, Ending::Returned);
    assert_eq!(answers(&outcome, 0), [3, 2, 2, 0, 0]);
}

#[test]
fn requeueing_to_the_same_word_ends_and_moves_each_once() {
    let then = [Op::Requeue { from: 0, to: 0, wake_max: 0, move_max: ALL }, wake(0, ALL)];
    let outcome = boring(with_waiters(&[wait(0); 3], &then));
    assert_eq!(answers(&outcome, 0), [3, 3]);
}

#[test]
fn a_deadline_finds_a_requeued_waiter_in_its_new_queue() {
    let then = [
        Op::Requeue { from: 0, to: 1, wake_max: 0, move_max: ALL },
        Op::Sleep { ns: 5_000_000 },
        wake(0, ALL),
        wake(1, ALL),
    ];
    let outcome = boring(with_waiters(&[wait_for(0, 3_000_000), wait(0)], &then));
    assert_eq!(outcome.ending, Ending::Returned);
    assert_eq!(answers(&outcome, 0), [2, 0, 1]);
    assert_eq!(answers(&outcome, 1), [failed(Errno::ETIMEDOUT)]);
    assert_eq!(answers(&outcome, 2), [0]);
}

#[test]
fn either_a_deadline_or_a_wake_ends_a_wait_never_both() {
    // The sleeper wakes the waiter at the very instant at which the waiter gives up.
    let mut seen = BTreeSet::new();
    let program = Program::new(vec![
        vec![Op::Spawn { script: 1 }, Op::Spawn { script: 2 }, Op::Join { child: 0 }, Op::Join { child: 1 }],
        vec![Op::WaitUntil { word: 0, at_ns: 1_000_000 }, Op::Add { word: 1 }, wait_for(0, 50_000)],
        vec![Op::SleepUntil { at_ns: 1_000_000 - 200 }, wake(0, 1), Op::Sleep { ns: 10_000_000 }],
    ]);
    for strategy in strategies() {
        for seed in (0..60).map(Seed) {
            let outcome = run(&program, strategy.chooser(seed), Detail::Events);
            assert_eq!(outcome.ending, Ending::Returned, "{strategy} seed {seed}");
            let waits = outcome.seen.iter().filter(|(id, ..)| *id == ThreadId(1));
            let waited: Vec<i64> = waits.map(|(_, _, answer)| *answer).collect();
            let woken = answers(&outcome, 2)[0];
            let caught = waited.iter().filter(|answer| **answer == 0).count() as i64 - 1;
            let spurious = outcome.trace.picks.iter().any(|pick| pick.kind == Kind::Spurious);
            assert!(spurious || woken == caught, "woke {woken}, {caught} came back: {strategy} seed {seed}");
            seen.insert(waited[0] == 0);
        }
    }
    assert_eq!(seen.len(), 2, "the race has two outcomes, and both were seen");
}

#[test]
fn a_cancelled_deadline_never_comes() {
    let then = [wake(0, 1), Op::Sleep { ns: 20_000_000_000 }];
    let outcome = boring(with_waiters(&[wait_for(0, 10_000_000_000)], &then));
    assert_eq!(answers(&outcome, 1), [0]);
    let deadlines: Vec<u32> = outcome
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Woke { thread, how: Woken::Deadline } => Some(thread.0),
            _ => None,
        })
        .collect();
    assert_eq!(deadlines, [0, 0], "the main thread's two sleeps");
}

#[test]
fn a_wake_takes_any_waiter_if_the_chooser_says_so_and_the_first_if_it_does_not() {
    let scripts = with_waiters(&[wait(0); 3], &[wake(0, 1), wake(0, 1), wake(0, 1)]);
    let program = Program::new(scripts);
    let order = |outcome: &Outcome| -> Vec<u32> {
        let woken = outcome.events.iter().filter_map(|(stamp, event)| match event {
            Event::Woke { thread, how: Woken::Cause } if stamp.thread == ThreadId::MAIN => Some(thread.0),
            _ => None,
        });
        woken.collect()
    };
    let first = run(&program, Box::new(Boring), Detail::Events);
    assert_eq!(order(&first), [1, 2, 3]);
    let asked = first
        .events
        .iter()
        .find(|(_, event)| matches!(event, Event::Called { name, .. } if name == "futex wake"));
    let (stamp, _) = asked.expect("it woke");
    let pick = Pick {
        step: stamp.step,
        nth: 0,
        kind: Kind::FutexWake,
        bound: 3,
        pick: 2,
        to: None,
        thread: ThreadId::MAIN,
        thread_points: stamp.step - 3,
        pc: 0,
    };
    let replay = Strict::new(Trace { picks: vec![pick], ..Trace::default() });
    assert_eq!(order(&run(&program, Box::new(replay), Detail::Events)), [3, 1, 2]);
}

#[test]
fn a_wait_returns_without_a_cause_only_if_the_chooser_says_so() {
    let program = Program::new(vec![vec![wait(0)]]);
    let spurious = Pick {
        step: 1,
        nth: 0,
        kind: Kind::Spurious,
        bound: 2,
        pick: 1,
        to: None,
        thread: ThreadId::MAIN,
        thread_points: 1,
        pc: 0,
    };
    let outcome = run(
        &program,
        Box::new(Strict::new(Trace { picks: vec![spurious], ..Trace::default() })),
        Detail::Events,
    );
    assert_eq!((outcome.ending, outcome.trace.picks), (Ending::Returned, vec![spurious]));
    let mut returned = 0;
    for seed in (0..4_000).map(Seed) {
        let outcome = run(&program, Strategy::Starve.chooser(seed), Detail::HashOnly);
        let asked = outcome.trace.picks == [spurious];
        assert_eq!(outcome.ending == Ending::Returned, asked, "seed {seed}");
        returned += u64::from(asked);
    }
    assert!(returned > 0, "no seed says so");
}
