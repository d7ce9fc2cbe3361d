//! The scenario executable: built instrumented, listed, and searched by the names people type.
//!
//! Does not run scenarios. Invariant: a name that is accepted here is a program that the executable holds.

use std::path::PathBuf;

use photofinish::client::{self, ClientError};
use photofinish::scenario::Listed;
use thiserror::Error;

use crate::exit::{Exit, ExitCause};
use crate::instrumented::{self, BuildError};

/// Why no scenario was found.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// They could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// They could not be listed.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is none of that name.
    #[error("there is no scenario or variant `{name}`{}\nnext: `cargo xtask list`", nearest_words(nearest))]
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
            Self::Unknown { .. } => Exit::Usage,
        }
    }
}

fn nearest_words(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; did you mean `{}`?", nearest.join("`, `")) }
}

/// The executable and what it holds.
#[derive(Debug)]
pub struct Scenarios {
    /// The executable.
    pub path: PathBuf,
    /// Every variant, in the executable's order.
    pub all: Vec<Listed>,
}

impl Scenarios {
    /// Builds what is not fresh, and asks the executable what it holds.
    ///
    /// # Errors
    /// The compiler refused, or the executable did not answer.
    pub fn load() -> Result<Self, ScenarioError> {
        let path = instrumented::build("photofinish-scenarios", "scenarios")?;
        let all = client::list(&path)?;
        Ok(Self { path, all })
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
