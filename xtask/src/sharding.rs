//! One sweep in several parts: which part somebody asks for, and which seeds it has.
//!
//! Runs nothing. Invariant: the seeds of all the shards of a sweep are the seeds of the sweep, each once, and each shard has seeds of
//! every variant.

use std::fmt;
use std::str::FromStr;

use photofinish::sim::seed::Seed;
use serde::{Deserialize, Serialize};

mod engines;

/// More parts than that are taken for a mistake.
const COUNT_MAX: u32 = 4_096;

/// A sweep that goes by time takes so many seeds at most, all shards together: whoever sweeps again can begin behind them.
pub const SEEDS_OF_TIME: u64 = 1 << 32;

/// Where a shard may begin, counted from the sweep's first seed: as many seeds as runs that share a process are handed out at a
/// time, for what those find depends on where a process begins.
pub const ALIGNED_SHARED: u64 = 512;

/// What `--shard` says of itself.
pub const SHARD_HELP: &str = "\
Run the I-th of N parts of the sweep, from 1 on, and leave a file for `cargo xtask merge` in --out.

A shard has an N-th of each variant's seeds; with --for, it has a block of its own among the 2^32 seeds from --from on. It leaves \
the corpus alone, makes nothing small and does not judge: that is the merge's.

`auto` asks the environment:
  PHOTOFINISH_SHARD=I/N, which a GitHub matrix sets to ${{ matrix.shard }}/${{ strategy.job-total }}
  Kubernetes' JOB_COMPLETION_INDEX, with PHOTOFINISH_SHARDS=N besides
  Slurm's SLURM_ARRAY_TASK_ID with _COUNT, _MIN and _STEP; counted from 1 with PHOTOFINISH_SHARDS=N
  GitLab's CI_NODE_INDEX and CI_NODE_TOTAL
  CircleCI's CIRCLE_NODE_INDEX and CIRCLE_NODE_TOTAL
  Buildkite's BUILDKITE_PARALLEL_JOB and BUILDKITE_PARALLEL_JOB_COUNT";

/// A part of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    /// How many parts there are.
    count: u32,
    /// Which one it is: the first is 1.
    number: u32,
}

/// Which part is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// This one.
    Given(Shard),
    /// The one that the environment names.
    Auto,
}

/// Seeds of each variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first seed.
    pub begin: Seed,
    /// How many there are; of a sweep that goes by time, how many there may be.
    pub seeds: u64,
}

impl Shard {
    /// The part of this number, from 1 on, of so many.
    ///
    /// # Errors
    /// There is no such part.
    pub fn new(number: u64, count: u64) -> Result<Self, String> {
        let parts = (u32::try_from(number).ok(), u32::try_from(count).ok());
        match parts {
            (Some(number), Some(count)) if 1 <= number && number <= count && count <= COUNT_MAX => {
                Ok(Self { count, number })
            }
            (_, Some(count)) if (1..=COUNT_MAX).contains(&count) => Err(format!(
                "there is no shard {number} of {count}: the first is 1/{count}, and the last {count}/{count}"
            )),
            _ => Err(format!("a sweep has 1 to {COUNT_MAX} shards, and not {count}")),
        }
    }

    /// Which one it is: the first is 1.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many there are.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// Every part of a sweep of so many.
    pub fn all(count: u32) -> impl Iterator<Item = Self> {
        (1..=count).map(move |number| Self { count, number })
    }

    /// The file that it writes.
    #[must_use]
    pub fn file(self) -> String {
        format!("shard-{}-of-{}.json", self.number, self.count)
    }

    /// The part whose file has this name.
    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        let (number, count) = name.strip_prefix("shard-")?.strip_suffix(".json")?.split_once("-of-")?;
        let shard = Self::new(number.parse().ok()?, count.parse().ok()?).ok()?;
        (shard.file() == name).then_some(shard)
    }

    /// Its seeds, where so many from `from` on are handed out `aligned` at a time: consecutive ones, and as many as the others have,
    /// give or take what is handed out at a time.
    ///
    /// # Errors
    /// There are too few for all the shards.
    pub fn block(self, from: Seed, seeds: u64, aligned: u64) -> Result<Block, String> {
        let units = seeds.div_ceil(aligned);
        if units < u64::from(self.count) {
            let most = units.min(u64::from(COUNT_MAX));
            return Err(format!(
                "{seeds} seeds are too few for {} shards\nnext: at most `--shard {}/{most}`, or more --seeds",
                self.count,
                u64::from(self.number).min(most),
            ));
        }
        let edge = |number: u32| {
            let unit = u128::from(units) * u128::from(number) / u128::from(self.count);
            let unit = u64::try_from(unit).expect("at most as many as there are");
            unit.saturating_mul(aligned).min(seeds)
        };
        let (begin, end) = (edge(self.number - 1), edge(self.number));
        Ok(Block { begin: Seed(from.0 + begin), seeds: end - begin })
    }

    /// The seeds that it may use in a sweep that goes by time, of which nobody knows how many it will need: blocks far apart.
    ///
    /// # Errors
    /// There are too few seeds behind `from`.
    pub fn far_block(self, from: Seed) -> Result<Block, String> {
        if from.0.checked_add(SEEDS_OF_TIME).is_none() {
            return Err(format!(
                "a sweep in shards that goes by time needs {SEEDS_OF_TIME} seeds from {from} on, and there are not so many\nnext: \
                 a smaller --from"
            ));
        }
        let stride = SEEDS_OF_TIME / u64::from(self.count) / ALIGNED_SHARED * ALIGNED_SHARED;
        Ok(Block { begin: Seed(from.0 + stride * u64::from(self.number - 1)), seeds: stride })
    }
}

