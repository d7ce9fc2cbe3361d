//! Runs worlds of hosts on a kernel as the boundary does: programs are lists of operations that threads of hosts go through.
//!
//! Does not know what is being proved. Invariant: the kernel's books are right after every step.

use photofinish_sim::choice::{Chooser, Divergence, Kind, Moment, Odds, Pick, Question};
use photofinish_sim::ending::Ending;
use photofinish_sim::event::{Event, Memory, Recorder, Stamp};
use photofinish_sim::fault::{Fault, FaultKind, Faults};
use photofinish_sim::host::{HostChange, HostClock, HostId, HostSpec, Power};
use photofinish_sim::kernel::{Detail, Figures, Kernel, Next};
use photofinish_sim::limits::Limits;
use photofinish_sim::personality::Os;
use photofinish_sim::thread::{State, ThreadId};
use photofinish_sim::trace::Trace;
use photofinish_sim::wait::{Wait, WaitOn};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;
pub(crate) const CERTAIN: Odds = Odds { strikes: 1, of: 1 };

/// What a thread does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Call,
    Point,
    Yield,
    Sleep(u64),
    Spawn,
    Stuck,
}

/// Everything that a run does.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// By host but the first: what its program does, and how often it does it all over.
    pub(crate) hosts: Vec<(Vec<Op>, u32)>,
    pub(crate) plan: Option<Faults>,
    /// For how long the first process sleeps, before it returns or is stuck.
    pub(crate) sleep_ns: u64,
    pub(crate) last: Op,
}

/// Where a thread is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) host: usize,
    pub(crate) op: usize,
    pub(crate) rounds: u32,
}

#[derive(Clone, Default)]
pub(crate) struct Shared(pub(crate) Rc<RefCell<Memory>>);

impl Recorder for Shared {
    fn pick(&mut self, pick: &Pick) {
        self.0.borrow_mut().pick(pick);
    }

    fn born(&mut self, parent: ThreadId) {
        self.0.borrow_mut().born(parent);
    }

    fn event(&mut self, stamp: &Stamp, event: &Event) {
        self.0.borrow_mut().event(stamp, event);
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    pub(crate) figures: Figures,
    pub(crate) trace: Trace,
    pub(crate) events: Vec<(Stamp, Event)>,
}

impl Outcome {
    pub(crate) fn count(&self, change: &HostChange) -> usize {
        self.changes().filter(|(_, _, seen)| *seen == change).count()
    }

    pub(crate) fn changes(&self) -> impl Iterator<Item = (u64, HostId, &HostChange)> {
        self.events.iter().filter_map(|(stamp, event)| match event {
            Event::Host { host, change } => Some((stamp.at_ns, *host, change)),
            _ => None,
        })
    }
}

pub(crate) struct Driver<'a> {
    pub(crate) kernel: Kernel,
    pub(crate) world: &'a World,
    pub(crate) places: Vec<Place>,
    pub(crate) memory: Shared,
}

pub(crate) fn spec(name: String) -> HostSpec {
    HostSpec { name, addresses: Vec::new(), os: Os::Linux, cores: 1, clock: HostClock::default() }
}

pub(crate) fn sleep(kernel: &mut Kernel, until_ns: Option<u64>) -> Next {
    let on = if until_ns.is_some() { WaitOn::Sleep } else { WaitOn::Signal };
    kernel.block(Wait { on, deadline_ns: until_ns })
}

pub(crate) fn run(world: &World, chooser: Box<dyn Chooser>) -> Outcome {
    let (outcome, _) = run_to_end(world, chooser);
    outcome
}

pub(crate) fn run_to_end(world: &World, chooser: Box<dyn Chooser>) -> (Outcome, Vec<(Power, bool)>) {
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
        trace: memory.trace,
        events: memory.events,
    };
    (outcome, hosts)
}

impl Driver<'_> {
    pub(crate) fn build(&mut self) {
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

    pub(crate) fn step(&mut self) -> Next {
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
            Op::Point => self.kernel.point(7, 0),
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

pub(crate) fn fault(every_ns: u64, lasts_ns: &[u64]) -> Fault {
    Fault { enabled: CERTAIN, odds: CERTAIN, every_ns, lasts_ns: lasts_ns.to_vec(), ..Fault::default() }
}

pub(crate) fn plan(kinds: &[(FaultKind, Fault)], until_ns: u64) -> Faults {
    Faults { kinds: kinds.iter().cloned().collect(), until_ns, ..Faults::default() }
}

/// Gives each kind of question always the same answer, but the first who is next, which is whoever waited longest.
pub(crate) struct Fixed {
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

pub(crate) fn fixed(answers: &[(Kind, u64)]) -> Box<dyn Chooser> {
    Box::new(Fixed { answers: answers.iter().copied().collect(), nexts: 0 })
}
