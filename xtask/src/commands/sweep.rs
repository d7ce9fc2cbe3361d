//! `cargo xtask sweep`: many seeds of each variant, counted by signature and held against the expectation.
//!
//! First the failures that the corpus knows, then seeds, or what shards have shown of them. Does not make runs or count them. Invariant: for a number of seeds, what it
//! finds and says does not depend on the number of jobs, but for the time it took; what it has counted is told, however it ends.

mod builds;
mod drawn;
mod gathered;
mod jobs;
mod kept;
mod merged;
mod out;
mod plan;
mod progress;
mod report;
mod server;
mod shard;
mod shardfile;
mod small;
mod told;

use std::sync::Once;
use std::time::Instant;

use photofinish::client::{Client, ClientError, Request};
use photofinish::scenario::Listed;
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use photofinish::sweep::{Over, allows};
use photofinish_corpus::CorpusError;
use photofinish_reports::complaint::{About, Complaint};
use thiserror::Error;

use self::builds::Builds;
use self::gathered::Gathered;
use self::jobs::Board;
use self::kept::{Again, Kept, Outcome, Said};
pub use self::merged::MergeRefusal;
use self::merged::Merged;
use self::out::OutError;
use self::plan::Budget;
use self::progress::Progress;
use self::report::Seen;
use super::corpus;
use super::merge::MergeArgs;
use super::sim::{SimError, exit_of, worse};
use crate::cli::{Sharing, SweepArgs};
use crate::exit::{Exit, ExitCause};
use crate::interrupt;
use crate::reporting::Folder;
use crate::scenarios::{Program, ScenarioError, Scenarios, Several, Unnamed};
use crate::sharding::{ALIGNED_SHARED, Which};
use crate::stores::{self, StoreError};
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
    /// A place of shards cannot be read or written.
    #[error(transparent)]
    Store(Box<StoreError>),
    /// Shards do not belong together.
    #[error(transparent)]
    Merge(Box<MergeRefusal>),
}

impl From<ClientError> for SweepError {
    fn from(error: ClientError) -> Self {
        Self::Sim(error.into())
    }
}

impl From<StoreError> for SweepError {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}

impl From<MergeRefusal> for SweepError {
    fn from(error: MergeRefusal) -> Self {
        Self::Merge(Box::new(error))
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
            Self::Merge(error) => error.exit(),
            Self::Store(error) => error.exit(),
            Self::Workspace(_) | Self::Corpus(_) | Self::Out(_) => Exit::Usage,
        }
    }
}

/// What is the same for all runs of a sweep.
struct Sweep<'a> {
    args: &'a SweepArgs,
    several: &'a Several,
    selected: Vec<Program<'a>>,
    strategy: Strategy,
    budget: Budget,
    /// Of each variant no more than that, whatever the budget.
    seeds_max: u64,
    /// The seeds of a variant, if what was gathered of it does not say.
    over: Over,
    jobs: usize,
    /// Names the executables by their content.
    builds: Builds,
    kept: Kept,
    /// Where to draw what was found.
    report: Option<Folder>,
}

/// What is asked for, as far as it is known before anything is built.
#[derive(Clone, Copy)]
struct Asked {
    strategy: Strategy,
    budget: Budget,
}

/// Sweeps what the arguments name, or what is meant where they name nothing.
pub fn run(args: &SweepArgs, unnamed: Unnamed) -> Result<Exit, SweepError> {
    if let Some(shard) = args.shard.map(Which::resolve).transpose().map_err(SimError::Usage)? {
        return shard::run((args, unnamed), shard);
    }
    let asked = asked(args)?;
    let several = Several::load(&args.scenarios, unnamed, args.preempt)?;
    if let Some(folder) = &args.out {
        out::prepare(folder)?;
    }
    Sweep::new(args, asked, &several, kept(args, several.preempt())?)?.run(None)
}

