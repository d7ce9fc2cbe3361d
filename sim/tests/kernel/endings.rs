//! Endings and limits.
//!
//! Does not know verdicts. Invariant: the first ending stands, and each limit has its own.

use photofinish_sim::choice::{Kind, Pick};
use photofinish_sim::chooser::{Boring, Strict};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Memory};
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::ThreadId;
use photofinish_sim::trace::Trace;

use crate::driver::{Outcome, run};
use crate::program::{Op, Program, wait, wake};
use crate::watch::strategies;

fn limited(scripts: Vec<Vec<Op>>, limits: Limits) -> Outcome {
    run(&Program { scripts, limits }, Box::new(Boring), Detail::Events)
}

fn far_pick() -> Pick {
    Pick {
        step: 1 << 40,
        nth: 0,
        kind: Kind::Next,
        bound: 2,
        pick: 1,
        to: None,
        thread: ThreadId(0),
        thread_points: 9,
        pc: 0,
    }
}

#[test]
fn a_deadlock_names_everybody_who_waits_and_for_what() {
    let program = Program::new(vec![
        vec![
            Op::Spawn { script: 1 },
            Op::Spawn { script: 2 },
            Op::Spawn { script: 3 },
            Op::Join { child: 0 },
        ],
        vec![wait(2)],
        vec![Op::Listen { port: 80 }, Op::Accept],
        vec![Op::Load { word: 0 }],
    ]);
    for strategy in strategies() {
        let outcome = run(&program, strategy.chooser(Seed(1)), Detail::HashOnly);
        let Ending::Deadlock(waits) = &outcome.ending else {
            // A spurious wake-up is the only way out.
            assert!(
                outcome.trace.picks.iter().any(|pick| pick.kind == Kind::Spurious),
                "{:?}",
                outcome.ending
            );
            continue;
        };
        let named: Vec<(u32, &str)> =
            waits.iter().map(|waiting| (waiting.thread.0, waiting.name.as_str())).collect();
        assert_eq!(named, [(0, "root"), (1, "root/0"), (2, "root/1")], "{strategy}");
        assert_eq!(waits[0].on, "the end of thread 1");
        assert_eq!(waits[0].holder, Some(ThreadId(1)));
        assert!(waits[1].on.starts_with("futex word 0"), "{}", waits[1].on);
        assert!(waits[2].on.starts_with("input on "), "{}", waits[2].on);
    }
}

#[test]
fn a_thread_that_waits_with_a_deadline_is_no_deadlock() {
    let outcome = limited(vec![vec![crate::program::wait_for(0, 3_600_000_000_000)]], Limits::default());
    assert_eq!(outcome.ending, Ending::Returned);
}

#[test]
fn each_limit_has_its_ending() {
    const POINTS: u64 = 1_000;
    const NS: u64 = 1_000_000;
    let limits = Limits { points_max: POINTS, virtual_ns_max: NS, threads_max: 3, ..Limits::default() };
    let spawn = Op::Spawn { script: 1 };
    let cases = [
        (vec![vec![Op::Spin { word: 0, least: 1 }]], Ending::Livelock { points: POINTS }),
        (vec![vec![Op::SpinYield { word: 0, least: 1 }]], Ending::Livelock { points: POINTS }),
        (vec![vec![Op::Churn { word: 0, least: 1, own: 1 }]], Ending::Livelock { points: POINTS }),
        (vec![vec![Op::Sleep { ns: NS }]], Ending::OutOfTime { virtual_ns: NS }),
        (vec![vec![Op::Sleep { ns: u64::MAX }]], Ending::OutOfTime { virtual_ns: NS }),
        (vec![vec![Op::Poll { word: 0, least: 1, ns: NS / 3 }]], Ending::OutOfTime { virtual_ns: NS }),
        (vec![vec![spawn; 3], vec![wait(0)]], Ending::OutOfThreads { threads: 3 }),
        (vec![vec![spawn, Op::Yield, spawn, Op::Yield, spawn], vec![]], Ending::Returned),
    ];
    for (scripts, ending) in cases {
        let outcome = limited(scripts.clone(), limits);
        assert_eq!(outcome.ending, ending, "{scripts:?}");
        assert!(outcome.figures.points <= POINTS, "{scripts:?}");
        assert!(outcome.figures.virtual_ns <= NS, "{scripts:?}: {:?}", outcome.figures);
    }
}

