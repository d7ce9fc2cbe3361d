//! What an object does when it is asked one thing after the other, and three objects that are wanted often.
//!
//! Does not know concurrency. Invariant: the same state and operation give the same answer and the same next state.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;

/// A deterministic object; the value is its state.
pub trait Model: Clone + Ord + Debug {
    /// What can be asked of it.
    type Op: Clone + Debug;
    /// What it can answer.
    type Answer: Clone + Debug;

    /// Its state after an operation, if it can answer so; nobody heard an answer that is left out, and it may be any.
    #[must_use]
    fn apply(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> Option<Self>;
}

/// The next state if an answer that somebody heard is the one that was due.
fn fits<M, A: PartialEq>((next, due): (M, A), heard: Option<&A>) -> Option<M> {
    heard.is_none_or(|heard| *heard == due).then_some(next)
}

/// One value that is read and written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Register<V>(pub V);

/// What is asked of a [`Register`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterOp<V> {
    /// What is in it?
    Read,
    /// This goes in.
    Write(V),
    /// If this is in it, that goes in.
    CompareAndSet(V, V),
}

/// What a [`Register`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterAnswer<V> {
    /// This is in it.
    Value(V),
    /// It went in.
    Written,
    /// What was expected was in it, and was replaced.
    Set,
    /// Something else was in it, and still is.
    Unset,
}

impl<V: Clone + Eq> Register<V> {
    /// The next state, and the answer.
    #[must_use]
    pub fn ask(&self, op: &RegisterOp<V>) -> (Self, RegisterAnswer<V>) {
        match op {
            RegisterOp::Read => (self.clone(), RegisterAnswer::Value(self.0.clone())),
            RegisterOp::Write(value) => (Self(value.clone()), RegisterAnswer::Written),
            RegisterOp::CompareAndSet(from, to) if *from == self.0 => (Self(to.clone()), RegisterAnswer::Set),
            RegisterOp::CompareAndSet(..) => (self.clone(), RegisterAnswer::Unset),
        }
    }
}

impl<V: Clone + Ord + Debug> Model for Register<V> {
    type Op = RegisterOp<V>;
    type Answer = RegisterAnswer<V>;

    fn apply(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> Option<Self> {
        fits(self.ask(op), answer)
    }
}

/// Values by key; whatever is asked is answered by the value that was there before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Map<K, V>(pub BTreeMap<K, V>);

/// What is asked of a [`Map`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapOp<K, V> {
    /// What is there?
    Get(K),
    /// This goes there.
    Insert(K, V),
    /// Nothing is to be there.
    Remove(K),
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K, V> MapOp<K, V> {
    /// The key it is about, for [`History::parts`](super::History::parts).
    pub fn key(&self) -> &K {
        match self {
            Self::Get(key) | Self::Insert(key, _) | Self::Remove(key) => key,
        }
    }
}

impl<K: Clone + Ord, V: Clone> Map<K, V> {
    /// The next state, and the answer.
    #[must_use]
    pub fn ask(&self, op: &MapOp<K, V>) -> (Self, Option<V>) {
        let mut next = self.clone();
        let was = match op {
            MapOp::Get(key) => next.0.get(key).cloned(),
            MapOp::Insert(key, value) => next.0.insert(key.clone(), value.clone()),
            MapOp::Remove(key) => next.0.remove(key),
        };
        (next, was)
    }
}

impl<K: Clone + Ord + Debug, V: Clone + Ord + Debug> Model for Map<K, V> {
    type Op = MapOp<K, V>;
    type Answer = Option<V>;

    fn apply(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> Option<Self> {
        fits(self.ask(op), answer)
    }
}

/// First in, first out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queue<T>(pub VecDeque<T>);

/// What is asked of a [`Queue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueOp<T> {
    /// This goes in.
    Push(T),
    /// The first comes out.
    Pop,
}

/// What a [`Queue`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueAnswer<T> {
    /// It went in.
    Pushed,
    /// This came out.
    Popped(T),
    /// There is nothing in it.
    Empty,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T: Clone> Queue<T> {
    /// The next state, and the answer.
    #[must_use]
    pub fn ask(&self, op: &QueueOp<T>) -> (Self, QueueAnswer<T>) {
        let mut next = self.clone();
        let answer = match op {
            QueueOp::Push(item) => {
                next.0.push_back(item.clone());
                QueueAnswer::Pushed
            }
            QueueOp::Pop => next.0.pop_front().map_or(QueueAnswer::Empty, QueueAnswer::Popped),
        };
        (next, answer)
    }
}

impl<T: Clone + Ord + Debug> Model for Queue<T> {
    type Op = QueueOp<T>;
    type Answer = QueueAnswer<T>;

    fn apply(&self, op: &Self::Op, answer: Option<&Self::Answer>) -> Option<Self> {
        fits(self.ask(op), answer)
    }
}
