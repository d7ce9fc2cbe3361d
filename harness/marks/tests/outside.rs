//! Outside a simulation nothing of a mark is evaluated.
//!
//! Invariant: nobody installs anything in this process.

use std::any::Any;
use std::panic::{UnwindSafe, catch_unwind};

use photofinish_marks::{always, buggify, choose, choose_in, eventually, hooks, reachable, sometimes};

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

#[test]
fn every_number_is_the_first() {
    assert!((1..100).all(|bound| choose(bound) == 0));
    assert_eq!((choose(u64::MAX), choose_in(3..=9_u8), choose_in(-5..5_i64)), (0, 3, -5));
    assert_eq!(choose_in(0..=u64::MAX - 1), 0);
}

/// What a choice that there cannot be panics with.
fn refused<T>(choice: impl FnOnce() -> T + UnwindSafe) -> String {
    let said: Box<dyn Any + Send> = catch_unwind(choice).err().expect("it panics");
    said.downcast_ref::<String>()
        .cloned()
        .or_else(|| said.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap()
}

#[test]
fn where_there_is_nothing_to_choose_from_this_is_said() {
    let (low, high) = (-2, 2);
    assert!(refused(|| choose(0)).starts_with("photofinish::choose(0): no number is below 0"));
    for said in
        [refused(|| choose_in(5..5_u8)), refused(|| choose_in(0..0_u64)), refused(|| choose_in(high..=low))]
    {
        assert!(
            said.starts_with("photofinish::choose_in: this range from ") && said.contains("is empty"),
            "{said}"
        );
    }
    let said = refused(|| choose_in(i64::MIN..=i64::MAX));
    assert!(said.contains("more numbers than can be chosen from"), "{said}");
}
