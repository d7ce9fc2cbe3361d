//! `wronglock`: one counts under a lock, and the others count the same under another.
//!
//! It does not know how it is scheduled. Invariant: nobody counts without a lock.

use super::names::{AtomicU64, Mutex, Ordering::Relaxed};
use super::{Crew, Outcome};

struct Counted {
    value: AtomicU64,
    right: Mutex<()>,
    wrong: Mutex<()>,
}

/// So many have the wrong one.
pub(in super::super) fn run(wrong: usize) -> Outcome {
    let counted = Counted { value: AtomicU64::new(0), right: Mutex::new(()), wrong: Mutex::new(()) };
    let crew = Crew::around(counted).and(|counted| {
        let held = counted.right.lock().expect("nobody panics with it");
        let before = counted.value.load(Relaxed);
        counted.value.store(before + 1, Relaxed);
        let after = counted.value.load(Relaxed);
        drop(held);
        if after == before + 1 { Ok(()) } else { Err("wrong: somebody counted meanwhile") }
    });
    (0..wrong).fold(crew, |crew, _| crew.and(count)).ended().map(drop)
}

fn count(counted: &Counted) -> Outcome {
    let _held = counted.wrong.lock().expect("nobody panics with it");
    let before = counted.value.load(Relaxed);
    counted.value.store(before + 1, Relaxed);
    Ok(())
}
