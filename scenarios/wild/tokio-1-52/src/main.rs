//! The executable that serves published bugs to `cargo xtask`: unmodified crates, with the bug and without.
//!
//! Does not know how they are searched. Invariant: its main function is the harness' and nothing else.

mod buggy;
mod fixed;

use photofinish::scenario::Scenario;
use photofinish_wild::row;

static SCENARIOS: &[&Scenario] = &[
    &row!(
        asyncchannel_forget,
        "wild-asyncchannel-forget",
        "deadlock*" within 1000,
        "A receiver that is kept but not polled takes the notification of one that waits.",
        "async-channel 1.7.1" -> "async-channel 1.8.0",
        Plain
    ),
    &row!(
        bb8_broken,
        "wild-bb8-broken",
        "waited for a connection while the pool had room" within 1000,
        "Who drops a broken connection makes room in the pool and wakes nobody.",
        "bb8 0.8.3" -> "bb8 0.8.5",
        Plain
    ),
    &row!(
        crossbeam_deque_0093,
        "wild-crossbeam-deque-0093",
        "a task was*" within 10000,
        "Who steals a batch reads slots of a buffer that the owner has replaced.",
        "crossbeam-deque 0.8.0" -> "crossbeam-deque 0.8.1",
        Plain
    ),
    &row!(
        delayqueue_8274,
        "wild-delayqueue-8274",
        "what was due came when it had been due first" within 1000,
        "An entry that is reset to a time in the past does not wake who waits for the queue.",
        "tokio-util 0.7.18" -> "tokio-util 0.7.19",
        Plain
    ),
    &row!(
        flume_async,
        "wild-flume-async",
        "told of the end of the channel, and not of its message" within 3000,
        "A receiver that is polled between the last message and the end is told of the end.",
        "flume 0.10.14" -> "flume 0.11.0",
        Plain
    ),
    &row!(
        moka_compute,
        "wild-moka-compute",
        "an update was lost" within 1000,
        "Two that compute the value of one entry may both go by the same one.",
        "moka 0.12.13" -> "moka 0.12.14",
        Plain
    ),
    &row!(
        papaya_parker,
        "wild-papaya-parker",
        "deadlock*",
        "Who waits for an entry to be copied may go to sleep after its wake-up.",
        "papaya 0.1.1" -> "papaya 0.1.2",
        Plain
    ),
    &row!(
        r2d2_race,
        "wild-r2d2-race",
        "waited for a connection that was idle" within 1000,
        "A connection that is given back between a look at the pool and the wait wakes nobody.",
        "r2d2 0.7.2" -> "r2d2 0.7.3",
        Plain
    ),
    &row!(
        spin_0031,
        "wild-spin-0031",
        "panic*" within 1000,
        "Who finds a `Once` whose initialisation failed takes it for a state that cannot be.",
        "spin 0.9.7" -> "spin 0.9.9",
        Plain
    ),
    &row!(
        tarpc_drain,
        "wild-tarpc-drain",
        "deadlock*" within 3000,
        "A request that is queued while the connection's task ends is never answered.",
        "tarpc 0.34.0" -> "tarpc 0.35.0",
        Plain
    ),
    &row!(
        tokio_mpsc_8260,
        "wild-tokio-mpsc-8260",
        "deadlock*" within 1000,
        "A permit that is given back while the channel is closed wakes nobody who waits for one.",
        "tokio 1.52.4" -> "tokio 1.53.0",
        Plain
    ),
];

fn main() {
    photofinish::serve(SCENARIOS)
}
