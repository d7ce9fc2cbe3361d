//! What each strategy promises, seen from outside.
//!
//! Does not look into choosers (their own tests do). Invariant: a promise is checked on every question of every run here.

use proptest::prelude::*;

use photofinish_sim::choice::{Candidate, Kind};
use photofinish_sim::chooser::{Lengths, Shape, Strategy as Search};
use photofinish_sim::event::{Event, Why};
use photofinish_sim::kernel::Detail;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::ThreadId;
use photofinish_sim::wait::Woken;

use crate::driver::{Outcome, run};
use crate::program::{Op, Program, cases, some_program, wait, wake};
use crate::watch::Watch;

fn workers(count: usize, adds: usize) -> Program {
    let mut main: Vec<Op> = (0..count).map(|_| Op::Spawn { script: 1 }).collect();
    main.extend(vec![Op::Add { word: 0 }; adds]);
    main.extend((0..count).map(|child| Op::Join { child }));
    Program::new(vec![main, vec![Op::Add { word: 1 }; adds]])
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn boring_makes_an_empty_trace(program in some_program(), seed in any::<u64>()) {
        let outcome = run(&program, Search::Boring.chooser(Seed(seed)), Detail::Events);
        prop_assert_eq!(outcome.trace.picks, vec![]);
        let forced = |event: &Event| matches!(event, Event::Switched { why: Why::Preempted, .. });
        prop_assert!(!outcome.events.iter().any(|(_, event)| forced(event)));
    }

    #[test]
    fn pct_of_depth_1_preempts_only_for_something_new(program in some_program(), seed in any::<u64>()) {
        let strategy = Search::Pct { depth: 1, points: 100 };
        let outcome = run(&program, strategy.chooser(Seed(seed)), Detail::Events);
        for (index, (stamp, event)) in outcome.events.iter().enumerate() {
            if !matches!(event, Event::Switched { why: Why::Preempted, .. }) {
                continue;
            }
            let news = outcome.events[..index].iter().rev().take_while(|(was, _)| was.step + 1 >= stamp.step);
            let is_news = |event: &Event| {
                matches!(event, Event::Woke { .. } | Event::Spawned { .. } | Event::Arrived { .. } | Event::Called { .. })
            };
            prop_assert!(news.into_iter().any(|(_, event)| is_news(event)), "{:?}", &outcome.events[..=index]);
        }
    }

    #[test]
    fn eager_never_lets_the_waker_run_before_the_woken(program in some_program(), seed in any::<u64>()) {
        let strategy = Search::Eager { percent: 100, gap: 0 };
        let outcome = run(&program, strategy.chooser(Seed(seed)), Detail::Events);
        woken_run_first(&outcome);
    }
}

/// From a wake or spawn on, the one who caused it passes no second point before the other has run.
fn woken_run_first(outcome: &Outcome) {
    for (index, (stamp, event)) in outcome.events.iter().enumerate() {
        let woken = match event {
            Event::Woke { thread, how: Woken::Cause } => *thread,
            Event::Spawned { child } => *child,
            _ => continue,
        };
        let waker = stamp.thread;
        let after = &outcome.events[index + 1..];
        let runs =
            after.iter().position(|(_, event)| matches!(event, Event::Switched { to, .. } if *to == woken));
        let until = runs.unwrap_or(after.len());
        // A wake by an arriving segment is nobody's.
        let by_itself =
            outcome.events[..index].iter().rev().take_while(|(was, _)| was.step == stamp.step).any(
                |(_, event)| matches!(event, Event::Arrived { .. } | Event::Passed { .. } | Event::Ended),
            );
        if by_itself {
            continue;
        }
        let early = after[..until].iter().find(|(later, event)| {
            later.thread == waker
                && later.step > stamp.step + 1
                && matches!(event, Event::Called { .. } | Event::Blocked { .. } | Event::Spawned { .. })
        });
        assert_eq!(early, None, "thread {} woke {} at step {}", waker.0, woken.0, stamp.step);
    }
}