#[test]
fn nothing_happens_past_the_end_of_time() {
    let limits = Limits { virtual_ns_max: 1_000_000, ..Limits::default() };
    let sleeper = vec![Op::Sleep { ns: u64::MAX }, Op::Add { word: 1 }];
    let outcome = limited(vec![vec![Op::Spawn { script: 1 }, Op::Join { child: 0 }], sleeper], limits);
    assert_eq!(outcome.figures.virtual_ns, 1_000_000);
    assert!(!outcome.events.iter().any(|(_, event)| matches!(event, Event::Woke { .. })));
}

#[test]
fn the_largest_times_overflow_nothing() {
    let limits = Limits { virtual_ns_max: u64::MAX, stall_ns: u64::MAX, ..Limits::default() };
    let most = Op::Sleep { ns: u64::MAX };
    let scripts = vec![
        vec![Op::Spawn { script: 1 }, Op::Spawn { script: 2 }, Op::Yield, most],
        vec![crate::program::wait_for(0, u64::MAX)],
        vec![most, Op::Add { word: 0 }],
    ];
    for strategy in strategies() {
        for seed in (0..20).map(Seed) {
            let program = Program { scripts: scripts.clone(), limits };
            let outcome = run(&program, strategy.chooser(seed), Detail::Events);
            assert_eq!(outcome.ending, Ending::OutOfTime { virtual_ns: u64::MAX }, "{strategy} seed {seed}");
        }
    }
}

#[test]
fn the_first_ending_stands_and_every_later_report_is_told() {
    let mut kernel =
        Kernel::new(Limits::default(), Box::new(Boring), Box::new(Memory::default()), Detail::HashOnly);
    for _ in 0..5 {
        assert_eq!(kernel.point(1, 0), Next::Stay);
    }
    assert_eq!(kernel.end(Ending::Exited(3)), Next::End);
    assert_eq!(kernel.end(Ending::Returned), Next::End);
    assert_eq!(kernel.point(1, 0), Next::End);
    assert_eq!(kernel.call_point(), Next::End);
    assert_eq!(kernel.end_thread(), Next::End);
    assert_eq!(kernel.ending(), Some(&Ending::Exited(3)));
}

#[test]
fn a_replay_with_picks_left_has_diverged_however_the_run_ended() {
    let cases = [
        vec![vec![]],
        vec![vec![wait(0)]],
        vec![vec![Op::Sleep { ns: u64::MAX }]],
        vec![vec![Op::Spin { word: 0, least: 1 }]],
    ];
    for scripts in cases {
        let program = Program::new(scripts);
        let replay = Strict::new(Trace { picks: vec![far_pick()], ..Trace::default() });
        let outcome = run(&program, Box::new(replay), Detail::Events);
        let Ending::Diverged(divergence) = &outcome.ending else { panic!("{:?}", outcome.ending) };
        assert_eq!(divergence.expected, far_pick());
        assert!(divergence.found.contains("the run ended"), "{divergence}");
    }
}

#[test]
fn a_run_that_diverges_stops_there() {
    // The second pick does not fit the question at which it is met: whoever was to run next must not.
    let program = Program::new(vec![
        vec![Op::Spawn { script: 1 }, Op::Spawn { script: 1 }, wait(0), Op::Add { word: 0 }],
        vec![Op::Add { word: 1 }, wake(0, 1)],
    ]);
    let wrong = Pick {
        step: 3,
        nth: 0,
        kind: Kind::Next,
        bound: 7,
        pick: 1,
        to: None,
        thread: ThreadId(0),
        thread_points: 3,
        pc: 0,
    };
    let outcome = run(
        &program,
        Box::new(Strict::new(Trace { picks: vec![wrong], ..Trace::default() })),
        Detail::Events,
    );
    let Ending::Diverged(divergence) = &outcome.ending else { panic!("{:?}", outcome.ending) };
    assert_eq!(divergence.expected, wrong);
    assert!(divergence.found.contains("here it has 2 answers"), "{divergence}");
    assert!(!outcome.events.iter().any(|(_, event)| matches!(event, Event::Switched { .. })));
}

#[test]
fn yielding_alone_past_the_end_of_time_ends_the_run() {
    let limits = Limits { virtual_ns_max: 1_000, stall_ns: 0, ..Limits::default() };
    let scripts = vec![
        vec![Op::Spawn { script: 1 }, Op::Yield, Op::Yield, Op::Add { word: 3 }],
        vec![Op::Sleep { ns: 1_000_000 }],
    ];
    let outcome = limited(scripts, limits);
    assert_eq!(outcome.ending, Ending::OutOfTime { virtual_ns: 1_000 });
    assert_eq!(outcome.words[3], 0, "the thread did not go on");
}
