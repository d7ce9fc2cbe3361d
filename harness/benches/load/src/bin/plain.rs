//! The programs of `outside.rs` with nothing of ours linked: what the others are compared with.
//!
//! It does not know who compares. Invariant: it names nothing of Photofinish.

#[path = "../amounts.rs"]
#[expect(dead_code, reason = "most of it is for the simulated ones")]
mod amounts;
#[path = "../outside.rs"]
mod outside;

use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    if outside::run(&name) {
        return ExitCode::SUCCESS;
    }
    eprintln!("usage: plain locks|sort");
    ExitCode::from(2)
}
