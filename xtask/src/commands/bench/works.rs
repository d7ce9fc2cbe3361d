//! What is measured: works, and who does each.
//!
//! Makes no runs. Invariant: all sides of a work do the same, and a side that is compared names one that is there.

use photofinish::sim::chooser::Strategy;

use super::Group;
use super::figures::Unit;
use crate::commands::compare::Peer;
use amounts::{BULK, CONNECTIONS, GOSSIP_S, IDLE_S, PEERS, POINTS, ROUNDS, THREADS};

#[path = "../../../../harness/benches/load/src/amounts.rs"]
#[expect(dead_code, reason = "the programs use the rest")]
mod amounts;

/// Something that is measured.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) group: Group,
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) sides: Vec<Side>,
}

/// Who does a work, and how.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) name: &'static str,
    pub(super) source: Source,
    /// The side that it is compared with.
    pub(super) beside: Option<&'static str>,
    /// Whether it is measured when there is little time, too; if not, one sample is enough.
    pub(super) is_quick: bool,
}

/// Where a side's samples come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// Our own runs.
    Ours(Box<Ours>),
    /// A peer that knows itself and its program by these words.
    Peer(Peer, &'static str, String),
    /// A program outside a simulation, which times itself.
    Outside(Outside, &'static str),
}

/// How our own runs are made.
#[derive(Clone, Debug)]
pub(super) struct Ours {
    /// Without its scenario, which is `load`.
    pub(super) program: String,
    pub(super) strategy: Strategy,
    pub(super) points: Points,
    pub(super) sharing: Sharing,
    /// What one run does.
    pub(super) operations: u64,
}

/// Where a program can be preempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Points {
    /// At each atomic operation and each call.
    Atomics,
    /// At calls alone: the program is not instrumented.
    Calls,
}

/// Who has a process of its own, and how many runs a sample has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sharing {
    /// Each run.
    Alone(u32),
    /// All together.
    InImage(u32),
}

/// What is made of a program that runs outside a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// It names nothing of Photofinish.
    Plain,
    /// The boundary is linked.
    Linked,
    /// It is instrumented besides.
    Instrumented,
}

/// Our walk that asks at each point, as shuttle does.
pub(super) const RANDOM: &str = "photofinish random";
pub(super) const PCT: &str = "photofinish PCT 3";
pub(super) const IMAGE: &str = "photofinish, one image";
pub(super) const ISOLATED: &str = "photofinish, isolated";
pub(super) const DEFAULT: &str = "photofinish, one image, default mix";
pub(super) const BLOCKING: &str = "photofinish, std";
pub(super) const TOKIO: &str = "photofinish, tokio";
pub(super) const TOKIO_CALLS: &str = "photofinish, tokio, not instrumented";
pub(super) const LIMITED: &str = "photofinish, std, with a bandwidth";
pub(super) const SHUTTLE: &str = "shuttle random";
pub(super) const SHUTTLE_PCT: &str = "shuttle PCT 3";
pub(super) const LOOM: &str = "loom";
pub(super) const TURMOIL: &str = "turmoil";
pub(super) const MADSIM: &str = "madsim";
pub(super) const PLAIN: &str = "plain";
pub(super) const LINKED: &str = "boundary linked";
pub(super) const INSTRUMENTED: &str = "instrumented";
pub(super) const INSIDE: &str = "in a simulation";

/// Any thread at each point.
const EACH: Strategy = Strategy::Walk { gap: 1, nap_ns: 0, change_one_in: 0 };
/// A walk that the swarm draws for programs of this length.
const WALK: Strategy = Strategy::Walk { gap: 32, nap_ns: 0, change_one_in: 0 };
const PRIORITIES: Strategy = Strategy::Pct { depth: 3, points: 1 << 18 };

/// Threads of the works that have points.
pub(super) const SPREADS: [u64; 3] = [2, 8, 64];
/// Operations of threads: how programs and tables call them.
pub(super) const OPERATIONS: [(&str, &str); 3] =
    [("yields", "yield"), ("locks", "lock and unlock"), ("adds", "atomic add")];

/// Every work, in the order in which it is measured.
pub(super) fn all() -> Vec<Work> {
    let points = OPERATIONS.iter().flat_map(|operation| SPREADS.map(|threads| point(*operation, threads)));
    let worlds = [10, 100, 1_000].map(gossip);
    points
        .chain(runs())
        .chain(round_trips())
        .chain([idle(), made()])
        .chain(worlds)
        .chain(slowdown())
        .collect()
}

