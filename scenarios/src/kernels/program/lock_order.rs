//! Two threads take two locks, each in its own order.
//!
//! It does not know how it is scheduled. Invariant: nothing else is waited for.

use super::names::{Arc, Mutex, thread};
use super::pad::{Pad, Touches};

/// With so much work before the first lock and between the two.
pub(super) fn run(points: u64, touches: Touches) -> Result<(), &'static str> {
    let locks = [Arc::new(Mutex::new(0_u64)), Arc::new(Mutex::new(0_u64))];
    let pad = Pad::new(points);
    let one = take(&locks[0], &locks[1], pad.other(touches));
    let other = take(&locks[1], &locks[0], pad.other(touches));
    one.join().expect("it does not panic");
    other.join().expect("it does not panic");
    Ok(())
}

/// A thread that takes two locks.
fn take(first: &Arc<Mutex<u64>>, second: &Arc<Mutex<u64>>, pad: Pad) -> thread::JoinHandle<()> {
    let (first, second) = (Arc::clone(first), Arc::clone(second));
    thread::spawn(move || {
        pad.work();
        let mut first = first.lock().expect("nobody panics with it");
        pad.work();
        let mut second = second.lock().expect("nobody panics with it");
        *first += 1;
        *second += 1;
    })
}
