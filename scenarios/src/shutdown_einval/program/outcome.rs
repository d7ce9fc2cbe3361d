//! What a supervisor tells whoever started it: a file with what came of the handoff, and an exit status.
//!
//! It does not know what should have come of it. Invariant: `parse` gives back what `write` was given.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::error::{self, Error};
use super::process::exit;

/// What came of a handoff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Outcome {
    /// The successor serves.
    Committed,
    /// The incumbent serves, because of this.
    Aborted(String),
    /// The handoff broke off, because of this.
    Failed(String),
}

impl From<error::Result<Self>> for Outcome {
    fn from(result: Result<Self, Error>) -> Self {
        result.unwrap_or_else(|error| Self::Failed(error.to_string()))
    }
}

impl Outcome {
    /// The exit status that says the same in short.
    pub(in super::super) fn status(&self) -> i32 {
        match self {
            Self::Committed => 0,
            Self::Aborted(_) => 2,
            Self::Failed(_) => 3,
        }
    }

    /// Writes it down, with how long the handoff took.
    fn write(&self, to: &Path, took: Duration) -> io::Result<()> {
        let (kind, reason) = match self {
            Self::Committed => ("committed", ""),
            Self::Aborted(reason) => ("aborted", reason.as_str()),
            Self::Failed(reason) => ("failed", reason.as_str()),
        };
        fs::write(to, format!("{}\n{kind}\n{reason}", took.as_millis()))
    }

    /// Writes it down and ends the process with it.
    pub(in super::super) fn tell(&self, to: &Path, took: Duration) -> ! {
        self.write(to, took).expect("the run's folder can be written to");
        exit(self.status())
    }

    /// Reads what was written.
    pub(in super::super) fn parse(text: &str) -> Option<(Self, Duration)> {
        let mut lines = text.splitn(3, '\n');
        let took = Duration::from_millis(lines.next()?.parse().ok()?);
        let (kind, reason) = (lines.next()?, lines.next()?.to_owned());
        let outcome = match kind {
            "committed" => Self::Committed,
            "aborted" => Self::Aborted(reason),
            "failed" => Self::Failed(reason),
            _ => return None,
        };
        Some((outcome, took))
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process;

    use super::*;

    fn check(outcome: &Outcome) {
        let path = env::temp_dir().join(format!("outcome-{}-{}", process::id(), outcome.status()));
        outcome.write(&path, Duration::from_millis(5)).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(Outcome::parse(&text), Some((outcome.clone(), Duration::from_millis(5))));
    }

    #[test]
    fn what_is_written_is_read() {
        check(&Outcome::Committed);
        check(&Outcome::Aborted("two\nlines".to_owned()));
        check(&Outcome::Failed(String::new()));
        assert_eq!(Outcome::parse("5\nperhaps\n"), None);
    }
}
