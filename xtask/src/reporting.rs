//! Runs drawn as files: what `report` and `--report` write.
//!
//! Does not search. Invariant: a folder that cannot be written is refused before the first run; a record is written before what is drawn
//! of it, so that a picture is never without what it is of.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use photofinish::client::{Client, ClientError};
use photofinish::examine::Examined;
use photofinish::recording::{self, BySeed, Found, RecordError, Subject};
use photofinish::{shrinking, token, verdict, whole};
use photofinish_reports::html::html;
use photofinish_reports::json;
use photofinish_reports::junit::junit;
use photofinish_reports::markdown::markdown;
use photofinish_reports::mermaid::mermaid;
use photofinish_reports::outcome::Outcome;
use photofinish_reports::perfetto::perfetto;
use photofinish_reports::record::{Record, Verdict};
use photofinish_reports::story::Story;
use photofinish_reports::sweep::{self, SweepRecord};
use photofinish_reports::term::{Look, term};
use thiserror::Error;

use crate::asked::{Ask, By};
use crate::commands::sim::client_exit;
use crate::exit::{Exit, ExitCause};
use crate::scenarios::Scenarios;

/// As what a run is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A story for a terminal, at most 30 lines.
    Term,
    /// A page of its own, for a person.
    Html,
    /// The record itself.
    Json,
    /// The result of a test, for servers that show such.
    Junit,
    /// Markdown, for the summary of a job.
    Md,
    /// A sequence diagram of Mermaid, for an issue.
    Mermaid,
    /// A trace for <https://ui.perfetto.dev>.
    Perfetto,
}

impl Format {
    /// All that are written into a folder, the record first.
    const FILES: [Self; 7] =
        [Self::Json, Self::Html, Self::Junit, Self::Md, Self::Mermaid, Self::Perfetto, Self::Term];

    /// How its files end.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Json => "json",
            Self::Term => "txt",
            Self::Junit => "xml",
            Self::Md => "md",
            Self::Mermaid => "mmd",
            Self::Perfetto => "pftrace",
        }
    }

    /// Draws a run; the look is a terminal's.
    #[must_use]
    pub fn draw(self, record: &Record, look: Look) -> Vec<u8> {
        match self {
            Self::Html => {
                let mut page = Vec::new();
                html(record, &mut page).expect("memory takes what is written");
                page
            }
            Self::Json => {
                let mut text = Vec::new();
                json::write(record, &mut text).expect("memory takes what is written");
                text
            }
            Self::Term => term(&Story::of(record), look).into_bytes(),
            Self::Md => markdown(&Story::of(record)).into_bytes(),
            Self::Mermaid => mermaid(&Story::of(record)).into_bytes(),
            Self::Perfetto => perfetto(record),
            Self::Junit => junit(&record.headline.program, &[Outcome::from(record)]).into_bytes(),
        }
    }
}

/// Why a run was not drawn.
#[derive(Debug, Error)]
pub enum ReportingError {
    /// It cannot be made again as it was.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The scenario executable could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The file or folder cannot be written.
    #[error(
        "writing {path} failed: {source}\nnext: the same command with a file or folder that can be written"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ExitCause for ReportingError {
    fn exit(&self) -> Exit {
        match self {
            Self::Record(RecordError::Client(error)) | Self::Client(error) => client_exit(error),
            Self::Record(RecordError::NotAgain { .. }) => Exit::Diverged,
            Self::Record(RecordError::Beginning { .. }) => Exit::Usage,
            Self::Write { .. } => Exit::Usage,
        }
    }
}

/// For so long it is looked for what the decisions of a token do.
const EXPLAIN: Duration = Duration::from_secs(60);

/// A run that was asked for, to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Drawn<'a> {
    /// How it was asked for, resolved.
    pub ask: &'a Ask,
    /// What it is, with its events if it failed.
    pub examined: &'a Examined,
    /// What its program is about.
    pub scenarios: &'a Scenarios,
}

