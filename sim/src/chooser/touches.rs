//! Who stands before a touch of a few words: what choosers share that look at nothing else.
//!
//! Does not know who goes on. Invariant: a touch is said to be made at most once, when its thread goes on behind a point at which it was asked
//! about. One that a thread makes when it gets its turn back without being asked, out of fairness or behind what was due, is not seen.

use super::words::Words;
use crate::choice::Moment;
use crate::thread::ThreadId;

/// The touches that threads are about to make.
#[derive(Debug)]
pub(super) struct Touches {
    words: Words,
    /// Threads that were stopped before a touch, and the word.
    before: Vec<(ThreadId, u64)>,
}

impl Touches {
    /// Nobody stands before a touch of these words yet.
    pub(super) fn new(words: Words) -> Self {
        Self { words, before: Vec::new() }
    }

    /// The word that a thread is about to touch which asks at a point, if it is one of those: from now on it stands before it.
    pub(super) fn stops(&mut self, at: &Moment) -> Option<u64> {
        if !self.words.contains(at.word) {
            return None;
        }
        if !self.is_before(at.thread) {
            self.before.push((at.thread, at.word));
        }
        Some(at.word)
    }

    /// The word that a thread touches which goes on now, if it does.
    pub(super) fn made(&mut self, at: &Moment) -> Option<u64> {
        match self.before.iter().position(|(thread, _)| *thread == at.thread) {
            Some(place) => Some(self.before.swap_remove(place).1),
            None => self.words.contains(at.word).then_some(at.word),
        }
    }

    /// Whether a thread was stopped before a touch.
    pub(super) fn is_before(&self, thread: ThreadId) -> bool {
        self.of(thread).is_some()
    }

    /// Before which word a thread was stopped, if it was.
    pub(super) fn of(&self, thread: ThreadId) -> Option<u64> {
        self.before.iter().find(|(stopped, _)| *stopped == thread).map(|(_, word)| *word)
    }
}
