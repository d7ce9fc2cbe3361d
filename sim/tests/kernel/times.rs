//! Ties, the stall budget, and what clocks show.
//!
//! Does not know why a program wants the time. Invariant: the order of equal times is a choice, and descheduled time is
//! bounded.

use std::collections::BTreeSet;

use photofinish_sim::call::time::{Clock, gettime_ns, virtual_ns};
use photofinish_sim::choice::{Candidate, Kind};
use photofinish_sim::chooser::{Boring, Strategy};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Memory, Pass};
use photofinish_sim::kernel::{Detail, Kernel};
use photofinish_sim::limits::{Limits, MONOTONIC_START_NS, REALTIME_START_NS};
use photofinish_sim::seed::Seed;
use photofinish_sim::wait::Woken;

use crate::driver::{Outcome, run};
use crate::program::{Op, Program, wake};
use crate::watch::{Watch, strategies};

const AT_NS: u64 = 1_000_000;

fn sleepers() -> Program {
    let mut main: Vec<Op> = (0..3).map(|_| Op::Spawn { script: 1 }).collect();
    main.extend((0..3).map(|child| Op::Join { child }));
    Program::new(vec![main, vec![Op::SleepUntil { at_ns: AT_NS }]])
}

fn order_of_wakes(outcome: &Outcome) -> Vec<u32> {
    let woken = outcome.events.iter().filter_map(|(_, event)| match event {
        Event::Woke { thread, how: Woken::Deadline } => Some(thread.0),
        _ => None,
    });
    woken.collect()
}

#[test]
fn events_of_one_instant_come_in_any_order_and_in_the_order_of_setting_when_boring() {
    let boring = run(&sleepers(), Box::new(Boring), Detail::Events);
    assert_eq!(order_of_wakes(&boring), [1, 2, 3]);
    let walk = Strategy::Walk { gap: 1 << 30, nap_ns: 0, change_one_in: 0 };
    let orders: BTreeSet<Vec<u32>> = (0..300)
        .map(|seed| order_of_wakes(&run(&sleepers(), walk.chooser(Seed(seed)), Detail::Events)))
        // Under some seeds the clock runs ahead before all of them sleep.
        .filter(|order| order.len() == 3)
        .collect();
    assert_eq!(orders.len(), 6, "{orders:?}");
}

/// Threads that sleep, wait with time-outs, wake each other and work, all at once.
fn busy() -> Program {
    let worker = vec![
        Op::Add { word: 0 },
        Op::Sleep { ns: 3_000 },
        Op::Add { word: 0 },
        wait_a_while(),
        wake(0, 1),
        Op::Load { word: 1 },
        Op::Sleep { ns: 70_000 },
        Op::Add { word: 1 },
    ];
    let mut main: Vec<Op> = (0..4).map(|_| Op::Spawn { script: 1 }).collect();
    main.extend([Op::Add { word: 2 }; 30]);
    main.extend((0..4).map(|child| Op::Join { child }));
    Program::new(vec![main, worker])
}

fn wait_a_while() -> Op {
    crate::program::wait_for(0, 40_000)
}

#[test]
fn without_a_stall_budget_the_clock_is_never_a_candidate() {
    let mut program = busy();
    program.limits.stall_ns = 0;
    for strategy in strategies() {
        for seed in (0..20).map(Seed) {
            let (chooser, log) = Watch::around(strategy.chooser(seed));
            let outcome = run(&program, chooser, Detail::Events);
            assert_eq!(outcome.figures.stalled_ns, 0);
            let stalled = |event: &Event| matches!(event, Event::Passed { why: Pass::Stalled, .. });
            assert!(!outcome.events.iter().any(|(_, event)| stalled(event)), "{strategy} seed {seed}");
            let log = log.borrow();
            assert!(log.iter().all(|asked| !asked.candidates.contains(&Candidate::Clock)));
        }
    }
}

