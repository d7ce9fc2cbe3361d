//! `WSQ`: a queue whose owner pushes and pops at one end, while a thief steals at the other and says so before having looked.
//!
//! It does not know how it is scheduled. SCTBench's grows when it is full; here its owner does what has no room. Invariant: only the owner
//! moves the tail, and the head moves under the lock.

use super::names::{AtomicU64, Mutex, Ordering::SeqCst};
use super::{Crew, Outcome};

const SLOTS: u64 = 2;
const ITEMS: u64 = 4;

/// How many slots may hold items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Filled {
    /// All of them, which is the bug: a thief that has moved the head may not have taken its item yet.
    All,
    /// All but one, which is the thief's.
    AllButOne,
}

struct Queue {
    filled: u64,
    head: AtomicU64,
    tail: AtomicU64,
    lock: Mutex<()>,
    slots: [AtomicU64; 2],
    done: [AtomicU64; 4],
}

fn nth(all: &[AtomicU64], at: u64) -> &AtomicU64 {
    &all[usize::try_from(at).expect("there are few")]
}

impl Queue {
    fn slot(&self, at: u64) -> &AtomicU64 {
        nth(&self.slots, at % SLOTS)
    }

    fn work(&self, item: u64) {
        nth(&self.done, item).fetch_add(1, SeqCst);
    }

    fn push(&self, item: u64) {
        let tail = self.tail.load(SeqCst);
        if tail >= self.head.load(SeqCst) + self.filled {
            return self.work(item);
        }
        self.slot(tail).store(item, SeqCst);
        self.tail.store(tail + 1, SeqCst);
    }

    fn pop(&self) {
        let last = self.tail.load(SeqCst) - 1;
        self.tail.store(last, SeqCst);
        let contested = self.head.load(SeqCst) > last;
        let held = contested.then(|| self.lock.lock().expect("nobody panics with it"));
        if contested && self.head.load(SeqCst) > last {
            self.tail.store(last + 1, SeqCst);
        } else {
            self.work(self.slot(last).load(SeqCst));
        }
        drop(held);
    }

    fn steal(&self) {
        let _held = self.lock.lock().expect("nobody panics with it");
        let first = self.head.load(SeqCst);
        self.head.store(first + 1, SeqCst);
        if first < self.tail.load(SeqCst) {
            self.work(self.slot(first).load(SeqCst));
        } else {
            self.head.store(first, SeqCst);
        }
    }
}

/// Every item is done once, whoever does it.
pub(in super::super) fn run(filled: Filled) -> Outcome {
    let filled = if filled == Filled::All { SLOTS } else { SLOTS - 1 };
    let zero = |_| AtomicU64::new(0);
    // Nothing is before the first item, and its number is 1.
    let [head, tail] = [(); 2].map(|()| AtomicU64::new(1));
    let (slots, done) = (std::array::from_fn(zero), std::array::from_fn(zero));
    let queue = Queue { filled, head, tail, lock: Mutex::new(()), slots, done };
    let queue = Crew::around(queue).and(thief).and(owner).ended()?;
    let is_once = queue.done.iter().all(|done| done.load(SeqCst) == 1);
    if is_once { Ok(()) } else { Err("wrong: an item was done twice, and another never") }
}

fn thief(queue: &Queue) -> Outcome {
    (0..2).for_each(|_| queue.steal());
    Ok(())
}

fn owner(queue: &Queue) -> Outcome {
    for item in (0..ITEMS).step_by(2) {
        queue.push(item);
        queue.push(item + 1);
        queue.pop();
    }
    (0..2).for_each(|_| queue.pop());
    Ok(())
}