/// Puts the files of shards together, as the sweep that was not split.
pub(super) fn merged(args: &MergeArgs, files: &[stores::Kept]) -> Result<Exit, SweepError> {
    let merged = merged::merge(files, &args.sources)?;
    for (at, why) in &merged.unfit {
        eprintln!("note: {at} is left out: {why}");
    }
    let sweep_args = merged.question.sweep_args(args)?;
    let asked = asked(&sweep_args)?;
    let several = Several::load(&sweep_args.scenarios, Unnamed::Usual, sweep_args.preempt)?;
    merged.check_builds(&Builds::of(&several)?)?;
    if let Some(folder) = &args.out {
        out::prepare(folder)?;
    }
    let sweep = Sweep::new(&sweep_args, asked, &several, kept(&sweep_args, several.preempt())?)?;
    let exit = sweep.run(Some(&merged))?;
    if merged.missing.is_empty() {
        return Ok(exit);
    }
    told::missing_shards(&merged, args);
    Ok(if exit == Exit::Passed { Exit::Incomplete } else { exit })
}

fn kept(args: &SweepArgs, preempt: Option<Preempt>) -> Result<Kept, SweepError> {
    let said = if args.json { Said::Json } else { Said::Words };
    Ok(Kept::open(&corpus::folder(args.corpus.as_deref(), preempt)?, said)?)
}

