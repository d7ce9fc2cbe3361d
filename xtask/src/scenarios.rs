//! The scenario executable: built instrumented, listed, and searched by the names people type.
//!
//! Does not run scenarios. Invariant: a name that is accepted here is a program that the executable holds.

mod several;

use std::path::{Path, PathBuf};

use photofinish::client::{self, ClientError};
use photofinish::scenario::Listed;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use thiserror::Error;

pub use self::several::{Program, Several, Swept, Unnamed, typed};
use crate::exit::{Exit, ExitCause};
use crate::instrumented::{self, Bin, BuildError};

/// Why no scenario was found.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// They could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// They could not be listed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// They are in several executables.
    #[error(
        "`{one}` and `{other}` are in two executables, and this command is of one\n\
         next: a command for each; `cargo xtask sweep` takes both"
    )]
    Several {
        /// A name that was typed.
        one: String,
        /// One that is in another executable.
        other: String,
    },
    /// There is none of that name.
    #[error("there is no scenario or variant `{name}`{}\nnext: {}", nearest_words(nearest), next_words(name))]
    Unknown {
        /// What was typed.
        name: String,
        /// Names that are close to it.
        nearest: Vec<String>,
    },
}

impl ExitCause for ScenarioError {
    fn exit(&self) -> Exit {
        match self {
            Self::Build(error) => error.exit(),
            Self::Client(error) => crate::commands::sim::client_exit(error),
            Self::Several { .. } | Self::Unknown { .. } => Exit::Usage,
        }
    }
}

fn nearest_words(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; did you mean `{}`?", nearest.join("`, `")) }
}

/// What to type instead of a name that there is not: it may be what an option takes.
fn next_words(name: &str) -> String {
    match name {
        _ if name.starts_with("pf1-") => format!("`cargo xtask sim --seed {name}`"),
        _ if name.parse::<Seed>().is_ok() => format!("`cargo xtask sim SCENARIO --seed {name}`"),
        _ if Path::new(name).is_file() => format!("`cargo xtask sim --trace {name}`"),
        _ => String::from("`cargo xtask list`"),
    }
}

/// An executable that holds scenarios.
#[derive(Debug, PartialEq)]
struct Holder {
    /// The folder of the workspace that it is in, below ours; ours has none.
    workspace: &'static str,
    package: &'static str,
    bin: &'static str,
    /// What the names of its scenarios begin with.
    prefixes: &'static [&'static str],
    /// The level that it is built at unless another is asked for.
    preempt: Preempt,
    /// When they are swept if nobody has named them.
    swept: Swept,
}

/// All of them; a scenario is in the first whose prefix its name has.
const HOLDERS: [Holder; 7] = [
    Holder {
        workspace: "",
        package: "photofinish-turmoil-scenarios",
        bin: "turmoil-scenarios",
        prefixes: &["turmoil-"],
        preempt: Preempt::Atomics,
        swept: Swept::Always,
    },
    Holder {
        workspace: "scenarios/known",
        package: "photofinish-known",
        bin: "photofinish-known",
        prefixes: &["known-"],
        preempt: Preempt::Atomics,
        swept: Swept::AtNight,
    },
    Holder {
        workspace: "scenarios/wild/tokio-1-13",
        package: "photofinish-wild-tokio-1-13",
        bin: "photofinish-wild-tokio-1-13",
        prefixes: &[
            "wild-flatten-2726",
            "wild-oneshot-0005",
            "wild-remutex-da16c2c",
            "wild-tokio-oneshot-0124",
        ],
        preempt: Preempt::Blocks,
        swept: Swept::AtNight,
    },
    Holder {
        workspace: "scenarios/wild/tokio-1-44",
        package: "photofinish-wild-tokio-1-44",
        bin: "photofinish-wild-tokio-1-44",
        prefixes: &[
            "wild-eventlistener-233",
            "wild-futures-mpsc",
            "wild-oneshot-unparking",
            "wild-tokio-broadcast-0023",
        ],
        preempt: Preempt::Atomics,
        swept: Swept::AtNight,
    },
    Holder {
        workspace: "scenarios/wild/tokio-1-54",
        package: "photofinish-wild-tokio-1-54",
        bin: "photofinish-wild-tokio-1-54",
        prefixes: &["wild-hyper-terminator-4143"],
        preempt: Preempt::Atomics,
        swept: Swept::AtNight,
    },
    Holder {
        workspace: "scenarios/wild/tokio-1-52",
        package: "photofinish-wild-tokio-1-52",
        bin: "photofinish-wild-tokio-1-52",
        prefixes: &["wild-"],
        preempt: Preempt::Atomics,
        swept: Swept::AtNight,
    },
    Holder {
        workspace: "",
        package: "photofinish-scenarios",
        bin: "scenarios",
        prefixes: &[""],
        preempt: Preempt::Atomics,
        swept: Swept::Always,
    },
];

