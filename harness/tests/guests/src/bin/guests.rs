//! The executable that serves the guests; `native SCENARIO/VARIANT` runs one on the real kernel instead, and
//! `child …` is the program that such a guest starts.
//!
//! Invariant: its main function is the harness' and nothing else, unless it is asked for the real kernel.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [word, name] if word == "native" => photofinish_guests::native::run(name),
        [word, ..] if word == "child" => {
            photofinish_guests::processes::main();
            ExitCode::SUCCESS
        }
        _ => photofinish::serve(photofinish_guests::GUESTS),
    }
}
