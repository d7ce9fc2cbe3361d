//! What one shard of a sweep leaves for the merge: one file with what was asked, what was counted, and the best example of each failure.
//!
//! Does not merge. Invariant: whatever is read is what was written, whole, and answers what it says was asked.

use std::collections::BTreeMap;
use std::time::Duration;

use photofinish::scenario::{Heap, Os};
use photofinish::sim::mark::Mark;
use photofinish::sim::oracle::Oracles;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Tally;
use serde::{Deserialize, Serialize};

use super::builds::Builds;
use super::gathered::{Part, Shown};
use super::report::command;
use super::{SEEDS, SimError, aligned};
use crate::cli::{Sharing, SweepArgs};
use crate::commands::merge::MergeArgs;
use crate::moments::millis;
use crate::sharding::{Block, Shard};

/// The schema number of such files. A reader refuses every other number.
const SCHEMA: u32 = 2;

/// What [`ShardFile::what`] says.
const WHAT: &str = "photofinish shard";

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShardFile {
    /// [`WHAT`]: says what the file is, to people and to `file(1)`.
    what: String,
    /// [`SCHEMA`].
    schema: u32,
    /// A hash of the rest.
    sum: String,
    /// What comes out the same whenever the shard is run.
    pub(super) answer: Answer,
    /// What does not.
    pub(super) making: Making,
}

/// What was asked, and what the seeds have shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// The executables, by their content.
    pub(super) builds: Builds,
    /// Of the whole sweep.
    pub(super) question: Question,
    /// Which part of it this is.
    pub(super) shard: Shard,
    /// In the question's order.
    pub(super) variants: Vec<Counted>,
    /// If the shard was to stop at the first run that does not pass: which that was.
    pub(super) end: Option<End>,
    /// By executable: its marks.
    pub(super) marks: BTreeMap<String, Vec<Mark>>,
}

/// What a variant's seeds have shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counted {
    /// The first of them.
    pub(super) begin: Seed,
    /// Counted.
    pub(super) tally: Tally,
    /// By signature: the best example.
    pub(super) shown: BTreeMap<String, Shown>,
}

/// A run after which nothing was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct End {
    /// Its variant, by its place in the question.
    pub(super) variant: usize,
    /// Its seed.
    pub(super) seed: Seed,
}

/// When, how fast and by which words it was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Making {
    /// When it was done: milliseconds since 1970.
    pub(super) ended_ms: i64,
    /// How long it took.
    pub(super) took_ms: u64,
    /// By variant.
    pub(super) variants: Vec<Spent>,
    /// The variants as they were typed.
    pub(super) names: Vec<String>,
    /// Whether its time was over. What a shard that was interrupted found counts, and it is to be run again.
    pub(super) ended: Ended,
}

/// Why a shard ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ended {
    /// It was done.
    Done,
    /// Somebody ended it.
    Interrupted,
}

/// What a variant took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Spent {
    /// From its first run to its last.
    pub(super) took_ms: u64,
    /// By all jobs together.
    pub(super) spent_ms: u64,
}

/// What a sweep was asked, all shards together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    /// The variants.
    pub(super) programs: Vec<String>,
    /// How many seeds of each; none with a time.
    pub(super) seeds: Option<u64>,
    /// For how long.
    pub(super) time_ms: Option<u64>,
    /// The first seed.
    pub(super) from: u64,
    /// As it was typed.
    pub(super) strategy: Option<String>,
    /// If not the scenarios' own.
    pub(super) os: Option<Os>,
    /// If not the scenarios' own.
    pub(super) heap: Option<Heap>,
    /// If not the scenarios' own.
    pub(super) oracles: Option<Oracles>,
    /// If not the executable's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) preempt: Option<Preempt>,
    /// How many percent of the runs that pass were made again.
    pub(super) guard: String,
    /// What runs shared.
    pub(super) isolation: Sharing,
    /// Whether to stop at the first run that does not pass.
    pub(super) stop_on_first: bool,
}

impl ShardFile {
    /// A file.
    pub(super) fn new(answer: Answer, making: Making) -> Self {
        let sum = sum(&answer, &making);
        Self { what: WHAT.to_owned(), schema: SCHEMA, sum, answer, making }
    }

    /// As it is written.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("plain data has a JSON form");
        bytes.push(b'\n');
        bytes
    }

    /// What was written, or what is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let loose: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|error| format!("it is damaged: {error}"))?;
        if loose["what"] != WHAT {
            return Err(format!("its field `what` is not \"{WHAT}\""));
        }
        if loose["schema"] != SCHEMA {
            return Err(format!("it has schema {}, and this is schema {SCHEMA}", loose["schema"]));
        }
        let file: Self = serde_json::from_value(loose).map_err(|error| format!("it is damaged: {error}"))?;
        if file.sum != sum(&file.answer, &file.making) {
            return Err(String::from("it is damaged: what it holds is not what was written"));
        }
        file.answer.check()?;
        Ok(file)
    }
}