impl Which {
    /// The part that is asked for.
    ///
    /// # Errors
    /// The environment names none, or several.
    pub fn resolve(self) -> Result<Shard, String> {
        match self {
            Self::Given(shard) => Ok(shard),
            Self::Auto => engines::shard(|name| std::env::var(name).ok()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = |text: &str| Some(text).filter(is_number).map(|text| text.parse().unwrap_or(u64::MAX));
        let parts = text.split_once('/').and_then(|(shard, count)| Some((number(shard)?, number(count)?)));
        let Some((shard, count)) = parts else {
            return Err(format!("{text:?} is no shard; try `--shard 1/4`, the first of four"));
        };
        Self::new(shard, count)
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Given) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().expect("a shard")
    }

    #[test]
    fn a_shard_is_counted_from_one() {
        assert_eq!((shard("3/8").number(), shard("3/8").count()), (3, 8));
        for (text, words) in [
            ("0/8", "the first is 1/8"),
            ("9/8", "the last 8/8"),
            ("1/0", "1 to 4096 shards"),
            ("1/5000", "1 to 4096 shards"),
            ("99999999999999999999/8", "there is no shard"),
            ("3", "try `--shard 1/4`"),
            ("+3/8", "is no shard"),
            ("3/8/9", "is no shard"),
            ("", "is no shard"),
            ("a/b", "is no shard"),
        ] {
            let said = text.parse::<Shard>().expect_err(text);
            assert!(said.contains(words), "{text}: {said}");
        }
        assert_eq!("auto".parse(), Ok(Which::Auto));
        assert_eq!("2/2".parse(), Ok(Which::Given(shard("2/2"))));
    }

    #[test]
    fn a_file_is_named_after_its_shard_alone() {
        assert_eq!(Shard::of_file(&shard("3/8").file()), Some(shard("3/8")));
        for name in [
            "shard-3-of-8.json#1",
            "shard-03-of-8.json",
            "shard-9-of-8.json",
            "shard-3-of-8.json.1.partial",
            "sweep.json",
        ] {
            assert_eq!(Shard::of_file(name), None, "{name}");
        }
    }

    /// The blocks of all shards, one behind the other.
    fn all(count: u32, seeds: u64, aligned: u64) -> Vec<Block> {
        Shard::all(count)
            .map(|shard| shard.block(Seed(7), seeds, aligned).expect("there are enough"))
            .collect()
    }

    #[test]
    fn the_shards_together_have_every_seed_once() {
        for aligned in [1, 512] {
            for seeds in [1_u64, 5, 8, 512, 513, 1_000, 4_096, 20_000, 20_001] {
                for count in [1, 2, 3, 7, 8] {
                    if seeds.div_ceil(aligned) < u64::from(count) {
                        continue;
                    }
                    let blocks = all(count, seeds, aligned);
                    let mut next = 7;
                    for block in &blocks {
                        assert_eq!(block.begin.0, next, "{seeds} in {count}");
                        assert_eq!((block.begin.0 - 7) % aligned, 0);
                        assert!(block.seeds > 0);
                        next += block.seeds;
                    }
                    assert_eq!(next, 7 + seeds);
                    let sizes = || blocks.iter().map(|block| block.seeds.div_ceil(aligned));
                    assert!(sizes().max().expect("one") - sizes().min().expect("one") <= 1, "{blocks:?}");
                }
            }
        }
    }

    #[test]
    fn too_few_seeds_are_refused_with_what_to_type() {
        let said = shard("5/8").block(Seed(0), 4, 1).expect_err("too few");
        assert!(
            said.contains("4 seeds are too few for 8 shards") && said.contains("`--shard 4/4`"),
            "{said}"
        );
        assert!(shard("1/2").block(Seed(0), 512, 512).is_err(), "one process has them all");
        let whole = shard("1/1").block(Seed(0), u64::MAX, 512).expect("there are enough");
        assert_eq!(whole.seeds, u64::MAX);
    }

    #[test]
    fn shards_that_go_by_time_cannot_meet() {
        for count in [1, 3, 8, 4_096] {
            let blocks: Vec<Block> =
                Shard::all(count).map(|shard| shard.far_block(Seed(9)).expect("there are enough")).collect();
            for pair in blocks.windows(2) {
                assert!(pair[0].begin.0 + pair[0].seeds <= pair[1].begin.0, "{pair:?}");
            }
            let last = blocks.last().expect("one");
            assert!(last.begin.0 + last.seeds <= 9 + SEEDS_OF_TIME && last.seeds >= 1_000_000, "{last:?}");
            assert!(blocks.iter().all(|block| (block.begin.0 - 9) % ALIGNED_SHARED == 0));
        }
        assert!(shard("1/2").far_block(Seed(u64::MAX - 5)).is_err());
    }
}
