//! `twostage`: two values that belong together, each with a lock of its own.
//!
//! It does not know how it is scheduled. Invariant: nobody holds both locks.

use super::names::Mutex;
use super::{Crew, Outcome};

/// What the writer makes of the first value; the second is one more.
const FIRST: u64 = 1;

#[derive(Default)]
struct Stages {
    first: Mutex<u64>,
    second: Mutex<u64>,
}

/// The reader comes between the two stages of the writer.
pub(in super::super) fn run() -> Outcome {
    Crew::around(Stages::default()).and(write).and(read).ended().map(drop)
}

fn write(stages: &Stages) -> Outcome {
    *stages.first.lock().expect("nobody panics with it") = FIRST;
    *stages.second.lock().expect("nobody panics with it") = FIRST + 1;
    Ok(())
}

fn read(stages: &Stages) -> Outcome {
    let first = *stages.first.lock().expect("nobody panics with it");
    if first == 0 {
        return Ok(());
    }
    let second = *stages.second.lock().expect("nobody panics with it");
    if second == first + 1 { Ok(()) } else { Err("wrong: the second stage is not there yet") }
}
