//! What is going to be on the tracks of a trace, in no order yet.
//!
//! Knows no protobuf. Invariant: [`Entries::in_order`] gives what happened at one moment in the order of the run.

use std::collections::BTreeMap;

use super::text;
use crate::record::Record;
use crate::story::lanes::{At, Lanes, Who};
use crate::story::names::Names;

/// A track. Numbers are indices into [`Lanes::lanes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Track {
    /// What concerns the whole run.
    Run,
    /// What the network did by itself.
    Network,
    /// How many threads could run.
    CouldRun,
    /// How many packets are under way.
    UnderWay,
    /// A process, by its number.
    Process(i32),
    /// A thread or task.
    Lane(usize),
    /// The spans that a thread is in.
    Spans(usize),
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Begin,
    End,
    Instant,
    Count(i64),
}

/// What comes first of what is at one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A decision, of which the rest follows.
    Decision,
    /// Where an arrow begins.
    Departure,
    /// The step itself: the thread does it in the state in which it was.
    Step,
    /// A slice ends.
    End,
    /// A slice begins.
    Begin,
    /// Where an arrow ends, in the state that it brought about.
    Arrival,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arg {
    Text(String),
    Int(i64),
    Uint(u64),
}

/// One end of an arrow, by the arrow's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Begins(u64),
    Ends(u64),
}

/// One thing on a track.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) at: At,
    pub(super) rank: Rank,
    pub(super) track: Track,
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) category: &'static str,
    pub(super) args: Vec<(&'static str, Arg)>,
    /// An index into the record's stacks.
    pub(super) stack: Option<u32>,
    pub(super) flow: Option<Flow>,
}

impl Entry {
    /// An instant.
    pub(super) fn instant(at: At, rank: Rank, track: Track, category: &'static str, name: &str) -> Self {
        // The viewer counts in 64 bits with a sign.
        let at = At { at_ns: at.at_ns.min(i64::MAX.cast_unsigned()), ..at };
        let (kind, args, name) = (Kind::Instant, Vec::new(), text::name(name));
        Self { at, rank, track, kind, name, category, args, stack: None, flow: None }
    }

    /// With a text for an argument.
    pub(super) fn with(mut self, name: &'static str, text: &str) -> Self {
        self.args.push((name, Arg::Text(text.to_owned())));
        self
    }

    /// With a number for an argument.
    pub(super) fn with_number(mut self, name: &'static str, number: u64) -> Self {
        self.args.push((name, Arg::Uint(number)));
        self
    }
}

/// Entries, and of what.
pub(super) struct Entries<'a> {
    pub(super) record: &'a Record,
    pub(super) lanes: &'a Lanes,
    pub(super) names: Names,
    threads: BTreeMap<u32, usize>,
    all: Vec<Entry>,
}

impl<'a> Entries<'a> {
    /// None yet.
    pub(super) fn of(record: &'a Record, lanes: &'a Lanes) -> Self {
        let thread = |(at, who): (usize, Who)| match who {
            Who::Thread(thread) => Some((thread, at)),
            Who::Task(_) => None,
        };
        let threads = lanes.lanes.iter().map(|lane| lane.who).enumerate().filter_map(thread).collect();
        Self { record, lanes, names: Names::of(record), threads, all: Vec::new() }
    }

    /// A thread's lane.
    pub(super) fn lane(&self, thread: u32) -> Option<usize> {
        self.threads.get(&thread).copied()
    }

    /// A thread's track, and that of the run for a thread that has none.
    pub(super) fn track(&self, thread: u32) -> Track {
        self.lane(thread).map_or(Track::Run, Track::Lane)
    }

    /// A place in the run of which the step is not known: before the first that is not before it.
    pub(super) fn when(&self, step: u64, at_ns: u64) -> At {
        let steps = &self.record.steps;
        let index = steps.partition_point(|other| (other.at_ns, other.step) < (at_ns, step));
        At { index, step, at_ns }
    }

    /// One more.
    pub(super) fn push(&mut self, entry: Entry) {
        self.all.push(entry);
    }

    /// A slice; one without an extent is none.
    pub(super) fn slice(&mut self, begin: Entry, to: At) {
        let from = begin.at;
        let to = At { at_ns: to.at_ns.max(from.at_ns), ..to };
        let end = Entry::instant(to, Rank::End, begin.track, begin.category, "");
        if (end.at.at_ns, end.at.index) <= (from.at_ns, from.index) {
            return;
        }
        self.push(Entry { kind: Kind::Begin, rank: Rank::Begin, ..begin });
        self.push(Entry { kind: Kind::End, ..end });
    }

    /// All of them, in the order of a file.
    pub(super) fn in_order(mut self) -> Vec<Entry> {
        self.all.sort_by_key(|entry| (entry.at.at_ns, entry.at.index, entry.rank));
        self.all
    }
}
