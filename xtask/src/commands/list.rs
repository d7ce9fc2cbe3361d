//! `cargo xtask list`: the scenarios, their variants and expectations, and the targets that are not ours.
//!
//! Runs nothing.
//! Invariant: every name it prints is accepted by `cargo xtask sim`.

use photofinish::scenario::Listed;
use thiserror::Error;

use super::foreign::{self, ForeignError};
use crate::cli::ListArgs;
use crate::exit::{Exit, ExitCause};
use crate::scenarios::{ScenarioError, Scenarios};

/// Why there is no list.
#[derive(Debug, Error)]
pub enum ListError {
    /// The scenarios cannot be listed.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The targets that are not ours cannot.
    #[error(transparent)]
    Foreign(#[from] ForeignError),
}

impl ExitCause for ListError {
    fn exit(&self) -> Exit {
        match self {
            Self::Scenario(error) => error.exit(),
            Self::Foreign(error) => error.exit(),
        }
    }
}

/// Lists the scenarios, and the targets that are not ours.
pub fn run(args: &ListArgs) -> Result<Exit, ListError> {
    let loaded = Scenarios::load_all("", None)?;
    let mut scenario = "";
    for listed in loaded.iter().flat_map(|scenarios| &scenarios.all) {
        if args.json {
            crate::say!("{}", serde_json::to_string(listed).expect("plain data has a JSON form"));
            continue;
        }
        if listed.scenario != scenario {
            scenario = &listed.scenario;
            crate::say!("{scenario}: {}", listed.story);
        }
        crate::say!("  {}", listed.name());
        crate::say!("      {}", listed.differs);
        crate::say!("      expected: {}", expected(listed));
    }
    foreign::list::run(args)?;
    if !args.json {
        crate::say!(
            "known-…: stress programs of well-known crates, in an executable of their own: known-async-channel, \
             known-crossbeam-channel, known-event-listener, known-parking-lot, known-tokio-util"
        );
        crate::say!(
            "wild-…: published bugs in unmodified crates, which take long to build; `cargo xtask wild --help`"
        );
    }
    Ok(Exit::Passed)
}

/// What a sweep must and may find, in words.
pub(super) fn expected(listed: &Listed) -> String {
    if listed.must.is_empty() && listed.may.is_empty() {
        return String::from("never fails");
    }
    let mut words: Vec<String> = Vec::new();
    if listed.always {
        words.push(String::from("always fails"));
    }
    words.extend(listed.must.iter().map(|(signature, runs)| format!("`{signature}` within {runs} runs")));
    words.extend(listed.may.iter().map(|signature| format!("perhaps `{signature}`")));
    words.join(", ")
}
