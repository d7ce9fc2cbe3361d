//! `cargo xtask repro`: a bug report as it was pasted, tried in this build, and answered.
//!
//! Does not find what names a run (`pasted`), does not resolve tokens or judge runs (`asked`, `examine`). Invariant: every run that the
//! report names is told of, and what could not be tried is never answered as if it had passed.

mod answer;
mod told;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use photofinish::client::{Client, Isolation};
use photofinish::examine::{Examined, examine};
use photofinish::guard::Percent;
use photofinish::scenario::Listed;
use photofinish::sim::limits::Limits;
use photofinish::sim::preempt::Preempt;
use photofinish::token::{Exact, ResolveError, Token, build_of};
use photofinish::tracefile;
use photofinish::verdict::Verdict;
use thiserror::Error;

use super::sim::SimError;
use crate::asked::{Ask, AskError, By, RunArgs};
use crate::cli::SeedOrToken;
use crate::exit::{Exit, ExitCause};
use crate::pasted::said::Claim;
use crate::pasted::{self, BYTES_MAX, Named, Pasted, Rest, Seeded};
use crate::reporting::{Drawn, Folder, ReportingError};
use crate::scenarios::{ScenarioError, Scenarios};
use answer::{Answer, Decisions, Outcome, worst};

/// Arguments of `repro`.
#[derive(Debug, Args)]
pub struct ReproArgs {
    /// The bug report: a file with its text, or - for standard input.
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,

    /// Draw each run into this folder: as a page, as a record and in every other format that `report` has; and the answer, as
    /// answer.md.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Print one JSON object for each run that the report names, instead of an answer in Markdown.
    #[arg(long)]
    pub json: bool,

    /// Try tokens in the build that made them alone, instead of looking for their decisions by name in another.
    #[arg(long)]
    pub exact: bool,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ReproError {
    /// The report cannot be read.
    #[error("reading the report {path} failed: {source}\nnext: `cargo xtask repro -`, and paste it")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing in it names a run.
    #[error(
        "{path} names no run: no token (`pf1-…`), no seed with a program, and no command of ours\n\
         next: ask the reporter for the line of the output that begins with `replay:`; .github/ISSUE_TEMPLATE/failure.yml asks for it"
    )]
    Nothing {
        /// The file.
        path: String,
    },
    /// No run can be made at all.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// A report cannot be written, or a run not recorded.
    #[error(transparent)]
    Reporting(#[from] ReportingError),
}

impl From<ScenarioError> for ReproError {
    fn from(error: ScenarioError) -> Self {
        Self::Sim(error.into())
    }
}

impl ExitCause for ReproError {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } | Self::Nothing { .. } => Exit::Usage,
            Self::Sim(error) => error.exit(),
            Self::Reporting(error) => error.exit(),
        }
    }
}

/// Answers a report.
///
/// # Errors
/// It cannot be read or names no run, or no run can be made.
pub fn run(args: &ReproArgs) -> Result<Exit, ReproError> {
    let path = if args.file == Path::new("-") {
        String::from("standard input")
    } else {
        args.file.display().to_string()
    };
    let bytes = read(&args.file).map_err(|source| ReproError::Read { path: path.clone(), source })?;
    let folder = args.report.as_deref().map(Folder::create).transpose()?;
    let text = naming(&bytes);
    let mut loaded = Scenarios::load_all(&text, None)?;
    let all = loaded.iter().flat_map(|scenarios| &scenarios.all);
    let programs: Vec<String> = all.map(Listed::name).collect();
    let pasted = pasted::read(&bytes, &programs);
    if pasted.named.is_empty() {
        return Err(ReproError::Nothing { path });
    }
    if pasted.rest == Rest::LeftOut {
        eprintln!(
            "note: the report has more than is read: its first {} MiB, and the first runs it names",
            BYTES_MAX >> 20
        );
    }
    for level in levels(&pasted) {
        loaded.extend(Scenarios::load_all(&text, Some(level))?);
    }
    let exact = if args.exact { Exact::Yes } else { Exact::No };
    let scenarios = loaded.first().expect("there is an executable of scenarios");
    let mut desk = Desk { loaded: &loaded, scenarios, pasted: &pasted, exact, folder, client: None };
    let mut answers = Vec::new();
    for named in &pasted.named {
        let more = desk.tried(named)?;
        for answer in &more {
            eprintln!("{}: {}", answer.named, answer.outcome.word());
            if args.json {
                crate::say!("{}", told::json(answer));
            }
        }
        answers.extend(more);
    }
    let build = tracefile::build_id(&desk.scenarios.path).map_err(SimError::Executable)?;
    let told = told::markdown(&answers, pasted.rest, build_of(&build));
    if !args.json {
        crate::out::write(format_args!("{told}"));
    }
    if let Some(folder) = &desk.folder {
        eprintln!("answer: {}", folder.write("answer.md", told.as_bytes())?.display());
    }
    Ok(worst(&answers))
}

