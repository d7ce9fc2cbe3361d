//! `cargo xtask sweep`: many seeds of each variant, counted by signature and held against the expectation.
//!
//! First the failures that the corpus knows, then seeds. Does not make runs or count them. Invariant: for a number of seeds, what it
//! finds and says does not depend on the number of jobs, but for the time it took; what it has counted is told, however it ends.

mod drawn;
mod gathered;
mod jobs;
mod kept;
mod out;
mod plan;
mod progress;
mod report;
mod small;
mod told;

use std::sync::Once;
use std::time::Instant;

use photofinish::client::{Client, ClientError, Isolation, Request};
use photofinish::scenario::Listed;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::sweep::allows;
use photofinish::tracefile;
use photofinish_corpus::CorpusError;
use thiserror::Error;

use self::gathered::Gathered;
use self::kept::{Again, Kept, Outcome, Said};
use self::out::OutError;
use self::plan::Budget;
use self::progress::Progress;
use self::report::Seen;
use super::corpus;
use super::sim::{SimError, exit_of, worse};
use crate::cli::SweepArgs;
use crate::exit::{Exit, ExitCause};
use crate::interrupt;
use crate::reporting::Folder;
use crate::scenarios::{ScenarioError, Scenarios};
use crate::workspace::WorkspaceError;

/// Seeds of each variant when the command line does not say.
const SEEDS: u64 = 1_000;

/// Why there was no sweep, or only the beginning of one.
#[derive(Debug, Error)]
pub enum SweepError {
    /// As for a single run.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The corpus cannot be read or written.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// What was found could not be written.
    #[error(transparent)]
    Out(#[from] OutError),
}

impl From<ClientError> for SweepError {
    fn from(error: ClientError) -> Self {
        Self::Sim(error.into())
    }
}

impl From<ScenarioError> for SweepError {
    fn from(error: ScenarioError) -> Self {
        Self::Sim(error.into())
    }
}

impl ExitCause for SweepError {
    fn exit(&self) -> Exit {
        match self {
            Self::Sim(error) => error.exit(),
            Self::Workspace(_) | Self::Corpus(_) | Self::Out(_) => Exit::Usage,
        }
    }
}

/// What is the same for all runs of a sweep.
struct Sweep<'a> {
    args: &'a SweepArgs,
    scenarios: &'a Scenarios,
    selected: Vec<&'a Listed>,
    strategy: Strategy,
    budget: Budget,
    jobs: usize,
    /// Names the executable by its content.
    build: String,
    kept: Kept,
    /// Where to draw what was found.
    report: Option<Folder>,
}

/// Sweeps what the arguments name.
pub fn run(args: &SweepArgs) -> Result<Exit, SweepError> {
    let strategy: Strategy = match &args.strategy {
        None => Strategy::Swarm,
        Some(name) => name.parse().map_err(SimError::Usage)?,
    };
    let budget = budget(args)?;
    let scenarios = Scenarios::load()?;
    let mut selected: Vec<&Listed> = Vec::new();
    for listed in scenarios.select(&args.scenarios)? {
        if !selected.contains(&listed) {
            selected.push(listed);
        }
    }
    if let Some(folder) = &args.out {
        out::prepare(folder)?;
    }
    let report = args.report.as_deref().map(Folder::create).transpose().map_err(SimError::from)?;
    let said = if args.json { Said::Json } else { Said::Words };
    let kept = Kept::open(&corpus::folder(args.corpus.as_deref())?, said)?;
    let build = tracefile::build_id(&scenarios.path).map_err(SimError::Executable)?;
    let jobs =
        args.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    Sweep { args, scenarios: &scenarios, selected, strategy, budget, jobs, build, kept, report }.run()
}

fn budget(args: &SweepArgs) -> Result<Budget, SimError> {
    if let Some(time) = args.time {
        return Ok(Budget::Time(time));
    }
    let seeds = args.seeds.unwrap_or(SEEDS);
    if args.from.checked_add(seeds).is_none() {
        let message =
            format!("there are not {seeds} seeds from {} on\nnext: a smaller --seeds or --from", args.from);
        return Err(SimError::Usage(message));
    }
    Ok(Budget::Seeds(seeds))
}

/// Whether what a variant has shown is what it promises.
struct Judged {
    complaints: Vec<String>,
    exit: Exit,
}

