//! What became of one run that a report names: the outcome, its exit code, and what to do next.
//!
//! Makes no runs and draws nothing. Invariant: only a run that failed as reported is reproduced, and only one that passed with each of its
//! decisions in place is fixed.

use photofinish::token::DecodeError;
use photofinish_reports::record::Record;

use crate::asked::{Ask, By};
use crate::exit::Exit;
use crate::pasted::{Damaged, End, Named};
use crate::scenarios::Scenarios;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It fails as reported.
    Reproduced,
    /// It fails otherwise.
    OtherFailure,
    /// Made again it was another, or it has other events in the build that made its token.
    Diverged,
    /// It left what is modelled.
    Inconclusive,
    /// We are wrong.
    Bug,
    /// It passes with all that was decided in it.
    Fixed,
    /// It passes, which proves nothing: what was decided in it is not all there, or is not known.
    OutOfReach,
    /// No run was made.
    Untried,
}

impl Outcome {
    /// From what asks for attention first to what does not at all: nobody closes a report of which a part could not be tried.
    const ORDER: [Self; 8] = [
        Self::Bug,
        Self::Diverged,
        Self::Reproduced,
        Self::OtherFailure,
        Self::Inconclusive,
        Self::Untried,
        Self::OutOfReach,
        Self::Fixed,
    ];

    /// In a word or two.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::OtherFailure => "fails otherwise",
            Self::Diverged => "diverged",
            Self::Inconclusive => "inconclusive",
            Self::Bug => "bug in Photofinish",
            Self::Fixed => "fixed",
            Self::OutOfReach => "passes, out of reach",
            Self::Untried => "not tried",
        }
    }

    /// Of a run that passes, by what is known of its decisions.
    pub(super) fn of_pass(decisions: Option<Decisions>) -> Self {
        match decisions {
            // The build that made a token has no fix in it.
            Some(Decisions { origin: Origin::ThisBuild, .. }) => Self::Diverged,
            Some(Decisions { named, found, .. }) if named == found => Self::Fixed,
            Some(_) | None => Self::OutOfReach,
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Reproduced => Exit::Failed,
            Self::OtherFailure => Exit::OtherFailure,
            Self::Diverged => Exit::Diverged,
            Self::Inconclusive => Exit::Inconclusive,
            Self::Bug => Exit::Bug,
            Self::Fixed => Exit::Passed,
            Self::OutOfReach => Exit::OutOfReach,
            Self::Untried => Exit::Usage,
        }
    }
}

/// The exit code of several answers. A seed that passes says nothing, and is no reason to doubt what a token of its program says.
pub(super) fn worst(answers: &[Answer]) -> Exit {
    let is_beside_a_token = |answer: &Answer| {
        let is_said_by = |other: &Answer| {
            other.token.is_some() && other.program == answer.program && other.outcome != Outcome::Untried
        };
        answer.seed.is_some() && answer.outcome == Outcome::OutOfReach && answers.iter().any(is_said_by)
    };
    let counted = || answers.iter().filter(|answer| !is_beside_a_token(answer));
    let is_there = |outcome: &Outcome| counted().any(|answer| answer.outcome == *outcome);
    Outcome::ORDER.into_iter().find(is_there).unwrap_or(Outcome::Untried).exit()
}

/// Which build made a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    ThisBuild,
    OtherBuild,
}

/// What became of a token's decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decisions {
    pub(super) origin: Origin,
    /// How many there are.
    pub(super) named: usize,
    /// How many this build has a place for.
    pub(super) found: usize,
}

impl Decisions {
    /// Of a token that is resolved, with what was told of that.
    pub(super) fn of(ask: &Ask, told: &[String]) -> Option<Self> {
        let (By::Token(token), Some(plan)) = (&ask.by, &ask.plan) else { return None };
        // Of the build that made it there is nothing to be told.
        let origin = if told.is_empty() { Origin::ThisBuild } else { Origin::OtherBuild };
        Some(Self { origin, named: token.decisions.len(), found: plan.decisions.len() })
    }
}

/// What became of one run that a report names.
#[derive(Debug)]
pub(super) struct Answer {
    /// What named it.
    pub(super) named: String,
    /// What is run, as far as that is known.
    pub(super) program: Option<String>,
    /// The token, if it was one.
    pub(super) token: Option<String>,
    /// The seed, if it was one.
    pub(super) seed: Option<u64>,
    pub(super) outcome: Outcome,
    /// The signature that is reported, as far as that is known.
    pub(super) expected: Option<String>,
    /// The signature that shows here.
    pub(super) shown: Option<String>,
    pub(super) decisions: Option<Decisions>,
    /// How a token's run was found.
    pub(super) told: Vec<String>,
    /// What the oracle or ending said, or why nothing was tried.
    pub(super) detail: String,
    /// What to type or to ask for.
    pub(super) next: String,
    /// What to type to see the run.
    pub(super) replay: Option<String>,
    pub(super) record: Option<Box<Record>>,
}

