//! Programs on crates that nobody here wrote, unmodified, whole and instrumented: mio and tokio here, others in a scenario of
//! their own each.
//!
//! Invariant: each comes to the same result under every schedule.

mod echo;
pub mod hyper;
pub mod polling;
mod readiness;
pub mod smol;
pub mod socket2;
mod sync;
mod time;

use photofinish::scenario::{Scenario, Variant};

use crate::sound;

/// The guests of this folder.
pub static SCENARIO: Scenario =
    Scenario { name: "programs", story: "Programs on mio and tokio.", programs: &[], variants: VARIANTS };

static VARIANTS: &[Variant] = &[
    sound("mio-echo", "A TCP echo on one thread of mio, and its clients on others.", readiness::echo),
    sound("mio-waker", "Another thread wakes a mio poll.", readiness::waker),
    sound("tokio-echo-current", "A TCP echo on tokio's current-thread runtime.", echo::current_thread),
    sound("tokio-echo", "A TCP echo of 4 clients on tokio's runtime of 3 workers.", echo::multi_thread),
    sound("tokio-time", "Sleeps, time-outs and intervals take the virtual time they say.", time::exact),
    sound("tokio-time-multi", "The same on a runtime of 2 workers.", time::late),
    sound("tokio-mpsc", "Four senders, one receiver, a full channel.", sync::mpsc),
    sound("tokio-mutex", "Tasks on 3 workers count behind a Mutex and a Semaphore.", sync::mutex),
    sound("tokio-notify", "Tasks wait for a Notify, a oneshot and a watch.", sync::notify),
    sound("tokio-broadcast", "Every receiver gets every message.", sync::broadcast),
    sound("tokio-blocking", "Blocking work beside tasks.", sync::blocking),
];
