//! `din_phil`: philosophers around a table, each of whom takes the left fork and then the right one.
//!
//! It does not know how it is scheduled. SCTBench's philosophers take both in one step, and only claim that not all of them eat; these
//! get stuck as Dijkstra's do. Invariant: nobody puts a fork back before having eaten.

use super::names::Mutex;
use super::{Crew, Outcome};

/// So many: each has to be held up between two forks.
pub(in super::super) fn run(seats: usize) -> Outcome {
    let table: Vec<Mutex<u64>> = (0..seats).map(|_| Mutex::new(0)).collect();
    let crew = Crew::around(table);
    (0..seats).fold(crew, |crew, seat| crew.and(move |forks| dine(forks, seat))).ended().map(drop)
}

fn dine(forks: &[Mutex<u64>], seat: usize) -> Outcome {
    let mut left = forks[seat].lock().expect("nobody panics with it");
    let mut right = forks[(seat + 1) % forks.len()].lock().expect("nobody panics with it");
    *left += 1;
    *right += 1;
    Ok(())
}
