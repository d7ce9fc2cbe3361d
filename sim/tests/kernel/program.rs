//! Small programs as data, and random ones.
//!
//! Does not run them. Invariant: a script spawns only scripts after its own, so every program has finitely many threads.

use photofinish_sim::limits::Limits;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// One thing a thread does. Words are counters that begin at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// An atomic load: a point without progress.
    Load {
        word: usize,
    },
    /// An atomic addition of 1.
    Add {
        word: usize,
    },
    /// Loads until the word is so large.
    Spin {
        word: usize,
        least: u64,
    },
    /// The same with `sched_yield` after each load.
    SpinYield {
        word: usize,
        least: u64,
    },
    /// The same with a change of an own word after each load.
    Churn {
        word: usize,
        least: u64,
        own: usize,
    },
    /// The same with a sleep after each load.
    Poll {
        word: usize,
        least: u64,
        ns: u64,
    },
    Wait {
        word: usize,
        expected: u32,
        bits: u32,
        timeout_ns: Option<u64>,
    },
    Wake {
        word: usize,
        most: u32,
        bits: u32,
    },
    Requeue {
        from: usize,
        to: usize,
        wake_max: u32,
        move_max: u32,
    },
    Sleep {
        ns: u64,
    },
    /// Sleeps until a virtual time.
    SleepUntil {
        at_ns: u64,
    },
    /// Waits until a virtual time at most.
    WaitUntil {
        word: usize,
        at_ns: u64,
    },
    Yield,
    Spawn {
        script: usize,
    },
    /// Joins the thread's so-many-eth child.
    Join {
        child: usize,
    },
    Random,
    Listen {
        port: u16,
    },
    Accept,
    Connect {
        port: u16,
    },
    Send,
    Receive,
}

impl Op {
    /// The word of an atomic operation.
    pub(crate) fn word(self) -> Option<usize> {
        match self {
            Self::Load { word } | Self::Add { word } => Some(word),
            Self::Spin { word, .. } | Self::Churn { word, .. } => Some(word),
            _ => None,
        }
    }

    pub(crate) fn is_atomic(self) -> bool {
        self.word().is_some()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wait { .. } | Self::WaitUntil { .. } => "futex wait",
            Self::Wake { .. } => "futex wake",
            Self::Requeue { .. } => "futex requeue",
            Self::Sleep { .. } | Self::SleepUntil { .. } | Self::Poll { .. } => "clock_nanosleep",
            Self::Yield | Self::SpinYield { .. } => "sched_yield",
            Self::Spawn { .. } => "pthread_create",
            Self::Join { .. } => "pthread_join",
            Self::Random => "getrandom",
            Self::Listen { .. } => "listen",
            Self::Accept => "accept4",
            Self::Connect { .. } => "connect",
            Self::Send => "write",
            Self::Receive => "read",
            Self::Load { .. } | Self::Add { .. } | Self::Spin { .. } | Self::Churn { .. } => "atomic",
        }
    }
}

/// Scripts by number, the first being the main thread's.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) scripts: Vec<Vec<Op>>,
    pub(crate) limits: Limits,
}

impl Program {
    pub(crate) fn new(scripts: Vec<Vec<Op>>) -> Self {
        Self { scripts, limits: Limits { points_max: 300_000, ..Limits::default() } }
    }
}

/// So many cases, the same in every run; other ones with `PROPTEST_RNG_SEED`.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    match config.rng_seed {
        RngSeed::Random => ProptestConfig { rng_seed: RngSeed::Fixed(2), ..config },
        RngSeed::Fixed(_) => config,
    }
}

/// Waits without bits or time-out.
pub(crate) fn wait(word: usize) -> Op {
    Op::Wait { word, expected: 0, bits: u32::MAX, timeout_ns: None }
}

/// Waits for so long at most.
pub(crate) fn wait_for(word: usize, ns: u64) -> Op {
    Op::Wait { word, expected: 0, bits: u32::MAX, timeout_ns: Some(ns) }
}

/// Wakes up to so many.
pub(crate) fn wake(word: usize, most: u32) -> Op {
    Op::Wake { word, most, bits: u32::MAX }
}

fn some_ns() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => (1..50_u64).prop_map(|n| n * 10),
        4 => Just(1_000_u64),
        2 => 0..2_000_000_u64,
        1 => Just(3_000_000_000_u64),
        1 => Just(u64::MAX),
    ]
}

fn some_op(script: usize, scripts: usize) -> BoxedStrategy<Op> {
    const WORD: core::ops::Range<usize> = 0..3;
    let bits = || prop_oneof![6 => Just(u32::MAX), 1 => Just(1), 1 => Just(2), 1 => Just(0)];
    let most = || prop_oneof![3 => Just(1_u32), 1 => Just(2), 2 => Just(i32::MAX.cast_unsigned())];
    let ops = prop_oneof![
        4 => WORD.prop_map(|word| Op::Load { word }),
        6 => WORD.prop_map(|word| Op::Add { word }),
        1 => (WORD, 1..3_u64).prop_map(|(word, least)| Op::Spin { word, least }),
        1 => (WORD, 1..3_u64).prop_map(|(word, least)| Op::SpinYield { word, least }),
        1 => (WORD, 1..3_u64, 3..8_usize).prop_map(|(word, least, own)| Op::Churn { word, least, own }),
        1 => (WORD, 1..3_u64, 100..5_000_u64).prop_map(|(word, least, ns)| Op::Poll { word, least, ns }),
        6 => (WORD, 0..2_u32, bits(), prop::option::of(some_ns()))
            .prop_map(|(word, expected, bits, timeout_ns)| Op::Wait { word, expected, bits, timeout_ns }),
        6 => (WORD, most(), bits()).prop_map(|(word, most, bits)| Op::Wake { word, most, bits }),
        1 => (WORD, WORD, 0..2_u32, most())
            .prop_map(|(from, to, wake_max, move_max)| Op::Requeue { from, to, wake_max, move_max }),
        4 => some_ns().prop_map(|ns| Op::Sleep { ns }),
        3 => Just(Op::Yield),
        2 => (0..3_usize).prop_map(|child| Op::Join { child }),
        1 => Just(Op::Random),
        1 => (80..82_u16).prop_map(|port| Op::Listen { port }),
        1 => Just(Op::Accept),
        1 => (80..82_u16).prop_map(|port| Op::Connect { port }),
        1 => Just(Op::Send),
        1 => Just(Op::Receive),
    ];
    if script + 1 < scripts {
        prop_oneof![4 => ops, 1 => (script + 1..scripts).prop_map(|script| Op::Spawn { script })].boxed()
    } else {
        ops.boxed()
    }
}

/// A random program whose main thread begins by spawning every other script.
pub(crate) fn some_program() -> impl Strategy<Value = Program> {
    (2..5_usize).prop_flat_map(|scripts| {
        let all: Vec<_> = (0..scripts)
            .map(|script| prop::collection::vec(some_op(script, scripts), 1..14).boxed())
            .collect();
        (all, prop_oneof![Just(0_u64), Just(5_000), Just(1_000_000_000)]).prop_map(
            move |(mut all, stall_ns)| {
                all[0].splice(0..0, (1..scripts).map(|script| Op::Spawn { script }));
                let limits = Limits { points_max: 2_000, stall_ns, threads_max: 12, ..Limits::default() };
                Program { scripts: all, limits }
            },
        )
    })
}
