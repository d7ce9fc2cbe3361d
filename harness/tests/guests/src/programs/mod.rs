//! Programs on crates that nobody here wrote, unmodified, whole and instrumented: mio and tokio here, others in a scenario of
//! their own each.
//!
//! Invariant: each comes to the same result under every schedule.

mod echo;
pub mod hyper;
pub mod polling;
mod process;
mod readiness;
mod signal;
pub mod smol;
pub mod socket2;
mod sync;
mod time;
mod unix;

use photofinish::scenario::{Program, Scenario, Variant};

use crate::sound;

/// The guests of this folder.
pub static SCENARIO: Scenario = Scenario {
    name: "programs",
    story: "Programs on mio and tokio.",
    programs: &[Program { name: "tokio-child", main: process::child }],
    variants: VARIANTS,
};

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
    sound("tokio-unix", "An echo over a unix socket with a path, and over a pair.", unix::echo),
    sound("tokio-udp", "Datagrams over loopback.", unix::datagrams),
    sound(
        "tokio-signal",
        "A signal to the process itself reaches every task that waits for it.",
        signal::own,
    ),
    sound("tokio-ctrl-c", "ctrl_c ends a select.", signal::ctrl_c),
    sound("tokio-process", "Children that speak, fail, and are killed.", process::children),
    sound("tokio-blocking", "Blocking work beside tasks.", sync::blocking),
];

pub(crate) use echo::multi_thread as echo_multi_thread;
