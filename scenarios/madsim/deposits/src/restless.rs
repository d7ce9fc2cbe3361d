//! How long a client rests before a deposit; two ways of doing so break the promise that a seed says everything, on purpose.
//!
//! Does not know deposits. Invariant: [`Rest::Seeded`] takes from madsim alone.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use madsim::rand::{Rng as _, thread_rng};
use tokio::time::sleep;

/// What decides how long a client rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The seed.
    Seeded,
    /// A static, which the next run in the same process finds as this one left it.
    Static,
    /// The number of the process, which no simulator knows of.
    Process,
}

/// Rests so far, of all runs in this process.
static RESTS: AtomicU64 = AtomicU64::new(0);

impl Rest {
    /// Waits up to some milliseconds.
    pub(crate) async fn before_a_deposit(self) {
        let ms = match self {
            Self::Seeded => thread_rng().gen_range(0..7),
            Self::Static => RESTS.fetch_add(1, Relaxed) % 17,
            Self::Process => u64::from(std::process::id()) % 1_009,
        };
        sleep(Duration::from_millis(ms)).await;
    }
}
