//! `cargo xtask merge`: the shards of a sweep as one, held against what is expected of it.
//!
//! Finds the files of the shards, and leaves the rest to the sweep. Invariant: nothing is written to where the shards are.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::sweep::{self, SweepError};
use crate::cli::CORPUS_VARIABLE;
use crate::duration::parse_shrink;
use crate::exit::Exit;
use crate::sharding::Shard;
use crate::stores::{Kept, Store};

/// Arguments of `merge`.
#[derive(Clone, Debug, Args)]
pub struct MergeArgs {
    /// Where shards left their files (`sweep --shard I/N --out`): folders, with all folders in them, or URLs of object stores such as
    /// s3://BUCKET/FOLDER, gs://… or az://… (with `--features cloud`; who one is to them is said by their own variables).
    #[arg(value_name = "DIR|URL", required = true)]
    pub sources: Vec<String>,

    /// Where failures are kept; by default `photofinish/corpus` in cargo's target folder.
    #[arg(long, value_name = "DIR", env = CORPUS_VARIABLE)]
    pub corpus: Option<PathBuf>,

    /// Write into this folder what was counted, and for each signature a record and a trace that can be replayed.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Draw into this folder what was found, as `sweep --report` does.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Processes that run at the same time; by default one per processor.
    #[arg(long, value_name = "J", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,

    /// Spend so much time on each failure that the corpus does not know small, to make it small.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_shrink)]
    pub shrink: Duration,

    /// Leave failures as they were found.
    #[arg(long, conflicts_with = "shrink")]
    pub no_shrink: bool,

    /// Print one JSON object per variant, and on standard error one for each failure that the corpus did not know so well.
    #[arg(long)]
    pub json: bool,
}

/// Puts together what the arguments name.
///
/// # Errors
/// A place cannot be read, or what is there does not belong together.
pub fn run(args: &MergeArgs) -> Result<Exit, SweepError> {
    let mut files: Vec<Kept> = Vec::new();
    for source in &args.sources {
        files.extend(Store::to_read(source)?.read(|name| Shard::of_file(name).is_some())?);
    }
    sweep::merged(args, &files)
}
