//! `carter01`: the first of a kind takes the room, the last one leaves it, and both count themselves under one lock.
//!
//! It does not know how it is scheduled. There is one of each kind, as SCTBench's other two threads do nothing, so the first is the last. Invariant: the room is held while the count of
//! one's own kind is not 0.

use super::names::Mutex;
use super::{Crew, Outcome};

#[derive(Default)]
struct House {
    counts: Mutex<[u64; 2]>,
    room: Mutex<()>,
}

/// One of each kind: who waits for the room has the lock that its holder needs to leave.
pub(in super::super) fn run() -> Outcome {
    Crew::around(House::default()).and(visits::<0>).and(visits::<1>).ended().map(drop)
}

fn visits<const KIND: usize>(house: &House) -> Outcome {
    let mut counts = house.counts.lock().expect("nobody panics with it");
    counts[KIND] += 1;
    let room = (counts[KIND] == 1).then(|| house.room.lock().expect("nobody panics with it"));
    drop(counts);
    let mut counts = house.counts.lock().expect("nobody panics with it");
    counts[KIND] -= 1;
    drop(room);
    Ok(())
}
