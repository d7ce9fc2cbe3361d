//! The test: it starts the nodes, makes a case happen, looks twice and judges.
//!
//! It does not know the revisions. Invariant: what is right for one revision is right for all.

pub(super) mod case;

mod chain;
mod oracle;
mod places;
mod seen;
mod single;

use std::time::Duration;

use photofinish::scenario::Failure;
use photofinish::world;

use super::program::pace::Pace;
use super::program::revision::Revision;
use case::{Case, Stage};

/// How long a second is where nobody simulates: short, so that a person can wait for what takes minutes.
const HURRIED: Pace = Pace::with_second(Duration::from_millis(20));

/// Runs a case and judges it.
pub(super) fn run(revision: Revision, case: &Case) -> Result<(), Failure> {
    let pace = if world::is_simulated() { Pace::REAL } else { HURRIED };
    let seen = match &case.stage {
        Stage::Chain(chain) => chain::run(revision, chain, pace),
        Stage::Single(single) => single::run(revision, single, pace),
    };
    match seen {
        Ok(seen) => oracle::judge(&seen, case.wakers, pace),
        Err(error) => Err(Failure { signature: "test-broken".to_owned(), detail: error.to_string() }),
    }
}
