//! Runs a variant of `fork-cancel` as it is: real threads, real sockets, and a second that is shorter than the real one.
//!
//! It does not know of any simulator. Invariant: what its arguments mean is [`Native`]'s.

use std::env;
use std::process::ExitCode;

use photofinish_scenarios::fork_cancel::SCENARIO;
use photofinish_scenarios::native::Native;

const NATIVE: Native = Native {
    scenario: &SCENARIO,
    command: "fork-cancel",
    real: "real threads, real sockets, a hurried clock",
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    NATIVE.main(&arguments)
}
