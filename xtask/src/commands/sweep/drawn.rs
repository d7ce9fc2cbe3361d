//! After the sweep: each failure is drawn by itself, in the folder of the sweep's report.
//!
//! Does not search, and does not make failures small. Invariant: what is drawn shows the signature that it is drawn for; of a failure that
//! does not show it again there is no page, and that is said.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use photofinish::client::{Client, Request};
use photofinish::examine::examine;
use photofinish::sim::seed::Seed;
use photofinish::token::{Exact, Token};
use photofinish_reports::record::Record;
use photofinish_reports::story::places::Place;
use photofinish_reports::story::{Operation, Story};

use super::gathered::{Extent, Shown};
use super::jobs::Board;
use super::plan::Budget;
use super::progress::Progress;
use super::server::Server;
use super::small::{Failure, Made};
use super::{Sweep, SweepError};
use crate::asked::{Ask, By};
use crate::commands::sim::SimError;
use crate::interrupt;
use crate::reporting::{Drawn, Folder};
use crate::scenarios::Program;

/// A failure's own report.
pub(super) struct Page {
    /// Its file, in the report's folder.
    pub(super) file: String,
    /// The operations whose order decides, by the last decision for which they are known.
    pub(super) pair: Option<String>,
}

/// A failure that is to be drawn.
struct Subject<'a> {
    failure: Failure,
    program: Program<'a>,
    shown: &'a Shown,
    token: Option<Token>,
}

/// Draws the failures of a sweep.
pub(super) fn draw(
    sweep: &Sweep<'_>,
    folder: &Folder,
    board: &Board,
    small: &BTreeMap<Failure, Made>,
) -> Result<BTreeMap<Failure, Page>, SweepError> {
    let subjects = subjects(sweep, board, small);
    let style = ProgressStyle::with_template("drawing {pos} of {len} {wide_bar}").expect("a valid template");
    let bar = ProgressBar::new(subjects.len() as u64).with_style(style);
    let (pages, next) = (Mutex::new(BTreeMap::new()), AtomicUsize::new(0));
    let job = || -> Result<(), SweepError> {
        let progress = Progress::new(Budget::Seeds(0), 0);
        let mut server = Server::new(sweep, &progress);
        while let Some(subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
            if interrupt::requested() {
                break;
            }
            match one(sweep, server.of(subject.program.executable)?, subject) {
                Ok(record) => {
                    let page = page(folder, &record)?;
                    pages.lock().expect("nobody panics with it").insert(subject.failure.clone(), page);
                }
                Err(error) => {
                    bar.suspend(|| note(&subject.failure, &error));
                    server.give_up();
                }
            }
            bar.inc(1);
        }
        Ok(())
    };
    let outcome = std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..sweep.jobs.min(subjects.len())).map(|_| scope.spawn(job)).collect();
        let ended = jobs.into_iter().map(|job| job.join().expect("a job does not panic"));
        ended.fold(Ok(()), Result::and)
    });
    bar.finish_and_clear();
    outcome?;
    Ok(pages.into_inner().expect("nobody panics with it"))
}

fn subjects<'a>(sweep: &Sweep<'a>, board: &'a Board, small: &BTreeMap<Failure, Made>) -> Vec<Subject<'a>> {
    let mut subjects = Vec::new();
    for (program, gathered) in sweep.selected.iter().zip(&board.gathered) {
        for (signature, shown) in &gathered.part.shown {
            let failure = (program.listed.name(), signature.clone());
            let token = small.get(&failure).and_then(|made| made.token.parse().ok());
            // A beginning cannot be made again as it was.
            if token.is_some() || shown.trace == Extent::Whole {
                subjects.push(Subject { failure, program: *program, shown, token });
            }
        }
    }
    subjects
}

/// Makes a failure again, small if it was made small, and records it.
fn one(sweep: &Sweep<'_>, client: &mut Client, subject: &Subject<'_>) -> Result<Record, SimError> {
    let Subject { failure: (program, signature), shown, token, .. } = subject;
    let mut ask = match token {
        Some(token) => Ask {
            request: Request::new(program.clone(), Seed(0)),
            by: By::Token(Box::new(token.clone())),
            plan: None,
        },
        None => Ask { request: Request { replay: None, ..shown.file.request() }, by: By::Seed, plan: None },
    };
    ask.resolve(client, Exact::No)?;
    let examined = examine(client, &ask.request)?;
    if examined.judgement.signature.as_ref() != Some(signature) {
        let found = examined.judgement.signature.as_deref().unwrap_or("nothing");
        return Err(SimError::Usage(format!("made again it shows {found}")));
    }
    let scenarios = &sweep.several.executables()[subject.program.executable];
    Ok(Drawn { ask: &ask, examined: &examined, scenarios }.record(client)?)
}

fn page(folder: &Folder, record: &Record) -> Result<Page, SweepError> {
    let path = folder.draw(record).map_err(SimError::from)?;
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let pair = Story::of(record)
        .critical()
        .map(|pair| format!("{} came before {}", words(&pair.first), words(&pair.second)));
    Ok(Page { file, pair })
}

/// Who did it, and where in the program. Often the innermost function is a helper that many call.
fn words(operation: &Operation) -> String {
    let place = |place: &Place| format!("{} at {}", place.function, place.brief());
    let places: Vec<String> = operation.places.iter().take(2).map(place).collect();
    format!("{}: {}", operation.name, places.join(", called by "))
}

fn note((program, signature): &Failure, why: &SimError) {
    let why = why.to_string();
    eprintln!("note: {program}: {signature}: not drawn: {}", why.lines().next().unwrap_or_default());
}
