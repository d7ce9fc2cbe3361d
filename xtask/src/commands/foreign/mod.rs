//! `sim`, `sweep` and `list` for targets that are not ours, beside the scenarios.
//!
//! Does not know how a target is declared or built. Invariant: a name is a target's or it goes to the scenarios untouched; an option that
//! such a target cannot have is refused by name.
//!
//! Reading order: this file (which command is meant), [`mod@list`], [`mod@sim`], [`mod@sweep`], `kept` (what the corpus knows), `told` (what is said).

pub mod kept;
pub mod list;
pub mod sim;
pub mod sweep;
mod told;

use photofinish_corpus::CorpusError;
use thiserror::Error;

use crate::cli::{ShrinkArgs, SimArgs, SweepArgs};
use crate::exit::{Exit, ExitCause};
use crate::reporting::ReportingError;
use crate::targets::{Declared, Targets, TargetsError};
use crate::workspace::WorkspaceError;

/// Why a target was not run.
#[derive(Debug, Error)]
pub enum ForeignError {
    /// It cannot be asked.
    #[error(transparent)]
    Targets(#[from] TargetsError),
    /// There is no workspace here, and so no corpus of it.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The corpus cannot be read or written.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// What was found cannot be drawn.
    #[error(transparent)]
    Reporting(#[from] ReportingError),
    /// The arguments do not fit.
    #[error("{0}")]
    Usage(String),
}

impl ExitCause for ForeignError {
    fn exit(&self) -> Exit {
        match self {
            Self::Targets(error) => error.exit(),
            Self::Reporting(error) => error.exit(),
            Self::Workspace(_) | Self::Corpus(_) | Self::Usage(_) => Exit::Usage,
        }
    }
}

impl From<photofinish::target::TargetError> for ForeignError {
    fn from(error: photofinish::target::TargetError) -> Self {
        Self::Targets(error.into())
    }
}

/// What is said of whatever needs decisions.
const HAS_ONLY_ITS_SEED: &str = "is not simulated by Photofinish: it has only its seed";

/// `sim`, if what is named are targets.
///
/// # Errors
/// They cannot be run so.
pub fn sim(args: &SimArgs) -> Result<Option<Exit>, ForeignError> {
    let run = &args.run;
    let options = [
        ("--exact", run.exact),
        ("--strategy", run.strategy.is_some()),
        ("--trace", run.trace.is_some()),
        ("--points", run.points.is_some()),
        ("--threads", run.threads.is_some()),
        ("--cores", run.cores.is_some()),
        ("--os", run.os.is_some()),
        ("--oracles", run.oracles.is_some()),
        ("--heap", run.heap.is_some()),
        ("--preempt", run.preempt.is_some()),
        ("--stall", run.stall.is_some()),
        ("--record", args.record.is_some()),
        ("--baton", args.baton),
        ("--gdb", args.gdb.is_some()),
        ("--events", args.events),
        ("--isolation", args.isolation == crate::cli::Sharing::None),
    ];
    if args.scenarios.is_empty() {
        return Ok(None);
    }
    let targets = Targets::load()?;
    let Some(meant) = meant(&targets, &args.scenarios, &options)? else { return Ok(None) };
    Ok(Some(sim::run(args, &targets, &meant)?))
}

/// `sweep`, if what is named are targets.
///
/// # Errors
/// They cannot be swept so.
pub fn sweep(args: &SweepArgs) -> Result<Option<Exit>, ForeignError> {
    let options = [
        ("--strategy", args.strategy.is_some()),
        ("--os", args.os.is_some()),
        ("--oracles", args.oracles.is_some()),
        ("--heap", args.heap.is_some()),
        ("--preempt", args.preempt.is_some()),
        ("--out", args.out.is_some()),
        ("--isolation", args.isolation == crate::cli::Sharing::None),
    ];
    if args.scenarios.is_empty() {
        return Ok(None);
    }
    let targets = Targets::load()?;
    let Some(meant) = meant(&targets, &args.scenarios, &options)? else { return Ok(None) };
    Ok(Some(sweep::run(args, &targets, &meant)?))
}

/// Refuses to shrink a target.
///
/// # Errors
/// What is named is one.
pub fn shrink(args: &ShrinkArgs) -> Result<(), ForeignError> {
    let Some(name) = &args.scenario else { return Ok(()) };
    let targets = Targets::load()?;
    match &*targets.named(name) {
        [] => Ok(()),
        [target, ..] => Err(ForeignError::Usage(format!(
            "{} {HAS_ONLY_ITS_SEED}, and a seed cannot be made smaller\nnext: `cargo xtask sim {} --seed N` with another seed, or a \
             simpler configuration in its declaration",
            target.name, target.name
        ))),
    }
}

/// The targets that the names stand for, each once; nothing if none of the names is a target's.
fn meant<'a>(
    targets: &'a Targets,
    names: &[String],
    options: &[(&str, bool)],
) -> Result<Option<Vec<&'a Declared>>, ForeignError> {
    let mut meant: Vec<&Declared> = Vec::new();
    let (mut ours, mut theirs) = (None, None);
    for name in names {
        let named = targets.named(name);
        if named.is_empty() {
            ours = Some(name)
        } else {
            theirs = Some(name)
        }
        let fresh = |target: &&Declared| !meant.iter().any(|known| known.name == target.name);
        let fresh: Vec<&Declared> = named.into_iter().filter(fresh).collect();
        meant.extend(fresh);
    }
    let Some(target) = theirs else { return Ok(None) };
    if let Some(other) = ours {
        return Err(ForeignError::Usage(format!(
            "{target} is a target of {}, and {other} is not\nnext: one command for each; `cargo xtask list` says what is what",
            targets.path.display()
        )));
    }
    if let Some((option, _)) = options.iter().find(|(_, given)| *given) {
        return Err(ForeignError::Usage(format!(
            "{option} is not for {target}, which {HAS_ONLY_ITS_SEED} and a configuration drawn from it\nnext: the same command without it"
        )));
    }
    Ok(Some(meant))
}

/// What to type to see a run again.
#[must_use]
pub fn replay_line(program: &str, seed: u64) -> String {
    format!("cargo xtask sim {program} --seed {seed}")
}
