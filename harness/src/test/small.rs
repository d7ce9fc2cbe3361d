//! The failure of a test made small, within a bound of real time.
//!
//! Does not tell it. Invariant: what could not be made small has a reason, and the failure as it was found is told instead.

use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use super::Test;
use crate::client::{Client, Isolation, Main, Request};
use crate::examine::Examined;
use crate::shrinking::{Go, Small, Spend, shrink};
use crate::verdict::Verdict;

/// Real time for making a failure small if the test says nothing. It may then take as long again to explain it.
const TIME: Duration = Duration::from_secs(5);

/// Clients at most: other tests run at the same time.
const CLIENTS_MAX: usize = 4;

/// What became of a failure.
pub(super) enum Made {
    /// It is small.
    Small(Box<Small>),
    /// It stays as it was found, and nobody asked for anything else.
    AsFound,
    /// It stays as it was found, for this reason.
    Not(String),
}

/// Makes a failing run of a test small, which was made by the first of the clients; there may be more of them afterwards.
pub(super) fn make(
    clients: &mut Vec<Client>,
    test: &Test,
    (executable, threads_max): (&Path, u32),
    (request, failed): (&Request, &Examined),
) -> Made {
    let time = test.shrink_ms.map_or(TIME, Duration::from_millis);
    if failed.judgement.verdict != Verdict::Fail || time.is_zero() {
        return Made::AsFound;
    }
    let jobs = available_parallelism().map_or(1, NonZero::get).min(CLIENTS_MAX);
    while clients.len() < jobs {
        match Client::start_with(executable, Main::Own, threads_max, Isolation::Rewind) {
            Ok(client) => clients.push(client),
            // Those that are there will do.
            Err(_) => break,
        }
    }
    match shrink(clients, (request, failed), Spend::time(time), &mut |_| Go::On) {
        Ok(small) => Made::Small(Box::new(small)),
        // What it says next is for our own executables.
        Err(error) => Made::Not(error.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}