impl Drawn<'_> {
    /// Its record. What the decisions of a token do is found out for it.
    ///
    /// # Errors
    /// The run is another when it is made again, or cannot be made.
    pub fn record(&self, client: &mut Client) -> Result<Record, ReportingError> {
        let Self { ask, examined: Examined { run, judgement, .. }, scenarios } = *self;
        let explanation = match (&ask.plan, &judgement.signature) {
            (Some(plan), Some(signature)) if judgement.verdict == verdict::Verdict::Fail => {
                Some(shrinking::explained(client, (&ask.request, plan, run), signature, EXPLAIN)?)
            }
            _ => None,
        };
        let replay = ask.line();
        let token = match &ask.by {
            By::Token(token) => token.encode().ok(),
            By::Seed | By::Trace(_) => None,
        };
        let small = ask.plan.as_ref().map(|plan| Found {
            plan,
            token: token.as_deref(),
            minimal: None,
            explanation: explanation.as_ref(),
        });
        let about = scenarios.about(&ask.request.program);
        let by_seed = if matches!(ask.by, By::Seed) { BySeed::Yes } else { BySeed::No };
        let debug = format!("{replay} --gdb");
        let (request, debug, about) = (&ask.request, Some(&*debug), about.as_deref());
        let subject = Subject { request, run, judgement, about, by_seed, replay: &replay, debug, small };
        Ok(recording::record(client, &subject)?)
    }
}

/// A folder for reports.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A folder that is there, or is made, and can be written.
    ///
    /// # Errors
    /// It cannot.
    pub fn create(path: &Path) -> Result<Self, ReportingError> {
        let failed = |source| ReportingError::Write { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(failed)?;
        // Whether a folder can be written is known when something was.
        let probe = path.join(format!(".photofinish-{}", std::process::id()));
        std::fs::write(&probe, "").and_then(|()| std::fs::remove_file(&probe)).map_err(failed)?;
        Ok(Self(path.to_owned()))
    }

    /// Draws a run in every format; where the page is, is returned.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn draw(&self, record: &Record) -> Result<PathBuf, ReportingError> {
        let stem = stem(record);
        for format in Format::FILES {
            write(&self.file(&stem, format), &format.draw(record, Look::default()))?;
        }
        Ok(self.file(&stem, Format::Html))
    }

    /// Writes another file into it; where it is, is returned.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, ReportingError> {
        let path = self.0.join(name);
        write(&path, bytes).map(|()| path)
    }

    /// Draws a sweep: `sweep.json`, `summary.md`, `junit.xml`, and last `index.html`; where that is, is returned.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn sweep(&self, record: &SweepRecord) -> Result<PathBuf, ReportingError> {
        let mut json = serde_json::to_vec_pretty(record).expect("plain data has a JSON form");
        json.push(b'\n');
        let (mut summary, mut page) = (String::new(), Vec::new());
        sweep::markdown::markdown(record, &mut summary).expect("a string takes anything");
        sweep::html::html(record, &mut page).expect("a vector takes anything");
        let results = junit(&record.command, &record.outcomes());
        self.write("sweep.json", &json)?;
        self.write("summary.md", summary.as_bytes())?;
        self.write("junit.xml", results.as_bytes())?;
        self.write("index.html", &page)
    }

    fn file(&self, stem: &str, format: Format) -> PathBuf {
        self.0.join(format!("{stem}.{}", format.extension()))
    }
}

/// Writes a file.
///
/// # Errors
/// It cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), ReportingError> {
    whole::write(path, bytes).map_err(|source| ReportingError::Write { path: path.to_owned(), source })
}

/// So much of a signature is in the name of a file.
const SIGNATURE_MAX: usize = 40;

/// What a run's files are called: its program, and its failure or its seed. One name for the runs of one failure.
fn stem(record: &Record) -> String {
    let headline = &record.headline;
    let program = headline.program.replace('/', ".");
    match (&headline.signature, headline.seed) {
        (Some(signature), _) if headline.verdict == Verdict::Fail => {
            let words: String = plain(signature).chars().take(SIGNATURE_MAX).collect();
            format!("{}.{words}-{:08x}", plain(&program), token::hash(signature))
        }
        (_, Some(seed)) => format!("{}.seed-{seed}", plain(&program)),
        (_, None) => format!("{}.events-{:016x}", plain(&program), record.figures.events_hash),
    }
}

/// What any file system takes as a name.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "-._@".contains(c) { c } else { '_' }).collect()
}
