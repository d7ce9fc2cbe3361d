//! `stack`: whoever pops looks whether anything was ever pushed, and not whether anything is left.
//!
//! It does not know how it is scheduled. Invariant: the stack is only looked at under its lock.

use super::names::Mutex;
use super::{Crew, Outcome};

const ELEMENTS: u64 = 10;

#[derive(Default)]
struct Stack {
    elements: Vec<u64>,
    was_pushed: bool,
}

/// As many are popped as are pushed, at most.
pub(in super::super) fn run() -> Outcome {
    Crew::around(Mutex::new(Stack::default())).and(push).and(pop).ended().map(drop)
}

fn push(stack: &Mutex<Stack>) -> Outcome {
    for element in 0..ELEMENTS {
        let mut stack = stack.lock().expect("nobody panics with it");
        stack.elements.push(element);
        stack.was_pushed = true;
    }
    Ok(())
}

fn pop(stack: &Mutex<Stack>) -> Outcome {
    for _ in 0..ELEMENTS {
        let mut stack = stack.lock().expect("nobody panics with it");
        if stack.was_pushed && stack.elements.pop().is_none() {
            return Err("wrong: the stack had nothing to pop");
        }
    }
    Ok(())
}