#[test]
fn eager_runs_what_was_started_and_what_was_woken_first() {
    let program = Program::new(vec![
        vec![
            Op::Spawn { script: 1 },
            Op::Add { word: 1 },
            wake(0, 1),
            Op::Add { word: 1 },
            Op::Join { child: 0 },
        ],
        vec![wait(0), Op::Add { word: 2 }],
    ]);
    for seed in (0..50).map(Seed) {
        let outcome = run(&program, Search::Eager { percent: 100, gap: 0 }.chooser(seed), Detail::Events);
        if outcome.trace.picks.iter().any(|pick| pick.kind == Kind::Spurious) {
            continue;
        }
        let order: Vec<(u32, &str)> =
            outcome.seen.iter().map(|(thread, op, _)| (thread.0, op.name())).collect();
        let expected = [
            (0, "pthread_create"),
            (0, "atomic"),
            (0, "futex wake"),
            (1, "futex wait"),
            (1, "atomic"),
            (0, "atomic"),
            (0, "pthread_join"),
        ];
        assert_eq!(order, expected, "seed {seed}");
    }
}

#[test]
fn a_walk_with_gap_1_asks_at_every_point() {
    let strategy = Search::Walk { gap: 1, nap_ns: 0, change_one_in: 0 };
    for seed in (0..20).map(Seed) {
        let (chooser, log) = Watch::around(strategy.chooser(seed));
        let outcome = run(&workers(3, 40), chooser, Detail::Events);
        let asked = log
            .borrow()
            .iter()
            .filter(|asked| asked.kind == Kind::Preempt)
            .map(|asked| asked.at.step)
            .collect::<Vec<_>>();
        let spawned =
            outcome.events.iter().find(|(_, event)| matches!(event, Event::Spawned { .. })).unwrap().0.step;
        let alone = asked.last().unwrap();
        let all: Vec<u64> = (spawned + 1..=*alone).collect();
        let skipped: Vec<&u64> = all.iter().filter(|step| !asked.contains(step)).collect();
        // Once all but one are over or wait, there is nothing to ask.
        let runnable_alone = |step: u64| {
            outcome.events.iter().any(|(stamp, event)| {
                stamp.step < step && matches!(event, Event::Ended | Event::Blocked { .. })
            })
        };
        assert!(skipped.iter().all(|step| runnable_alone(**step)), "seed {seed}: {skipped:?}");
    }
}

#[test]
fn a_walk_reaches_every_candidate() {
    let strategy = Search::Walk { gap: 4, nap_ns: 0, change_one_in: 0 };
    let mut picks = [0_u32; 4];
    for seed in (0..40).map(Seed) {
        let (chooser, log) = Watch::around(strategy.chooser(seed));
        let _ = run(&workers(3, 40), chooser, Detail::HashOnly);
        for asked in log.borrow().iter().filter(|asked| asked.candidates.len() == 4) {
            picks[usize::try_from(asked.pick).unwrap()] += 1;
        }
    }
    let (least, most) = (picks.iter().min().unwrap(), picks.iter().max().unwrap());
    assert!(*least > 0 && most < &(2 * least), "{picks:?}");
}

#[test]
fn starve_keeps_one_thread_from_running_and_no_other() {
    for seed in (0..300).map(Seed) {
        let (chooser, log) = Watch::around(Search::Starve.chooser(seed));
        let _ = run(&workers(4, 60), chooser, Detail::HashOnly);
        // A pick that is not 0 at a point takes the processor from the victim: always the same thread.
        let log = log.borrow();
        let mut victims: Vec<ThreadId> = log
            .iter()
            .filter(|asked| asked.kind == Kind::Preempt && asked.pick > 0)
            .map(|asked| asked.at.thread)
            .collect();
        victims.sort_unstable();
        victims.dedup();
        assert!(victims.len() <= 1, "seed {seed}: {victims:?}");
        // Time is let run ahead only while the victim is the only one who could run.
        for asked in log.iter().filter(|asked| matches!(asked.kind, Kind::Preempt | Kind::Next)) {
            let picked = asked.candidates[usize::try_from(asked.pick).unwrap()];
            assert!(picked != Candidate::Clock || asked.candidates.len() == 2, "seed {seed}: {asked:?}");
        }
    }
}

#[test]
fn a_round_robin_preempts_at_most_as_often_as_it_has_delays() {
    let mut preempted = 0;
    for (seed, delays) in (0..200).map(Seed).zip((0..4).cycle()) {
        let (chooser, log) = Watch::around(Search::Delay { delays, points: 200 }.chooser(seed));
        let _ = run(&workers(3, 60), chooser, Detail::HashOnly);
        let taken = log.borrow().iter().filter(|asked| asked.kind == Kind::Preempt && asked.pick > 0).count();
        assert!(taken <= usize::try_from(delays).unwrap(), "seed {seed}: {taken} of {delays}");
        preempted += taken;
    }
    assert!(preempted > 100, "{preempted}");
}

