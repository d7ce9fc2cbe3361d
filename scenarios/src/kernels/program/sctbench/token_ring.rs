//! `token_ring`: three pass a token on, and a fourth believes that they did so in the order of the ring.
//!
//! It does not know how it is scheduled. Invariant: passing the token on is one step.

use super::names::Mutex;
use super::{Crew, Outcome};

struct Ring {
    values: [u64; 3],
    moved: [bool; 3],
}

/// The three do it in another order, and then the fourth looks.
pub(in super::super) fn run() -> Outcome {
    let ring = Ring { values: [1, 2, 1], moved: [false; 3] };
    Crew::around(Mutex::new(ring))
        .and(passes::<0>)
        .and(passes::<1>)
        .and(passes::<2>)
        .and(look)
        .ended()
        .map(drop)
}

/// Takes what the one before has; the first makes a new token of it.
fn passes<const AT: usize>(ring: &Mutex<Ring>) -> Outcome {
    let mut ring = ring.lock().expect("nobody panics with it");
    let before = ring.values[(AT + 2) % 3];
    ring.values[AT] = if AT == 0 { (before + 1) % 4 } else { before };
    ring.moved[AT] = true;
    Ok(())
}

fn look(ring: &Mutex<Ring>) -> Outcome {
    let ring = ring.lock().expect("nobody panics with it");
    let is_one = ring.values.iter().all(|value| *value == ring.values[0]);
    if ring.moved == [true; 3] && !is_one { Err("wrong: the ring has more than one token") } else { Ok(()) }
}
