//! Whether a target takes notice of its seed.
//!
//! Does not make runs. Invariant: nothing is said before so many different seeds were seen.

use std::collections::BTreeSet;

use photofinish_sim::seed::Seed;

use super::examined::output;
use crate::client::Run;
use crate::verdict::Judgement;

/// The signature under which a target is told that seems to ignore its seed.
pub const IGNORED: &str = "seed-ignored";

/// Different seeds after which something can be said.
pub const SEEDS: usize = 16;

/// What was seen of a target's runs.
#[derive(Clone, Debug, Default)]
pub struct SeedWatch {
    seeds: BTreeSet<Seed>,
    /// What the first run showed, until another showed something else.
    first: Option<Shown>,
    differed: bool,
}

/// All that can be seen of a run from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    signature: Option<String>,
    detail: String,
    hash: u64,
    output: Vec<u8>,
}

impl SeedWatch {
    /// Takes a run in.
    pub fn saw(&mut self, seed: Seed, run: &Run, judgement: &Judgement) {
        if self.differed {
            return;
        }
        let shown = Shown {
            signature: judgement.signature.clone(),
            detail: judgement.detail.clone(),
            hash: run.figures.events_hash,
            output: output(run),
        };
        self.seeds.insert(seed);
        self.differed = self.first.get_or_insert_with(|| shown.clone()) != &shown;
    }

    /// What is to be said of a target whose runs all were the same, for all their seeds.
    #[must_use]
    pub fn complaint(&self) -> Option<String> {
        let seeds = self.seeds.len();
        (!self.differed && seeds >= SEEDS).then(|| {
            format!(
                "its seed seems to be ignored: {seeds} different seeds gave the same output and the same end"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use photofinish_sim::ending::Ending;

    use super::super::judge;
    use super::*;

    fn complaint(runs: u64, ending: impl Fn(u64) -> Ending) -> Option<String> {
        let mut watch = SeedWatch::default();
        for seed in 0..runs {
            let run = Run::ended(ending(seed));
            watch.saw(Seed(seed), &run, &judge(&run));
            watch.saw(Seed(seed), &run, &judge(&run));
        }
        watch.complaint()
    }

    #[test]
    fn a_seed_that_never_matters_is_noticed_once_enough_were_tried() {
        let seeds = SEEDS as u64;
        assert_eq!(complaint(seeds - 1, |_| Ending::Returned), None);
        assert!(
            complaint(seeds, |_| Ending::Returned).is_some_and(|words| words.contains("16 different seeds"))
        );
        assert!(complaint(seeds, |_| Ending::Exited(1)).is_some());
        assert_eq!(complaint(seeds, |seed| Ending::Exited((seed == 9).into())), None);
    }
}
