//! `cargo xtask nightly`: one night's sweep with everything that is made of it, judged by expectations and baseline.
//!
//! Searches, shrinks and draws no more than `sweep` does, which it calls. Invariant: a failure is in the corpus before anything is made of it,
//! so that a night that is cut short, or cannot write its reports, loses none.

mod baseline;
mod ends;
mod policy;
mod seeds;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use photofinish::whole;
use photofinish_corpus::corpus::Traces;
use photofinish_corpus::{Corpus, CorpusError};
use photofinish_reports::sweep::SweepRecord;
use thiserror::Error;

use self::baseline::Baseline;
pub use self::baseline::BaselineError;
use self::policy::Remembered;
use self::seeds::Night;
pub(crate) use self::seeds::today;
use super::corpus;
use super::merge::{self, MergeArgs};
use super::sim::{SimError, worse};
use super::sweep::{self, SweepError};
use crate::cli::{CORPUS_VARIABLE, Sharing, SweepArgs, parse_seed};
use crate::duration::parse_duration;
use crate::exit::{Exit, ExitCause};
use crate::reporting::{Folder, ReportingError};
use crate::scenarios::Unnamed;
use crate::sharding::Which;
use crate::workspace::{Workspace, WorkspaceError};

/// Arguments of `nightly`.
#[derive(Debug, Args)]
pub struct NightlyArgs {
    /// What to sweep; without a variant all of the scenario's, without a scenario every one of every executable. Targets of
    /// `scenarios/targets.toml` have `sweep`, and no nights.
    #[arg(value_name = "SCENARIO[/VARIANT]")]
    pub scenarios: Vec<String>,

    /// Sweep for so long in all, such as 5m or 2h: the corpus first, then the variants share the time. Making failures small and drawing
    /// them comes afterwards.
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = parse_duration)]
    pub budget: Duration,

    /// Sweep so many seeds of each variant instead, however long that takes.
    #[arg(long, value_name = "N", conflicts_with = "budget", value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: Option<u64>,

    /// Which night this is: each has 2^32 seeds of its own, and the same one searches the same. By default today's number, in days since
    /// 1970.
    #[arg(long, value_name = "N")]
    pub night: Option<u64>,

    /// The first seed, whatever night it is.
    #[arg(long, value_name = "SEED", conflicts_with = "night", value_parser = parse_seed)]
    pub from: Option<u64>,

    /// Run only the I-th of N parts of the night, from 1 on, and leave its file in --out for --merge; `auto` asks the environment, as
    /// `sweep --shard` does.
    #[arg(long, value_name = "I/N|auto", requires = "out", conflicts_with_all = ["baseline", "shrink"])]
    pub shard: Option<Which>,

    /// Put the parts of a night together that shards left in these folders or object stores, instead of sweeping.
    #[arg(long, value_name = "DIR|URL", num_args = 1.., conflicts_with_all = ["scenarios", "budget", "seeds", "night", "from", "shard"])]
    pub merge: Vec<String>,

    /// Write everything into this folder: index.html and a page for each failure, summary.md, junit.xml, sweep.json, and corpus.json, which
    /// `corpus import` reads; by default `photofinish/nightly` in cargo's target folder.
    #[arg(long, value_name = "DIR|URL")]
    pub out: Option<PathBuf>,

    /// Where failures are kept from night to night; by default `photofinish/corpus` in cargo's target folder.
    #[arg(long, value_name = "DIR", env = CORPUS_VARIABLE)]
    pub corpus: Option<PathBuf>,

    /// The failures that are let pass for the time being; by default `scenarios/baseline.toml`.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// Spend so much time on each failure that the corpus does not know small, to make it small.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_duration)]
    pub shrink: Duration,

    /// Processes that run at the same time; by default one per processor.
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Print one JSON object per variant, and one for the night.
    #[arg(long)]
    pub json: bool,
}

