//! The arguments of every command, as clap reads them.
//!
//! Knows no scenario and no file: whether a name exists is found out by the command itself.
//! Invariant: whatever is refused here is refused with exit code 2, before anything has been done.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use photofinish::client::Isolation;
use photofinish::guard::Percent;
use photofinish::scenario::{Heap, Os};
use photofinish::sim::oracle::Oracles;
use photofinish::sim::preempt::Preempt;
use photofinish::token::{DecodeError, Token};
use serde::{Deserialize, Serialize};

use crate::asked::{PREEMPT_HELP, RunArgs};
use crate::commands::bench::BenchArgs;
use crate::commands::compare::CompareArgs;
use crate::commands::compare_strategies::CompareStrategiesArgs;
use crate::commands::emit::EmitArgs;
use crate::commands::merge::MergeArgs;
use crate::commands::nightly::NightlyArgs;
use crate::commands::report::ReportArgs;
use crate::commands::repro::ReproArgs;
use crate::commands::wild::WildArgs;
use crate::duration::{parse_duration, parse_shrink};
use crate::exit::{
    COMPARE_EXIT_CODES, EXIT_CODES, MERGE_EXIT_CODES, NIGHTLY_EXIT_CODES, REPORT_EXIT_CODES,
    REPRO_EXIT_CODES, SWEEP_EXIT_CODES, WILD_EXIT_CODES,
};
use crate::sharding::{SHARD_HELP, Which};

/// Photofinish: threads, time and sockets of ordinary Rust under one seed.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", version, after_long_help = EXIT_CODES, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the scenarios, their variants and what is expected of each.
    List(ListArgs),
    /// Run scenarios under the simulation, one run each.
    #[command(after_long_help = EXIT_CODES)]
    Sim(SimArgs),
    /// Run many seeds of scenarios and hold what was found against what is expected of each.
    #[command(after_long_help = SWEEP_EXIT_CODES)]
    Sweep(SweepArgs),
    /// Put the shards of a sweep together, and hold what they found against what is expected of it as a whole.
    #[command(after_long_help = MERGE_EXIT_CODES)]
    Merge(MergeArgs),
    /// Sweep for a night: make every report, and fail for what is neither expected nor in the baseline.
    #[command(after_long_help = NIGHTLY_EXIT_CODES)]
    Nightly(NightlyArgs),
    /// Write a night in several parts down for GitHub Actions, Kubernetes or Slurm.
    Emit(EmitArgs),
    /// Look at the failures that sweeps found, delete them, or exchange them.
    Corpus(CorpusArgs),
    /// Run the same races on Photofinish, on other simulators and on plain threads, and show what each finds.
    #[command(after_long_help = COMPARE_EXIT_CODES)]
    Compare(CompareArgs),
    /// Look for published bugs in unmodified crates, from many first seeds, and in vain where they are mended.
    #[command(after_long_help = WILD_EXIT_CODES)]
    Wild(WildArgs),
    /// Count the runs to the first failure under each strategy.
    CompareStrategies(CompareStrategiesArgs),
    /// Make a failing run small: the same failure by as few decisions as can be found, and why they matter.
    Shrink(ShrinkArgs),
    /// Draw a run: a record that was kept, or the run of a token.
    #[command(after_long_help = REPORT_EXIT_CODES)]
    Report(ReportArgs),
    /// Try what a bug report names, its tokens or seeds, and answer it.
    #[command(after_long_help = REPRO_EXIT_CODES)]
    Repro(ReproArgs),
    /// Measure what points, runs, round trips and worlds cost on this machine, and what they cost other simulators.
    Bench(BenchArgs),
    /// Run every check that continuous integration runs, and stop at the first that fails.
    Ci,
    /// Produce the outputs that README shows anew.
    Bless,
    /// Check the rules of STYLE.md that a program can check.
    Tidy,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print one JSON object per variant.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `sim`.
