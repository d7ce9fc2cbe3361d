//! The executable that holds scenarios: it lists them, and serves runs of them.
//!
//! Does not know who asks. Invariant: an executable whose main function is [`serve`] runs nothing by itself; it is driven by
//! `cargo xtask`, and says so to whoever starts it by hand.

use photofinish_boundary::server::{self, Isolation, PoolSize};
use photofinish_boundary::{OverEvents, Registered, Task};

use crate::hooks;
use crate::oracles::Oracles;
use crate::scenario::{Failure, Listed, Scenario};

/// The main function of an executable that holds scenarios.
///
/// `list` prints them as JSON; `serve POOL MOST rewind|fork|baton` serves runs on standard input and output, with threads made for
/// `POOL` simulated ones and address space for `MOST`.
pub fn serve(scenarios: &'static [&'static Scenario]) -> ! {
    server::enter();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["list"] => list(scenarios),
        _ => {
            let Some(asked) = Asked::by(&words) else { usage() };
            let programs: Vec<&'static [Registered]> =
                scenarios.iter().map(|scenario| registered(scenario)).collect();
            asked.serve(&|name| find(scenarios, &programs, name))
        }
    }
}

/// What a client asks a server to be.
pub(crate) struct Asked {
    pool: PoolSize,
    isolation: Isolation,
}

impl Asked {
    /// Reads `serve POOL MOST rewind|fork|baton`.
    pub(crate) fn by(words: &[&str]) -> Option<Self> {
        let ["serve", made, most, isolation] = words else { return None };
        let isolation = match *isolation {
            "rewind" => Isolation::Rewind,
            "fork" => Isolation::Fork,
            "baton" => Isolation::Baton,
            _ => return None,
        };
        Some(Self { pool: PoolSize { made: made.parse().ok()?, most: most.parse().ok()? }, isolation })
    }

    /// Serves runs of the programs that `find` knows.
    pub(crate) fn serve(self, find: &dyn Fn(&str) -> Option<Task>) -> ! {
        report_panics();
        crate::marks::listen();
        hooks::install();
        server::serve(self.pool, self.isolation, find)
    }
}

fn usage() -> ! {
    eprintln!(
        "This executable holds scenarios for Photofinish and is driven by it.\nnext: `cargo xtask list`, `cargo xtask sim`"
    );
    leave(2)
}

fn list(scenarios: &[&Scenario]) -> ! {
    let listed: Vec<Listed> = scenarios.iter().flat_map(|scenario| Listed::of(scenario)).collect();
    println!("{}", serde_json::to_string(&listed).expect("plain data has a JSON form"));
    leave(0)
}

#[expect(clippy::disallowed_methods, reason = "this is a main function: its exit codes are its interface")]
pub(crate) fn leave(status: i32) -> ! {
    std::process::exit(status)
}

/// The programs that runs of a scenario can start, as a table that lives as long as the process.
fn registered(scenario: &'static Scenario) -> &'static [Registered] {
    Vec::leak(scenario.programs.iter().map(|program| (program.name, program.main)).collect())
}

/// The variant of a name, with its scenario's entry in `programs`.
fn find(
    scenarios: &'static [&'static Scenario],
    programs: &[&'static [Registered]],
    name: &str,
) -> Option<Task> {
    let (scenario, variant) = name.split_once('/')?;
    let (scenario, programs) =
        scenarios.iter().zip(programs).find(|(candidate, _)| candidate.name == scenario)?;
    let variant = scenario.variants.iter().find(|candidate| candidate.name == variant)?;
    let run = variant.run;
    let program = Box::new(move || run().map_err(|Failure { signature, detail }| (signature, detail)));
    let Oracles { of_run: oracles, over_events } = variant.oracles;
    let over_events = over_events.map(|oracle| -> OverEvents {
        Box::new(move |events| oracle(events).map_err(|Failure { signature, detail }| (signature, detail)))
    });
    Some(Task { program, os: variant.os, heap: variant.heap, programs, oracles, over_events })
}

/// Makes panics of the program events of its run; what the default hook prints is captured with its standard error.
fn report_panics() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let payload = info.payload_as_str().unwrap_or("a panic without a message");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        photofinish_boundary::panicked(payload, &place);
        if !photofinish_boundary::is_judging() {
            default(info);
        }
    }));
}