impl Sweep<'_> {
    fn run(&self) -> Result<Exit, SweepError> {
        let _graceful = interrupt::gracefully();
        let began = Instant::now();
        let progress = Progress::new(self.budget, self.selected.len());
        let before = self.kept.states()?;
        let again = kept::run_again(self, &progress)?;
        let tell = |variant: usize, gathered: &Gathered| self.tell(variant, gathered, &again);
        let failed = again.iter().find(|again| self.args.stop_on_first && again.outcome.fails());
        let plan = if failed.is_some() { Budget::Seeds(0) } else { self.budget };
        let (board, outcome) = jobs::run(self, &progress, (plan, began), tell);
        progress.finish();
        match (board.replaced, self.args.json) {
            (0, _) => {}
            (left, true) => eprintln!("{}", serde_json::json!({ "left_behind": left })),
            (left, false) => {
                eprintln!("note: {left} runs left something behind that none could follow in their process")
            }
        }
        for (variant, gathered) in board.gathered.iter().enumerate().skip(board.told) {
            let program = self.selected[variant].name();
            if gathered.part.tally.runs > 0 || again.iter().any(|again| again.program == program) {
                tell(variant, gathered);
            }
        }
        outcome?;
        let small = small::make(self, &board)?;
        let missed = told::missed(&board, self.args);
        if let Some(folder) = &self.args.out {
            out::write(self, folder, (&board, &small), &again, &missed)?;
        }
        if let Some(folder) = &self.report {
            let (board, small, again, before) = (&board, &small, &*again, &before);
            report::write(self, folder, &Seen { board, small, again, before, missed: &missed }, began)?;
        }
        let judged = self.selected.iter().zip(&board.gathered);
        let worst = judged.fold(Exit::Passed, |worst, (listed, gathered)| {
            worse(worst, self.judge(listed, gathered, &again).exit)
        });
        if interrupt::requested() {
            told::interrupted(self.args);
            return Ok(Exit::Interrupted);
        }
        if let Some(again) = failed {
            told::stopped_by_corpus(again, self.args);
            return Ok(Exit::Failed);
        }
        Ok(told::stopped(self, &board).map_or(worst, exit_of))
    }

    fn tell(&self, variant: usize, gathered: &Gathered, again: &[Again]) {
        let listed = self.selected[variant];
        let judged = self.judge(listed, gathered, again);
        told::Told { listed, gathered, again: &of(listed, again), complaints: &judged.complaints }
            .tell(self.args);
    }

    /// Holds what a variant has shown against its expectation. On another system it may show less than it promises, and under a heap
    /// or oracles that nobody asked this sweep for an entry of the corpus may show more: that is told, and not judged.
    fn judge(&self, listed: &Listed, gathered: &Gathered, again: &[Again]) -> Judged {
        let mut judged = Judged { complaints: Vec::new(), exit: Exit::Passed };
        for again in of(listed, again) {
            let is_judged = again.is_on_own_system(listed) && again.is_as_asked(self.args);
            if let Some((complaint, exit)) = again.complaint(listed).filter(|_| is_judged) {
                judged.complaints.push(complaint);
                judged.exit = worse(judged.exit, exit);
            }
        }
        if self.args.os.is_none_or(|os| os == listed.os) {
            let tally = &gathered.part.tally;
            let complaints = tally.complaints(listed, Seed(self.args.from));
            if !complaints.is_empty() {
                let exit = tally.worst_unexpected(listed).map_or(Exit::Failed, exit_of);
                judged.exit = worse(judged.exit, exit);
            }
            judged.complaints.extend(complaints);
        }
        judged
    }

    /// Asks for the run of a variant's seed.
    fn request(&self, variant: usize, seed: Seed) -> Request {
        let SweepArgs { os, heap, oracles, .. } = *self.args;
        Request {
            strategy: self.strategy,
            os,
            heap,
            oracles,
            ..Request::new(self.selected[variant].name(), seed)
        }
    }

    /// Starts a server; what this machine lacks is said once, since every server finds the same.
    fn client(&self, progress: &Progress) -> Result<Client, SweepError> {
        static TOLD: Once = Once::new();
        let threads_max = Limits::default().threads_max;
        let mut client = Client::start(&self.scenarios.path, threads_max, Isolation::Fork)?;
        client.set_guard(self.args.guard);
        TOLD.call_once(|| client.notes().iter().for_each(|note| progress.note(&format!("note: {note}"))));
        Ok(client)
    }
}

