//! `lazy01`: two add to a sum, and a third believes to be there before both have.
//!
//! It does not know how it is scheduled. Invariant: the sum only grows.

use super::names::Mutex;
use super::{Crew, Outcome};

/// The third starts last, so that doing nothing about the schedule shows it.
pub(in super::super) fn run() -> Outcome {
    let believes = |sum: &Mutex<u64>| {
        let is_complete = *sum.lock().expect("nobody panics with it") == 3;
        if is_complete { Err("wrong: both had added to the sum") } else { Ok(()) }
    };
    Crew::around(Mutex::new(0)).and(adds(1)).and(adds(2)).and(believes).ended().map(drop)
}

fn adds(much: u64) -> impl FnOnce(&Mutex<u64>) -> Outcome {
    move |sum| {
        *sum.lock().expect("nobody panics with it") += much;
        Ok(())
    }
}
