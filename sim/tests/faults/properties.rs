//! What holds for every world, every plan and every seed.
//!
//! Does not know single strikes. Invariant: every run here is replayed, or held against one without faults.

use photofinish_sim::choice::{Odds, Pick};
use photofinish_sim::chooser::{Boring, Strategy as Search, Strict};
use photofinish_sim::event::{Event, Stamp};
use photofinish_sim::fault::{Fault, FaultKind, Faults};
use photofinish_sim::host::{HostChange, HostId, Power};
use photofinish_sim::seed::Seed;
use proptest::prelude::*;

use crate::driver::{CERTAIN, Op, Outcome, SECOND, World, run, run_to_end};

const KINDS: [FaultKind; 5] =
    [FaultKind::Crash, FaultKind::Pause, FaultKind::Partition, FaultKind::Hold, FaultKind::Reset];

fn some_op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Call),
        2 => Just(Op::Point),
        2 => Just(Op::Yield),
        4 => (0..2 * SECOND).prop_map(Op::Sleep),
        2 => (0..20_000_u64).prop_map(Op::Sleep),
        1 => Just(Op::Spawn),
        1 => Just(Op::Stuck),
    ]
}

fn some_fault() -> impl Strategy<Value = Fault> {
    let lasts = prop::collection::vec(1..8 * SECOND, 1..5);
    (1..5_u64, 2..4_u32, lasts, 1..3_u32, 1..12_u32).prop_map(|(every, of, mut lasts_ns, once, most)| {
        lasts_ns.sort_unstable();
        Fault {
            enabled: CERTAIN,
            odds: Odds { strikes: 1, of },
            every_ns: every * SECOND / 2,
            lasts_ns,
            at_once_max: once,
            strikes_max: most,
            ..Fault::default()
        }
    })
}

fn some_world() -> impl Strategy<Value = World> {
    let host = (prop::collection::vec(some_op(), 1..8), 0..30_u32);
    let kind = (prop::sample::select(KINDS.to_vec()), some_fault());
    let kinds = prop::collection::btree_map(kind.0, kind.1, 0..4);
    (prop::collection::vec(host, 1..4), kinds, 1..40_u64, 0..60_u64, any::<bool>()).prop_map(
        |(hosts, kinds, until, sleep, stuck)| {
            let plan = Faults { kinds, until_ns: until * SECOND, ..Faults::default() };
            let last = if stuck { Op::Stuck } else { Op::Call };
            World { hosts, plan: Some(plan), sleep_ns: sleep * SECOND, last }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_replay_of_the_picks_is_the_same_run(world in some_world(), seed in any::<u64>()) {
        let seed = Seed(seed);
        let found = run(&world, Search::Swarm.resolve(seed).chooser(seed));
        let again = run(&world, Box::new(Strict::new(found.trace.clone())));
        let bare = |outcome: &Outcome| {
            outcome.trace.picks.iter().map(|pick| Pick { pc: 0, ..*pick }).collect::<Vec<_>>()
        };
        prop_assert_eq!(bare(&found), bare(&again));
        prop_assert_eq!(found.events, again.events);
        prop_assert_eq!(found.ending, again.ending);
    }

    #[test]
    fn in_a_boring_run_faults_leave_nothing_behind(world in some_world()) {
        let calm = World { plan: None, ..world.clone() };
        prop_assert_eq!(run(&world, Box::new(Boring)), run(&calm, Box::new(Boring)));
    }

    #[test]
    fn after_its_end_a_plan_has_left_everything_as_it_was(world in some_world(), seed in any::<u64>()) {
        let seed = Seed(seed);
        let until_ns = world.plan.as_ref().map_or(0, |plan| plan.until_ns);
        let (outcome, hosts) = run_to_end(&world, Search::Swarm.resolve(seed).chooser(seed));
        if outcome.figures.virtual_ns > until_ns + SECOND {
            prop_assert!(hosts.iter().all(|host| *host == (Power::Up, false)), "{hosts:?}");
        }
        let late = |(at_ns, _, change): &(u64, HostId, &HostChange)| {
            *at_ns > until_ns + SECOND / 2 && !matches!(change, HostChange::Added { .. } | HostChange::Started { .. })
        };
        prop_assert_eq!(outcome.changes().find(late), None);
        let late = |(stamp, event): &&(Stamp, Event)| {
            matches!(event, Event::Link { .. }) && stamp.at_ns > until_ns + SECOND / 2
        };
        prop_assert_eq!(outcome.events.iter().find(late), None);
    }
}
