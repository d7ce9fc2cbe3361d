//! Runs a variant of `late-listener` as it is: real threads, real sockets, the real clock.
//!
//! It does not know of any simulator. Invariant: what its arguments mean is [`Native`]'s.

use std::env;
use std::process::ExitCode;

use photofinish_scenarios::late_listener::SCENARIO;
use photofinish_scenarios::native::Native;

const NATIVE: Native =
    Native { scenario: &SCENARIO, command: "late-listener-native", real: "real threads, real sockets" };

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    NATIVE.main(&arguments)
}