fn asked(args: &SweepArgs) -> Result<Asked, SimError> {
    let strategy: Strategy = match &args.strategy {
        None => Strategy::Swarm,
        Some(name) => name.parse().map_err(SimError::Usage)?,
    };
    let is_url = |out: &std::path::PathBuf| out.to_str().is_some_and(stores::is_url);
    if args.shard.is_none() && args.out.as_ref().is_some_and(is_url) {
        let message = "only a shard's file can be left in an object store\nnext: `--shard 1/1`, or `--out` with a folder";
        return Err(SimError::Usage(String::from(message)));
    }
    Ok(Asked { strategy, budget: budget(args)? })
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

/// Where a shard's seeds may begin, so that the runs of all shards are those of the sweep.
fn aligned(isolation: Sharing) -> u64 {
    match isolation {
        Sharing::Rewind | Sharing::Fork => 1,
        Sharing::None => ALIGNED_SHARED,
    }
}

/// Whether what a variant has shown is what it promises.
struct Judged {
    complaints: Vec<Complaint>,
    exit: Exit,
}

impl<'a> Sweep<'a> {
    /// What the arguments ask for.
    fn new(
        args: &'a SweepArgs,
        Asked { strategy, budget }: Asked,
        several: &'a Several,
        kept: Kept,
    ) -> Result<Self, SweepError> {
        let selected = several.select(&args.scenarios)?;
        let report = args.report.as_deref().map(Folder::create).transpose().map_err(SimError::from)?;
        let builds = Builds::of(several)?;
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = args.jobs.map_or_else(processors, usize::from);
        let (seeds_max, over) = (u64::MAX, Over::From(Seed(args.from)));
        Ok(Self { args, several, selected, strategy, budget, seeds_max, over, jobs, builds, kept, report })
    }

    /// Sweeps, or takes what shards have shown as what it has found.
    fn run(&self, merged: Option<&Merged>) -> Result<Exit, SweepError> {
        let _graceful = interrupt::gracefully();
        let began = Instant::now();
        let progress = Progress::new(self.budget, self.selected.len());
        let before = self.kept.states()?;
        let again = kept::run_again(self, &progress)?;
        let tell = |variant: usize, gathered: &Gathered| self.tell(variant, gathered, &again);
        let failed = again.iter().find(|again| self.args.stop_on_first && again.outcome.fails());
        let (board, outcome) = match (merged, failed) {
            (Some(merged), None) => (self.take(merged, &progress)?, Ok(())),
            (Some(_), Some(_)) => (Board::of(self.selected.len()), Ok(())),
            (None, None) => jobs::run(self, &progress, (self.budget, began), tell),
            (None, Some(_)) => jobs::run(self, &progress, (Budget::Seeds(0), began), tell),
        };
        progress.finish();
        told::left_behind(&board, self.args);
        for (variant, gathered) in board.gathered.iter().enumerate().skip(board.told) {
            let program = self.listed(variant).name();
            if gathered.part.tally.runs > 0 || again.iter().any(|again| again.program == program) {
                tell(variant, gathered);
            }
        }
        outcome?;
        let small = small::make(self, &board)?;
        let missed = told::missed(&board, self.args);
        let seen =
            Seen { board: &board, small: &small, again: &again, before: &before, missed: &missed, merged };
        if let Some(folder) = &self.args.out {
            out::write(self, folder, &seen)?;
        }
        if let Some(folder) = &self.report {
            report::write(self, folder, &seen, began)?;
        }
        let judged = self.variants().zip(&board.gathered);
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

    /// What shards have found, which the corpus is told as it is of any sweep.
    fn take(&self, merged: &Merged, progress: &Progress) -> Result<Board, SweepError> {
        let mut board = merged.board();
        board.forget_marks(self);
        self.kept.record_merged(&board, merged.ended_ms(), progress)?;
        Ok(board)
    }

    fn tell(&self, variant: usize, gathered: &Gathered, again: &[Again]) {
        let listed = self.listed(variant);
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
            let complaints = tally.complaints_over(listed, self.over(gathered));
            if !complaints.is_empty() {
                let exit = tally.worst_unexpected(listed).map_or(Exit::Failed, exit_of);
                judged.exit = worse(judged.exit, exit);
            }
            judged.complaints.extend(complaints);
        }
        judged
    }

    /// What is swept.
    fn variants(&self) -> impl Iterator<Item = &'a Listed> {
        self.selected.iter().map(|program| program.listed)
    }

    /// What a variant is.
    fn listed(&self, variant: usize) -> &'a Listed {
        self.selected[variant].listed
    }

    /// The executable that holds a variant.
    fn holder(&self, variant: usize) -> &'a Scenarios {
        &self.several.executables()[self.selected[variant].executable]
    }

    /// Names a variant's executable by its content.
    fn build(&self, variant: usize) -> &str {
        self.builds.id(self.holder(variant).name)
    }

    /// The seeds that were gathered of a variant.
    fn over<'o>(&'o self, gathered: &'o Gathered) -> &'o Over {
        gathered.over.as_ref().unwrap_or(&self.over)
    }

    /// The level that a variant's executable is built at, if it is not its own.
    fn level(&self, variant: usize) -> Option<Preempt> {
        self.several.executables()[self.selected[variant].executable].preempt
    }

    /// Asks for the run of a variant's seed.
    fn request(&self, variant: usize, seed: Seed) -> Request {
        let SweepArgs { os, heap, oracles, .. } = *self.args;
        Request {
            strategy: self.strategy,
            os,
            heap,
            oracles,
            preempt: self.level(variant),
            ..Request::new(self.listed(variant).name(), seed)
        }
    }

    /// Starts a server of an executable; what this machine lacks is said once, since every server finds the same.
    fn client(&self, executable: usize, progress: &Progress) -> Result<Client, SweepError> {
        static TOLD: Once = Once::new();
        let threads_max = Limits::default().threads_max;
        let mut client = Client::start(
            &self.several.executables()[executable].path,
            threads_max,
            self.args.isolation.of_runs(),
        )?;
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
    fn complaint(&self, listed: &Listed) -> Option<(Complaint, Exit)> {
        let (id, fails) = (self.id, "of the corpus fails so");
        let signature = match &self.outcome {
            Outcome::Still | Outcome::Back => &self.signature,
            Outcome::Fixed { instead } | Outcome::Gone { instead } => instead.as_ref()?,
            Outcome::Unjudged { verdict, why } => {
                let words = format!("#{id} of the corpus cannot be judged: {why}");
                let about = About::Unjudged { corpus: id };
                return Some((Complaint { about, words }, exit_of(*verdict)));
            }
            Outcome::Unreadable { .. } => return None,
        };
        let is_allowed = allows(listed, signature);
        (!is_allowed).then(|| {
            let words = format!("`{signature}` is not expected: #{id} {fails}");
            (Complaint { about: About::Unexpected { signature: signature.clone() }, words }, Exit::Failed)
        })
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
            let complaint = again.complaint(&listed).map(|(complaint, exit)| (complaint.words, exit));
            assert_eq!(complaint, expected, "{again:?}");
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
