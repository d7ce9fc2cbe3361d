//! What holds for any small program under any strategy.
//!
//! Does not know what a program is for. Invariant: a run ends, is a function of its seed, and its trace replays to the same
//! events whenever the replay is asked.

use photofinish_sim::chooser::{Strategy, Strict};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::kernel::Detail;
use photofinish_sim::limits::{CALL_NS, POINT_NS};
use photofinish_sim::seed::Seed;
use photofinish_sim::wait::{WaitOn, Woken};
use proptest::prelude::*;

use crate::driver::{Outcome, run};
use crate::program::{Program, cases, some_program};
use crate::watch::{Restless, strategies};

/// A second run and one that keeps its events are the same run. Returns the latter.
pub(crate) fn is_a_function_of_its_seed(program: &Program, strategy: Strategy, seed: Seed) -> Outcome {
    let once = run(program, strategy.chooser(seed), Detail::HashOnly);
    let again = run(program, strategy.chooser(seed), Detail::HashOnly);
    assert_eq!(once, again, "two runs of {strategy} seed {seed}");
    let detailed = run(program, strategy.chooser(seed), Detail::Events);
    assert_eq!(once.trace, detailed.trace, "{strategy} seed {seed}");
    assert_eq!(once.figures, detailed.figures);
    assert_eq!(once.ending, detailed.ending);
    assert_eq!((&once.seen, &once.words), (&detailed.seen, &detailed.words));
    assert_eq!(detailed.trace.check(), Ok(()));
    detailed
}

/// The trace of a run gives the same run, asked at its own moments, at every point, and at others.
pub(crate) fn replays(program: &Program, found: &Outcome, name: &str) {
    for most in [None, Some(0), Some(1), Some(9), Some(150)] {
        let replay = Box::new(Strict::new(found.trace.clone()));
        let chooser = most.map_or(replay.clone() as Box<_>, |most| Restless::around(replay, most));
        let again = run(program, chooser, Detail::Events);
        let first = found.events.iter().zip(&again.events).find(|(a, b)| a != b);
        assert_eq!(first, None, "{name}, asked after at most {most:?} points: the first event that differs");
        assert_eq!(*found, again, "{name}, asked after at most {most:?} points");
    }
}

/// Deadlines come at their time, once, and only to those who wait.
fn deadlines_are_kept(events: &[(Stamp, Event)]) {
    let mut waits = vec![None; 64];
    for (stamp, event) in events {
        match event {
            Event::Blocked { on, deadline_ns } => {
                let blocked = &mut waits[stamp.thread.index()];
                assert_eq!(*blocked, None, "blocked twice");
                *blocked = Some((*on, deadline_ns.map(|at_ns| at_ns.max(stamp.at_ns))));
            }
            Event::Woke { thread, how } => {
                let (on, deadline_ns) = waits[thread.index()].take().expect("woken from a wait");
                match how {
                    Woken::Deadline => {
                        let at_ns = deadline_ns.expect("it had one");
                        let late_ns = stamp.at_ns.checked_sub(at_ns).expect("not early");
                        assert!(late_ns <= POINT_NS + CALL_NS, "{late_ns} ns late: {stamp:?} {event:?}");
                    }
                    Woken::Signal => panic!("nobody sent a signal"),
                    Woken::Cause => assert_ne!(on, WaitOn::Sleep, "nothing wakes a sleeper"),
                    Woken::Spurious => panic!("spurious wake-ups end a wait before it begins"),
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn every_run_ends_repeats_and_replays(program in some_program(), seed in any::<u64>()) {
        let seed = Seed(seed);
        for strategy in strategies() {
            let found = is_a_function_of_its_seed(&program, strategy, seed);
            prop_assert!(
                matches!(
                    found.ending,
                    Ending::Returned | Ending::Deadlock(_) | Ending::Livelock { .. } | Ending::OutOfTime { .. }
                        | Ending::OutOfThreads { .. }
                ),
                "{:?}", found.ending
            );
            deadlines_are_kept(&found.events);
            replays(&program, &found, &format!("{strategy} seed {seed}"));
        }
    }
}