impl Answer {
    /// To a run that was made.
    pub(super) fn of(ask: &Ask, outcome: Outcome, detail: &str) -> Self {
        let (program, replay) = (&ask.request.program, ask.line());
        let (token, seed) = match &ask.by {
            By::Token(token) => (token.encode().ok(), None),
            By::Seed | By::Trace(_) => (None, Some(ask.request.seed.0)),
        };
        let rest = replay.strip_prefix("cargo xtask sim ").unwrap_or_default();
        let next = match outcome {
            Outcome::Reproduced if seed.is_some() => {
                format!("`cargo xtask shrink {rest}` for the few decisions that matter, and a token")
            }
            Outcome::Reproduced | Outcome::OtherFailure => format!("`{replay} --gdb` to stop in it"),
            Outcome::Fixed => {
                format!(
                    "`cargo xtask sweep {program} --seeds 2000`, which looks for it under other schedules"
                )
            }
            Outcome::OutOfReach => format!(
                "`cargo xtask sweep {program} --seeds 2000`, which looks for it by itself; or ask for a token of this build, or for the commit it was \
                 found at"
            ),
            Outcome::Diverged => {
                format!("`{replay}` once more: it makes the run twice and tells where it differs")
            }
            Outcome::Inconclusive | Outcome::Bug | Outcome::Untried => {
                format!("`{replay}`, which tells more")
            }
        };
        Self {
            named: ask.title(),
            program: Some(program.clone()),
            token,
            seed,
            outcome,
            expected: None,
            shown: None,
            decisions: None,
            told: Vec::new(),
            detail: detail.to_owned(),
            next,
            replay: Some(replay),
            record: None,
        }
    }

    /// To a token that has another run in the build that made it.
    pub(super) fn other_events(ask: &Ask, named: String, (expected, found): (u32, u32)) -> Self {
        let detail = format!(
            "it was made by this very build, and has other events: {found:08x} instead of {expected:08x}"
        );
        let next = String::from(
            "ask the reporter for the seed that was reported with it; `cargo xtask sim` with it says why equal runs differ",
        );
        Self { named, next, ..Self::of(ask, Outcome::Diverged, &detail) }
    }

    /// To what no run was made of, with an error of ours: what is wrong, and behind `next:` what to do.
    pub(super) fn refused(named: String, error: &str) -> Self {
        let (detail, next) = error.split_once("\nnext: ").unwrap_or((error, "ask the reporter for a token"));
        Self {
            named,
            program: None,
            token: None,
            seed: None,
            outcome: Outcome::Untried,
            expected: None,
            shown: None,
            decisions: None,
            told: Vec::new(),
            detail: detail.to_owned(),
            next: next.to_owned(),
            replay: None,
            record: None,
        }
    }
}

/// The answer to what names no run that could be made.
pub(super) fn untried(named: &Named, scenarios: &Scenarios) -> Answer {
    match named {
        Named::Damaged(damaged) => of_damaged(damaged),
        Named::Nowhere { seed, like } => {
            let like = like.as_deref();
            let unknown = like.and_then(|like| scenarios.select(&[like.to_owned()]).err());
            let detail = match &unknown {
                Some(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
                None => String::from("it stands there without the program that it is a seed of"),
            };
            let next = "ask the reporter for SCENARIO/VARIANT, or for the line that begins with `replay:`; `cargo xtask list` has the names";
            let refused = Answer::refused(format!("seed {seed}"), &format!("{detail}\nnext: {next}"));
            Answer { seed: Some(*seed), ..refused }
        }
        Named::Refused { line, why } => {
            let next = "`cargo xtask sim --help` for what this Photofinish takes; ask the reporter for the commit it was found at";
            Answer::refused(
                format!("`{line}`"),
                &format!("this Photofinish does not take it: {why}\nnext: {next}"),
            )
        }
        Named::Trace { line } => {
            let next = "ask the reporter for that file, and replay it; or for a token, which `cargo xtask shrink --trace FILE` prints";
            Answer::refused(
                format!("`{line}`"),
                &format!("it replays a file that is not in the report\nnext: {next}"),
            )
        }
        Named::OfTest { seed } => {
            let next = format!("there, `PHOTOFINISH_SEED={seed} cargo test` with the test's name");
            let detail = "it is the seed of a test, which is in its crate's own executable";
            let refused = Answer::refused(format!("seed {seed}"), &format!("{detail}\nnext: {next}"));
            Answer { seed: Some(*seed), ..refused }
        }
        Named::Token(_) | Named::Seed(_) => unreachable!("these are tried"),
    }
}

/// Which check a token did not pass, and what to ask for.
fn of_damaged(damaged: &Damaged) -> Answer {
    let Damaged { text, error, end } = damaged;
    let said = error.to_string();
    let wrong = said.split("\nnext: ").next().unwrap_or_default();
    let again = "ask the reporter to copy the token once more, from `pf1-` to its last character, into a block of code (three backticks)";
    let next = match (error, end) {
        (DecodeError::OtherVersion { .. }, _) => String::from(
            "ask the reporter for the commit of Photofinish it was found at, or for the seed and SCENARIO/VARIANT",
        ),
        (DecodeError::Malformed { .. }, _) => String::from(
            "ask the reporter for the seed and SCENARIO/VARIANT; copying the token again does not help",
        ),
        (_, End::Cut) => format!("it was cut where the dots are: {again}"),
        (_, End::Plain) => format!("{again}; or for the seed and SCENARIO/VARIANT"),
    };
    let named = format!("token {text}");
    Answer { token: Some(text.clone()), ..Answer::refused(named, &format!("{wrong}\nnext: {next}")) }
}
