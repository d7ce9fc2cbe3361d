//! Calls and answers in the order in which they happened.
//!
//! Does not know what they mean. Invariant: a call is answered at most once, after it was made.

use std::collections::BTreeMap;

/// Names a call of one [`History`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Call(pub(super) usize);

/// What callers asked and heard. A call that was not answered, as when its caller or the service crashed, may have taken effect or
/// not.
#[derive(Clone, Debug)]
pub struct History<Op, Answer> {
    pub(super) calls: Vec<Operation<Op, Answer>>,
    /// Calls and answers so far.
    moments: usize,
}

/// A call and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Operation<Op, Answer> {
    pub(super) caller: String,
    pub(super) op: Op,
    pub(super) called: usize,
    pub(super) answered: Option<(usize, Answer)>,
}

impl<Op, Answer> Operation<Op, Answer> {
    /// When it was over: never, for one that was not answered.
    pub(super) fn over(&self) -> usize {
        self.answered.as_ref().map_or(usize::MAX, |(moment, _)| *moment)
    }
}

impl<Op, Answer> Default for History<Op, Answer> {
    fn default() -> Self {
        Self { calls: Vec::new(), moments: 0 }
    }
}

impl<Op, Answer> History<Op, Answer> {
    /// A caller, by any name, asks for an operation.
    pub fn call(&mut self, caller: impl Into<String>, op: Op) -> Call {
        let called = self.next_moment();
        self.calls.push(Operation { caller: caller.into(), op, called, answered: None });
        Call(self.calls.len() - 1)
    }

    /// A call is answered.
    ///
    /// # Panics
    /// If it was before, or is of another history.
    pub fn answer(&mut self, call: Call, answer: Answer) {
        let moment = self.next_moment();
        let operation = self.calls.get_mut(call.0).expect("a call of this history");
        assert!(operation.answered.is_none(), "a call is answered once");
        operation.answered = Some((moment, answer));
    }

    /// How many calls there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether nothing was asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// How many answers there are.
    pub(super) fn answers(&self) -> usize {
        self.calls.iter().filter(|operation| operation.answered.is_some()).count()
    }

    fn next_moment(&mut self) -> usize {
        self.moments += 1;
        self.moments - 1
    }
}

impl<Op: Clone, Answer: Clone> History<Op, Answer> {
    /// The history up to and with its answer of this number; calls answered later are not answered.
    pub(super) fn prefix(&self, answers: usize) -> Self {
        let mut moments: Vec<usize> =
            self.calls.iter().filter_map(|operation| operation.answered.as_ref().map(|(m, _)| *m)).collect();
        moments.sort_unstable();
        let end = answers.checked_sub(1).map_or(0, |last| moments[last] + 1);
        let calls = self.calls.iter().filter(|operation| operation.called < end).cloned();
        let calls = calls.map(|operation| Operation {
            answered: operation.answered.clone().filter(|(moment, _)| *moment < end),
            ..operation
        });
        Self { calls: calls.collect(), moments: end }
    }

    /// A history for each part of what is called, as for each key of a map whose operations concern one key each. The whole has an order
    /// if and only if each part has one, which is found much sooner (Herlihy and Wing, 1990).
    #[must_use]
    pub fn parts<K: Ord>(&self, part: impl Fn(&Op) -> K) -> BTreeMap<K, Self> {
        let mut parts = BTreeMap::new();
        for operation in &self.calls {
            let empty = || Self { calls: Vec::new(), moments: self.moments };
            parts.entry(part(&operation.op)).or_insert_with(empty).calls.push(operation.clone());
        }
        parts
    }
}
