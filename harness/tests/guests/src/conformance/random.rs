//! `getrandom(2)`, `getentropy(3)`.
//!
//! Invariant: no line holds a random byte.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use photofinish_calls::random;

use super::case::family;
use super::transcript::Transcript;

family! {
    "random", "Random bytes.";
    "getrandom" = getrandom, ["getrandom"], "Lengths and flags.";
    "getentropy" = getentropy, ["getentropy"], "Lengths.";
    "arc4random" = arc4random, ["arc4random", "arc4random_buf"], "The C library's own generator.";
    "std" = of_std, ["getrandom", "syscall"], "The keys of std's hash maps.";
}

fn getrandom(t: &mut Transcript) {
    for length in [0, 1, 2, 32, 256, 257, 300, 5_000] {
        let mut bytes = vec![0; length];
        t.call(format_args!("getrandom {length}"), random::getrandom(&mut bytes, 0));
        let zeros = bytes.iter().filter(|byte| **byte == 0).count();
        t.value("few stayed zero", zeros <= 2 + length / 64);
    }
    for flags in [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x100, u32::MAX] {
        t.call(format_args!("getrandom with flags {flags:#x}"), random::getrandom(&mut [0; 4], flags));
    }
}

fn getentropy(t: &mut Transcript) {
    for length in [0, 1, 16, 256, 257, 300] {
        let mut bytes = vec![0; length];
        t.call(format_args!("getentropy {length}"), random::getentropy(&mut bytes));
    }
    let mut both = [[0; 16]; 2];
    for bytes in &mut both {
        t.call("getentropy", random::getentropy(bytes));
    }
    t.value("twice the same", both[0] == both[1]);
}

fn arc4random(t: &mut Transcript) {
    t.value("three times the same", random::word() == random::word() && random::word() == random::word());
    let mut bytes = [0; 300];
    random::fill(&mut bytes);
    t.value("few stayed zero", bytes.iter().filter(|byte| **byte == 0).count() < 20);
    random::fill(&mut []);
}

fn of_std(t: &mut Transcript) {
    let hash = || std::thread::spawn(|| RandomState::new().hash_one(1)).join().expect("it does not panic");
    t.value("two threads hash alike", hash() == hash());
}
