//! The test: it starts the nodes, makes a case happen, looks twice and judges.
//!
//! It does not know the revisions. Invariant: what is right for one revision is right for all.

pub(super) mod case;

mod chain;
mod oracle;
mod places;
mod seen;
mod single;

use photofinish::scenario::Failure;

use super::program::pace::Pace;
use super::program::revision::Revision;
use case::{Case, Stage};

/// Runs a case and judges it.
pub(super) fn run(revision: Revision, case: &Case, pace: Pace) -> Result<(), Failure> {
    let seen = match &case.stage {
        Stage::Chain(chain) => chain::run(revision, chain, pace, &mut places::Threads::default()),
        Stage::Single(single) => single::run(revision, single, pace),
    };
    match seen {
        Ok(seen) => oracle::judge(&seen, case.wakers, pace),
        Err(error) => Err(Failure { signature: "test-broken".to_owned(), detail: error.to_string() }),
    }
}
