//! The tracks of a trace: processes, threads, and what stands beside them.
//!
//! Knows no event. Invariant: each track that an entry is on is described, after the track above it.

use std::collections::BTreeSet;

use super::entries::{Entry, Track};
use super::proto::{
    CHILDREN_EXPLICIT, CounterDescriptor, MERGE_NONE, ORDERING_EXPLICIT, ProcessDescriptor, ThreadDescriptor,
    TrackDescriptor,
};
use super::text;
use crate::record::Record;
use crate::story::lanes::{Lane, Lanes, Who};
use crate::story::names::Names;

/// Threads other than the first of a process have their number and this: a thread with the number of its process is taken to
/// be its first, and number 0 for the idle one.
const TID_BASE: i64 = 1_000_000;

impl Track {
    /// The number by which events name it. 0 is above all tracks.
    pub(super) fn uuid(self) -> u64 {
        match self {
            Self::Run => 1,
            Self::Network => 2,
            Self::CouldRun => 3,
            Self::UnderWay => 4,
            Self::Process(pid) => 1 << 32 | u64::from(pid.cast_unsigned()),
            Self::Lane(lane) => 2 << 32 | lane as u64,
            Self::Spans(lane) => 3 << 32 | lane as u64,
        }
    }
}

/// All that have entries, and all threads.
pub(super) fn descriptors(record: &Record, lanes: &Lanes, entries: &[Entry]) -> Vec<TrackDescriptor> {
    let used: BTreeSet<Track> = entries.iter().map(|entry| entry.track).collect();
    let mut all = vec![TrackDescriptor {
        uuid: Some(0),
        child_ordering: Some(CHILDREN_EXPLICIT),
        process_ordering: Some(ORDERING_EXPLICIT),
        thread_ordering: Some(ORDERING_EXPLICIT),
        ..TrackDescriptor::default()
    }];
    let plain = [
        (Track::Run, "run", None),
        (Track::Network, "network", None),
        (Track::CouldRun, "threads that could run", Some("threads")),
        (Track::UnderWay, "packets under way", Some("packets")),
    ];
    for (rank, (track, name, unit)) in (0..).zip(plain) {
        let counter = unit.map(|unit| CounterDescriptor { unit_name: Some(unit.to_owned()) });
        if used.contains(&track) {
            all.push(TrackDescriptor { counter, ..described(track, name, rank) });
        }
    }
    let names = Names::of(record);
    let mut pids = BTreeSet::new();
    for ((rank, index), lane) in (0..).zip(0..).zip(&lanes.lanes) {
        let is_first = pids.insert(lane.pid);
        if is_first {
            all.push(process(record, &names, lane, rank));
        }
        match lane.who {
            Who::Thread(thread) => {
                let tid = if is_first { pid(lane).into() } else { TID_BASE + i64::from(thread) };
                let thread_name = Some(text::name(&lane.name));
                let thread = Some(ThreadDescriptor { pid: Some(pid(lane)), tid: Some(tid), thread_name });
                let track = described(Track::Lane(index), &lane.name, rank);
                all.push(TrackDescriptor { thread, sibling_merge_behavior: None, ..track });
                if used.contains(&Track::Spans(index)) {
                    let track = described(Track::Spans(index), &format!("spans of {}", lane.name), rank);
                    all.push(TrackDescriptor { parent_uuid: Some(Track::Lane(index).uuid()), ..track });
                }
            }
            Who::Task(_) => {
                let parent_uuid = Some(Track::Process(lane.pid).uuid());
                all.push(TrackDescriptor { parent_uuid, ..described(Track::Lane(index), &lane.name, rank) });
            }
        }
    }
    all
}

fn described(track: Track, name: &str, rank: i32) -> TrackDescriptor {
    TrackDescriptor {
        uuid: Some(track.uuid()),
        name: Some(text::name(name)),
        sibling_order_rank: Some(rank),
        sibling_merge_behavior: Some(MERGE_NONE),
        ..TrackDescriptor::default()
    }
}

fn process(record: &Record, names: &Names, lane: &Lane, rank: i32) -> TrackDescriptor {
    let known = record.processes.iter().find(|process| process.pid == lane.pid);
    let program = known.map_or(record.headline.program.as_str(), |process| process.program.as_str());
    let process_name = Some(text::name(names.place(lane.pid).unwrap_or(program)));
    let process = Some(ProcessDescriptor { pid: Some(pid(lane)), process_name });
    let track = described(Track::Process(lane.pid), program, rank);
    TrackDescriptor { process, sibling_merge_behavior: None, ..track }
}

/// A process's number for the viewer, which takes 0 for the idle process.
fn pid(lane: &Lane) -> i32 {
    if lane.pid > 0 { lane.pid } else { i32::MAX }
}
