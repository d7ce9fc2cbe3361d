//! What may be asked of a run besides what its program asks.
//!
//! Does not know the boundary, which asks. Invariant: a thread that is called stuck never runs again, whoever chooses.

use photofinish_sim::chooser::Boring;
use photofinish_sim::ending::Ending;
use photofinish_sim::event::Event;
use photofinish_sim::kernel::{Detail, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::oracle::{Finding, Leaks, Left, LeftKind, Oracles, Stuck};
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::ThreadId;
use proptest::prelude::*;

use crate::driver::{Driver, Outcome, run};
use crate::program::{Op, Program, cases, some_program, wait, wake};
use crate::watch::strategies;

const STUCK: Oracles = Oracles { stuck: Stuck::Forbidden, ..Oracles::NONE };
const HOUR_NS: u64 = 3_600_000_000_000;

/// A run of which this was asked: all that came of it, what was found and what was left.
fn asked(
    program: &Program,
    chooser: Box<dyn photofinish_sim::choice::Chooser>,
    oracles: Oracles,
) -> (Outcome, Option<Finding>, Vec<Left>) {
    let mut driver = Driver::new(program, chooser, Detail::Events, program.limits);
    driver.kernel.look_for(oracles);
    while driver.step() != Next::End {}
    let (finding, left) = (driver.kernel.finding(), driver.kernel.left());
    (driver.outcome(), finding, left)
}

fn signature(scripts: Vec<Vec<Op>>, oracles: Oracles) -> Option<String> {
    let (_, finding, _) = asked(&Program::new(scripts), Box::new(Boring), oracles);
    finding.map(|finding| finding.signature)
}

/// The threads that a finding calls stuck.
fn named(finding: &Finding) -> Vec<ThreadId> {
    let number = |line: &str| line.strip_prefix("thread ")?.split(' ').next()?.parse().ok().map(ThreadId);
    finding.detail.lines().filter_map(number).collect()
}

#[test]
fn what_is_left_is_told_by_kind_and_number() {
    let program = Program::new(vec![
        vec![
            Op::Spawn { script: 1 },
            Op::Spawn { script: 2 },
            Op::Spawn { script: 3 },
            Op::Listen { port: 80 },
            Op::Sleep { ns: 1_000 },
        ],
        vec![wait(0)],
        vec![Op::Add { word: 2 }],
        vec![Op::Sleep { ns: HOUR_NS }],
    ]);
    let (_, finding, left) =
        asked(&program, Box::new(Boring), Oracles { leaks: Leaks::ALL, ..Oracles::NONE });
    let kinds: Vec<LeftKind> = left.iter().map(|left| left.kind).collect();
    assert_eq!(kinds, [LeftKind::Thread, LeftKind::Thread, LeftKind::Socket], "{left:#?}");
    assert!(left[0].detail.starts_with("thread 1 (root/0) waits for futex word 0"), "{:?}", left[0]);
    assert!(left[1].detail.starts_with("thread 3 (root/2) waits for time; its wait ends"), "{:?}", left[1]);
    assert!(left[2].detail.starts_with("descriptor 3: socket 0 tcp 127.0.0.1:80"), "{:?}", left[2]);
    assert_eq!(finding.expect("it was asked for").signature, "leak: thread without a name");
    let sockets = Oracles { leaks: Leaks::SOCKETS, ..Oracles::NONE };
    let (_, finding, _) = asked(&program, Box::new(Boring), sockets);
    assert_eq!(finding.expect("it was asked for").signature, "leak: socket of tcp(7), listening");
    assert_eq!(signature(program.scripts, Oracles { leaks: Leaks::CHILDREN, ..Oracles::NONE }), None);
}

#[test]
fn a_thread_is_stuck_if_nobody_is_left_who_could_wake_it() {
    let spawn = |script| Op::Spawn { script };
    let sleep = Op::Sleep { ns: 1_000_000 };
    let left = Some(String::from("stuck: thread without a name"));
    assert_eq!(signature(vec![vec![spawn(1), sleep], vec![wait(0)]], STUCK), left);
    let sleeper = vec![Op::Sleep { ns: HOUR_NS }];
    assert_eq!(signature(vec![vec![spawn(1), spawn(2), sleep], vec![wait(0)], sleeper], STUCK), None);
    // Whom a stuck thread joins is stuck, too, whoever else goes on; whom it could wake is not.
    let joins = vec![spawn(2), Op::Join { child: 0 }];
    assert_eq!(signature(vec![vec![spawn(1), sleep], joins, vec![wait(0)]], STUCK), left);
    assert_eq!(
        signature(vec![vec![spawn(1), sleep], vec![crate::program::wait_for(0, HOUR_NS)]], STUCK),
        None
    );
    assert_eq!(signature(vec![vec![spawn(1), sleep, wake(0, 1)], vec![wait(0)]], STUCK), None);
    assert_eq!(signature(vec![vec![spawn(1), sleep], vec![wait(0)]], Oracles::NONE), None);
}

#[test]
fn whom_main_awaits_in_vain_names_a_run_that_was_given_up() {
    let limits = Limits { virtual_ns_max: 10_000_000_000, ..Limits::default() };
    let heart = vec![Op::Poll { word: 7, least: 1, ns: 50_000_000 }];
    let given_up = |last: Op| {
        let scripts = vec![
            vec![Op::Spawn { script: 1 }, Op::Spawn { script: 2 }, Op::Join { child: 1 }],
            heart.clone(),
            vec![last],
        ];
        let (outcome, finding, _) = asked(&Program { scripts, limits }, Box::new(Boring), Oracles::NONE);
        assert_eq!(outcome.ending, Ending::OutOfTime { virtual_ns: limits.virtual_ns_max });
        finding
    };
    let found = given_up(wait(0)).expect("thread 2 waits for ever");
    assert_eq!(found.signature, "stuck: thread without a name");
    assert!(found.detail.contains("\nthread 2 (root/1) waits for futex word 0"), "{}", found.detail);
    assert_eq!(given_up(Op::Poll { word: 6, least: 1, ns: 70_000_000 }), None, "it goes on");
    assert_eq!(given_up(Op::SleepUntil { at_ns: HOUR_NS }), None, "it will go on");
}

#[test]
fn a_run_that_gets_nowhere_is_ended_where_that_is_asked_for() {
    let idle = Oracles { idle_points: Some(1_000), ..Oracles::NONE };
    let churn = vec![vec![Op::Churn { word: 0, least: 1, own: 1 }]];
    let (outcome, ..) = asked(&Program::new(churn.clone()), Box::new(Boring), idle);
    let Ending::Idle { points } = outcome.ending else { panic!("{:?}", outcome.ending) };
    assert!((1_000..1_010).contains(&points), "{points}");
    let (outcome, ..) = asked(&Program::new(churn), Box::new(Boring), Oracles::NONE);
    assert!(matches!(outcome.ending, Ending::Livelock { .. }), "{:?}", outcome.ending);
    let sleeps = vec![vec![Op::Poll { word: 0, least: 1, ns: HOUR_NS / 4 }]];
    let (outcome, ..) = asked(&Program::new(sleeps), Box::new(Boring), idle);
    assert!(matches!(outcome.ending, Ending::OutOfTime { .. }), "{:?}", outcome.ending);
}

#[test]
fn a_thread_that_runs_late_is_told_of_where_that_is_asked_for() {
    let mut main = vec![Op::Spawn { script: 1 }, Op::Yield];
    main.extend([Op::Add { word: 0 }; 600]);
    main.push(Op::Join { child: 0 });
    let scripts = vec![main, vec![Op::SleepUntil { at_ns: 2_000 }, Op::Add { word: 1 }]];
    let late = |most_ns| Oracles { late_ns: Some(most_ns), ..Oracles::NONE };
    let (outcome, finding, _) = asked(&Program::new(scripts.clone()), Box::new(Boring), late(500));
    let told: Vec<u64> = outcome
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Late { due_ns: 2_000, by_ns } => Some(*by_ns),
            _ => None,
        })
        .collect();
    assert!(told.len() == 1 && told[0] > 500, "{told:?}");
    assert_eq!(finding.expect("it was late").signature, "late: thread without a name");
    assert_eq!(signature(scripts.clone(), late(1_000_000)), None);
    assert_eq!(signature(scripts, Oracles::NONE), None);
}