/// The entries of the corpus that are a variant's.
fn of<'a>(listed: &Listed, again: &'a [Again]) -> Vec<&'a Again> {
    let program = listed.name();
    again.iter().filter(|again| again.program == program).collect()
}

impl Outcome {
    /// Whether the entry's failure shows.
    fn fails(&self) -> bool {
        matches!(self, Self::Still | Self::Back)
    }
}

impl Again {
    /// Whether its example ran on the system that the expectation is about.
    fn is_on_own_system(&self, listed: &Listed) -> bool {
        self.os.as_ref().is_none_or(|os| *os == listed.os.to_string())
    }

    /// Whether its example ran with the program's own heap and oracles, or with those that the sweep asks for.
    fn is_as_asked(&self, args: &SweepArgs) -> bool {
        let (heap, oracles) =
            (args.heap.map(|heap| heap.to_string()), args.oracles.map(|asked| asked.to_string()));
        (self.heap.is_none() || self.heap == heap) && (self.oracles.is_none() || self.oracles == oracles)
    }

    /// What is wrong with what came of it, and how a sweep ends because of that.
    fn complaint(&self, listed: &Listed) -> Option<(String, Exit)> {
        let (id, fails) = (self.id, "of the corpus fails so");
        let signature = match &self.outcome {
            Outcome::Still | Outcome::Back => &self.signature,
            Outcome::Fixed { instead } | Outcome::Gone { instead } => instead.as_ref()?,
            Outcome::Unjudged { verdict, why } => {
                return Some((format!("#{id} of the corpus cannot be judged: {why}"), exit_of(*verdict)));
            }
            Outcome::Unreadable { .. } => return None,
        };
        let is_allowed = allows(listed, signature);
        (!is_allowed).then(|| (format!("`{signature}` is not expected: #{id} {fails}"), Exit::Failed))
    }
}

#[cfg(test)]
mod tests {
    use photofinish::scenario::Os;
    use photofinish::verdict::Verdict;

    use super::*;

    fn check(outcome: Outcome, expected: Option<(&str, Exit)>) {
        let listed = Listed {
            scenario: String::from("s"),
            variant: String::from("v"),
            os: Os::Linux,
            story: String::new(),
            differs: String::new(),
            must: vec![(String::from("lost"), 100)],
            may: vec![String::from("deadlock*")],
            always: false,
        };
        for (signature, complains) in [("panic", true), ("lost", false), ("deadlock: a", false)] {
            let own = matches!(outcome, Outcome::Still | Outcome::Back);
            let (program, outcome) = (listed.name(), outcome.clone());
            let signature = signature.to_owned();
            let again = Again { id: 3, program, signature, os: None, heap: None, oracles: None, outcome };
            let expected = expected.filter(|_| complains || !own);
            let expected = expected.map(|(complaint, exit)| (complaint.to_owned(), exit));
            assert_eq!(again.complaint(&listed), expected, "{again:?}");
        }
    }

    #[test]
    fn what_the_corpus_shows_is_held_against_the_expectation() {
        let panics = Some(("`panic` is not expected: #3 of the corpus fails so", Exit::Failed));
        let instead = |signature: &str| Some(signature.to_owned());
        check(Outcome::Still, panics);
        check(Outcome::Back, panics);
        check(Outcome::Fixed { instead: None }, None);
        check(Outcome::Fixed { instead: instead("lost") }, None);
        check(Outcome::Fixed { instead: instead("panic") }, panics);
        check(Outcome::Gone { instead: instead("panic") }, panics);
        check(Outcome::Unreadable { why: String::new() }, None);
        let unjudged = |verdict| Outcome::Unjudged { verdict, why: String::from("w") };
        let words = "#3 of the corpus cannot be judged: w";
        check(unjudged(Verdict::Inconclusive), Some((words, Exit::Inconclusive)));
        check(unjudged(Verdict::Diverged), Some((words, Exit::Diverged)));
        check(unjudged(Verdict::Bug), Some((words, Exit::Bug)));
    }
}
