//! RUSTSEC-2023-0031: who finds a `Once` whose first initialisation failed takes it for a state that cannot be.
//!
//! Invariant: one that failed can be initialised by the next.

use photofinish::scenario::Failure;
use photofinish_wild::race;

use super::super::crates::spin::Once;

pub(crate) fn run() -> Result<(), Failure> {
    let once: Once<Box<u64>> = Once::new();
    let once = &once;
    race([
        Box::new(move || {
            // The other one may have been first.
            let _ = once.try_call_once(|| Err(()));
        }) as Box<dyn FnOnce() + Send>,
        Box::new(move || assert_eq!(once.try_call_once(|| Ok::<_, ()>(Box::new(7))), Ok(&Box::new(7)))),
    ]);
    Ok(())
}
