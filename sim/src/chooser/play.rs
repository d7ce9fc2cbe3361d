//! Plays a program of touches and other points to a chooser, for the tests of those that look at touches.
//!
//! Does not know the chooser. Invariant: a thread that was stopped before a touch goes on with it.

use std::collections::BTreeMap;

use crate::choice::{Candidate, Chooser, Kind, Moment, Notice, Question};
use crate::thread::ThreadId;

/// What all of them touch.
pub(super) const WORD: u64 = 0x40;

/// A thread of a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// How often it touches its word.
    pub(super) touches: u64,
    /// How many other points it passes before each touch.
    pub(super) others: u64,
    /// The word.
    pub(super) word: u64,
}

impl Part {
    /// One that touches the word that all touch.
    pub(super) fn new(touches: u64, others: u64) -> Self {
        Self { touches, others, word: WORD }
    }

    /// What it touches at each of its points, the last one first; 0 for nothing.
    fn points(self) -> Vec<u64> {
        let one = core::iter::once(self.word).chain((0..self.others).map(|_| 0));
        (0..self.touches).flat_map(|_| one.clone()).collect()
    }
}

/// A thread is at a point.
pub(super) fn at(step: u64, thread: ThreadId, word: u64) -> Moment {
    Moment { step, now_ns: 10 * step, thread, thread_points: step, pc: 0, word }
}

/// Whether a thread goes on at a point where another could run.
pub(super) fn goes_on(chooser: &mut impl Chooser, thread: ThreadId, word: u64) -> bool {
    let other = ThreadId(if thread.0 == 1 { 2 } else { 1 });
    let candidates = [thread, other].map(Candidate::Thread);
    let at = at(9, thread, word);
    let question =
        Question { kind: Kind::Preempt, bound: 2, at, nth: 0, candidates: &candidates, odds: None };
    chooser.choose(&question) == Ok(0)
}

/// The order in which threads make their touches; a first thread, which is not among them, has created them and waits.
pub(super) fn order(chooser: &mut impl Chooser, parts: &[Part]) -> Vec<u32> {
    let threads = (1..).map(ThreadId).zip(parts);
    chooser.notice(Notice::Spawned { thread: ThreadId::MAIN, parent: None });
    threads.clone().for_each(|(thread, _)| {
        chooser.notice(Notice::Spawned { thread, parent: Some(ThreadId::MAIN) });
    });
    let mut left: BTreeMap<ThreadId, Vec<u64>> = threads.map(|(id, part)| (id, part.points())).collect();
    let (mut running, mut stopped, mut order) = (None, Vec::new(), Vec::new());
    for step in 1.. {
        let mut candidates: Vec<Candidate> = left.keys().copied().map(Candidate::Thread).collect();
        if candidates.is_empty() {
            break;
        }
        let first = running.unwrap_or(ThreadId::MAIN);
        candidates.sort_by_key(|candidate| *candidate != Candidate::Thread(first));
        let word =
            running.map_or(0, |thread| *left[&thread].last().expect("whoever runs has a point to pass"));
        let here = at(step, first, word);
        let kind = if running.is_some() { Kind::Preempt } else { Kind::Next };
        let bound = candidates.len() as u64;
        let question = Question { kind, bound, at: here, nth: 0, candidates: &candidates, odds: None };
        let pick = if bound > 1 { chooser.choose(&question).expect("it draws") } else { 0 };
        let Candidate::Thread(chosen) = candidates[usize::try_from(pick).expect("a place among candidates")]
        else {
            unreachable!("there is no clock")
        };
        let stays = running == Some(chosen);
        if !stays {
            stopped.extend(running);
        }
        let _ = chooser.quiet_points(&if stays { here } else { at(step, chosen, 0) });
        // One that takes over goes on with the point it was stopped before, or has not begun.
        let resumed = stopped.iter().position(|thread| *thread == chosen);
        if let Some(place) = resumed {
            stopped.swap_remove(place);
        }
        let points = left.get_mut(&chosen).expect("it is a candidate");
        if (stays || resumed.is_some()) && points.pop() != Some(0) {
            order.push(chosen.0);
        }
        running = Some(chosen);
        if points.is_empty() {
            left.remove(&chosen);
            running = None;
        }
    }
    order
}
