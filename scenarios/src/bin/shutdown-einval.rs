//! Every process of `shutdown-einval`, and a runner of its variants as they are: real processes, real sockets.
//!
//! It does not know of any simulator. Invariant: without a runner's word it is whatever its first argument names.

use std::env;
use std::process::ExitCode;

use photofinish_scenarios::native::Native;
use photofinish_scenarios::shutdown_einval::{PROGRAM, SCENARIO};

/// The first argument with which it is the runner.
const RUN: &str = "run";

const NATIVE: Native =
    Native { scenario: &SCENARIO, command: "shutdown-einval run", real: "real processes, real sockets" };

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.split_first() {
        Some((word, arguments)) if word == RUN => NATIVE.main(arguments),
        Some(_) => {
            (PROGRAM.main)();
            ExitCode::SUCCESS
        }
        None => NATIVE.misused("there is nothing to do"),
    }
}