impl Holder {
    /// The one that holds this scenario or variant, if there is any of that name.
    fn of(name: &str) -> &'static Self {
        Self::among(&HOLDERS, name)
    }

    /// The same among others.
    fn among<'a>(holders: &'a [Self], name: &str) -> &'a Self {
        holders
            .iter()
            .find(|holder| holder.prefixes.iter().any(|prefix| name.starts_with(prefix)))
            .expect("the last holds every name")
    }

    fn load(&self, preempt: Option<Preempt>) -> Result<Scenarios, ScenarioError> {
        let bin = Bin { package: self.package, name: self.bin };
        let level = preempt.unwrap_or(self.preempt);
        let path = instrumented::build_in(self.workspace, level, bin)?;
        let all = client::list(&path)?;
        let preempt = preempt.filter(|level| *level != self.preempt);
        Ok(Scenarios { name: self.bin, path, all, level, preempt })
    }
}

/// The executable and what it holds.
#[derive(Debug)]
pub struct Scenarios {
    /// What the executable is called.
    pub name: &'static str,
    /// The executable.
    pub path: PathBuf,
    /// Every variant, in the executable's order.
    pub all: Vec<Listed>,
    /// The level it is built at.
    pub level: Preempt,
    /// The same, if another was asked for than it has by itself: what requests, and so traces, tokens and lines, say.
    pub preempt: Option<Preempt>,
}

impl Scenarios {
    /// Builds what is not fresh at a level, or at its own, and asks the executable what it holds that has most scenarios: all but those on turmoil.
    ///
    /// # Errors
    /// The compiler refused, or the executable did not answer.
    pub fn load(preempt: Option<Preempt>) -> Result<Self, ScenarioError> {
        Holder::of("").load(preempt)
    }

    /// The same of the executable that has the scenarios of these names; without names, as [`Scenarios::load`].
    ///
    /// # Errors
    /// The same, or the names are of several executables.
    pub fn load_for(names: &[String], preempt: Option<Preempt>) -> Result<Self, ScenarioError> {
        let Some((first, others)) = names.split_first() else { return Self::load(preempt) };
        let holder = Holder::of(first);
        match others.iter().find(|other| Holder::of(other).bin != holder.bin) {
            Some(other) => Err(ScenarioError::Several { one: first.clone(), other: other.clone() }),
            None => holder.load(preempt),
        }
    }

    /// The same of each executable that is always swept, that with most scenarios first; and of others whose scenarios a text names.
    ///
    /// # Errors
    /// The compiler refused, or an executable did not answer.
    pub fn load_all(named_in: &str, preempt: Option<Preempt>) -> Result<Vec<Self>, ScenarioError> {
        let words = || named_in.split(|letter: char| !(letter.is_alphanumeric() || "-_/@".contains(letter)));
        let is_named = |holder: &Holder| words().any(|word| Holder::of(word) == holder);
        let wanted = |holder: &&Holder| holder.swept == Swept::Always || is_named(holder);
        HOLDERS.iter().rev().filter(wanted).map(|holder| holder.load(preempt)).collect()
    }

    /// What a program is about, and what its variant does otherwise.
    #[must_use]
    pub fn about(&self, program: &str) -> Option<String> {
        let listed = self.all.iter().find(|listed| listed.name() == program)?;
        Some(format!("{} {}", listed.story, listed.differs).trim().to_owned())
    }

    /// The programs that the names stand for: a variant, all variants of a scenario, or without names everything.
    ///
    /// # Errors
    /// A name that stands for nothing, with those closest to it.
    pub fn select(&self, names: &[String]) -> Result<Vec<&Listed>, ScenarioError> {
        if names.is_empty() {
            return Ok(self.all.iter().collect());
        }
        let mut selected = Vec::new();
        for name in names {
            let before = selected.len();
            selected
                .extend(self.all.iter().filter(|listed| listed.scenario == *name || listed.name() == *name));
            if selected.len() == before {
                return Err(ScenarioError::Unknown { name: name.clone(), nearest: self.nearest(name) });
            }
        }
        Ok(selected)
    }

    fn nearest(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> =
            self.all.iter().flat_map(|listed| [listed.scenario.clone(), listed.name()]).collect();
        names.sort();
        names.dedup();
        let mut close: Vec<(usize, String)> = names
            .into_iter()
            .map(|candidate| (strsim::damerau_levenshtein(name, &candidate), candidate))
            .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()) / 3)
            .collect();
        close.sort();
        close.into_iter().take(3).map(|(_, candidate)| candidate).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_in_one_executable() {
        let check = |name: &str, bin: &str| assert_eq!(Holder::of(name).bin, bin, "{name}");
        check("turmoil-ledger/buggy", "turmoil-scenarios");
        check("late-listener", "scenarios");
        check("wild-futures-mpsc/fixed", "photofinish-wild-tokio-1-44");
        check("known-parking-lot/once", "photofinish-known");
        check("wild-r2d2-race", "photofinish-wild-tokio-1-52");
        check("", "scenarios");
    }

    #[test]
    fn names_of_two_executables_are_refused() {
        let names = ["late-listener", "turmoil-ledger/fixed"].map(String::from);
        let error = Scenarios::load_for(&names, None).expect_err("two executables").to_string();
        assert!(error.contains("`turmoil-ledger/fixed` are in two executables") && error.contains("next: "));
    }
}
