//! The executable that is asked for runs of deposits by our protocol.
//!
//! Does not know who asks. Invariant: a program's name is what `scenarios/targets.toml` calls it.

use std::process::ExitCode;
use std::time::Duration;

use photofinish_madsim::simulate;
use photofinish_madsim_deposits::bank::{Books, bank};
use photofinish_madsim_deposits::{Again, Rest, WRONG};
use photofinish_served::{Asked, Outcome, Served, serve};

/// Simulated time that no run needs.
const LIMIT: Duration = Duration::from_secs(600);

/// The server adds whatever comes.
fn at_least_once(asked: &Asked) -> Outcome {
    simulate(asked, LIMIT, || async { told(bank(Again::Added, Rest::Seeded).await) })
}

/// The server knows what it had.
fn exactly_once(asked: &Asked) -> Outcome {
    simulate(asked, LIMIT, || async { told(bank(Again::Known, Rest::Seeded).await) })
}

/// The same, and clients rest as a static says: no two runs in one process are the same.
fn by_a_static(asked: &Asked) -> Outcome {
    simulate(asked, LIMIT, || async { told(bank(Again::Known, Rest::Static).await) })
}

/// The same, and clients rest as the number of the process says: no two processes make the same run.
fn by_the_process(asked: &Asked) -> Outcome {
    simulate(asked, LIMIT, || async { told(bank(Again::Known, Rest::Process).await) })
}

fn told(books: Result<Books, String>) -> Outcome {
    let Books { wrong, trace, took } = match books {
        Ok(books) => books,
        Err(error) => return Outcome::failed("a client did not end", error),
    };
    let outcome = if wrong.is_empty() { Outcome::passed() } else { Outcome::failed(WRONG, wrong.join("\n")) };
    outcome.traced(trace).took(took)
}

fn main() -> ExitCode {
    serve(&[
        Served { name: "at-least-once", run: at_least_once },
        Served { name: "exactly-once", run: exactly_once },
        Served { name: "by-a-static", run: by_a_static },
        Served { name: "by-the-process", run: by_the_process },
    ])
}
