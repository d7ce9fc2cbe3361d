//! `cargo xtask emit`: a night in several parts, written down for the engines that people already run such things on.
//!
//! Runs nothing and sends nothing. Invariant: what is written calls `cargo xtask nightly` and nothing else of ours, so that whatever an
//! engine does can be typed on any machine.

mod github;
mod kubernetes;
mod slurm;
mod words;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use photofinish::line::quoted;
use thiserror::Error;

use self::words::check_program;
use crate::duration::parse_duration;
use crate::exit::{Exit, ExitCause};
use crate::reporting::{self, ReportingError};

/// Arguments of `emit`.
#[derive(Debug, Args)]
pub struct EmitArgs {
    /// For which engine.
    #[command(subcommand)]
    pub engine: Engine,
}

/// Where a night can run.
#[derive(Debug, Subcommand)]
pub enum Engine {
    /// A workflow of GitHub Actions: shards as a matrix, the corpus as an artifact from night to night, one job that merges.
    Github(GithubArgs),
    /// An indexed job of Kubernetes, one index per shard.
    #[command(name = "k8s", visible_alias = "kubernetes")]
    Kubernetes(KubernetesArgs),
    /// A job array of Slurm, one task per shard.
    Slurm(SlurmArgs),
}

/// What is the same on every engine.
#[derive(Debug, Args)]
pub struct NightArgs {
    /// What to sweep; without a variant all of the scenario's, without a scenario every one.
    #[arg(value_name = "SCENARIO[/VARIANT]", value_parser = check_program)]
    pub scenarios: Vec<String>,

    /// In how many parts.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub shards: u16,

    /// How long each part sweeps.
    #[arg(long = "for", id = "time", visible_alias = "budget", value_name = "DURATION", default_value = "20m", value_parser = parse_duration)]
    pub time: Duration,

    /// How many seeds of each variant all parts have together, instead of a time.
    #[arg(long, value_name = "N", conflicts_with = "time", value_parser = clap::value_parser!(u64).range(1..))]
    pub seeds: Option<u64>,

    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Arguments of `emit github`.
#[derive(Debug, Args)]
pub struct GithubArgs {
    /// What is swept.
    #[command(flatten)]
    pub night: NightArgs,

    /// When it starts, as crontab(5) has it, in UTC.
    #[arg(long, value_name = "CRON", default_value = "17 2 * * *", value_parser = words::check_cron)]
    pub cron: String,
}

/// Arguments of `emit k8s`.
#[derive(Debug, Args)]
pub struct KubernetesArgs {
    /// What is swept.
    #[command(flatten)]
    pub night: NightArgs,

    /// The image: Rust, a C toolchain, and this repository as its working directory.
    #[arg(long, value_name = "IMAGE", value_parser = words::check_image)]
    pub image: String,

    /// Where the shards leave their files: the URL of an object store, such as s3://BUCKET/FOLDER, or a folder on a volume.
    #[arg(long, value_name = "URL|DIR", value_parser = words::check_store)]
    pub store: String,

    /// The claim of the volume that has the folder.
    #[arg(long, value_name = "NAME", default_value = "photofinish", value_parser = words::check_name)]
    pub claim: String,

    /// Which night it is; by default today's number, in days since 1970.
    #[arg(long, value_name = "N")]
    pub number: Option<u64>,
}

/// Arguments of `emit slurm`.
#[derive(Debug, Args)]
pub struct SlurmArgs {
    /// What is swept.
    #[command(flatten)]
    pub night: NightArgs,

    /// Where the shards leave their files: a folder that all nodes see, or the URL of an object store.
    #[arg(long, value_name = "DIR|URL", value_parser = words::check_store)]
    pub store: String,
}

/// The longest that GitHub gives a job, in minutes.
const LONGEST: u64 = 360;

/// Why nothing was written.
#[derive(Debug, Error)]
pub enum EmitError {
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] ReportingError),
}

impl ExitCause for EmitError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Writes what the arguments ask for.
pub fn run(args: &EmitArgs) -> Result<Exit, EmitError> {
    let (text, night) = match &args.engine {
        Engine::Github(args) => (github::workflow(args), &args.night),
        Engine::Kubernetes(args) => (kubernetes::job(args), &args.night),
        Engine::Slurm(args) => (slurm::script(args), &args.night),
    };
    match &night.out {
        Some(path) => reporting::write(path, text.as_bytes())?,
        None => crate::say!("{}", text.trim_end_matches('\n')),
    }
    Ok(Exit::Passed)
}

impl NightArgs {
    /// How much is swept, as `nightly` takes it.
    fn amount(&self) -> [String; 2] {
        match self.seeds {
            Some(seeds) => [String::from("--seeds"), seeds.to_string()],
            None => [String::from("--budget"), self.duration()],
        }
    }

    fn duration(&self) -> String {
        humantime::format_duration(self.time).to_string().replace(' ', "")
    }

    /// How long a part may take in all, in minutes: the build, the sweep, and as much again as a machine may be slower.
    fn minutes(&self) -> u64 {
        const BESIDES: u64 = 40;
        match self.seeds {
            // Nobody knows.
            Some(_) => LONGEST,
            None => self.time.as_secs().div_ceil(60) + BESIDES,
        }
    }

    /// What is swept, for a shell: with a blank before each word.
    fn programs(&self) -> String {
        self.scenarios.iter().map(|name| format!(" {}", quoted(name))).collect()
    }
}
