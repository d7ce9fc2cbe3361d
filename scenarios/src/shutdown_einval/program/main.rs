//! Which part a process plays.
//!
//! It does not know who started it. Invariant: a process that is not told its part in words it knows exits with
//! [`MISUSED`].

use std::env;
use std::time::Instant;

use super::super::real::Real;
use super::error::Result;
use super::incumbent::Incumbent;
use super::lock::DataLock;
use super::options::{Options, Places};
use super::outcome::Outcome;
use super::process::{end_with_the_run, exit, log};
use super::successor;
use super::supervisor::{Supervisor, resume_from_journal};

/// What a process exits with that came to its end with an error.
pub(in super::super) const FAILED: i32 = 1;
/// What a process exits with that was not told what to do.
const MISUSED: i32 = 64;

/// Plays the part that the first argument names.
pub(in super::super) fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some((role, arguments)) = arguments.split_first() else { misused("no role") };
    if let Some(real) = Real::named(role) {
        return real.play(arguments).unwrap_or_else(|problem| misused(&problem));
    }
    let options = Options::parse(arguments).unwrap_or_else(|problem| misused(&problem));
    match role.as_str() {
        "supervisor" => supervise(&options),
        "incumbent" => serve(role, || {
            let lock = DataLock::acquire(&Places(&options.dir).data())?;
            Incumbent::bind(&options, lock)?.serve()
        }),
        "successor" => serve(role, || successor::run(&options)),
        other => misused(&format!("there is no role {other:?}")),
    }
}

fn supervise(options: &Options) -> ! {
    if let Err(error) = resume_from_journal(Places(&options.dir)) {
        log(format_args!("supervisor: the journal: {error}"));
    }
    let began = Instant::now();
    let outcome = Outcome::from(Supervisor::new(options).perform());
    outcome.tell(&options.dir.join(&options.outcome), began.elapsed())
}

fn serve(role: &str, serve: impl FnOnce() -> Result<()>) -> ! {
    end_with_the_run();
    match serve() {
        Ok(()) => exit(0),
        Err(error) => {
            log(format_args!("{role}: {error}"));
            exit(FAILED)
        }
    }
}

fn misused(problem: &str) -> ! {
    log(format_args!("shutdown-einval: {problem}"));
    exit(MISUSED)
}