/// The report, with the programs of its tokens, which name them in their own way.
fn naming(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for named in pasted::read(bytes, &[]).named {
        if let Named::Token(token) = named {
            text.push('\n');
            text.push_str(&token.program);
        }
    }
    text
}

/// The report, as far as it is read: one byte more shows that there is more.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = BYTES_MAX as u64 + 1;
    match path == Path::new("-") {
        true => std::io::stdin().lock().take(most).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(most).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// Where runs are tried.
struct Desk<'a> {
    /// Each executable.
    loaded: &'a [Scenarios],
    /// The one that the last run was of.
    scenarios: &'a Scenarios,
    pasted: &'a Pasted,
    exact: Exact,
    /// Where runs are drawn, if they are.
    folder: Option<Folder>,
    client: Option<Client>,
}

impl Desk<'_> {
    /// What became of something that names a run: of a scenario's name, of each variant's run.
    fn tried(&mut self, named: &Named) -> Result<Vec<Answer>, ReproError> {
        let (program, args) = match named {
            Named::Token(token) => match of_test(token) {
                Some(answer) => return Ok(vec![answer]),
                None => (token.program.clone(), by(SeedOrToken::Token(token.clone()))),
            },
            Named::Seed(seeded) => (seeded.program.clone(), seeded.args.clone()),
            other => return Ok(vec![answer::untried(other, self.scenarios)]),
        };
        self.turn_to(&program, args.level());
        let asks = match args.asks(&[program], self.scenarios) {
            Ok(asks) => asks,
            Err(error) if error.exit() == Exit::Usage => {
                return Ok(vec![Answer::refused(words(named), &error.to_string())]);
            }
            Err(error) => return Err(SimError::from(error).into()),
        };
        asks.into_iter().map(|ask| self.answered(ask)).collect()
    }

    /// Makes a run and compares it with what is reported.
    fn answered(&mut self, mut ask: Ask) -> Result<Answer, ReproError> {
        let exact = self.exact;
        let named = title(&ask);
        let told = match ask.resolve(self.client()?, exact) {
            Ok(told) => told,
            Err(AskError::Token(ResolveError::Other { expected, found })) => {
                return Ok(Answer::other_events(&ask, named, (expected, found)));
            }
            Err(error) if error.exit() == Exit::Usage => {
                return Ok(Answer::refused(named, &error.to_string()));
            }
            Err(error) => return Err(SimError::from(error).into()),
        };
        let examined = examine(self.client()?, &ask.request).map_err(SimError::from)?;
        let decisions = Decisions::of(&ask, &told);
        let mut answer = self.compared(&ask, &examined, decisions);
        answer.told = told;
        answer.named = named;
        let failed = examined.judgement.verdict == Verdict::Fail;
        if failed || self.folder.is_some() {
            let drawn = Drawn { ask: &ask, examined: &examined, scenarios: self.scenarios };
            match drawn.record(self.client()?) {
                Ok(record) => answer.record = Some(Box::new(record)),
                Err(error) if self.folder.is_some() => return Err(error.into()),
                Err(error) => eprintln!("note: {error}"),
            }
        }
        if let (Some(folder), Some(record)) = (&self.folder, &answer.record) {
            eprintln!("report: {}", folder.draw(record)?.display());
        }
        Ok(answer)
    }

    /// Holds a run against the report.
    fn compared(&self, ask: &Ask, examined: &Examined, decisions: Option<Decisions>) -> Answer {
        let program = &ask.request.program;
        let listed = self.scenarios.all.iter().find(|listed| listed.name() == *program);
        let said = &self.pasted.said;
        let shown = examined.judgement.signature.clone();
        let (expected, is_as_reported) = match (&ask.by, &shown) {
            (By::Token(token), shown) => {
                let expected = said.of_hash(token.signature, listed);
                let is_same = shown.is_some() && token.other_than(shown.as_deref()).is_none();
                (expected.or_else(|| shown.clone().filter(|_| is_same)), is_same)
            }
            (_, Some(shown)) => match said.of_shown(shown, listed) {
                Claim::Same => (Some(shown.clone()), true),
                Claim::Other(other) => (Some(other), false),
                Claim::Nothing => (None, true),
            },
            (_, None) => (said.stated_of(program), false),
        };
        let outcome = match examined.judgement.verdict {
            Verdict::Pass => Outcome::of_pass(decisions),
            Verdict::Fail if is_as_reported => Outcome::Reproduced,
            Verdict::Fail => Outcome::OtherFailure,
            Verdict::Inconclusive => Outcome::Inconclusive,
            Verdict::Diverged => Outcome::Diverged,
            Verdict::Bug => Outcome::Bug,
        };
        Answer { expected, shown, decisions, ..Answer::of(ask, outcome, &examined.judgement.detail) }
    }

    /// Runs are made by the executable that has this scenario or variant at this level, if any has it.
    fn turn_to(&mut self, program: &String, level: Option<Preempt>) {
        let has = |of: &&Scenarios| {
            level.map_or(of.preempt.is_none(), |level| of.level == level)
                && of.select(std::slice::from_ref(program)).is_ok()
        };
        if let Some(scenarios) = self.loaded.iter().find(has).filter(|of| !std::ptr::eq(*of, self.scenarios))
        {
            self.scenarios = scenarios;
            self.client = None;
        }
    }

    fn client(&mut self) -> Result<&mut Client, ReproError> {
        if self.client.is_none() {
            let mut client = Client::start(&self.scenarios.path, self.threads(), Isolation::Rewind)
                .map_err(SimError::from)?;
            // What passes closes a report, and is seen twice.
            client.set_guard(Percent::ALL);
            client.notes().iter().for_each(|note| eprintln!("note: {note}"));
            self.client = Some(client);
        }
        Ok(self.client.as_mut().expect("started above"))
    }

    /// The most threads that any of the runs may have.
    fn threads(&self) -> u32 {
        /// As `--threads` has it.
        const MOST: u32 = 4096;
        let of = |named: &Named| match named {
            Named::Token(token) => Some(token.options.limits.threads_max),
            Named::Seed(seeded) => seeded.args.threads,
            _ => None,
        };
        let usual = Limits::default().threads_max;
        self.pasted.named.iter().filter_map(of).fold(usual, u32::max).min(MOST)
    }
}