/// Why there was no night, or nothing to show of it.
#[derive(Debug, Error)]
pub enum NightlyError {
    /// The sweep.
    #[error(transparent)]
    Sweep(#[from] SweepError),
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The baseline cannot be used.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// The corpus cannot be read.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// Something cannot be written.
    #[error(transparent)]
    Write(#[from] ReportingError),
    /// What the sweep wrote of itself cannot be read back.
    #[error("reading {path} back failed: {what}\nnext: the same command with another `--out`")]
    Back {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl ExitCause for NightlyError {
    fn exit(&self) -> Exit {
        match self {
            Self::Sweep(error) => error.exit(),
            Self::Baseline(error) => error.exit(),
            Self::Write(error) => error.exit(),
            Self::Workspace(_) | Self::Corpus(_) | Self::Back { .. } => Exit::Usage,
        }
    }
}

/// What an earlier night may have left, and a reader would take for this one's.
const FILES: [&str; 5] = ["index.html", "summary.md", "junit.xml", "sweep.json", "corpus.json"];

/// Sweeps for a night.
pub fn run(args: &NightlyArgs) -> Result<Exit, NightlyError> {
    let night = Night::of(args).map_err(|words| SweepError::from(SimError::Usage(words)))?;
    if let Some(out) = args.out.as_ref().filter(|_| args.shard.is_some()) {
        // Whether it is a good night is known when all of it is there.
        eprintln!("{night}");
        return Ok(sweep::run(&args.as_sweep(&night, Goes::ToMerge(out)), Unnamed::Everything)?);
    }
    let workspace = Workspace::load()?;
    let baseline = baseline(args, &workspace)?;
    let out = args.out.clone().unwrap_or_else(|| workspace.target_dir().join("photofinish/nightly"));
    let folder = Folder::create(&out)?;
    for name in FILES {
        clear(&out.join(name))?;
    }
    let corpus = corpus::folder(args.corpus.as_deref(), None)?;
    let swept = if args.merge.is_empty() {
        eprintln!("{night}");
        let goes = Goes::ToFolders { report: &out, corpus: &corpus };
        sweep::run(&args.as_sweep(&night, goes), Unnamed::Everything)
    } else {
        merge::run(&args.as_merge(&out, &corpus))
    };
    let remembered = remember(&corpus, &out.join("corpus.json"));
    if swept.is_err() || remembered.is_err() {
        eprintln!("note: what was found is in the corpus {}", corpus.display());
    }
    let (swept, remembered) = (swept?, remembered?);
    let mut record = read(&out.join("sweep.json"))?;
    let policy = policy::hold(&mut record, &baseline, &remembered);
    let exit = ends::of(swept, policy, record.end);
    let index = folder.sweep(&record)?;
    ends::summary(&out.join("summary.md"));
    ends::tell(args, exit, &record, &index);
    Ok(exit)
}

/// Where what is found goes.
#[derive(Clone, Copy)]
enum Goes<'a> {
    /// Into the file of a shard, in this folder or object store.
    ToMerge(&'a Path),
    /// Into reports and the corpus.
    ToFolders { report: &'a Path, corpus: &'a Path },
}

fn baseline(args: &NightlyArgs, workspace: &Workspace) -> Result<Baseline, BaselineError> {
    match &args.baseline {
        Some(path) => Baseline::read(path),
        None => Baseline::read(&workspace.root().join(baseline::FILE)),
    }
}

fn clear(path: &Path) -> Result<(), ReportingError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(ReportingError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Writes what the corpus knows by now to a file, for whoever has another corpus, and returns which failures these are.
fn remember(corpus: &Path, file: &Path) -> Result<Vec<Remembered>, NightlyError> {
    let corpus = Corpus::open(corpus)?;
    let entries = corpus.entries(Traces::Without)?.into_iter();
    let remembered = entries.map(|entry| Remembered {
        program: entry.program,
        signature: entry.signature,
        state: entry.state,
    });
    let (text, _) = corpus.export()?;
    whole::write(file, &text).map_err(|source| ReportingError::Write { path: file.to_owned(), source })?;
    Ok(remembered.collect())
}

fn read(path: &Path) -> Result<SweepRecord, NightlyError> {
    let back = |what: String| NightlyError::Back { path: path.to_owned(), what };
    let bytes = std::fs::read(path).map_err(|error| back(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| back(error.to_string()))
}

impl NightlyArgs {
    /// The sweep that a night makes.
    fn as_sweep(&self, night: &Night, goes: Goes<'_>) -> SweepArgs {
        let (out, report, corpus) = match goes {
            Goes::ToMerge(out) => (Some(out.to_owned()), None, None),
            Goes::ToFolders { report, corpus } => (None, Some(report.to_owned()), Some(corpus.to_owned())),
        };
        SweepArgs {
            scenarios: self.scenarios.clone(),
            seeds: self.seeds,
            time: self.seeds.is_none().then_some(self.budget),
            from: night.from,
            strategy: None,
            os: None,
            oracles: None,
            heap: None,
            preempt: None,
            jobs: self.jobs,
            guard: "5".parse().expect("it is a percentage"),
            shrink: self.shrink,
            no_shrink: false,
            stop_on_first: false,
            corpus,
            out,
            shard: self.shard,
            report,
            isolation: Sharing::Rewind,
            json: self.json,
        }
    }

    /// The merge that puts a night together.
    fn as_merge(&self, report: &Path, corpus: &Path) -> MergeArgs {
        MergeArgs {
            sources: self.merge.clone(),
            corpus: Some(corpus.to_owned()),
            out: None,
            report: Some(report.to_owned()),
            jobs: self.jobs,
            shrink: self.shrink,
            no_shrink: false,
            json: self.json,
        }
    }
}
