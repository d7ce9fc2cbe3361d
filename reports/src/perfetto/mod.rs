//! A run as a trace for the Perfetto viewer (`ui.perfetto.dev`, or `trace_processor`): the bytes of a `.pftrace` file.
//!
//! # What becomes of what
//!
//! | in the record | in the trace |
//! |---|---|
//! | a process | a process, named `HOST/PROGRAM` where there are several hosts; in the order of the report's lanes |
//! | a thread | a thread of it, with a track of its own. The first thread of a process has the process's number |
//! | running, could run, waits, stalled | slices on the thread's track; `waits for …` carries the stack of the wait |
//! | system calls, output, panics, marks, forks, what is wrong | instants on the thread's track, inside the slice |
//! | a decision | an instant on the thread's track and on the track `run` |
//! | a wake, a spawn, a signal, a packet | a flow from an instant on one thread's track to one on the other's |
//! | a packet that nobody waited for, lost packets, changes of links and hosts | instants on the track `network` |
//! | spans of the program's `tracing` | nested slices on a track beside the thread's; events, and spans that are made or over, are instants |
//! | a task | a track of its process, with slices where tracing saw it run |
//! | how many threads could run, how many packets are under way | counters |
//! | headline, figures, commands | arguments of the first instant on the track `run` |
//!
//! The run that passes is not in it: two runs on one axis of time would be read as one.
//!
//! # Time
//!
//! Timestamps are virtual nanoseconds from the beginning of the run. Several things may happen at one of them. They stay in order in
//! three ways: packets stand in the file in the order of the run, which is how the viewer breaks ties within one sequence of packets, and there
//! is one sequence; of what begins and ends at one step, ends come first; and each event has the argument `event`, its number in the
//! record, and `points`, the scheduling points passed before it, for whoever sorts by them.
//!
//! # Why protobuf
//!
//! The viewer also takes Chrome's JSON. That has microseconds where a run counts nanoseconds, orders tracks by name alone, ties flows to
//! slices by time instead of by identity, and is several times as large. Messages are declared for `prost` by hand (`proto.rs`), because a
//! compiler of `.proto` files is no part of a Rust toolchain. Tests (`tests/exchange/trace.rs`) read the bytes with a reader of their own, which
//! knows the wire format and the rules by which `trace_processor` drops events, and nothing of `proto.rs`. By hand, the traces of recorded
//! runs were read with the messages that Perfetto itself publishes (the Python package `perfetto` 0.59.1): all of it was known to
//! them, and the same rules held.
//!
//! Does not interpret: lanes, spans and arrows are the story's. Invariant: on each track slices nest and end, a flow begins before it ends, and
//! nothing refers to a track or a text that was not described before.

mod entries;
mod packets;
mod proto;
mod state;
mod text;
mod tracing;
mod tracks;
mod words;

use crate::record::Record;
use crate::story::lanes::Lanes;

/// The trace of a record's run.
#[must_use]
pub fn perfetto(record: &Record) -> Vec<u8> {
    let lanes = Lanes::of(record);
    let mut entries = entries::Entries::of(record, &lanes);
    state::add(&mut entries);
    tracing::add(&mut entries);
    words::add(&mut entries);
    let entries = entries.in_order();
    let mut packets = packets::Packets::new(record);
    for descriptor in tracks::descriptors(record, &lanes, &entries) {
        packets.describe(descriptor);
    }
    for entry in entries {
        packets.add(entry);
    }
    packets.bytes()
}
