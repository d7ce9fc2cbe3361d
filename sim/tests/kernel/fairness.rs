//! Whoever spins loses its turn: no strategy turns a hand-made lock into a livelock.
//!
//! Does not know how spinning is noticed. Invariant: every program here returns, under every strategy and seed tried.

use photofinish_sim::chooser::{Boring, Strategy};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Pass, Why};
use photofinish_sim::kernel::Detail;
use photofinish_sim::limits::{Limits, SPIN_POINTS, SPIN_WAIT_NS, TURN_POINTS};
use photofinish_sim::seed::Seed;

use crate::driver::run;
use crate::program::{Op, Program};
use crate::watch::strategies;

const FLAG: usize = 0;

/// Waiters on a flag that the main thread sets after some work.
fn waiters(kinds: &[Op], work: usize) -> Program {
    let mut main: Vec<Op> = (1..=kinds.len()).map(|script| Op::Spawn { script }).collect();
    main.extend(vec![Op::Add { word: 1 }; work]);
    main.push(Op::Add { word: FLAG });
    main.extend((0..kinds.len()).map(|child| Op::Join { child }));
    let mut scripts = vec![main];
    scripts.extend(kinds.iter().map(|kind| vec![*kind]));
    // A ticker of microseconds would take a million turns to use up the default stall budget.
    Program { scripts, limits: Limits { points_max: 3_000_000, stall_ns: 20_000_000, ..Limits::default() } }
}

fn returns_always(program: &Program, seeds: u64, strategies: &[Strategy]) {
    for strategy in strategies {
        for seed in (0..seeds).map(Seed) {
            let outcome = run(program, strategy.chooser(seed), Detail::HashOnly);
            let name = strategy.resolve(seed);
            assert_eq!(outcome.ending, Ending::Returned, "{name} seed {seed}: {:?}", program.scripts);
        }
    }
}

const SPIN: Op = Op::Spin { word: FLAG, least: 1 };
const SPIN_YIELD: Op = Op::SpinYield { word: FLAG, least: 1 };
const CHURN: Op = Op::Churn { word: FLAG, least: 1, own: 7 };
const POLL: Op = Op::Poll { word: FLAG, least: 1, ns: 1_000 };
const POLL_SLOWLY: Op = Op::Poll { word: FLAG, least: 1, ns: 300_000 };

#[test]
fn spinners_end() {
    for count in [1, 2, 3, 5, 8] {
        returns_always(&waiters(&vec![SPIN; count], 20), 6, &strategies());
    }
}

#[test]
fn spinners_that_yield_end() {
    for count in [1, 2, 5] {
        returns_always(&waiters(&vec![SPIN_YIELD; count], 20), 6, &strategies());
    }
}

#[test]
fn threads_that_change_something_meanwhile_end() {
    for count in [1, 3] {
        returns_always(&waiters(&vec![CHURN; count], 20), 4, &strategies());
    }
}

#[test]
fn a_ticking_clock_does_not_hide_a_spinner() {
    for kinds in
        [[SPIN, POLL, POLL], [SPIN, SPIN, POLL], [SPIN, SPIN_YIELD, POLL_SLOWLY], [CHURN, SPIN, POLL]]
    {
        returns_always(&waiters(&kinds, 20), 6, &strategies());
    }
}

#[test]
fn starving_the_one_that_others_spin_for_ends() {
    let strategies = [Strategy::Starve, Strategy::Walk { gap: 64, nap_ns: 16_000_000, change_one_in: 1 }];
    returns_always(&waiters(&[SPIN, SPIN, SPIN], 2_000), 60, &strategies);
}

