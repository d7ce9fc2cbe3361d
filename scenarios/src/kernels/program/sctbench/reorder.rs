//! `reorder`: some set two values one after the other, and one believes that both are set at once.
//!
//! It does not know how it is scheduled. Invariant: whoever sets both sets them to the same, so only the first that sets one can be seen.

use super::names::{AtomicU64, Ordering::Relaxed};
use super::{Crew, Outcome};

struct Pair {
    first: AtomicU64,
    second: AtomicU64,
}

/// So many set both, and start before the one that looks: all of them must be held up, or their own stores hide the window.
pub(in super::super) fn run(setters: usize) -> Outcome {
    let crew = Crew::around(Pair { first: AtomicU64::new(0), second: AtomicU64::new(0) });
    (0..setters).fold(crew, |crew, _| crew.and(set)).and(check).ended().map(drop)
}

fn set(pair: &Pair) -> Outcome {
    pair.first.store(1, Relaxed);
    pair.second.store(1, Relaxed);
    Ok(())
}

fn check(pair: &Pair) -> Outcome {
    let seen = [&pair.first, &pair.second].map(|value| value.load(Relaxed));
    if seen[0] == seen[1] { Ok(()) } else { Err("wrong: one of the two was set without the other") }
}
