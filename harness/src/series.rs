//! Seeds examined in series: what fails there is made again in a process of its own, and only that counts.
//!
//! Does not print. Invariant: what is reported of a failure was seen in a process in which nothing ran before.

use photofinish_sim::chooser::Strategy;
use photofinish_sim::seed::Seed;

use crate::client::{Client, ClientError, Request};
use crate::examine::{Examined, count};
use crate::verdict::{self, Judgement, Verdict};

/// What became of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// By seed: the strategy it ran, and what was found.
    pub examined: Vec<(Seed, Strategy, Examined)>,
    /// Processes that it took: one, and one more for each run that left something behind.
    pub processes: u64,
}

/// Makes runs of `seeds_count` consecutive seeds from the request's on, one after another in one process. One that does not pass is
/// made again by itself, as [`count`] does; one that then passes depends on what earlier runs left, and proves nothing.
///
/// # Errors
/// The client could not make the runs.
pub fn examine_series(
    client: &mut Client,
    request: &Request,
    seeds_count: u32,
    mut known: impl FnMut(&str) -> bool,
) -> Result<Series, ClientError> {
    let made = client.series(request, seeds_count)?;
    let mut examined = Vec::new();
    for (offset, run) in (0..).zip(made.runs) {
        let seed = Seed(request.seed.0 + offset);
        let mut request = Request { seed, ..request.clone() };
        request.strategy = client.resolve(&request)?;
        let in_series = verdict::judge(&run, client.symbols());
        let found = if in_series.verdict == Verdict::Pass {
            Examined { run, judgement: in_series, difference: None }
        } else {
            let mut by_itself = count(client, &request, &mut known)?;
            if by_itself.judgement.verdict == Verdict::Pass {
                by_itself.judgement = depends(&in_series, offset);
            }
            by_itself
        };
        examined.push((seed, request.strategy, found));
    }
    Ok(Series { examined, processes: made.processes })
}

/// The signature of a run that passes by itself and did not behind others.
pub const DEPENDS: &str = "depends on what earlier runs left";

fn depends(in_series: &Judgement, earlier_runs: u64) -> Judgement {
    let signature = in_series.signature.as_deref().unwrap_or_default();
    Judgement {
        verdict: Verdict::Inconclusive,
        signature: Some(String::from(DEPENDS)),
        detail: format!(
            "behind at most {earlier_runs} other runs in one process it failed: {signature}; in a process of its own it passes\nnext: \
             the same command with `--isolation fork`"
        ),
    }
}
