//! Single strikes: whom they hit, when, for how long, and what they do not do.
//!
//! Does not know seeds but where it counts. Invariant: what a strike did is told by events alone.

use photofinish_sim::choice::Kind;
use photofinish_sim::chooser::Strategy as Search;
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Pass, Stamp};
use photofinish_sim::fault::{Fault, FaultKind, Faults};
use photofinish_sim::host::{HostChange, HostId};
use photofinish_sim::kernel::{Detail, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::link::LinkChange;
use photofinish_sim::net::Hop;
use photofinish_sim::seed::Seed;
use std::collections::BTreeMap;

use crate::driver::{Driver, MS, Op, Outcome, Place, SECOND, Shared, World, fault, fixed, plan, run};

fn sleepers(hosts: usize, sleep_ns: u64, last: Op, plan: Faults) -> World {
    World { hosts: vec![(vec![Op::Sleep(SECOND)], 1_000); hosts], plan: Some(plan), sleep_ns, last }
}

#[test]
fn a_crash_is_followed_by_a_restart_after_as_long_as_was_chosen() {
    for (pick, lasts_ns) in [(0, SECOND), (1, 3 * SECOND)] {
        let crash = Fault { strikes_max: 1, ..fault(5 * SECOND, &[SECOND, 3 * SECOND]) };
        let world = sleepers(3, 60 * SECOND, Op::Call, plan(&[(FaultKind::Crash, crash)], 50 * SECOND));
        let outcome = run(&world, fixed(&[(Kind::Lasts, pick), (Kind::Victim, 1)]));
        assert_eq!(outcome.ending, Ending::Returned);
        let seen: Vec<_> = outcome
            .changes()
            .filter(|(at_ns, ..)| *at_ns > SECOND)
            .map(|(at, host, what)| (at, host.0, what))
            .collect();
        let [
            (down_ns, 2, HostChange::Crashed),
            (up_ns, 2, HostChange::Restarted),
            (start_ns, 2, HostChange::Started { .. }),
        ] = seen[..]
        else {
            panic!("{seen:?}")
        };
        assert_eq!((down_ns, up_ns, start_ns), (5 * SECOND, 5 * SECOND + lasts_ns, up_ns));
    }
}

#[test]
fn a_strike_can_hit_before_any_of_the_next_calls_of_its_victim() {
    let calls = |aim| {
        let crash = Fault { strikes_max: 1, ..fault(5 * SECOND, &[SECOND]) };
        let busy =
            vec![Op::Sleep(6 * SECOND), Op::Call, Op::Point, Op::Call, Op::Call, Op::Sleep(40 * SECOND)];
        let plan = Some(plan(&[(FaultKind::Crash, crash)], 50 * SECOND));
        let world = World { hosts: vec![(busy, 0)], plan, sleep_ns: 100 * SECOND, last: Op::Call };
        let outcome = run(&world, fixed(&[(Kind::Aim, aim)]));
        assert_eq!(outcome.ending, Ending::Returned);
        let (at_ns, ..) =
            outcome.changes().find(|(.., what)| **what == HostChange::Crashed).expect("it struck");
        at_ns
    };
    assert_eq!(calls(0), 5 * SECOND);
    let early = [1, 2, 3].map(calls);
    assert!(early.is_sorted() && early[0] < early[2], "{early:?}");
    assert!(early.iter().all(|at_ns| (6 * SECOND..6 * SECOND + MS).contains(at_ns)), "{early:?}");
    assert_eq!(calls(4), 10 * SECOND, "there is no fourth call before the next opportunity");
    assert!((5 * SECOND..10 * SECOND).contains(&calls(40)));
}

#[test]
fn opportunities_keep_no_run_alive() {
    let crash = fault(5 * SECOND, &[SECOND]);
    let pause = fault(3 * SECOND, &[SECOND]);
    let plan = plan(&[(FaultKind::Crash, crash), (FaultKind::Pause, pause)], 5_000 * SECOND);
    let stuck = World {
        hosts: vec![(vec![Op::Call, Op::Stuck], 0); 3],
        plan: Some(plan.clone()),
        sleep_ns: SECOND,
        last: Op::Stuck,
    };
    let outcome = run(&stuck, fixed(&[]));
    assert!(matches!(outcome.ending, Ending::Deadlock(_)), "{:?}", outcome.ending);
    assert!(outcome.figures.virtual_ns < 2 * SECOND, "it waited for a fault");
    assert_eq!(outcome.count(&HostChange::Crashed), 0);
    // What has struck still ends, and then the run does.
    let outcome = run(&World { sleep_ns: 6 * SECOND, ..stuck }, fixed(&[]));
    assert!(matches!(outcome.ending, Ending::Deadlock(_)), "{:?}", outcome.ending);
    assert_eq!(outcome.count(&HostChange::Crashed), outcome.count(&HostChange::Restarted));
    assert_eq!(outcome.count(&HostChange::Paused), outcome.count(&HostChange::Resumed));
    assert!(outcome.count(&HostChange::Paused) > 0);
}

#[test]
fn hosts_that_are_spared_and_those_not_named_are_never_hit() {
    let crash = Fault { hosts: Some(vec![HostId(2), HostId(3)]), strikes_max: 20, ..fault(SECOND, &[MS]) };
    let mut plan = plan(&[(FaultKind::Crash, crash)], 60 * SECOND);
    plan.spared = vec![HostId(3)];
    let world = sleepers(4, 80 * SECOND, Op::Call, plan);
    for seed in (0..10).map(Seed) {
        let outcome = run(&world, Search::Swarm.resolve(seed).chooser(seed));
        let hit: Vec<HostId> = outcome
            .changes()
            .filter(|(.., what)| **what == HostChange::Crashed)
            .map(|(_, host, _)| host)
            .collect();
        assert!(!hit.is_empty() && hit.iter().all(|host| *host == HostId(2)), "{hit:?}");
        assert!(hit.len() <= 20);
    }
}

#[test]
fn no_more_are_hit_at_one_time_than_may_be() {
    for (each, all, most) in [(1, 9, 2), (2, 9, 4), (3, 1, 1), (3, 3, 3)] {
        let fault = |every_ns| Fault {
            at_once_max: each,
            strikes_max: 100,
            ..fault(every_ns, &[5 * SECOND, 9 * SECOND])
        };
        let kinds = [(FaultKind::Crash, fault(SECOND)), (FaultKind::Pause, fault(SECOND / 2))];
        let plan = Faults { at_once_max: all, ..plan(&kinds, 60 * SECOND) };
        let mut seen = 0;
        for seed in (0..10).map(Seed) {
            let outcome = run(
                &sleepers(6, 70 * SECOND, Op::Call, plan.clone()),
                Search::Swarm.resolve(seed).chooser(seed),
            );
            let mut on: BTreeMap<HostId, u32> = BTreeMap::new();
            for (_, host, change) in outcome.changes() {
                match change {
                    HostChange::Crashed => *on.entry(host).or_insert(0) = 1,
                    HostChange::Paused => *on.entry(host).or_insert(0) += 1,
                    HostChange::Resumed | HostChange::Restarted => *on.entry(host).or_insert(1) -= 1,
                    _ => {}
                }
                seen = seen.max(on.values().sum());
            }
        }
        assert_eq!(seen, most, "{each} of each, {all} of all");
    }
}

#[test]
fn who_gave_up_its_turn_goes_on_when_the_others_are_gone() {
    let crash = Fault { hosts: Some(vec![HostId(2)]), strikes_max: 1, ..fault(500 * MS, &[100 * MS]) };
    let plan = Some(plan(&[(FaultKind::Crash, crash)], 10 * SECOND));
    let hosts = vec![(vec![Op::Yield], 5_000), (vec![Op::Call], 5_000)];
    let world = World { hosts, plan, sleep_ns: 700 * MS, last: Op::Call };
    // The clock is the last candidate: the other host crashes while its thread is next.
    let outcome = run(&world, fixed(&[(Kind::Next, u64::MAX)]));
    assert_eq!(outcome.ending, Ending::Returned);
    assert_eq!(outcome.count(&HostChange::Crashed), 1);
    let idle = |(_, event): &&(Stamp, Event)| matches!(event, Event::Passed { why: Pass::Idle, .. });
    assert_eq!(outcome.events.iter().find(idle), None);
}

/// What became of links: when, from where to where, and what.
fn links(outcome: &Outcome) -> Vec<(u64, u32, u32, LinkChange)> {
    let link = |(stamp, event): &(Stamp, Event)| match event {
        Event::Link { hop, change } => Some((stamp.at_ns / SECOND, hop.from.0, hop.to.0, *change)),
        _ => None,
    };
    outcome.events.iter().filter_map(link).collect()
}

#[test]
fn links_are_closed_in_the_directions_that_were_chosen_and_opened_again() {
    use LinkChange::{Cut, Healed, Held, Released, Reset};
    let struck = |kind, shape| {
        let fault = Fault { strikes_max: 1, ..fault(5 * SECOND, &[2 * SECOND]) };
        let world = sleepers(3, 60 * SECOND, Op::Call, plan(&[(kind, fault)], 50 * SECOND));
        // The second host that there is, and the second of the others.
        links(&run(&world, fixed(&[(Kind::Victim, 1), (Kind::Shape, shape)])))
    };
    let both = |one, other| [(5, 2, 3, one), (5, 3, 2, one), (7, 2, 3, other), (7, 3, 2, other)];
    assert_eq!(struck(FaultKind::Partition, 0), both(Cut, Healed));
    assert_eq!(struck(FaultKind::Partition, 1), [(5, 2, 3, Cut), (7, 2, 3, Healed)]);
    assert_eq!(struck(FaultKind::Partition, 2), [(5, 3, 2, Cut), (7, 3, 2, Healed)]);
    let around = [(2, 1), (1, 2), (2, 3), (3, 2)];
    let around = |at, change| around.map(|(from, to)| (at, from, to, change));
    assert_eq!(struck(FaultKind::Partition, 3), [around(5, Cut), around(7, Healed)].concat());
    assert_eq!(struck(FaultKind::Hold, 0), both(Held, Released));
    assert_eq!(struck(FaultKind::Reset, 0), [(5, 2, 3, Reset), (5, 3, 2, Reset)]);
}

#[test]
fn what_somebody_else_cut_is_not_healed() {
    let partition = Fault { strikes_max: 3, ..fault(5 * SECOND, &[2 * SECOND]) };
    let world = sleepers(2, 60 * SECOND, Op::Call, plan(&[(FaultKind::Partition, partition)], 50 * SECOND));
    let memory = Shared::default();
    let kernel = Kernel::new(Limits::default(), fixed(&[]), Box::new(memory.clone()), Detail::Events);
    let places = vec![Place { host: 0, op: 0, rounds: 0 }];
    let mut driver = Driver { kernel, world: &world, places, memory };
    driver.build();
    let cut = Hop { from: HostId(1), to: HostId(2) };
    driver.kernel.cut(cut);
    while driver.step() != Next::End {}
    assert!(driver.kernel.links.is_cut(cut) && !driver.kernel.links.is_cut(cut.reverse()));
}
