//! The executable that serves published bugs to `cargo xtask`: unmodified crates, with the bug and without.
//!
//! Does not know how they are searched. Invariant: its main function is the harness' and nothing else.

mod buggy;
mod fixed;

use photofinish::scenario::Scenario;
use photofinish_wild::row;

static SCENARIOS: &[&Scenario] = &[&row!(
    hyper_terminator_4143,
    "wild-hyper-terminator-4143",
    "deadlock*" within 10000,
    "The end of a chunked body that is written in the second turn of a poll is not flushed.",
    "hyper 1.11.0" -> "hyper 1.12.0",
        Plain
)];

fn main() {
    photofinish::serve(SCENARIOS)
}
