//! A failing run made small: the crate `photofinish-shrink` says what is simpler, this makes the runs.
//!
//! Does not print. Invariant: what is given back was replayed strictly and examined like any failure, and shows the signature that was
//! asked for.

mod asked;
mod explain;
mod places;
mod runs;
mod told;

use std::time::{Duration, Instant};

use photofinish_shrink::{Budget, Shrunk};

pub use explain::{Explained, Explanation, Operation, Pair};
use photofinish_sim::plan::Plan;

pub use photofinish_shrink::{Cost, Minimal, Stats};
pub use runs::{Go, Progress};
pub(crate) use told::words;

use crate::client::{Client, ClientError, Replay, Request, Run};
use crate::examine::{Examined, examine};
use crate::token;
use crate::verdict::Verdict;

use explain::Most;
use runs::{Runs, kept};

/// Why a run could not be made small.
#[derive(Debug, thiserror::Error)]
pub enum ShrinkError {
    /// It did not fail.
    #[error(
        "seed {} of {} does not fail (it is {verdict:?}), so there is nothing to make small\nnext: a seed that fails: \
         `cargo xtask sweep {} --stop-on-first`",
        request.seed, request.program, request.program
    )]
    NoFailure {
        /// What ran.
        request: Box<Request>,
        /// What it was.
        verdict: Verdict,
    },
    /// Only its beginning was kept.
    #[error(
        "seed {} of {} decided more than there is room for, and the beginning of a run cannot be made small\nnext: the same with \
         `--strategy eager:90:0` or another strategy that decides less",
        .0.seed, .0.program
    )]
    Beginning(Box<Request>),
    /// A client could not make a run.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The smallest run that was found is not what its judge saw.
    #[error(
        "the smallest run of {program} that was found shows {found} when it is made again, and not {wanted}\nnext: `cargo xtask sim \
         {program} --seed {seed} --guard 100`, which tells whether its runs repeat"
    )]
    NotAgain {
        /// What ran.
        program: String,
        /// The seed it was found with.
        seed: photofinish_sim::seed::Seed,
        /// The signature that was asked for.
        wanted: String,
        /// What it showed.
        found: String,
    },
}

/// How much may be spent on making one failure small; explaining it may then take as long again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// In real time.
    pub time: Duration,
    /// In runs.
    pub runs: u64,
}

impl Spend {
    /// So much time, and as many runs as that takes.
    #[must_use]
    pub fn time(time: Duration) -> Self {
        Self { time, runs: u64::MAX }
    }
}

/// A failure made small.
#[derive(Debug)]
pub struct Small {
    /// Asks for it again, pick by pick.
    pub request: Request,
    /// Its decisions.
    pub plan: Plan,
    /// The same as a token's text, or why there is none.
    pub token: Result<String, String>,
    /// What it is, with its events.
    pub examined: Examined,
    /// What it cost before and after, and where the runs went.
    pub stats: Stats,
    /// Whether each decision that is left is needed.
    pub minimal: Minimal,
    /// What each of them does.
    pub explanation: Explanation,
    /// How long it took.
    pub took: Duration,
}

/// What each decision of a failing run does, whose events were kept, and whose plan gives it; for so long.
///
/// # Errors
/// The client could not make a run.
pub fn explained(
    client: &mut Client,
    (request, plan, run): (&Request, &Plan, &Run),
    signature: &str,
    time: Duration,
) -> Result<Explanation, ClientError> {
    let most = Most { decisions: EXPLAINED_MAX, until: Instant::now() + time };
    explain::explain(client, (request, plan, run), signature, most)
}

/// So many decisions are explained: nobody reads of more.
const EXPLAINED_MAX: usize = 16;

/// Makes a failing run small: of the runs that show its signature, one with as few decisions as could be found. The request is the one it
/// was made by, with its strategy resolved. All clients must serve the same executable.
///
/// # Errors
/// The run did not fail, or no client could make runs, or the smallest run found does not repeat.
///
/// # Panics
/// Without a client.
pub fn shrink(
    clients: &mut [Client],
    (request, failed): (&Request, &Examined),
    spend: Spend,
    progress: &mut dyn FnMut(Progress) -> Go,
) -> Result<Small, ShrinkError> {
    let started = Instant::now();
    let signature = signature_of(request, failed)?;
    let mut runs = Runs {
        clients,
        request,
        signature: &signature,
        ending: failed.run.ending.word(),
        until: started + spend.time,
        progress,
        runs: 0,
        fewest: failed.run.trace.picks.len(),
        failed: None,
        named: None,
    };
    let Shrunk { best, stats, minimal } = photofinish_shrink::shrink(
        kept(&failed.run.trace.plan(), failed.run.clone()),
        &mut runs,
        Budget { runs: spend.runs },
    );
    if let Some(error) = runs.failed {
        return Err(error.into());
    }
    let request =
        Request { replay: Some(Replay::Strict(best.trace.clone())), events: true, ..request.clone() };
    let client = clients.first_mut().expect("there is one");
    let examined = examine(client, &request)?;
    if examined.judgement.signature.as_ref() != Some(&signature) {
        let found = examined.judgement.signature.unwrap_or_else(|| String::from("nothing"));
        let Request { program, seed, .. } = request;
        return Err(ShrinkError::NotAgain { program, seed, wanted: signature, found });
    }
    let explanation = explained(client, (&request, &best.plan, &examined.run), &signature, spend.time)?;
    let token = token::make(client, (&request, &best.plan, &examined.run), &signature)
        .map_err(|error| error.to_string())
        .and_then(|token| token.encode().map_err(|error| error.to_string()));
    Ok(Small {
        request,
        token,
        plan: best.plan,
        examined,
        stats,
        minimal,
        explanation,
        took: started.elapsed(),
    })
}

fn signature_of(request: &Request, failed: &Examined) -> Result<String, ShrinkError> {
    let judgement = &failed.judgement;
    match &judgement.signature {
        Some(_) if failed.run.truncated => Err(ShrinkError::Beginning(Box::new(request.clone()))),
        Some(signature) if judgement.verdict == Verdict::Fail => Ok(signature.clone()),
        _ => Err(ShrinkError::NoFailure { request: Box::new(request.clone()), verdict: judgement.verdict }),
    }
}
