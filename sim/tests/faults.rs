//! Faults that strike by themselves, on a whole kernel.
//!
//! Does not know the boundary, whose part it plays: programs are lists of operations that threads of hosts go through. Invariant: the
//! kernel's books are right after every step, and a replay of a run's picks is the same run.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;

use photofinish_sim::choice::{Chooser, Divergence, Kind, Moment, Odds, Pick, Question};
use photofinish_sim::chooser::{Boring, Replay, Strategy as Search};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Memory, Pass, Recorder, Stamp};
use photofinish_sim::fault::{Fault, FaultKind, Faults};
use photofinish_sim::host::{HostChange, HostClock, HostId, HostSpec, Power};
use photofinish_sim::kernel::{Detail, Figures, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::personality::Os;
use photofinish_sim::seed::Seed;
use photofinish_sim::thread::{State, ThreadId};
use photofinish_sim::trace::Trace;
use photofinish_sim::wait::{Wait, WaitOn};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;
const CERTAIN: Odds = Odds { strikes: 1, of: 1 };

/// What a thread does.
#[derive(Clone, Copy, Debug)]
enum Op {
    Call,
    Point,
    Yield,
    Sleep(u64),
    Spawn,
    Stuck,
}

/// Everything that a run does.
#[derive(Clone, Debug)]
struct World {
    /// By host but the first: what its program does, and how often it does it all over.
    hosts: Vec<(Vec<Op>, u32)>,
    plan: Option<Faults>,
    /// For how long the first process sleeps, before it returns or is stuck.
    sleep_ns: u64,
    last: Op,
}

/// Where a thread is.
#[derive(Clone, Copy, Debug)]
struct Place {
    host: usize,
    op: usize,
    rounds: u32,
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Memory>>);

impl Recorder for Shared {
    fn pick(&mut self, pick: &Pick) {
        self.0.borrow_mut().pick(pick);
    }

    fn event(&mut self, stamp: &Stamp, event: &Event) {
        self.0.borrow_mut().event(stamp, event);
    }
}

#[derive(Debug, PartialEq)]
struct Outcome {
    ending: Ending,
    figures: Figures,
    trace: Trace,
    events: Vec<(Stamp, Event)>,
}

impl Outcome {
    fn count(&self, change: &HostChange) -> usize {
        self.changes().filter(|(_, _, seen)| *seen == change).count()
    }

    fn changes(&self) -> impl Iterator<Item = (u64, HostId, &HostChange)> {
        self.events.iter().filter_map(|(stamp, event)| match event {
            Event::Host { host, change } => Some((stamp.at_ns, *host, change)),
            _ => None,
        })
    }
}

struct Driver<'a> {
    kernel: Kernel,
    world: &'a World,
    places: Vec<Place>,
    memory: Shared,
}

fn spec(name: String) -> HostSpec {
    HostSpec { name, addresses: Vec::new(), os: Os::Linux, cores: 1, clock: HostClock::default() }
}

fn sleep(kernel: &mut Kernel, until_ns: Option<u64>) -> Next {
    let on = if until_ns.is_some() { WaitOn::Sleep } else { WaitOn::Signal };
    kernel.block(Wait { on, deadline_ns: until_ns })
}

fn run(world: &World, chooser: Box<dyn Chooser>) -> Outcome {
    let (outcome, _) = run_to_end(world, chooser);
    outcome
}

fn run_to_end(world: &World, chooser: Box<dyn Chooser>) -> (Outcome, Vec<(Power, bool)>) {
    let memory = Shared::default();
    let limits = Limits { threads_max: 400, ..Limits::default() };
    let kernel = Kernel::new(limits, chooser, Box::new(memory.clone()), Detail::Events);
    let places = vec![Place { host: 0, op: 0, rounds: 0 }];
    let mut driver = Driver { kernel, world, places, memory };
    driver.build();
    while driver.step() != Next::End {
        driver.do_chores();
        driver.kernel.audit().unwrap_or_else(|wrong| panic!("{wrong}"));
    }
    let hosts = driver.kernel.net.hosts.iter().map(|(_, host)| (host.power, host.paused)).collect();
    let memory = driver.memory.0.take();
    let outcome = Outcome {
        ending: driver.kernel.ending().cloned().expect("it is over"),
        figures: driver.kernel.figures(),
        trace: Trace { picks: memory.picks },
        events: memory.events,
    };
    (outcome, hosts)
}