/// 16 hexadecimal digits of FNV-1a.
fn sum(answer: &Answer, making: &Making) -> String {
    let text = serde_json::to_string(&(answer, making)).expect("plain data has a JSON form");
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

impl Answer {
    /// Runs made.
    pub(super) fn runs(&self) -> u64 {
        self.variants.iter().map(|counted| counted.tally.runs).sum()
    }

    /// Refuses what does not answer its question: other seeds, or not all of them.
    fn check(&self) -> Result<(), String> {
        let Self { question, shard, variants, end, .. } = self;
        let block =
            question.block(*shard).map_err(|_| format!("there is no shard {shard} of what was asked"))?;
        if variants.len() != question.programs.len() {
            return Err(String::from("it does not have what was asked: variants are missing"));
        }
        for (variant, (counted, program)) in variants.iter().zip(&question.programs).enumerate() {
            let runs = counted.tally.runs;
            let is_cut = end.is_some_and(|end| variant >= end.variant);
            let is_whole = question.seeds.is_none() || is_cut || runs == block.seeds;
            if counted.begin != block.begin || runs > block.seeds || !is_whole {
                return Err(format!(
                    "it has {runs} runs of {program} from seed {} on, and not {} from seed {} on",
                    counted.begin, block.seeds, block.begin
                ));
            }
        }
        Ok(())
    }
}

impl Counted {
    /// As parts of a sweep are counted.
    pub(super) fn part(&self) -> Part {
        Part { tally: self.tally.clone(), shown: self.shown.clone() }
    }
}

impl Question {
    /// What the arguments of a sweep ask for.
    pub(super) fn of(args: &SweepArgs, programs: Vec<String>) -> Self {
        Self {
            programs,
            seeds: args.time.is_none().then(|| args.seeds.unwrap_or(SEEDS)),
            time_ms: args.time.map(millis),
            from: args.from,
            strategy: args.strategy.clone(),
            os: args.os,
            heap: args.heap,
            oracles: args.oracles,
            preempt: args.preempt,
            guard: args.guard.to_string(),
            isolation: args.isolation,
            stop_on_first: args.stop_on_first,
        }
    }

    /// The sweep that was not split, with what a merge is asked besides.
    pub(super) fn sweep_args(&self, args: &MergeArgs) -> Result<SweepArgs, SimError> {
        let MergeArgs { jobs, shrink, no_shrink, json, .. } = *args;
        let MergeArgs { corpus, out, report, .. } = args.clone();
        Ok(SweepArgs {
            scenarios: self.programs.clone(),
            seeds: self.seeds,
            time: self.time_ms.map(Duration::from_millis),
            from: self.from,
            strategy: self.strategy.clone(),
            os: self.os,
            oracles: self.oracles,
            heap: self.heap,
            preempt: self.preempt,
            jobs,
            guard: self.guard.parse().map_err(SimError::Usage)?,
            shrink,
            no_shrink,
            stop_on_first: self.stop_on_first,
            corpus,
            out,
            shard: None,
            report,
            isolation: self.isolation,
            json,
        })
    }

    /// The seeds of a shard.
    ///
    /// # Errors
    /// There are too few for all shards.
    pub(super) fn block(&self, shard: Shard) -> Result<Block, String> {
        match self.seeds {
            Some(seeds) => shard.block(Seed(self.from), seeds, aligned(self.isolation)),
            None => shard.far_block(Seed(self.from)),
        }
    }

    /// What is typed to ask it, but for the variants and what a shard alone needs.
    pub(super) fn options(&self) -> Vec<String> {
        let usual = |value: &str, usual: &str| (value != usual).then(|| value.to_owned());
        let time = self.time_ms.map(|ms| humantime::format_duration(Duration::from_millis(ms)));
        let isolation = match self.isolation {
            Sharing::Rewind => None,
            Sharing::Fork => Some(String::from("fork")),
            Sharing::None => Some(String::from("none")),
        };
        let options = [
            ("--seeds", self.seeds.map(|seeds| seeds.to_string())),
            ("--for", time.map(|time| time.to_string().replace(' ', ""))),
            ("--from", usual(&self.from.to_string(), "0")),
            ("--strategy", self.strategy.clone()),
            ("--os", self.os.map(|os| os.to_string())),
            ("--oracles", self.oracles.map(|oracles| oracles.to_string())),
            ("--heap", self.heap.map(|heap| heap.to_string())),
            ("--preempt", self.preempt.map(|level| level.to_string())),
            ("--guard", usual(&self.guard, &photofinish::guard::Percent::USUAL.to_string())),
            ("--isolation", isolation),
        ];
        let mut words: Vec<String> =
            options.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?))).collect();
        words.extend(self.stop_on_first.then(|| String::from("--stop-on-first")));
        words
    }

    /// In what it is not another question, for a person; nothing if it is.
    pub(super) fn other_than(&self, other: &Self) -> Option<String> {
        if self == other {
            return None;
        }
        let lacks = |one: &Self, other: &Self| -> Vec<String> {
            one.programs.iter().filter(|program| !other.programs.contains(program)).cloned().collect()
        };
        let (more, fewer) = (lacks(self, other), lacks(other, self));
        if let Some(program) = more.first() {
            return Some(format!("{program}, which the other one does not sweep"));
        }
        if let Some(program) = fewer.first() {
            return Some(format!("no {program}, which the other one sweeps"));
        }
        if self.programs != other.programs {
            return Some(String::from("the same variants in another order"));
        }
        let (own, others) = (self.options(), other.options());
        let only = |one: &[String], other: &[String]| -> String {
            let words: Vec<&str> =
                one.iter().filter(|word| !other.contains(word)).map(|word| &**word).collect();
            if words.is_empty() {
                String::from("nothing of the kind")
            } else {
                format!("`{}`", words.join(" "))
            }
        };
        Some(format!("{}, where the other one has {}", only(&own, &others), only(&others, &own)))
    }

    /// What to type to run a shard, whose file is to be in a place.
    pub(super) fn command(&self, names: &[String], shard: Shard, out: &str) -> String {
        let options = self.options();
        let words = ["sweep"].into_iter().chain(names.iter().map(String::as_str));
        let words = words.chain(options.iter().flat_map(|option| option.split(' ')));
        let shard = shard.to_string();
        let words = words.chain(["--shard", &shard, "--out", out]);
        command(words.map(str::to_owned))
    }
}
