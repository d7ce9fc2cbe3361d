//! What the standard library draws from the system.
//!
//! Invariant: everything drawn is said on standard output.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::thread;

use photofinish::scenario::Failure;

/// Says the order of a map and a keyed hash, of two threads: each has keys of its own.
pub(super) fn hash_order() -> Result<(), Failure> {
    say();
    thread::spawn(say).join().expect("it does not panic");
    Ok(())
}

fn say() {
    let map: HashMap<u32, u32> = (0..20).map(|n| (n, n * n)).collect();
    let order: Vec<u32> = map.into_keys().collect();
    println!("{order:?} {:016x}", RandomState::new().hash_one("key"));
}