#[derive(Debug, Args)]
pub struct SimArgs {
    /// What to run; without a variant all of the scenario's, without a scenario every one that is not on turmoil.
    #[arg(value_name = "SCENARIO[/VARIANT]")]
    pub scenarios: Vec<String>,

    /// Which run, and what is other than usual in it.
    #[command(flatten)]
    pub run: RunArgs,

    /// Run so many seeds from 0 on, and hold what they show against what is expected: as `sweep` does, with its exit codes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with_all =
        ["seed", "trace", "record", "baton", "points", "threads", "cores", "stall", "events", "gdb"])]
    pub seeds: Option<u64>,

    /// Print one JSON object per run.
    #[arg(long)]
    pub json: bool,

    /// Write the run's trace to this file.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Switch threads by handing real ones a baton: slow, and friendly to debuggers.
    #[arg(long)]
    pub baton: bool,

    /// Replay the run under gdb, on real threads, stopped at the last decision, or at the first from this step on.
    #[arg(long, value_name = "STEP", num_args = 0..=1, require_equals = true, conflicts_with_all = ["json", "events", "baton"])]
    pub gdb: Option<Option<u64>>,

    /// What a run shares with others.
    #[arg(long, value_enum, default_value_t = Sharing::Rewind)]
    pub isolation: Sharing,

    /// Print the events of each run.
    #[arg(long)]
    pub events: bool,

    /// Draw each run into this folder: as a page, as a record and in every other format that `report` has.
    #[arg(long, value_name = "DIR", conflicts_with = "gdb")]
    pub report: Option<PathBuf>,

    /// Make so many percent of the runs that pass again, and see that they repeat; those that fail always are.
    #[arg(long, value_name = "PERCENT", default_value = "5")]
    pub guard: Percent,
}

/// Arguments of `sweep`.
#[derive(Clone, Debug, Args)]
pub struct SweepArgs {
    /// What to run; without a variant all of the scenario's, without a scenario every one but those that take long to build, which
    /// `nightly` has besides.
    #[arg(value_name = "SCENARIO[/VARIANT]")]
    pub scenarios: Vec<String>,

    /// How many seeds of each variant; 1,000 if neither this nor --for is given.
    #[arg(long, value_name = "N", conflicts_with = "time", value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: Option<u64>,

    /// Sweep for so long in all, such as 90s or 10m: the variants share the time, and each gets one seed at least.
    #[arg(long = "for", id = "time", value_name = "DURATION", value_parser = parse_duration)]
    pub time: Option<Duration>,

    /// The first seed.
    #[arg(long, value_name = "SEED", default_value = "0", value_parser = parse_seed)]
    pub from: u64,

    /// Use this search strategy for every seed.
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,

    /// Answer as this operating system does; expectations are held against the scenario's own only.
    #[arg(long, value_name = "OS")]
    pub os: Option<Os>,

    /// Ask this of each run besides, instead of what the scenario asks for: a list with commas of threads, tasks, children,
    /// sockets, descriptors (none of these may be left behind), leaks (all of these), stuck, late=MS, idle=POINTS or none.
    #[arg(long, value_name = "LIST")]
    pub oracles: Option<Oracles>,

    /// Get the programs' memory from this heap: plain, or checked, which ends a run that misuses it (the scenario's own unless said
    /// otherwise).
    #[arg(long, value_name = "HEAP")]
    pub heap: Option<Heap>,

    /// Build the programs so that their threads can lose their turn at calls, atomics or blocks (their own level unless said otherwise).
    #[arg(long, value_name = "LEVEL", long_help = PREEMPT_HELP)]
    pub preempt: Option<Preempt>,

    /// Processes that run at the same time; by default one per processor.
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Make so many percent of the runs that pass again, and see that they repeat; those that fail always are.
    #[arg(long, value_name = "PERCENT", default_value = "5")]
    pub guard: Percent,

    /// Spend so much time on each failure that the corpus does not know small, to make it small when the sweep is done.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_shrink)]
    pub shrink: Duration,

