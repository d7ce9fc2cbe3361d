//! The passes: ways to make a plan simpler, one per file, cheap and large steps first.
//!
//! A pass knows the simplest plan so far and nothing of the other passes. Invariant: a pass that is run twice on the same plan asks
//! for the same candidates.

mod bases;
mod chunks;
mod earlier;
mod hold;
mod instead;
mod kinds;
mod lower;
mod merge;
mod moves;
mod only;
mod raise;
mod reassign;
mod relocate;
mod scan;
mod sets;
mod threads;
mod transfer;
mod truncate;

use crate::search::{Over, Search};

/// One way to make a plan simpler.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Search<'_>) -> Result<(), Over>,
}

/// All of them, in the order in which they are run.
pub(crate) const ALL: &[Pass] = &[
    Pass { name: "hold", run: hold::run },
    Pass { name: "kinds", run: kinds::run },
    Pass { name: "truncate", run: truncate::run },
    Pass { name: "only", run: only::run },
    Pass { name: "threads", run: threads::run },
    Pass { name: "chunks", run: chunks::by_time },
    Pass { name: "chunks by thread", run: chunks::by_thread },
    Pass { name: "merge", run: merge::run },
    Pass { name: "sets", run: sets::run },
    Pass { name: "reassign", run: reassign::run },
    Pass { name: "lower", run: lower::run },
    Pass { name: "earlier", run: earlier::run },
    Pass { name: "move", run: moves::run },
    Pass { name: "transfer", run: transfer::run },
    Pass { name: "scan", run: scan::run },
];

/// What is tried when none of them helps any more and each decision is known to be needed: it takes runs that are slow, or many.
pub(crate) const LAST: &[Pass] = &[
    Pass { name: "relocate", run: relocate::run },
    Pass { name: "raise", run: raise::run },
    Pass { name: "instead", run: instead::run },
];
