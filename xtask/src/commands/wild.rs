//! `cargo xtask wild`: published bugs in unmodified crates, each looked for from many first seeds, made small, and looked for in vain where
//! it is mended.
//!
//! Does not know the bugs: they are scenarios, and what is published of them is data. Invariant: a row's figures do not depend on how many
//! jobs made them, but for its times.

mod figures;
mod published;
mod search;
mod table;

use std::path::{Path, PathBuf};

use clap::Args;
use photofinish::client::ClientError;
use photofinish::shrinking::ShrinkError;
use thiserror::Error;

use crate::exit::{Exit, ExitCause};
use crate::interrupt;
use crate::scenarios::{ScenarioError, Scenarios};
use crate::workspace::{Workspace, WorkspaceError};
use figures::Figures;
use published::{Published, rows};
use search::Effort;

/// Arguments of `wild`.
#[derive(Debug, Args)]
pub struct WildArgs {
    /// The rows, with or without `wild-`; all of them when left out.
    #[arg(value_name = "ROW")]
    pub rows: Vec<String>,

    /// How many runs the mended version is looked through.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub seeds: u64,

    /// How many ranges of seeds are looked through until the first finding.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    pub ranges: u64,

    /// After how many runs without a finding a range is given up.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub cap: u64,

    /// How long the first finding is made smaller.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    pub shrink: std::time::Duration,

    /// Show figures that `--json` printed before, and run nothing.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "ranges", "cap", "shrink", "json"])]
    pub from: Option<PathBuf>,

    /// Print one JSON object per row, as soon as it is there.
    #[arg(long)]
    pub json: bool,
}

/// Why a row has no figures.
#[derive(Debug, Error)]
pub enum WildError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// An executable could not be built, or does not hold the row.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// Runs could not be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What was found could not be made small.
    #[error(transparent)]
    Shrink(#[from] ShrinkError),
    /// What is published cannot be read.
    #[error("{path}: {said}\nnext: `git checkout {path}`")]
    Published {
        /// The file.
        path: String,
        /// What is wrong with it.
        said: String,
    },
    /// A name stands for nothing.
    #[error("there is no row `{name}`\nnext: one of {}", .known.join(", "))]
    Unknown {
        /// What was typed.
        name: String,
        /// What could have been.
        known: Vec<String>,
    },
    /// A file of figures cannot be read.
    #[error("reading figures from {path} failed: {said}\nnext: `cargo xtask wild --json > {path}`")]
    Figures {
        /// The file.
        path: String,
        /// What is wrong with it.
        said: String,
    },
}

impl ExitCause for WildError {
    fn exit(&self) -> Exit {
        match self {
            Self::Scenario(error) => error.exit(),
            Self::Client(error) | Self::Shrink(ShrinkError::Client(error)) => super::sim::client_exit(error),
            Self::Shrink(ShrinkError::NotAgain { .. }) => Exit::Diverged,
            // It failed a moment ago.
            Self::Shrink(_) => Exit::Bug,
            _ => Exit::Usage,
        }
    }
}

/// Looks for the rows that the arguments name, or shows what was found.
pub fn run(args: &WildArgs) -> Result<Exit, WildError> {
    let known = rows(Workspace::load()?.root())?;
    let selected = select(&known, &args.rows)?;
    let mut all = Vec::new();
    let kept = args.from.as_deref().map(read).transpose()?;
    let effort = Effort { ranges: args.ranges, cap: args.cap, mended: args.seeds, shrink: args.shrink };
    for published in selected {
        let figures = match &kept {
            Some(kept) => figures_of(kept, published, args)?,
            None => measure(published, effort)?,
        };
        if interrupt::requested() {
            return Ok(Exit::Interrupted);
        }
        if args.json {
            crate::say!("{}", serde_json::to_string(&figures).expect("plain data has a JSON form"));
        } else if kept.is_none() {
            // A row takes a while.
            crate::say!("{}\n", table::one(published, &figures));
        }
        all.push((published.clone(), figures));
    }
    if !args.json {
        crate::say!("{}", table::whole(&all));
    }
    let is_as_published = all.iter().all(|(_, figures)| figures.is_found() && figures.is_mended());
    Ok(if is_as_published { Exit::Passed } else { Exit::Failed })
}

fn measure(published: &Published, effort: Effort) -> Result<Figures, WildError> {
    let names = [published.row.clone()];
    let scenarios = Scenarios::load_for(&names, None)?;
    let variants = scenarios.select(&names)?;
    search::measure(&scenarios.path, &published.row, &variants, effort)
}

/// The figures of a row among those that were kept.
fn figures_of(kept: &[Figures], published: &Published, args: &WildArgs) -> Result<Figures, WildError> {
    let of_row = kept.iter().find(|figures| figures.row == published.row);
    of_row.cloned().ok_or_else(|| WildError::Figures {
        path: args.from.as_deref().unwrap_or(Path::new("-")).display().to_string(),
        said: format!("it has no line for `{}`", published.row),
    })
}

/// The rows of these names; all without any.
fn select<'a>(known: &'a [Published], names: &[String]) -> Result<Vec<&'a Published>, WildError> {
    let is = |published: &Published, name: &str| {
        published.row == *name || published.row.strip_prefix("wild-") == Some(name)
    };
    if let Some(name) = names.iter().find(|name| !known.iter().any(|published| is(published, name))) {
        let known = known.iter().map(|published| published.row.clone()).collect();
        return Err(WildError::Unknown { name: name.clone(), known });
    }
    let wanted = |published: &&Published| names.is_empty() || names.iter().any(|name| is(published, name));
    Ok(known.iter().filter(wanted).collect())
}

/// Reads what `--json` printed.
fn read(path: &Path) -> Result<Vec<Figures>, WildError> {
    let wrong = |said: String| WildError::Figures { path: path.display().to_string(), said };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let line = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| wrong(format!("line {}: {error}", index + 1)))
    };
    text.lines().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Published> {
        rows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).expect("it is in the repository")
    }

    #[test]
    fn a_row_has_two_names() {
        let known = known();
        let names = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let rows = select(&known, &names).expect("they are rows").into_iter();
            rows.map(|published| published.row.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(names(&["r2d2-race"]), ["wild-r2d2-race"]);
        assert_eq!(names(&["wild-spin-0031", "r2d2-race"]), ["wild-r2d2-race", "wild-spin-0031"]);
        assert_eq!(names(&[]).len(), known.len());
        let said = select(&known, &[String::from("r2d2")]).expect_err("no such row").to_string();
        assert!(said.contains("no row `r2d2`") && said.contains("next: one of wild-"), "{said}");
    }

    #[test]
    fn figures_that_cannot_be_read_are_named() {
        let said = read(Path::new("/no/such/file")).expect_err("it is not there").to_string();
        assert!(said.contains("/no/such/file") && said.contains("next: "), "{said}");
    }
}
