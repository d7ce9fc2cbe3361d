//! papaya#16: who waits for an entry to be copied may go to sleep after the wake-up that was meant for it.
//!
//! Invariant: every operation on the map ends.

use photofinish::scenario::Failure;
use photofinish_wild::race;

use super::super::crates::papaya::{HashMap, ResizeMode};

const THREADS: u64 = 4;
const KEYS: u64 = 6;

pub(crate) fn run() -> Result<(), Failure> {
    // Entries are copied one at a time, so that a small map has several that are being copied.
    let map = HashMap::<u64, u64>::builder().capacity(2).resize_mode(ResizeMode::Incremental(1)).build();
    let map = &map;
    race((0..THREADS).map(|thread| {
        Box::new(move || {
            for key in 0..KEYS {
                map.pin().insert(key, thread);
                map.pin().insert(key / 2, thread);
            }
        }) as Box<dyn FnOnce() + Send>
    }));
    Ok(())
}
