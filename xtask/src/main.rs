//! The command line: parse, dispatch, exit.
//!
//! Knows neither what a command does nor what it prints. The same executable is also the `RUSTC_WRAPPER` of the
//! instrumented build, see [`photofinish::wrapper`].
//! Invariant: the process ends with one of the codes of [`xtask::exit::Exit`], also when it panics.

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser as _;
use photofinish::wrapper::Invocation;
use xtask::cli::{Cli, Command, SweepArgs};
use xtask::commands::{
    bench, bless, ci, compare, compare_strategies, corpus, emit, foreign, list, merge, nightly, report,
    repro, shrink, sim, sweep, tidy, wild,
};
use xtask::exit::{Exit, ExitCause};
use xtask::scenarios::Unnamed;

fn main() -> ExitCode {
    if let Some(invocation) = Invocation::of_this_process() {
        eprintln!("error: {}", invocation.exec());
        return Exit::Bug.into();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return said_by_clap(&answer).into(),
    };
    xtask::interrupt::listen();
    // The default hook has printed what went wrong and where; what is left is whose fault it was.
    xtask::out::settle(catch_unwind(|| dispatch(&cli.command)).unwrap_or_else(|_| our_bug())).into()
}

fn dispatch(command: &Command) -> Exit {
    match command {
        Command::List(args) => settle(list::run(args)),
        Command::Sim(args) => match args.as_sweep() {
            Some(many) => swept(&many),
            None => settled(foreign::sim(args)).unwrap_or_else(|| settle(sim::run(args))),
        },
        Command::Sweep(args) => swept(args),
        Command::Merge(args) => settle(merge::run(args)),
        Command::Nightly(args) => settle(nightly::run(args)),
        Command::Emit(args) => settle(emit::run(args)),
        Command::Corpus(args) => settle(corpus::run(args)),
        Command::Wild(args) => settle(wild::run(args)),
        Command::Compare(args) => settle(compare::run(args)),
        Command::CompareStrategies(args) => settle(compare_strategies::run(args)),
        Command::Shrink(args) => match foreign::shrink(args) {
            Ok(()) => settle(shrink::run(args)),
            Err(error) => settle(Err(error)),
        },
        Command::Report(args) => settle(report::run(args)),
        Command::Repro(args) => settle(repro::run(args)),
        Command::Bench(args) => settle(bench::run(args)),
        Command::Ci => settle(ci::run()),
        Command::Bless => settle(bless::run()),
        Command::Tidy => settle(tidy::run()),
    }
}

/// A sweep over targets that are not ours, if they are named, or over scenarios.
fn swept(args: &SweepArgs) -> Exit {
    settled(foreign::sweep(args)).unwrap_or_else(|| settle(sweep::run(args, Unnamed::Usual)))
}

/// How a command ended that may not have been meant.
fn settled<E: ExitCause>(outcome: Result<Option<Exit>, E>) -> Option<Exit> {
    outcome.transpose().map(settle)
}

fn settle<E: ExitCause>(outcome: Result<Exit, E>) -> Exit {
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        error.exit()
    })
}

/// Help and version are answers, everything else that clap says is a usage error.
fn said_by_clap(answer: &clap::Error) -> Exit {
    // A closed pipe is no reason to fail: nobody is listening.
    let _ = answer.print();
    if answer.use_stderr() { Exit::Usage } else { Exit::Passed }
}

fn our_bug() -> Exit {
    let words = std::env::args_os().skip(1);
    let command: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    eprintln!("\nThat was a bug in Photofinish's xtask, not in your program.");
    eprintln!("Please report it with the lines above and this command: cargo xtask {}", command.join(" "));
    Exit::Bug
}
