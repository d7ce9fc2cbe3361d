//! `cargo xtask report`: a run drawn, from its record on disk or from its token.
//!
//! Does not interpret or draw. Invariant: a record is drawn as it is; only a token makes runs.

use std::path::{Path, PathBuf};

use clap::Args;
use photofinish::client::{Client, Isolation};
use photofinish::examine::examine;
use photofinish::token::{DecodeError, Token};
use photofinish_reports::json::{self, ReadError};
use photofinish_reports::record::Record;
use photofinish_reports::term::Look;
use thiserror::Error;

use super::sim::SimError;
use crate::asked::RunArgs;
use crate::cli::SeedOrToken;
use crate::exit::{Exit, ExitCause};
use crate::reporting::{self, Drawn, Format, ReportingError};
use crate::scenarios::Scenarios;

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Of which run: a file that `--report` or `report --format json` wrote, or a token (`pf1-…`).
    #[arg(value_name = "RECORD|TOKEN")]
    pub of: String,

    /// As what.
    #[arg(long, value_enum, default_value_t = Format::Term)]
    pub format: Format,

    /// Write it to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Show the file with the program that this machine has for such files.
    #[arg(long, requires = "out")]
    pub open: bool,
}

/// Why nothing was drawn.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The token leads to no run.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// The run cannot be recorded, or its report not written.
    #[error(transparent)]
    Reporting(#[from] ReportingError),
    /// The file holds no record.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Nothing shows such files here.
    #[error("showing {path} failed: {source}\nnext: open it by hand; it is written")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: opener::OpenError,
    },
    /// It is neither a file nor a token.
    #[error(
        "{of} is neither a record nor a token: {source}\nnext: `cargo xtask sim SCENARIO/VARIANT --report DIR` writes a record"
    )]
    Neither {
        /// What was named.
        of: String,
        /// What the system said of a file of that name.
        source: std::io::Error,
    },
}

impl ExitCause for ReportError {
    fn exit(&self) -> Exit {
        match self {
            Self::Sim(error) => error.exit(),
            Self::Reporting(error) => error.exit(),
            Self::Read(_) | Self::Open { .. } | Self::Neither { .. } => Exit::Usage,
        }
    }
}

/// Draws what the arguments name.
pub fn run(args: &ReportArgs) -> Result<Exit, ReportError> {
    let record = match args.of.parse::<Token>() {
        Ok(token) => of_token(token)?,
        Err(DecodeError::NotAToken) => of_file(Path::new(&args.of))?,
        Err(error) => return Err(SimError::Usage(error.to_string()).into()),
    };
    let look = if args.out.is_some() { Look::default() } else { crate::out::look() };
    let drawn = args.format.draw(&record, look);
    match &args.out {
        Some(path) => {
            reporting::write(path, &drawn)?;
            eprintln!("report: {}", path.display());
            if args.open {
                let path = path.clone();
                opener::open(&path).map_err(|source| ReportError::Open { path, source })?;
            }
        }
        None => crate::out::write_bytes(&drawn),
    }
    Ok(Exit::Passed)
}

/// The record of a token's run.
fn of_token(token: Token) -> Result<Record, ReportError> {
    let program = std::slice::from_ref(&token.program);
    let scenarios = Scenarios::load_for(program, token.options.preempt).map_err(SimError::from)?;
    let args = RunArgs { seed: Some(SeedOrToken::Token(Box::new(token))), ..RunArgs::default() };
    let asks = args.asks(&[], &scenarios).map_err(SimError::from)?;
    let mut ask = asks.into_iter().next().expect("a token is one run");
    let threads = ask.request.limits.threads_max;
    let mut client = Client::start(&scenarios.path, threads, Isolation::Rewind).map_err(SimError::from)?;
    for line in ask.resolve(&mut client, args.exact()).map_err(SimError::from)? {
        eprintln!("{line}");
    }
    let examined = examine(&mut client, &ask.request).map_err(SimError::from)?;
    if let Some(other) = ask.other_than(examined.judgement.signature.as_deref()) {
        eprintln!("note: {other}");
    }
    Ok(Drawn { ask: &ask, examined: &examined, scenarios: &scenarios }.record(&mut client)?)
}

/// The record that a file holds.
fn of_file(path: &Path) -> Result<Record, ReportError> {
    let of = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => Ok(json::read(&bytes, &of)?),
        Err(source) => Err(ReportError::Neither { of, source }),
    }
}
