//! Outside a simulation nothing of a mark is evaluated.
//!
//! Invariant: nobody installs anything in this process.

use photofinish_marks::{always, buggify, eventually, hooks, reachable, sometimes};

fn evaluated<T>() -> T {
    panic!("evaluated outside a simulation")
}

#[test]
fn no_argument_is_evaluated() {
    assert!(hooks().is_none());
    always!(evaluated(), "a condition");
    always!(evaluated(), "a condition with words", "{}", evaluated::<u8>());
    always!(false, "false and said so", "{}", evaluated::<u8>());
    sometimes!(evaluated(), "a rare case");
    eventually!(evaluated(), "an end");
    eventually!(false, "an end with words", "{}", evaluated::<u8>());
    reachable!("a place");
    photofinish_marks::unreachable!("a place that is reached", "{}", evaluated::<u8>());
    assert!(!buggify!(evaluated(), evaluated()));
    assert!((0..1_000).all(|_| !buggify!()));
}
