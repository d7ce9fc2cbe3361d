//! Who waits on which futex word, and in what order: the state behind `futex(2)`.
//!
//! Does not know what a word holds, nor who is woken (the kernel asks). Invariant: a thread is in at most one queue, once.

use std::collections::{BTreeMap, VecDeque};

use crate::thread::ThreadId;

/// A futex word: its order of first use in this run, so that no address enters an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word(pub(crate) u32);

/// A thread in a queue, and the bits a wake must share with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiter {
    pub(crate) thread: ThreadId,
    pub(crate) bits: u32,
}

/// All futex words of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Futexes {
    words: BTreeMap<u64, Word>,
    queues: Vec<VecDeque<Waiter>>,
    addresses: Vec<u64>,
}

impl Futexes {
    /// The word at an address. The address is a name that is only compared.
    pub(crate) fn word(&mut self, address: u64) -> Word {
        let next = Word(u32::try_from(self.queues.len()).expect("memory ends long before 2^32 words"));
        let word = *self.words.entry(address).or_insert(next);
        if word == next {
            self.queues.push(VecDeque::new());
            self.addresses.push(address);
        }
        word
    }

    /// The address a word was first used at.
    pub(crate) fn address(&self, word: u32) -> Option<u64> {
        self.addresses.get(word as usize).copied()
    }

    /// Puts a waiter last.
    pub(crate) fn wait(&mut self, word: Word, waiter: Waiter) {
        self.queues[word.0 as usize].push_back(waiter);
    }

    /// How many waiters share a bit with `bits`.
    pub(crate) fn matching(&self, word: Word, bits: u32) -> usize {
        self.queues[word.0 as usize].iter().filter(|waiter| waiter.bits & bits != 0).count()
    }

    /// Takes the `nth` waiter that shares a bit with `bits`.
    pub(crate) fn take(&mut self, word: Word, bits: u32, nth: usize) -> Option<Waiter> {
        let queue = &mut self.queues[word.0 as usize];
        let at = queue.iter().enumerate().filter(|(_, waiter)| waiter.bits & bits != 0).nth(nth)?.0;
        queue.remove(at)
    }

    /// Takes a thread out of the queue it waits in.
    pub(crate) fn forget(&mut self, word: Word, thread: ThreadId) {
        self.queues[word.0 as usize].retain(|waiter| waiter.thread != thread);
    }

    /// Everybody who waits, by word and in order.
    pub(crate) fn waiters(&self) -> impl Iterator<Item = (Word, Waiter)> {
        (0..)
            .map(Word)
            .zip(&self.queues)
            .flat_map(|(word, queue)| queue.iter().map(move |waiter| (word, *waiter)))
    }
}
