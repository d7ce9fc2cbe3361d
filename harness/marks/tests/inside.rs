//! What whoever listens hears of marks.
//!
//! Invariant: one test listens, so that what it hears is its own.

use std::sync::Mutex;

use photofinish_marks::{
    Asks, Hooks, Odds, always, buggify, choose, choose_in, eventually, install, reachable, sometimes,
};

/// What a mark asks and says, its value, and what the program said of it.
type Heard = (Asks, &'static str, bool, Option<String>);

/// What was to be chosen: the first, how many, and the line.
type Offered = (i128, u64, u32);

static HEARD: Mutex<Vec<Heard>> = Mutex::new(Vec::new());
static OFFERED: Mutex<Vec<Offered>> = Mutex::new(Vec::new());

const HOOKS: Hooks = Hooks {
    buggify: |site, odds| {
        HEARD.lock().unwrap().push((site.asks, site.message, odds == Odds { strikes: 1, of: 4 }, None));
        odds.of == 10
    },
    choose: |choice| {
        assert_eq!(choice.place.file(), file!());
        OFFERED.lock().unwrap().push((choice.from, choice.bound, choice.place.line()));
        choice.from + i128::from(choice.bound - 1)
    },
    passed: |site, value, detail| {
        assert_eq!(site.file, file!());
        HEARD.lock().unwrap().push((site.asks, site.message, value, detail.map(|said| said.to_string())));
    },
};

#[test]
fn each_mark_tells_its_site_its_value_and_what_it_says_of_a_failure() {
    always!(false, "not yet");
    assert!(install(HOOKS).is_ok());
    assert!(install(HOOKS).is_err(), "somebody listens already");
    let mut evaluated = 0;
    let mut count = |value: bool| {
        evaluated += 1;
        value
    };
    always!(count(true), "a", "{}", count(true));
    always!(count(false), "b", "{} of {}", 3, 4);
    always!(count(false), "c",);
    sometimes!(count(false), "d");
    eventually!(count(true), "e", "said {}", "nothing");
    reachable!("f");
    photofinish_marks::unreachable!("g", "it is {}", count(true));
    assert_eq!(evaluated, 6);
    assert!(!buggify!() && !buggify!(2, 4) && buggify!(1, 10));
    let heard = std::mem::take(&mut *HEARD.lock().unwrap());
    let said = |words: &str| Some(words.to_owned());
    let expected = [
        (Asks::Always, "a", true, None),
        (Asks::Always, "b", false, said("3 of 4")),
        (Asks::Always, "c", false, None),
        (Asks::Sometimes, "d", false, None),
        (Asks::Eventually, "e", true, None),
        (Asks::Reachable, "f", true, None),
        (Asks::Unreachable, "g", true, said("it is true")),
        (Asks::Buggify, "something goes wrong", true, None),
        (Asks::Buggify, "something goes wrong", false, None),
        (Asks::Buggify, "something goes wrong", false, None),
    ];
    assert_eq!(heard, expected);
    the_last_of_each_is_chosen();
}

fn the_last_of_each_is_chosen() {
    let line = line!() + 1;
    assert_eq!((choose(8), choose(u64::MAX)), (7, u64::MAX - 1));
    assert_eq!((choose_in(1..=8_usize), choose_in(-3..3_i8), choose_in(5..=5_u16)), (8, 2, 5));
    assert_eq!(choose_in(i64::MIN..i64::MAX), i64::MAX - 1);
    let offered = std::mem::take(&mut *OFFERED.lock().unwrap());
    let expected = [
        (0, 8, line),
        (0, u64::MAX, line),
        (1, 8, line + 1),
        (-3, 6, line + 1),
        (5, 1, line + 1),
        (i64::MIN.into(), u64::MAX, line + 2),
    ];
    assert_eq!(offered, expected);
}
