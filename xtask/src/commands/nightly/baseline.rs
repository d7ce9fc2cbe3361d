//! The baseline on disk: a list in TOML of failures that are let pass for the time being.
//!
//! Does not decide what a night comes to. Invariant: an entry names programs that there are, a signature, why, and since when; what
//! could excuse everything is refused.

use std::path::{Path, PathBuf};

use photofinish::sweep::matches;
use photofinish_reports::sweep::baseline::Excuse;
use serde::Deserialize;
use thiserror::Error;
use toml::value::Datetime;

use crate::exit::{Exit, ExitCause};
use crate::scenarios::{ScenarioError, Several, Unnamed};

/// The list of this repository, from its root.
pub(super) const FILE: &str = "scenarios/baseline.toml";

/// What an entry looks like, for whoever has written one that does not.
const LIKE: &str = "an entry is `[[failure]]` with scenario = \"NAME\" or \"NAME/VARIANT\", signature = \"TEXT\" (a * at its end stands for \
                    anything), why = \"TEXT\" and since = 2026-11-22";

/// The list cannot be used.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It cannot be read.
    #[error(
        "reading the baseline {path} failed: {source}\nnext: the same command with `--baseline` and a file that is there"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no such list.
    #[error("the baseline {path} cannot be understood: {what}\nnext: correct it; {LIKE}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// What it is about cannot be built or listed.
    #[error(transparent)]
    Scenarios(#[from] ScenarioError),
    /// It is about a program that there is not.
    #[error("the baseline {path} is about what is not there: {source}")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Which, and what is near.
        source: ScenarioError,
    },
}

impl ExitCause for BaselineError {
    fn exit(&self) -> Exit {
        match self {
            Self::Scenarios(error) => error.exit(),
            Self::Read { .. } | Self::Damaged { .. } | Self::Unknown { .. } => Exit::Usage,
        }
    }
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    /// Its entries.
    #[serde(default, rename = "failure")]
    pub(super) failures: Vec<Failure>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
    /// The program, or a scenario, which is all of its programs.
    pub(super) scenario: String,
    /// The signature; a `*` at its end stands for anything.
    pub(super) signature: String,
    /// Why it is let pass.
    why: String,
    /// Since when.
    since: Datetime,
}

impl Failure {
    /// Whether it is about a program.
    pub(super) fn is_about(&self, program: &str) -> bool {
        let scenario = program.split('/').next().unwrap_or_default();
        self.scenario == program || self.scenario == scenario
    }

    /// Whether it excuses a signature of a program.
    pub(super) fn excuses(&self, program: &str, signature: &str) -> bool {
        self.is_about(program) && matches(&self.signature, signature)
    }

    /// What is said of the failures that it excuses.
    pub(super) fn excuse(&self) -> Excuse {
        Excuse { why: self.why.clone(), since: self.since.to_string() }
    }

    /// What makes it no entry, if anything does.
    fn flaw(&self) -> Option<&'static str> {
        let Self { scenario, signature, why, since } = self;
        if scenario.trim().is_empty() {
            Some("has no scenario")
        } else if signature.trim_end_matches('*').trim().is_empty() {
            Some("has a signature that excuses every failure")
        } else if why.trim().is_empty() {
            Some("does not say why")
        } else if since.date.is_none() || since.time.is_some() {
            Some("does not say since which day")
        } else {
            None
        }
    }
}

impl Baseline {
    /// Reads a list, and holds it against the programs that there are, of which it builds those that it names.
    pub(super) fn read(path: &Path) -> Result<Self, BaselineError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| BaselineError::Read { path: path.to_owned(), source })?;
        let baseline =
            Self::parse(&text).map_err(|what| BaselineError::Damaged { path: path.to_owned(), what })?;
        let names: Vec<String> = baseline.failures.iter().map(|failure| failure.scenario.clone()).collect();
        if !names.is_empty() {
            Several::load(&names, Unnamed::Usual, None)?
                .select(&names)
                .map_err(|source| BaselineError::Unknown { path: path.to_owned(), source })?;
        }
        Ok(baseline)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let baseline: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        for (nth, failure) in baseline.failures.iter().enumerate() {
            let Failure { scenario, signature, .. } = failure;
            if let Some(flaw) = failure.flaw() {
                return Err(format!("entry {} ({scenario}: {signature}) {flaw}", nth + 1));
            }
            let is_same = |other: &Failure| other.scenario == *scenario && other.signature == *signature;
            if baseline.failures[..nth].iter().any(is_same) {
                return Err(format!("entry {} ({scenario}: {signature}) is there twice", nth + 1));
            }
        }
        Ok(baseline)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A list of so many entries: program, signature.
    pub(in super::super) fn baseline(entries: &[(&str, &str)]) -> Baseline {
        let entry = |(scenario, signature): &(&str, &str)| {
            format!(
                "[[failure]]\nscenario = {scenario:?}\nsignature = {signature:?}\nwhy = \"later\"\nsince = 2026-11-22\n"
            )
        };
        Baseline::parse(&entries.iter().map(entry).collect::<String>()).expect("it is one")
    }

    #[test]
    fn an_entry_is_about_a_program_or_all_of_a_scenario() {
        let list = baseline(&[("mail/queue", "lost*"), ("orders", "late")]);
        let [mail, orders] = &list.failures[..] else { panic!("two entries: {list:?}") };
        assert!(mail.excuses("mail/queue", "lost: 3") && !mail.excuses("mail/other", "lost: 3"));
        assert!(orders.excuses("orders/a", "late") && orders.excuses("orders/b@c", "late"));
        assert!(!orders.excuses("orders/a", "late: 3") && !orders.excuses("ordersx/a", "late"));
        assert_eq!(mail.excuse(), Excuse { why: String::from("later"), since: String::from("2026-11-22") });
    }

    #[test]
    fn an_empty_list_is_one() {
        assert_eq!(Baseline::parse("# nothing\n"), Ok(Baseline::default()));
    }

    #[test]
    fn what_is_no_list_is_refused_and_named() {
        let check = |text: &str, words: &str| {
            let what = Baseline::parse(text).expect_err("it is refused");
            assert!(what.contains(words), "{text}: {what}");
        };
        let entry = |change: (&str, &str)| {
            let whole = "[[failure]]\nscenario = \"mail\"\nsignature = \"lost\"\nwhy = \"later\"\nsince = 2026-11-22\n";
            whole.replace(change.0, change.1)
        };
        check("failure", "line 1");
        check(&entry(("why = \"later\"\n", "")), "missing field `why`");
        check(&entry(("why", "because")), "unknown field `because`");
        check(&entry(("[[failure]]", "[[failures]]")), "unknown field `failures`");
        check(&entry(("2026-11-22", "\"last week\"")), "since");
        check(&entry(("2026-11-22", "2026-13-22")), "since");
        check(&entry(("2026-11-22", "12:00:00")), "entry 1 (mail: lost) does not say since which day");
        check(&entry(("2026-11-22", "2026-11-22T12:00:00Z")), "does not say since which day");
        check(&entry(("lost", "*")), "entry 1 (mail: *) has a signature that excuses every failure");
        check(&entry(("lost", "")), "excuses every failure");
        check(&entry(("later", " ")), "does not say why");
        check(&entry(("\"mail\"", "\"\"")), "has no scenario");
        check(&entry(("", "")).repeat(2), "entry 2 (mail: lost) is there twice");
    }
}