proptest! {
    #![proptest_config(cases(400))]

    /// The same program with a main thread that stays: nobody wakes whom the oracle called stuck.
    #[test]
    fn who_is_stuck_never_goes_on(
        mut program in some_program(),
        ns in 0..20_000_u64,
        seed in 0..4_u64,
        nth in 0..strategies().len(),
    ) {
        // Main starts the others and leaves in the midst of what they do.
        program.scripts[0].retain(|op| matches!(op, Op::Spawn { .. }));
        program.scripts[0].push(Op::Sleep { ns });
        let chooser = || strategies()[nth].chooser(Seed(seed));
        let (outcome, finding, _) = asked(&program, chooser(), STUCK);
        let Some(finding) = finding.filter(|_| outcome.ending == Ending::Returned) else { return Ok(()) };
        let stuck = named(&finding);
        prop_assert!(!stuck.is_empty(), "{}", finding.detail);
        let mut longer = program;
        longer.scripts[0].push(Op::Sleep { ns: HOUR_NS });
        let stayed = run(&longer, chooser(), Detail::Events);
        let later = stayed.events.iter().filter(|(stamp, _)| stamp.step >= outcome.figures.points);
        for (stamp, event) in later {
            let woken = matches!(event, Event::Woke { thread, .. } if stuck.contains(thread));
            prop_assert!(!woken, "{stuck:?} were stuck at step {}: {stamp:?} {event:?}", outcome.figures.points);
        }
    }

    #[test]
    fn looking_changes_nothing(program in some_program(), seed in 0..4_u64, nth in 0..strategies().len()) {
        let oracles = Oracles {
            leaks: Leaks::ALL,
            late_ns: Some(u64::MAX),
            idle_points: Some(u64::MAX),
            ..STUCK
        };
        let chooser = || strategies()[nth].chooser(Seed(seed));
        let (outcome, ..) = asked(&program, chooser(), oracles);
        prop_assert_eq!(outcome, run(&program, chooser(), Detail::Events));
    }
}
