//! `bluetooth_driver`: a request looks whether the driver stops, and counts itself only after that.
//!
//! It does not know how it is scheduled. Invariant: who takes the count of pending requests to 0 says that the driver is idle.

use super::names::{AtomicBool, AtomicU64, Ordering::Relaxed};
use super::{Crew, Outcome};

struct Driver {
    stopping: AtomicBool,
    /// The requests that are under way, and one for the driver itself.
    pending: AtomicU64,
    idle: AtomicBool,
    released: AtomicBool,
}

impl Driver {
    fn leave(&self) {
        if self.pending.fetch_sub(1, Relaxed) == 1 {
            self.idle.store(true, Relaxed);
        }
    }
}

/// One stops the driver, and one asks something of it.
pub(in super::super) fn run() -> Outcome {
    let [stopping, idle, released] = [(); 3].map(|()| AtomicBool::new(false));
    let driver = Driver { stopping, pending: AtomicU64::new(1), idle, released };
    Crew::around(driver).and(stop).and(request).ended().map(drop)
}

fn stop(driver: &Driver) -> Outcome {
    driver.stopping.store(true, Relaxed);
    driver.leave();
    if driver.idle.load(Relaxed) {
        driver.released.store(true, Relaxed);
    }
    Ok(())
}

fn request(driver: &Driver) -> Outcome {
    if driver.stopping.load(Relaxed) {
        return Ok(());
    }
    driver.pending.fetch_add(1, Relaxed);
    let is_late = driver.released.load(Relaxed);
    driver.leave();
    if is_late { Err("wrong: the driver works after it was released") } else { Ok(()) }
}
