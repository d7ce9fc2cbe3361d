//! The executable that serves the scenarios to `cargo xtask`.
//!
//! Does not know what is in them. Invariant: its main function is the harness' and nothing else.

fn main() {
    photofinish::serve(photofinish_scenarios::SCENARIOS)
}
