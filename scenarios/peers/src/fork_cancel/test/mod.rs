//! The cases on a network that is somebody else's: nodes to start, and a test that watches them.
//!
//! It does not know who starts them: turmoil and madsim both do. Invariant: a case is what it is in the scenario, and is judged by the
//! scenario's oracle.

#[path = "../../../../src/fork_cancel/test/case.rs"]
mod case;
mod chain;
#[path = "../../../../src/fork_cancel/test/oracle.rs"]
mod oracle;
#[path = "../../../../src/fork_cancel/test/seen.rs"]
mod seen;
mod single;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use super::program::pace::Pace;
use super::program::revision::Revision;
use case::{Case, Chain, Links};

/// What went wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// In few words that are the same for the same failure.
    pub(super) signature: String,
    /// All that was seen.
    pub(super) detail: String,
}

/// How a play ended.
pub(super) type Played = Result<(), Failure>;

/// What a play of which nothing can be told calls itself.
const BROKEN: &str = "test-broken";

/// Whether a play failed.
///
/// # Errors
/// It is the play that is wrong.
pub(super) fn has_failed(played: Played) -> Result<bool, String> {
    match played {
        Ok(()) => Ok(false),
        Err(Failure { signature, detail }) if signature == BROKEN => Err(detail),
        Err(_) => Ok(true),
    }
}

/// A node, ready to be started as often as somebody likes.
pub(super) struct Node {
    /// Its name, by which others find it.
    pub(super) name: &'static str,
    /// Starts it.
    pub(super) start: Box<dyn Fn() -> Running + Send + Sync>,
}

/// A node that runs.
pub(super) type Running = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// All that is needed for a play.
pub(super) struct Stage {
    /// The nodes, each before the one that talks to it.
    pub(super) nodes: Vec<Node>,
    /// The test, on a node of its own.
    pub(super) watch: Pin<Box<dyn Future<Output = Played> + Send>>,
}

/// A variant of the scenario.
pub(super) type Subject = (Revision, &'static Case);

/// The variant of this name.
pub(super) fn subject(name: &str) -> Option<Subject> {
    let variant = name.strip_prefix("fork-cancel/")?;
    let (revision, case) = variant.split_once('@').unwrap_or((variant, ""));
    let revision = match revision {
        "parent" => Revision::Parent,
        "timeout-only" => Revision::TimeoutOnly,
        "fork-only" => Revision::ForkOnly,
        "v1" => Revision::V1,
        "v2" => Revision::V2,
        "merged" => Revision::Merged,
        "fixed" => Revision::Fixed,
        _ => return None,
    };
    let case = match case {
        "" => &case::REPORT,
        "assemble" => &case::ASSEMBLE,
        "cancel" => &case::CANCEL,
        "drop" => &case::DROP,
        "forked" => &case::FORKED,
        "gap" => &case::GAP,
        "in-order" => &case::IN_ORDER,
        "race" => &case::RACE,
        "swapped" => &case::SWAPPED,
        "wake" => &case::WAKE,
        "wakers" => &case::WAKERS,
        _ => return None,
    };
    Some((revision, case))
}

/// How long a datagram takes, at least and at most: as in the scenario's own world.
pub(super) fn latency((_, case): Subject) -> [Duration; 2] {
    match &case.stage {
        case::Stage::Chain(Chain { links: Links::Slow, .. }) => [1_000, 10_000].map(Duration::from_micros),
        _ => [200, 1_000].map(Duration::from_micros),
    }
}

/// A stage for it.
pub(super) fn stage((revision, case): Subject) -> Stage {
    match &case.stage {
        case::Stage::Chain(chain) => chain::stage(revision, case, chain, Pace::REAL),
        case::Stage::Single(single) => single::stage(revision, case, single, Pace::REAL),
    }
}