/// The levels that the report names, each once.
fn levels(pasted: &Pasted) -> BTreeSet<Preempt> {
    let of = |named: &Named| match named {
        Named::Token(token) => token.options.preempt,
        Named::Seed(seeded) => seeded.args.level(),
        _ => None,
    };
    pasted.named.iter().filter_map(of).collect()
}

/// The answer to a token of a test, which is in another executable.
fn of_test(token: &Token) -> Option<Answer> {
    let test = &token.program;
    test.contains("::").then(|| {
        let text = token.encode().unwrap_or_default();
        let why = format!(
            "that token is of the test {test}, which is in its crate's own executable\nnext: there, `PHOTOFINISH_TOKEN={text} cargo test {}`",
            test.split_once("::").map_or(test.as_str(), |(_, path)| path)
        );
        Answer { program: Some(test.clone()), ..Answer::refused(words(&Named::Token(Box::new(token.clone()))), &why) }
    })
}

/// Arguments that name a run and nothing else.
fn by(seed: SeedOrToken) -> RunArgs {
    RunArgs { seed: Some(seed), ..RunArgs::default() }
}

/// What a run is called in an answer.
fn title(ask: &Ask) -> String {
    match &ask.by {
        By::Token(token) => words(&Named::Token(token.clone())),
        By::Seed | By::Trace(_) => ask.title(),
    }
}

fn words(named: &Named) -> String {
    match named {
        Named::Token(token) => {
            let text = token.encode().unwrap_or_default();
            // As much as tells two tokens apart.
            format!("token …{} · {}", &text[text.len().saturating_sub(8)..], token.program)
        }
        Named::Seed(seeded) => {
            let Seeded { program, seed, .. } = &**seeded;
            format!("seed {seed} · {program}")
        }
        _ => String::from("what is no run"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_program() {
        let token =
            include_str!("../../../scenarios/tokens/late-listener.buggy.lost-connected-72eee7a1.token");
        let token = token.lines().next().expect("a token");
        assert!(!token.contains("late-listener"));
        let text = naming(format!("replay: `{token}`, and seed 3 of ice/a").as_bytes());
        assert!(text.ends_with("\nlate-listener/buggy") && text.contains("ice/a"), "{text}");
    }
}