/// The work of one operation on so many threads.
pub(super) fn point_name(called: &str, threads: u64) -> String {
    format!("{called}, {threads} threads")
}

/// The work of gossip among so many.
pub(super) fn gossip_name(hosts: u64) -> String {
    format!("gossip, {hosts} hosts, a message")
}

fn point((program, called): (&'static str, &str), threads: u64) -> Work {
    let program = format!("{program}-{threads}");
    let own = |name, strategy| ours(name, &program, strategy, Sharing::InImage(2), POINTS);
    let mut sides = vec![
        own(RANDOM, EACH),
        own(PCT, PRIORITIES),
        peer(SHUTTLE, "shuttle-random", &program).beside(RANDOM),
        peer(SHUTTLE_PCT, "shuttle-pct", &program).beside(PCT),
    ];
    if threads == 2 {
        sides.push(peer(LOOM, "loom", &program).beside(RANDOM));
    }
    Work { group: Group::Scheduling, name: point_name(called, threads), unit: Unit::Ns, sides }
}

fn runs() -> Vec<Work> {
    let work = |name: &str, program: &str, peers: &[(&'static str, &'static str)]| {
        let mut sides = vec![
            ours(IMAGE, program, EACH, Sharing::InImage(4_000), 1),
            ours(DEFAULT, program, Strategy::Swarm, Sharing::InImage(4_000), 1),
            ours(ISOLATED, program, EACH, Sharing::Alone(200), 1),
        ];
        sides.extend(peers.iter().map(|(name, word)| peer(name, word, program).beside(IMAGE)));
        Work { group: Group::Runs, name: name.to_owned(), unit: Unit::Rate("runs/s"), sides }
    };
    let (shuttle, loom) = ((SHUTTLE, "shuttle-random"), (LOOM, "loom"));
    let threads = Work {
        group: Group::Runs,
        name: String::from("a thread, made and joined"),
        unit: Unit::Ns,
        sides: vec![ours(RANDOM, "threads", EACH, Sharing::Alone(1), THREADS)],
    };
    vec![
        work("a run of nothing", "empty", &[shuttle]),
        work("two threads, two locks", "tiny", &[shuttle, loom]),
        work("bounded buffer", "buffer", &[shuttle, loom]),
        threads,
    ]
}

fn round_trips() -> Vec<Work> {
    let own = |name, program, operations| ours(name, program, WALK, Sharing::Alone(1), operations);
    let peers = |program: &str, beside| {
        [peer(MADSIM, "madsim", program).beside(beside), peer(TURMOIL, "turmoil", program).beside(beside)]
    };
    let work = |name: &str, unit, sides: Vec<Side>, program, beside| {
        let sides = sides.into_iter().chain(peers(program, beside)).collect();
        Work { group: Group::RoundTrips, name: name.to_owned(), unit, sides }
    };
    let short = |name, program| ours(name, program, WALK, Sharing::Alone(20), 1);
    let (each, bytes) = (CONNECTIONS * ROUNDS, BULK);
    let short = vec![short(BLOCKING, "short-threads"), short(TOKIO, "short-tokio")];
    let echo = vec![
        own(BLOCKING, "echo-threads", each),
        own(TOKIO, "echo-tokio", each),
        own(TOKIO_CALLS, "echo-tokio", each).at_calls(),
    ];
    let bulk = vec![
        own(BLOCKING, "bulk", bytes),
        own(LIMITED, "bulk-limited", bytes),
        own(TOKIO, "bulk-tokio", bytes),
    ];
    vec![
        work("100 round trips and all before them", Unit::Rate("runs/s"), short, "short", BLOCKING),
        work("round trip, 4 connections", Unit::Rate("/s"), echo, "echo", BLOCKING),
        work("bulk transfer of 64 MiB", Unit::GibPerSecond, bulk, "bulk", BLOCKING),
    ]
}

fn idle() -> Work {
    let sides = vec![
        ours(BLOCKING, "idle", Strategy::Boring, Sharing::Alone(1), IDLE_S),
        peer(MADSIM, "madsim", "idle").beside(BLOCKING),
        peer(TURMOIL, "turmoil", "idle").beside(BLOCKING),
    ];
    let (name, unit) = (String::from("idle virtual seconds, 2 hosts"), Unit::Rate("s/s"));
    Work { group: Group::Worlds, name, unit, sides }
}

fn made() -> Work {
    let sides = vec![ours(BLOCKING, "hosts-made", Strategy::Boring, Sharing::Alone(1), 1_000)];
    let name = String::from("one of 1,000 hosts, made, idle for a minute and over");
    Work { group: Group::Worlds, name, unit: Unit::Ns, sides }
}

fn gossip(hosts: u64) -> Work {
    let (own, program) = (format!("hosts-{hosts}"), format!("gossip-{hosts}"));
    let mut sides = vec![
        ours(BLOCKING, &own, WALK, Sharing::Alone(1), hosts * PEERS * GOSSIP_S),
        peer(MADSIM, "madsim", &program).beside(BLOCKING),
    ];
    let turmoil = || peer(TURMOIL, "turmoil", &program).beside(BLOCKING);
    match hosts {
        10 => sides.push(turmoil()),
        100 => sides.push(Side { is_quick: false, ..turmoil() }),
        // That would take days.
        _ => {}
    }
    Work { group: Group::Worlds, name: gossip_name(hosts), unit: Unit::Ns, sides }
}

/// The works of programs outside a simulation, and of one in it.
pub(super) const LOCKS: &str = "locks of 4 threads, outside a simulation";
pub(super) const SORT: &str = "sorting a million numbers, a number";

fn slowdown() -> Vec<Work> {
    let outside = |name, kind, program| Side {
        name,
        source: Source::Outside(kind, program),
        beside: (kind != Outside::Plain).then_some(PLAIN),
        is_quick: true,
    };
    let three = |program| {
        vec![
            outside(PLAIN, Outside::Plain, program),
            outside(LINKED, Outside::Linked, program),
            outside(INSTRUMENTED, Outside::Instrumented, program),
        ]
    };
    let sort = Strategy::Boring;
    let inside = ours(INSIDE, "sort", sort, Sharing::Alone(1), amounts::SORTED as u64).beside(PLAIN);
    let sorts = three("sort").into_iter().chain([inside]).collect();
    let work =
        |name: &str, sides| Work { group: Group::Slowdown, name: name.to_owned(), unit: Unit::Ns, sides };
    vec![work(LOCKS, three("locks")), work(SORT, sorts)]
}

fn ours(name: &'static str, program: &str, strategy: Strategy, sharing: Sharing, operations: u64) -> Side {
    let program = program.to_owned();
    let source =
        Source::Ours(Box::new(Ours { program, strategy, points: Points::Atomics, sharing, operations }));
    Side { name, source, beside: None, is_quick: true }
}

fn peer(name: &'static str, word: &'static str, program: &str) -> Side {
    let peer = if word == "madsim" { Peer::Madsim } else { Peer::Plain };
    Side { name, source: Source::Peer(peer, word, program.to_owned()), beside: None, is_quick: true }
}

impl Side {
    fn beside(self, other: &'static str) -> Self {
        Self { beside: Some(other), ..self }
    }

    /// The same without instrumentation.
    fn at_calls(mut self) -> Self {
        if let Source::Ours(ours) = &mut self.source {
            ours.points = Points::Calls;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_work_and_a_side_of_it_have_one_name_each() {
        let works = all();
        let names: BTreeSet<&String> = works.iter().map(|work| &work.name).collect();
        assert_eq!(names.len(), works.len());
        for work in &works {
            let names: BTreeSet<&str> = work.sides.iter().map(|side| side.name).collect();
            assert_eq!(names.len(), work.sides.len(), "{}", work.name);
            for beside in work.sides.iter().filter_map(|side| side.beside) {
                assert!(names.contains(beside), "{}: {beside}", work.name);
            }
        }
    }

    #[test]
    fn every_group_that_is_measured_here_has_a_work_and_every_peer_is_compared() {
        use Group::{RoundTrips, Runs, Scheduling, Slowdown, Worlds};
        let works = all();
        for group in [Scheduling, Runs, RoundTrips, Worlds, Slowdown] {
            assert!(works.iter().any(|work| work.group == group), "{group:?}");
        }
        let sides = works.iter().flat_map(|work| &work.sides);
        assert!(
            sides.filter(|side| matches!(side.source, Source::Peer(..))).all(|side| side.beside.is_some())
        );
    }

    #[test]
    fn threads_share_the_operations_evenly() {
        assert!(SPREADS.iter().all(|threads| POINTS.is_multiple_of(*threads)));
    }
}
