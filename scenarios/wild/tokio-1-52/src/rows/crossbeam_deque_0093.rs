//! RUSTSEC-2021-0093: who steals a batch reads slots of a buffer that the owner has meanwhile replaced.
//!
//! Invariant: each task is taken once.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use photofinish::scenario::Failure;
use photofinish_wild::{failed, race};

use super::super::crates::crossbeam_deque::{Steal, Stealer, Worker};

/// Tasks that the owner leaves in the queue before it pushes again, round by round.
const LEFT: [usize; 4] = [1, 2, 3, 4];
/// Pushed at first in a round, for somebody to begin with.
const FIRST: usize = 8;
/// Pushed then: the first buffer holds 64, and is replaced by a larger one, and by a smaller one when it is nearly empty.
const MORE: usize = 64;
const TASKS: usize = LEFT.len() * (FIRST + MORE);

#[derive(Default)]
struct Taken(Vec<AtomicU8>);

impl Taken {
    fn take(&self, task: usize) {
        self.0[task].fetch_add(1, Ordering::Relaxed);
    }
}

fn own(worker: &Worker<usize>, taken: &Taken) {
    let mut tasks = 0..TASKS;
    for left in LEFT {
        tasks.by_ref().take(FIRST + MORE).for_each(|task| worker.push(task));
        for task in (left..FIRST + MORE).map_while(|_| worker.pop()) {
            taken.take(task);
        }
    }
    while let Some(task) = worker.pop() {
        taken.take(task);
    }
}

fn steal(stealer: &Stealer<usize>, is_over: &AtomicBool, taken: &Taken) {
    let mine = Worker::new_lifo();
    while !is_over.load(Ordering::Acquire) {
        if let Steal::Success(task) = stealer.steal_batch_and_pop(&mine) {
            taken.take(task);
        }
        while let Some(task) = mine.pop() {
            taken.take(task);
        }
    }
}

pub(crate) fn run() -> Result<(), Failure> {
    let taken = Taken((0..TASKS).map(|_| AtomicU8::new(0)).collect());
    let is_over = AtomicBool::new(false);
    let worker = Worker::new_lifo();
    let stealer = worker.stealer();
    let (seen, over) = (&taken, &is_over);
    race([
        Box::new(move || {
            own(&worker, seen);
            over.store(true, Ordering::Release);
        }) as Box<dyn FnOnce() + Send>,
        Box::new(move || steal(&stealer, over, seen)),
    ]);
    let times = |times: u8| taken.0.iter().filter(|task| task.load(Ordering::Relaxed) == times).count();
    match TASKS - times(1) - times(0) {
        0 if times(0) == 0 => Ok(()),
        0 => failed("a task was lost"),
        _ => failed("a task was taken twice"),
    }
}
