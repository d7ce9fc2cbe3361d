//! The programs.
//!
//! Invariant: what is wrong with each is said by its marks alone, never by its oracle.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use photofinish::scenario::Failure;
use photofinish_marks::{always, buggify, choose_in, eventually, hooks, reachable, sometimes};

pub(super) fn always() -> Result<(), Failure> {
    for number in 0..6 {
        always!(number % 2 == 0, "a number is even", "it is {number}");
    }
    println!("it went on");
    Ok(())
}

pub(super) fn raced() -> Result<(), Failure> {
    let count = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let seen = count.load(Ordering::SeqCst);
                count.store(seen + 1, Ordering::SeqCst);
            });
        }
    });
    always!(count.load(Ordering::SeqCst) == 2, "no update is lost");
    Ok(())
}

pub(super) fn always_panic() -> Result<(), Failure> {
    let number = 7;
    thread::spawn(move || always!(number < 5, "a number is small")).join().expect("it went on");
    // Natively nothing is said of it.
    assert!(hooks().is_none(), "it is {number}");
    Ok(())
}

pub(super) fn unreachable() -> Result<(), Failure> {
    for state in ["on", "off", "broken"] {
        match state {
            "on" | "off" => {}
            other => photofinish_marks::unreachable!("there is no third state", "it is {other}"),
        }
    }
    Ok(())
}

/// The lengths of a queue, of which the last should be 0.
fn drain(lengths: &[u32]) {
    for length in lengths {
        eventually!(*length == 0, "the queue is empty", "{length} are left");
    }
}

pub(super) fn eventually() -> Result<(), Failure> {
    drain(&[2, 1, 0, 1]);
    Ok(())
}

pub(super) fn eventually_held() -> Result<(), Failure> {
    drain(&[2, 1, 0]);
    Ok(())
}

pub(super) fn eventually_panic() -> Result<(), Failure> {
    drain(&[2]);
    assert!(hooks().is_none(), "too early");
    Ok(())
}

pub(super) fn sometimes() -> Result<(), Failure> {
    let winner = AtomicU32::new(0);
    thread::scope(|scope| {
        for racer in 1..3 {
            let winner = &winner;
            scope.spawn(move || winner.store(racer, Ordering::SeqCst));
        }
    });
    let winner = winner.load(Ordering::SeqCst);
    reachable!("a race is run");
    sometimes!(winner == 1, "the first to start is the last to finish");
    sometimes!(winner == 3, "somebody else wins");
    if winner == 3 {
        reachable!("somebody else is crowned");
    }
    if winner == 4 {
        photofinish_marks::unreachable!("a fourth wins");
    }
    Ok(())
}

pub(super) fn buggify() -> Result<(), Failure> {
    let struck: Vec<u32> = (0..20).filter(|_| buggify!()).collect();
    let rare: Vec<u32> = (0..20).filter(|_| buggify!(1, 1_000_000)).collect();
    println!("{struck:?} {rare:?}");
    Ok(())
}

pub(super) fn choose() -> Result<(), Failure> {
    let [first, second] = [(); 2].map(|()| photofinish::choose(8));
    let (quiet, signed): (u64, i8) = (photofinish::choose(1), choose_in(-2..=1));
    let elsewhere = thread::spawn(|| choose_in(10..20_usize)).join().expect("it chooses");
    println!("{first} {second} {quiet} {signed} {elsewhere}");
    Ok(())
}

pub(super) fn nothing() -> Result<(), Failure> {
    let mut evaluated = 0_u32;
    let mut count = || {
        evaluated += 1;
        true
    };
    always!(count(), "evaluated", "{}", count());
    sometimes!(count(), "evaluated");
    eventually!(count(), "evaluated");
    let expected = if hooks().is_some() { 3 } else { 0 };
    match evaluated == expected {
        true => Ok(()),
        false => Err(Failure { signature: String::from("evaluated"), detail: format!("{evaluated} times") }),
    }
}