    /// Leave failures as they were found.
    #[arg(long, conflicts_with = "shrink")]
    pub no_shrink: bool,

    /// Stop at the first run that does not pass, expected or not, in the order of variants and seeds.
    #[arg(long)]
    pub stop_on_first: bool,

    /// Where failures are kept; by default `photofinish/corpus` in cargo's target folder.
    #[arg(long, value_name = "DIR", env = CORPUS_VARIABLE)]
    pub corpus: Option<PathBuf>,

    /// Write into this folder what was counted, and for each signature a record and a trace that can be replayed. A shard writes one
    /// file, and its folder may be the URL of an object store.
    #[arg(long, value_name = "DIR|URL")]
    pub out: Option<PathBuf>,

    /// Run the I-th of N parts of the sweep, and leave a file for `cargo xtask merge` in --out.
    #[arg(long, value_name = "I/N|auto", requires = "out", conflicts_with = "report", long_help = SHARD_HELP)]
    pub shard: Option<Which>,

    /// Draw into this folder what was found: all of it as a page (index.html), as a summary in Markdown (summary.md), as test results
    /// (junit.xml) and as data (sweep.json), and each failure by itself in every format that `report` has.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// What a run shares with others. Where runs share a process, those that pass are not made again.
    #[arg(long, value_enum, default_value_t = Sharing::Rewind)]
    pub isolation: Sharing,

    /// Print one JSON object per variant, and on standard error one for each failure that the corpus did not know so well.
    #[arg(long)]
    pub json: bool,
}

/// What runs share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sharing {
    /// Nothing: they follow one another in a process whose memory is put back behind each as it was before; where the kernel cannot
    /// tell which pages a run wrote (Linux 6.7 and later can), as with `fork`.
    Rewind,
    /// Nothing: each has a process of its own, forked from a warm one.
    Fork,
    /// A process, one run after another, with the program's statics and whatever it leaks: many times as fast for short programs
    /// whose runs end by themselves. What fails is made again by itself, and only that counts; what passes may owe it to an earlier
    /// run.
    None,
}

impl Sharing {
    /// How a server that is asked for single runs makes them.
    #[must_use]
    pub fn of_runs(self) -> Isolation {
        match self {
            Self::Rewind => Isolation::Rewind,
            Self::Fork | Self::None => Isolation::Fork,
        }
    }
}

/// Arguments of `shrink`.
#[derive(Debug, Args)]
pub struct ShrinkArgs {
    /// Which program, unless a trace says it.
    #[arg(value_name = "SCENARIO/VARIANT")]
    pub scenario: Option<String>,

    /// Which run, and what is other than usual in it.
    #[command(flatten)]
    pub run: RunArgs,

    /// Stop looking for a smaller run after so long.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = parse_duration)]
    pub budget: Duration,

    /// Processes that run at the same time; by default one per processor.
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Write the small run's trace to this file.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Draw the small run into this folder: as a page, as a record and in every other format that `report` has.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Names the folder of the corpus for whoever does not type it with each command.
pub const CORPUS_VARIABLE: &str = "PHOTOFINISH_CORPUS";

/// Arguments of `corpus`.
#[derive(Debug, Args)]
pub struct CorpusArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: CorpusCommand,

    /// Where failures are kept; by default `photofinish/corpus` in cargo's target folder.
    #[arg(long, value_name = "DIR", global = true, env = CORPUS_VARIABLE)]
    pub corpus: Option<PathBuf>,

    /// Look at what was found of programs that were built at this level, and not at their own, if no folder is named.
    #[arg(long, value_name = "LEVEL", global = true)]
    pub preempt: Option<Preempt>,