#[test]
fn a_lone_spinner_waits_for_a_timer_in_growing_steps_and_never_past_it() {
    const SLEEP_NS: u64 = 5_000_300;
    let program = Program::new(vec![
        vec![Op::Spawn { script: 1 }, SPIN, Op::Join { child: 0 }],
        vec![Op::Sleep { ns: SLEEP_NS }, Op::Add { word: FLAG }],
    ]);
    let program = Program { limits: Limits { stall_ns: 0, ..program.limits }, ..program };
    let outcome = run(&program, Box::new(Boring), Detail::Events);
    assert_eq!(outcome.ending, Ending::Returned);
    let spun: Vec<u64> = outcome
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Passed { ns, why: Pass::Spun } => Some(*ns),
            _ => None,
        })
        .collect();
    let (first_ns, doubled_to_ns) = SPIN_WAIT_NS;
    assert_eq!(spun[..3], [first_ns, 2 * first_ns, 4 * first_ns]);
    let (cut, grown) = spun.split_last().unwrap();
    for pair in grown.windows(2) {
        let more = if pair[0] < doubled_to_ns { pair[0] } else { pair[0] / 8 };
        assert_eq!(pair[1], pair[0] + more, "{spun:?}");
    }
    assert!(grown.is_sorted() && cut < grown.last().unwrap(), "the last step is cut at the timer: {spun:?}");
    let deadline_ns = outcome.events.iter().find_map(|(_, event)| match event {
        Event::Blocked { deadline_ns, .. } => *deadline_ns,
        _ => None,
    });
    let woke_ns = outcome.events.iter().find_map(|(stamp, event)| match event {
        Event::Woke { .. } => Some(stamp.at_ns),
        _ => None,
    });
    assert_eq!(deadline_ns, woke_ns);
}

#[test]
fn yielding_alone_does_not_move_a_timer() {
    // Each yield lets time pass, so that the timer set before is nearer, in points, than it was when it was set.
    let mut main = vec![Op::Spawn { script: 1 }, Op::Yield];
    main.extend([Op::Yield; 3]);
    main.extend([Op::Load { word: 0 }; 190]);
    let program = Program::new(vec![main, vec![Op::Sleep { ns: 9_000 }, Op::Add { word: FLAG }]]);
    for strategy in strategies() {
        let found = crate::properties::is_a_function_of_its_seed(&program, strategy, Seed(3));
        crate::properties::replays(&program, &found, &strategy.to_string());
    }
    let outcome = run(&program, Box::new(Boring), Detail::Events);
    let at = |is_it: &dyn Fn(&Event) -> Option<u64>| {
        outcome.events.iter().find_map(|(stamp, event)| is_it(event).map(|extra| (stamp.at_ns, extra)))
    };
    let (_, deadline_ns) = at(&|event| match event {
        Event::Blocked { deadline_ns, .. } => *deadline_ns,
        _ => None,
    })
    .expect("it slept");
    let (woke_ns, _) = at(&|event| matches!(event, Event::Woke { .. }).then_some(0)).expect("it woke");
    assert!(woke_ns - deadline_ns < 10, "{woke_ns} for {deadline_ns}");
}

#[test]
fn a_thread_that_never_rests_loses_its_turn() {
    let program = Program::new(vec![
        vec![Op::Spawn { script: 1 }, CHURN, Op::Join { child: 0 }],
        vec![Op::Add { word: FLAG }],
    ]);
    let outcome = run(&program, Box::new(Boring), Detail::Events);
    let turns: Vec<u64> = outcome
        .events
        .iter()
        .filter_map(|(stamp, event)| {
            matches!(event, Event::Switched { why: Why::Yielded, .. }).then_some(stamp.step)
        })
        .collect();
    assert_eq!(turns, [TURN_POINTS]);
}

#[test]
fn a_spinner_loses_its_turn_after_so_many_points_and_one_who_makes_progress_does_not() {
    for (op, expected) in [(SPIN, vec![SPIN_POINTS + 1]), (CHURN, vec![TURN_POINTS])] {
        let main = vec![Op::Spawn { script: 1 }, op];
        let program = Program::new(vec![main, vec![Op::Add { word: FLAG }]]);
        let outcome = run(&program, Box::new(Boring), Detail::Events);
        let yields = outcome.events.iter().filter_map(|(stamp, event)| {
            matches!(event, Event::Switched { why: Why::Yielded, .. }).then_some(stamp.step)
        });
        assert_eq!(yields.collect::<Vec<_>>(), expected, "{op:?}");
    }
}
