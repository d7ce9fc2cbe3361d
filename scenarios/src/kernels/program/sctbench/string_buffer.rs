//! `stringbuffer` of JDK 1.4: what is appended is measured under its lock, and copied under its lock, and can be erased in between.
//!
//! It does not know how it is scheduled. Invariant: each step alone is made under the lock of the text that it touches.

use super::names::Mutex;
use super::{Crew, Outcome};

/// One erases the text and writes it anew, and one appends it to another.
pub(in super::super) fn run() -> Outcome {
    Crew::around(Mutex::new(String::from("abc"))).and(rewrite).and(append).ended().map(drop)
}

fn rewrite(text: &Mutex<String>) -> Outcome {
    text.lock().expect("nobody panics with it").clear();
    text.lock().expect("nobody panics with it").push_str("abc");
    Ok(())
}

fn append(text: &Mutex<String>) -> Outcome {
    let len = text.lock().expect("nobody panics with it").len();
    let text = text.lock().expect("nobody panics with it");
    if text.get(..len).is_some() { Ok(()) } else { Err("wrong: the text is shorter than it was") }
}