#[test]
fn stalls_add_up_to_the_budget_at_most_and_are_counted() {
    for stall_ns in [1, 2_999, 3_000, 50_000, 1_000_000_000] {
        let mut program = busy();
        program.limits.stall_ns = stall_ns;
        for strategy in strategies() {
            for seed in (0..10).map(Seed) {
                let outcome = run(&program, strategy.chooser(seed), Detail::Events);
                let stalls = outcome.events.iter().filter_map(|(_, event)| match event {
                    Event::Passed { ns, why: Pass::Stalled } => Some(*ns),
                    _ => None,
                });
                let stalled_ns: u64 = stalls.sum();
                assert_eq!(stalled_ns, outcome.figures.stalled_ns);
                assert!(stalled_ns <= stall_ns, "{strategy} seed {seed}");
            }
        }
    }
}

#[test]
fn a_long_timeout_does_not_fire_because_a_thread_was_starved() {
    let program = Program {
        limits: Limits { stall_ns: 1_000_000, points_max: 10_000, ..Limits::default() },
        scripts: vec![
            vec![Op::Spawn { script: 1 }, crate::program::wait_for(0, 2_000_000), Op::Join { child: 0 }],
            vec![Op::Add { word: 1 }, Op::Add { word: 1 }, wake(0, 1), wake(0, 1)],
        ],
    };
    for strategy in strategies() {
        for seed in (0..100).map(Seed) {
            let outcome = run(&program, strategy.chooser(seed), Detail::Events);
            let late =
                outcome.seen.iter().any(|(_, op, answer)| matches!(op, Op::Wait { .. }) && *answer != 0);
            let missed = !outcome
                .events
                .iter()
                .any(|(_, event)| matches!(event, Event::Woke { how: Woken::Cause, .. }));
            assert!(!late || missed, "{strategy} seed {seed}: woken and yet too late");
        }
    }
}

#[test]
fn every_clock_moves_with_virtual_time_from_its_own_start() {
    let mut kernel =
        Kernel::new(Limits::default(), Box::new(Boring), Box::new(Memory::default()), Detail::HashOnly);
    for _ in 0..7 {
        let _ = kernel.call_point();
        let now_ns = kernel.now_ns();
        let starts =
            [(Clock::Realtime, REALTIME_START_NS), (Clock::Monotonic, MONOTONIC_START_NS), (Clock::Cpu, 0)];
        for (clock, start_ns) in starts {
            assert_eq!(gettime_ns(&kernel, clock), start_ns + now_ns);
            assert_eq!(virtual_ns(&kernel, clock, gettime_ns(&kernel, clock)), now_ns);
            assert_eq!(virtual_ns(&kernel, clock, u64::MAX), u64::MAX - start_ns);
            assert_eq!(virtual_ns(&kernel, clock, start_ns / 2), 0, "the past is now");
        }
    }
}

#[test]
fn an_hour_of_sleep_is_one_step_and_a_deadline_in_the_past_is_now() {
    let hour_ns = 3_600_000_000_000;
    let ops =
        vec![Op::Sleep { ns: hour_ns }, Op::SleepUntil { at_ns: 5 }, Op::WaitUntil { word: 0, at_ns: 5 }];
    let outcome = run(&Program::new(vec![ops]), Box::new(Boring), Detail::Events);
    assert_eq!(outcome.ending, Ending::Returned);
    assert_eq!(outcome.figures.virtual_ns, hour_ns + 600);
    assert_eq!(outcome.seen[2].2, -110, "ETIMEDOUT");
}

#[test]
fn latencies_are_drawn_for_segments_and_ties_among_them_never_reorder_a_stream() {
    let program = Program::new(vec![
        vec![
            Op::Listen { port: 80 },
            Op::Spawn { script: 1 },
            Op::Accept,
            Op::Receive,
            Op::Send,
            Op::Join { child: 0 },
        ],
        vec![Op::Connect { port: 80 }, Op::Send, Op::Receive],
    ]);
    let mut latencies = 0;
    for seed in (0..100).map(Seed) {
        let (chooser, log) = Watch::around(Strategy::Swarm.chooser(seed));
        let outcome = run(&program, chooser, Detail::Events);
        assert_eq!(outcome.ending, Ending::Returned, "seed {seed}");
        latencies +=
            log.borrow().iter().filter(|asked| asked.kind == Kind::Latency && asked.pick > 0).count();
    }
    assert!(latencies > 0);
}
