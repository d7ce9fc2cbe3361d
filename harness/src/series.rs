//! Seeds examined in series: what fails there is made again in a process of its own, and only that counts.
//!
//! Does not print. Invariant: what is reported of a failure was seen in a process in which nothing ran before.

use photofinish_sim::chooser::Strategy;
use photofinish_sim::seed::Seed;

use crate::client::{Client, ClientError, InProcess, Over, Request, Run};
use crate::examine::{Examined, count};
use crate::guard::Known;
use crate::verdict::{self, Judgement, Verdict};

/// A series that is made and examined step by step, so that what was found is known before the rest is made.
#[derive(Debug)]
pub struct Steps {
    /// With the seed of the next process's first run.
    request: Request,
    /// Seeds of which no run was made.
    seeds_left: u32,
    /// Runs of the last process that are not examined, with the number of runs before them in it.
    made: std::iter::Enumerate<std::vec::IntoIter<Run>>,
    /// The seed of that process's first run.
    first: Seed,
    processes: u64,
    given_up: u64,
}

impl Steps {
    /// A series of so many consecutive seeds from the request's on, of which nothing is made.
    #[must_use]
    pub fn new(request: &Request, seeds_count: u32) -> Self {
        Self {
            request: request.clone(),
            seeds_left: seeds_count,
            made: Vec::new().into_iter().enumerate(),
            first: request.seed,
            processes: 0,
            given_up: 0,
        }
    }

    /// Processes that it took until here.
    #[must_use]
    pub fn processes(&self) -> u64 {
        self.processes
    }

    /// Of those, the ones whose last run left something behind that none may follow.
    #[must_use]
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Examines the next seed's run: its seed, the strategy it ran, and what was found; `None` after the last. The runs of a
    /// process are made when the first of them is asked for. One that does not pass is made again by itself, as [`count`] does; one
    /// that then passes depends on what earlier runs left, and proves nothing.
    ///
    /// # Errors
    /// The client could not make the runs.
    pub fn examine_next(
        &mut self,
        client: &mut Client,
        known: &mut Known,
    ) -> Result<Option<(Seed, Strategy, Examined)>, ClientError> {
        if self.made.len() == 0 && self.seeds_left > 0 {
            let InProcess { runs, over } = client.process(&self.request, self.seeds_left)?;
            self.given_up += u64::from(over == Over::LeftBehind);
            let made = u32::try_from(runs.len()).expect("at most as many as were asked for");
            self.processes += 1;
            self.seeds_left -= made;
            self.first = self.request.seed;
            self.request.seed = Seed(self.first.0.wrapping_add(u64::from(made)));
            self.made = runs.into_iter().enumerate();
        }
        let Some((earlier_runs, run)) = self.made.next() else { return Ok(None) };
        let seed = Seed(self.first.0.wrapping_add(earlier_runs as u64));
        let mut request = Request { seed, ..self.request.clone() };
        request.strategy = client.resolve_in_series(&request)?;
        let in_series = verdict::judge(&run, client.symbols());
        let found = if in_series.verdict == Verdict::Pass {
            Examined { run, judgement: in_series, difference: None }
        } else {
            let mut by_itself = count(client, &request, known)?;
            if by_itself.judgement.verdict == Verdict::Pass {
                by_itself.judgement = depends(&in_series, earlier_runs);
            }
            by_itself
        };
        Ok(Some((seed, request.strategy, found)))
    }
}

/// The signature of a run that passes by itself and did not behind others.
pub const DEPENDS: &str = "depends on what earlier runs left";

fn depends(in_series: &Judgement, earlier_runs: usize) -> Judgement {
    let signature = in_series.signature.as_deref().unwrap_or_default();
    Judgement {
        verdict: Verdict::Inconclusive,
        signature: Some(String::from(DEPENDS)),
        detail: format!(
            "behind {earlier_runs} other runs in one process it failed: {signature}; in a process of its own it passes\nnext: the same \
             command with `--isolation fork`"
        ),
    }
}