#[test]
fn a_walk_by_what_is_left_lets_threads_end_together() {
    // One thread is nine times as long as the others, which a plain walk ends long before it.
    let short = 30;
    let program = Program::new(vec![
        vec![Op::Spawn { script: 1 }, Op::Spawn { script: 2 }, Op::Join { child: 0 }, Op::Join { child: 1 }],
        vec![Op::Add { word: 1 }; short],
        vec![Op::Add { word: 2 }; 9 * short],
    ]);
    let boring = run(&program, Search::Boring.chooser(Seed(0)), Detail::Events);
    let Shape { lengths, .. } = Shape::of(&boring.events, &[], boring.figures.points);
    let share = |search: Search| {
        let left = |seed| {
            let outcome = run(&program, search.chooser(seed), Detail::Events);
            let ended = |thread| {
                outcome
                    .events
                    .iter()
                    .position(|(stamp, event)| stamp.thread == ThreadId(thread) && *event == Event::Ended)
                    .unwrap()
            };
            let all = outcome.events[ended(1).max(ended(2))].0.step;
            outcome.events[ended(1)].0.step * 100 / all
        };
        (0..60).map(Seed).map(left).sum::<u64>() / 60
    };
    let (plain, by_lengths) = (
        share(Search::Walk { gap: 1, nap_ns: 0, change_one_in: 0 }),
        share(Search::Urw { gap: 1, clock: 0, lengths }),
    );
    assert!(
        plain < 40 && by_lengths > 85,
        "the short one ends after {plain} % and {by_lengths} % of the run"
    );
}

#[test]
fn strategies_read_back_from_their_names_up_to_their_bounds() {
    const MOST: u64 = 1 << 40;
    let longest = format!("{0}{1}", u32::MAX, format!(",{}@0", u32::MAX).repeat(31)).parse().unwrap();
    let bounds = [
        Search::Walk { gap: 1, nap_ns: 0, change_one_in: 0 },
        Search::Walk { gap: MOST, nap_ns: MOST, change_one_in: MOST },
        Search::Pct { depth: 1, points: 1 },
        Search::Pct { depth: 64, points: MOST },
        Search::Eager { percent: 1, gap: 0 },
        Search::Eager { percent: 100, gap: MOST },
        Search::Starve,
        Search::Boring,
        Search::Swarm,
        Search::Pos { gap: 1 },
        Search::Pos { gap: MOST },
        Search::Urw { gap: 1, clock: 0, lengths: Lengths::EMPTY },
        Search::Urw { gap: 1, clock: MOST, lengths: longest },
        Search::Urw { gap: MOST, clock: 0, lengths: "0".parse().unwrap() },
        Search::Delay { delays: 0, points: 1 },
        Search::Delay { delays: 64, points: MOST },
    ];
    let selective = ["surw", "spos:one", "spct:1:all", "spct:64"].map(|name| name.parse().unwrap());
    for strategy in bounds.into_iter().chain(selective) {
        assert_eq!(strategy.to_string().parse(), Ok(strategy));
        let text = serde_json::to_string(&strategy).unwrap();
        assert_eq!(serde_json::from_str::<Search>(&text).unwrap(), strategy);
        // Nor does the largest knob overflow anything.
        let _ = run(&workers(2, 300), strategy.chooser(Seed(9)), Detail::HashOnly);
    }
    let beyond = [
        "walk:1099511627777",
        "walk:1:1099511627777",
        "walk:1:0:1099511627777",
        "pct:1:1099511627777",
        "eager:0",
        "eager:101",
        "eager:90:1099511627777",
        "walk:-1",
        "walk:",
        "pct:3:",
        "swarm:1",
        "starve:1",
        "eager:1:2:3",
        "pos:0",
        "pos:1099511627777",
        "pos:1:1",
        "urw:0",
        "urw:1:5",
        "urw:1:5:",
        "urw:1:5:7@0",
        "urw:1:5:7:7",
        "delay:65",
        "delay:1:0",
        "18446744073709551616",
        "walk:18446744073709551616",
        " walk",
    ];
    for text in beyond {
        assert!(text.parse::<Search>().is_err(), "{text:?} was taken for a strategy");
    }
}
