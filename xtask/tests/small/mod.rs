//! The first failures of a program, each made small.
//!
//! Does not know what is simpler. Invariant: the seeds are the first ones that fail so, and none is left out.

use std::time::Duration;

use photofinish::client::{Client, Request};
use photofinish::examine::examine;
use photofinish::shrinking::{Go, Small, Spend, shrink};
use photofinish::sim::seed::Seed;
use photofinish::verdict::{self, Verdict};

/// Far more seeds than it takes to find them.
const SEEDS_MAX: u64 = 2_000;
/// For each seed; what shrinking ends by itself is far below.
const TIME: Duration = Duration::from_secs(120);

/// What becomes of a failure of another signature than the one that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    /// It is passed over.
    Passed,
    /// There must be none.
    Refused,
}

/// The first seeds whose runs fail so, as many, made small one by one: their numbers, and what they became.
pub(crate) fn small_runs(
    client: impl Fn() -> Client,
    (program, signature): (&str, &str),
    seeds: usize,
    others: Others,
) -> Vec<(u64, Small)> {
    let mut clients = vec![client(), client()];
    let mut small = Vec::new();
    for seed in 0..SEEDS_MAX {
        let mut request = Request::new(program, Seed(seed));
        request.strategy = clients[0].resolve(&request).expect("it serves");
        let run = clients[0].run(&request).expect("it serves");
        let judged = verdict::judge(&run, clients[0].symbols());
        if judged.verdict != Verdict::Fail {
            continue;
        }
        if others == Others::Refused {
            assert_eq!(judged.signature.as_deref(), Some(signature), "{program} seed {seed}");
        }
        let failed = examine(&mut clients[0], &request).expect("it serves");
        if others == Others::Passed && failed.judgement.signature.as_deref() != Some(signature) {
            continue;
        }
        let made = shrink(&mut clients, (&request, &failed), Spend::time(TIME), &mut |_| Go::On);
        let made = made.unwrap_or_else(|error| panic!("{program} seed {seed}: {error}"));
        let (before, after) = (made.stats.before.decisions(), made.stats.after.decisions());
        let (runs, seconds) = (made.stats.runs, made.took.as_secs_f64());
        eprintln!("{program} seed {seed}: {before} -> {after} decisions, {runs} runs, {seconds:.1} s");
        eprint!("{}", made.reasons());
        small.push((seed, made));
        if small.len() == seeds {
            return small;
        }
    }
    panic!("{} of {SEEDS_MAX} seeds of {program} show {signature}", small.len())
}
