//! The executable that serves published bugs to `cargo xtask`: unmodified crates, with the bug and without.
//!
//! Does not know how they are searched. Invariant: its main function is the harness' and nothing else.

mod buggy;
mod fixed;

use photofinish::scenario::Scenario;
use photofinish_wild::row;

static SCENARIOS: &[&Scenario] = &[
    &row!(
        eventlistener_233,
        "wild-eventlistener-233",
        "deadlock*" within 1000,
        "A listener that is dropped unheard forgets whom else its notification was for.",
        "event-listener 2.3.2" -> "event-listener 2.3.3",
        Plain
    ),
    &row!(
        futures_mpsc,
        "wild-futures-mpsc",
        "a message outlived its receiver" within 1000,
        "A message that is counted but not yet queued when the receiver goes stays behind.",
        "futures-channel 0.3.12" -> "futures-channel 0.3.13",
        Plain
    ),
    &row!(
        oneshot_unparking,
        "wild-oneshot-unparking",
        "panic*" within 1000,
        "A receiver that is dropped while it is being woken finds an impossible state.",
        "oneshot 0.1.10" -> "oneshot 0.1.12",
        Checked,
        // As for oneshot-0005: of 0.1.11 to 0.1.13.
        besides "heap: write after free"
    ),
    &row!(
        tokio_broadcast_0023,
        "wild-tokio-broadcast-0023",
        "a value was cloned by two threads at once" within 1000,
        "Two receivers clone one value at once, though it is not `Sync`.",
        "tokio 1.44.1" -> "tokio 1.44.2",
        Plain
    ),
];

fn main() {
    photofinish::serve(SCENARIOS)
}
