//! The executable that serves published bugs to `cargo xtask`: unmodified crates, with the bug and without.
//!
//! Does not know how they are searched. Invariant: its main function is the harness' and nothing else.

mod buggy;
mod fixed;

use photofinish::scenario::Scenario;
use photofinish_wild::row;

static SCENARIOS: &[&Scenario] = &[
    &row!(
        flatten_2726,
        "wild-flatten-2726",
        "deadlock*" within 1000,
        "A nested `flatten_unordered` that is woken while it is polled forgets it.",
        "futures-util 0.3.27" -> "futures-util 0.3.34",
        Plain
    ),
    &row!(
        oneshot_0005,
        "wild-oneshot-0005",
        "signal*" within 1000,
        "A receiver that is dropped after it was polled reads from what the sender may have freed.",
        "oneshot 0.1.11" -> "oneshot 0.1.12",
        Checked,
        // Of both, as of 0.1.13: a receiver that is dropped while it is being woken takes the state that it has set itself for the
        // sender's last word, and frees what the sender is still at.
        besides "heap: write after free"
    ),
    &row!(
        remutex_da16c2c,
        "wild-remutex-da16c2c",
        "panic*" or "deadlock*" within 10000,
        "A reentrant mutex is unlocked before its count is written.",
        "parking_lot 0.8.1 with lock_api 0.3.0" -> "parking_lot 0.9.0 with lock_api 0.3.4",
        Plain
    ),
    &row!(
        tokio_oneshot_0124,
        "wild-tokio-oneshot-0124",
        "panic*" or "heap: double free*" within 3000,
        "A value that is sent after the receiver has closed is taken by both.",
        "tokio 1.13.0" -> "tokio 1.13.1",
        Checked
    ),
];

fn main() {
    photofinish::serve(SCENARIOS)
}
