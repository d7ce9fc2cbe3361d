//! Tickets with a limit: a counter of what is left, in two forms, and a service that sells over TCP.
//!
//! Does not know who buys. Invariant: [`Careful`] never sells more than there is; [`Hasty`] does, now and then.

#![forbid(unsafe_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Sells tickets.
pub trait Sells: Send + Sync + 'static {
    /// One ticket less, if there is one.
    fn sell(&self) -> bool;
}

/// Looks, and then takes: between the two somebody else may take.
pub struct Hasty(pub AtomicU32);

impl Sells for Hasty {
    fn sell(&self) -> bool {
        let left = self.0.load(Ordering::SeqCst);
        if left == 0 {
            return false;
        }
        self.0.store(left - 1, Ordering::SeqCst);
        true
    }
}

/// Looks under a lock, and takes under another hold of it: the same mistake, visible without instrumentation.
pub struct Forgetful(pub Mutex<u32>);

impl Sells for Forgetful {
    fn sell(&self) -> bool {
        let left = *self.0.lock().expect("nobody panics with it");
        if left == 0 {
            return false;
        }
        std::thread::yield_now();
        *self.0.lock().expect("nobody panics with it") = left - 1;
        true
    }
}

/// Looks and takes in one step.
///
/// ```
/// use downstream::{Careful, Sells as _};
///
/// assert!(Careful(1.into()).sell());
/// ```
pub struct Careful(pub AtomicU32);

impl Sells for Careful {
    fn sell(&self) -> bool {
        let taken = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        taken.is_ok()
    }
}

pub mod service;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    fn sold(tickets: impl Sells) -> usize {
        let tickets = Arc::new(tickets);
        let buyers: Vec<_> = (0..2)
            .map(|_| {
                let tickets = Arc::clone(&tickets);
                thread::spawn(move || tickets.sell())
            })
            .collect();
        buyers.into_iter().map(|buyer| usize::from(buyer.join().expect("a buyer returns"))).sum()
    }

    // The time is for slow machines: a second will do.
    #[photofinish::test(shrink = "2m")]
    fn hasty() {
        println!("two buyers, one ticket");
        assert_eq!(sold(Hasty(AtomicU32::new(1))), 1, "tickets sold");
    }

    fn forgetful_sold() -> Result<(), String> {
        println!("two buyers, one ticket");
        match sold(Forgetful(Mutex::new(1))) {
            1 => Ok(()),
            count => Err(format!("{count} sold")),
        }
    }

    #[photofinish::test(seeds = 200, shrink = "2m")]
    fn forgetful() -> Result<(), String> {
        forgetful_sold()
    }

    #[photofinish::test(fails = "error: *")]
    fn forgetful_as_known() -> Result<(), String> {
        forgetful_sold()
    }

    #[photofinish::test(seeds = 9, fails = "error: *")]
    fn careful_as_feared() {
        assert_eq!(sold(Careful(AtomicU32::new(1))), 1, "tickets sold");
    }

    #[photofinish::test(seeds = 50, os = "macos", cores = 2, threads = 8)]
    fn careful() {
        assert_eq!(sold(Careful(AtomicU32::new(1))), 1, "tickets sold");
    }

    #[test]
    fn ordinary() {
        assert_eq!(sold(Careful(AtomicU32::new(0))), 0);
    }
}
