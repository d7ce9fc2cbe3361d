//! Times one simulator on one program, and prints what it took as a line of JSON.
//!
//! `photofinish-peers-speed SIMULATOR PROGRAM`. It does not know what Photofinish takes. Invariant: it prints one line on standard output
//! if it exits with 0, and none otherwise.

mod on_loom;
mod on_shuttle;
mod on_turmoil;
mod timed;

use std::process::ExitCode;

use timed::Timed;

const USAGE: &str = "usage: photofinish-peers-speed SIMULATOR PROGRAM
simulators: shuttle-random, shuttle-pct, loom, turmoil
programs: yields-N, locks-N, adds-N, empty, tiny, buffer; for turmoil short, echo, bulk, idle, gossip-N";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    timed::answer(measure(&arguments), USAGE)
}

fn measure(arguments: &[String]) -> Result<Timed, String> {
    let [simulator, program] = arguments else {
        return Err(String::from("two words are needed"));
    };
    let timed = match simulator.as_str() {
        "shuttle-random" => on_shuttle::random(program),
        "shuttle-pct" => on_shuttle::pct(program),
        "loom" => on_loom::time(program),
        "turmoil" => on_turmoil::time(program),
        other => return Err(format!("there is no simulator {other:?}")),
    };
    timed.unwrap_or_else(|| Err(format!("{simulator} has no program {program:?}")))
}