    /// Print JSON objects.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What can be done with the corpus.
#[derive(Debug, Subcommand)]
pub enum CorpusCommand {
    /// List the failures: number, state, program, signature.
    List,
    /// Show one failure, and the command that runs it again.
    Show {
        /// Its number, as `list` shows it.
        #[arg(value_name = "ID")]
        id: i64,

        /// Write its trace to this file, to be replayed with `cargo xtask sim --trace`.
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
    },
    /// Delete one failure.
    Rm {
        /// Its number, as `list` shows it.
        #[arg(value_name = "ID")]
        id: i64,
    },
    /// Write all failures to a file.
    Export {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Add the failures of such a file.
    Import {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl SimArgs {
    /// The sweep that is meant if many seeds are asked for.
    #[must_use]
    pub fn as_sweep(&self) -> Option<SweepArgs> {
        Some(SweepArgs {
            scenarios: self.scenarios.clone(),
            seeds: Some(self.seeds?),
            time: None,
            from: 0,
            strategy: self.run.strategy.clone(),
            os: self.run.os,
            heap: self.run.heap,
            preempt: self.run.preempt,
            oracles: self.run.oracles,
            jobs: None,
            guard: self.guard,
            isolation: self.isolation,
            shrink: Duration::from_secs(2),
            no_shrink: true,
            stop_on_first: false,
            corpus: std::env::var_os(CORPUS_VARIABLE).map(PathBuf::from),
            out: None,
            shard: None,
            report: self.report.clone(),
            json: self.json,
        })
    }
}

/// Reads a seed: decimal, or hexadecimal after `0x`; underscores may group the digits of either.
pub(crate) fn parse_seed(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    let parsed = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) if hex.starts_with('+') => None,
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None if digits.starts_with('+') => None,
        None => digits.parse().ok(),
    };
    parsed.ok_or_else(|| {
        format!(
            "a seed is a whole number from 0 to {}, decimal or 0x hexadecimal, or a token; try `--seed 1` or `--seed 0x2a`",
            u64::MAX
        )
    })
}

/// What `--seed` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedOrToken {
    /// A seed, from which a run is drawn.
    Seed(u64),
    /// A token, which is a run.
    Token(Box<Token>),
}

/// Reads a seed or a token.
pub(crate) fn parse_seed_or_token(text: &str) -> Result<SeedOrToken, String> {
    match text.parse::<Token>() {
        Ok(token) => Ok(SeedOrToken::Token(Box::new(token))),
        Err(DecodeError::NotAToken) => parse_seed(text).map(SeedOrToken::Seed),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn clap_finds_no_contradiction() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seeds() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(parse_seed(text).ok(), expected, "seed `{text}`");
        };
        check("0", Some(0));
        check("17", Some(17));
        check("18446744073709551615", Some(u64::MAX));
        check("18446744073709551616", None);
        check("0x2a", Some(42));
        check("0X2A", Some(42));
        check("0xffff_ffff_ffff_ffff", Some(u64::MAX));
        check("1_000", Some(1000));
        check("", None);
        check("0x", None);
        check("-1", None);
        check("+1", None);
        check("0x+1", None);
        check("seven", None);
        check("2a", None);
        check("1.5", None);
    }

    #[test]
    fn many_seeds_make_a_simulation_a_sweep() {
        let parse = |words: &[&str]| Cli::try_parse_from([&["xtask", "sim", "a/b"], words].concat());
        let many = |words| match parse(words).expect("it is valid").command {
            Command::Sim(args) => args.as_sweep().map(|sweep| (sweep.scenarios, sweep.seeds, sweep.json)),
            _ => None,
        };
        assert_eq!(many(&["--seed", "7"]), None);
        assert_eq!(many(&["--seeds", "7", "--json"]), Some((vec![String::from("a/b")], Some(7), true)));
        assert!(parse(&["--seeds", "7", "--seed", "7"]).is_err());
        assert!(parse(&["--seeds", "7", "--events"]).is_err());
    }

    #[test]
    fn a_trace_and_a_seed_exclude_each_other() {
        let parsed = Cli::try_parse_from(["xtask", "sim", "a/b", "--seed", "1", "--trace", "t.json"]);
        assert_eq!(parsed.map(|_| ()).map_err(|e| e.exit_code()), Err(2));
    }
}
