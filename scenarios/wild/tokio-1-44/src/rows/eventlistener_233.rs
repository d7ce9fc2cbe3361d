//! event-listener, commit 36e5220: a listener that is dropped unheard forgets whom else its notification was for.
//!
//! Invariant: everybody who listened before a notification of everybody is woken.

use std::sync::atomic::{AtomicUsize, Ordering};

use photofinish::scenario::Failure;
use photofinish_wild::race;

use super::super::crates::event_listener::Event;

const THREADS: usize = 3;
const TIMES: usize = 3;

pub(crate) fn run() -> Result<(), Failure> {
    let (event, stopped) = (Event::new(), AtomicUsize::new(0));
    let (event, stopped) = (&event, &stopped);
    race((0..THREADS).map(|thread| {
        Box::new(move || {
            for time in 0..TIMES {
                let dropped = event.listen();
                if (time + thread).is_multiple_of(3) {
                    continue;
                }
                let heard = event.listen();
                drop(dropped);
                event.notify(usize::MAX);
                heard.wait();
            }
            stopped.fetch_add(1, Ordering::SeqCst);
            event.notify(usize::MAX);
            loop {
                let listener = event.listen();
                if stopped.load(Ordering::SeqCst) == THREADS {
                    break;
                }
                listener.wait();
            }
        }) as Box<dyn FnOnce() + Send>
    }));
    Ok(())
}
