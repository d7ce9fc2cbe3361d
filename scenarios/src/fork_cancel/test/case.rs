//! What is made to happen.
//!
//! It does not know what comes of it. Invariant: a case is the same for every revision; when it is looked at, everything
//! that can happen without a time-out has happened; and what it wants to come first comes first by more than a second,
//! which is what threads that are not scheduled may lose in all.

use super::super::program::client::{Leave, Missing, Plan};
use super::super::program::fragment::{FIRST_PAYLOAD, PAYLOAD_MAX};

/// One case.
#[derive(Debug)]
pub(in super::super) struct Case {
    /// Who plays.
    pub(super) stage: Stage,
    /// Whether kept wakers are judged.
    pub(super) wakers: Wakers,
}

/// Who plays.
#[derive(Debug)]
pub(super) enum Stage {
    /// A client and three relays.
    Chain(Chain),
    /// One stream, one who fills it and one who reads it.
    Single(Single),
}

/// Whether a reader that keeps more than one waker is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wakers {
    /// It is.
    Counted,
    /// It is another case's matter.
    Ignored,
}

/// How long datagrams take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    /// As long as they usually do.
    Usual,
    /// From 1 to 10 ms.
    Slow,
}

/// A client, `hop1`, `hop2` and `hop3`. Times are seconds since the start.
#[derive(Debug)]
pub(super) struct Chain {
    /// What the client does.
    pub(super) plan: Plan,
    /// How long each relay looks at the operation before it begins.
    pub(super) validation_s: [u32; 3],
    /// How much each relay passes on in a second.
    pub(super) bytes_per_second: [u32; 3],
    /// How long datagrams take, where anybody can say so.
    pub(super) links: Links,
    /// When nothing but time-outs can happen any more.
    pub(super) look_s: u32,
    /// When the time-outs have happened.
    pub(super) end_s: u32,
}

/// How a single stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// By a pipe that reads a fork.
    Pipe,
    /// By assembling it.
    Assembly,
}

/// One stream.
#[derive(Debug)]
pub(super) struct Single {
    /// The order in which its fragments come, in bursts.
    pub(super) bursts: &'static [&'static [u32]],
    /// How it is read.
    pub(super) reading: Reading,
}

const FAST: u32 = 4_000_000;
/// What does not go at once takes five and a half seconds.
const THROTTLED: u32 = 3_000;
/// The object of the report.
const REPORTED: usize = 253_000;
/// One of twenty fragments, which the tests of the original store. More of them show nothing else, and cost each run as much again.
const OBJECT: usize = FIRST_PAYLOAD + 19 * PAYLOAD_MAX;

const ALL: Plan =
    Plan { object_bytes: OBJECT, missing: Missing::None, interval_thousandths: 0, leave: Leave::Never };
const PLAIN: Chain = Chain {
    plan: ALL,
    validation_s: [0; 3],
    bytes_per_second: [FAST; 3],
    links: Links::Usual,
    look_s: 12,
    end_s: 50,
};

const fn chain(chain: Chain) -> Case {
    Case { stage: Stage::Chain(chain), wakers: Wakers::Ignored }
}

/// The report's own: the client falls silent after the first fragment, gives up, and is not heard of again. The relays
/// begin when that fragment is there.
pub(in super::super) const REPORT: Case = chain(Chain {
    plan: Plan { object_bytes: REPORTED, missing: Missing::After(1), leave: Leave::Silently(64), ..ALL },
    validation_s: [2, 2, 0],
    end_s: 200,
    ..PLAIN
});
/// The client's connection drops while everything is in the first relay's buffer, and the pipe is throttled. No
/// relay begins before it has everything.
pub(in super::super) const CANCEL: Case = chain(Chain {
    plan: Plan { leave: Leave::Closing(5), ..ALL },
    validation_s: [2, 12, 20],
    bytes_per_second: [THROTTLED, FAST, FAST],
    links: Links::Usual,
    look_s: 40,
    end_s: 75,
});
/// The client leaves about when the first relay's pipe ends: if its last word overtakes its first by 4 ms, it comes before the
/// last fragment has gone. From the relay's first fragment to its last it is 2.996 s.
pub(in super::super) const DROP: Case = chain(Chain {
    plan: Plan { object_bytes: FIRST_PAYLOAD + 39 * PAYLOAD_MAX, leave: Leave::Closing(5), ..ALL },
    validation_s: [2, 0, 0],
    bytes_per_second: [15_936, FAST, FAST],
    links: Links::Slow,
    look_s: 8,
    end_s: 10,
});
/// The second fragment never comes.
pub(in super::super) const GAP: Case = chain(Chain {
    plan: Plan { missing: Missing::One(2), ..ALL },
    validation_s: [2, 2, 0],
    look_s: 15,
    end_s: 75,
    ..PLAIN
});
/// The fragments come one by one, and each is waited for.
pub(in super::super) const WAKE: Case =
    chain(Chain { plan: Plan { interval_thousandths: 200, ..ALL }, look_s: 15, ..PLAIN });
/// The first relay looks at the operation for so long that the client's connection drops before it forks.
pub(in super::super) const FORKED: Case = chain(Chain {
    plan: Plan { missing: Missing::After(1), leave: Leave::Closing(1), ..ALL },
    validation_s: [3, 0, 0],
    look_s: 15,
    ..PLAIN
});

const fn single(bursts: &'static [&'static [u32]], reading: Reading) -> Stage {
    Stage::Single(Single { bursts, reading })
}

/// The second fragment is overtaken by all the others, which come while it is waited for.
pub(in super::super) const RACE: Case =
    Case { stage: single(&[&[1], &[3, 4, 5, 6, 7, 8, 2]], Reading::Pipe), wakers: Wakers::Ignored };
/// Two fragments change places.
pub(in super::super) const SWAPPED: Case =
    Case { stage: single(&[&[1], &[3, 2]], Reading::Pipe), wakers: Wakers::Ignored };
/// Two fragments come in order.
pub(in super::super) const IN_ORDER: Case =
    Case { stage: single(&[&[1], &[2]], Reading::Pipe), wakers: Wakers::Ignored };
/// A few fragments come while they are assembled.
pub(in super::super) const ASSEMBLE: Case =
    Case { stage: single(&[&[1, 2, 3, 4]], Reading::Assembly), wakers: Wakers::Ignored };
/// The fragments come one by one, and it is counted what waiting leaves behind.
pub(in super::super) const WAKERS: Case = Case {
    stage: single(&[&[1], &[2], &[3], &[4], &[5], &[6], &[7], &[8], &[9], &[10]], Reading::Pipe),
    wakers: Wakers::Counted,
};