impl Driver<'_> {
    fn build(&mut self) {
        for (at, (_, rounds)) in self.world.hosts.iter().enumerate() {
            let host = self.kernel.add_host(spec(format!("h{at}"))).expect("a good name");
            let (_, main) = self.kernel.start_kept(host, "program").expect("below the limit");
            assert_eq!(main.index(), self.places.len());
            self.places.push(Place { host: host.index(), op: 0, rounds: *rounds });
        }
        if let Some(plan) = &self.world.plan {
            self.kernel.follow_faults(plan.clone()).expect("it makes sense");
        }
    }

    fn do_chores(&mut self) {
        let killed = self.kernel.take_killed();
        assert!(killed.iter().all(|thread| self.kernel.threads().get(*thread).state == State::Ended));
        for begun in self.kernel.take_begun() {
            assert_eq!(begun.main.index(), self.places.len(), "in the order of the threads");
            let host = begun.host.index();
            self.places.push(Place { host, op: 0, rounds: self.world.hosts[host - 1].1 });
        }
        assert!(!self.kernel.has_chores());
    }

    fn step(&mut self) -> Next {
        let thread = self.kernel.current();
        assert_eq!(self.kernel.threads().get(thread).state, State::Runnable, "it runs");
        let _ = self.kernel.take_woken();
        if thread == ThreadId::MAIN { self.orchestrate() } else { self.work(thread) }
    }

    fn orchestrate(&mut self) -> Next {
        let place = &mut self.places[0];
        place.op += 1;
        match (place.op, self.world.last) {
            (1, _) => sleep(&mut self.kernel, Some(self.world.sleep_ns)),
            (2, Op::Stuck) => sleep(&mut self.kernel, None),
            _ => self.kernel.end(Ending::Returned),
        }
    }

    fn work(&mut self, thread: ThreadId) -> Next {
        let Place { host, op, rounds } = self.places[thread.index()];
        assert!(!self.kernel.net.hosts.get(self.kernel.host_id()).paused, "a thread of a paused host runs");
        assert_eq!(self.kernel.host_id().index(), host);
        let ops = &self.world.hosts[host - 1].0;
        let Some(now) = ops.get(op).copied() else {
            if rounds == 0 {
                return self.kernel.end_thread();
            }
            self.places[thread.index()] = Place { host, op: 0, rounds: rounds - 1 };
            return self.kernel.call_point();
        };
        self.places[thread.index()].op += 1;
        match now {
            Op::Call => self.kernel.call_point(),
            Op::Point => self.kernel.point(7),
            Op::Yield => self.kernel.yield_turn(),
            Op::Sleep(ns) => {
                let until_ns = self.kernel.now_ns() + ns;
                sleep(&mut self.kernel, Some(until_ns))
            }
            Op::Stuck => sleep(&mut self.kernel, None),
            Op::Spawn => match self.kernel.spawn() {
                Ok(child) => {
                    assert_eq!(child.index(), self.places.len());
                    self.places.push(Place { host, op: op + 1, rounds: 0 });
                    Next::Stay
                }
                Err(next) => next,
            },
        }
    }
}

fn fault(every_ns: u64, lasts_ns: &[u64]) -> Fault {
    Fault { enabled: CERTAIN, odds: CERTAIN, every_ns, lasts_ns: lasts_ns.to_vec(), ..Fault::default() }
}

fn plan(kinds: &[(FaultKind, Fault)], until_ns: u64) -> Faults {
    Faults { kinds: kinds.iter().cloned().collect(), until_ns, ..Faults::default() }
}

/// Gives each kind of question always the same answer, but the first who is next, which is whoever waited longest.
struct Fixed {
    answers: BTreeMap<Kind, u64>,
    nexts: u32,
}

impl Chooser for Fixed {
    fn quiet_points(&mut self, _at: &Moment) -> u64 {
        u64::MAX
    }

    fn choose(&mut self, question: &Question<'_>) -> Result<u64, Divergence> {
        if question.kind == Kind::Next {
            self.nexts += 1;
            if self.nexts == 1 {
                return Ok(0);
            }
        }
        Ok(self.answers.get(&question.kind).copied().unwrap_or(0).min(question.bound - 1))
    }
}

fn fixed(answers: &[(Kind, u64)]) -> Box<dyn Chooser> {
    Box::new(Fixed { answers: answers.iter().copied().collect(), nexts: 0 })
}

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
    let kinds = (prop::option::of(some_fault()), prop::option::of(some_fault()));
    (prop::collection::vec(host, 1..4), kinds, 1..40_u64, 0..60_u64, any::<bool>()).prop_map(
        |(hosts, (crash, pause), until, sleep, stuck)| {
            let crash = crash.map(|fault| (FaultKind::Crash, fault));
            let pause = pause.map(|fault| (FaultKind::Pause, fault));
            let kinds = crash.into_iter().chain(pause).collect();
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
        let again = run(&world, Box::new(Replay::new(found.trace.clone())));
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
    }
}

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
