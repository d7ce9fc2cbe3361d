//! What a process is told on its command line.
//!
//! It does not know what is done with it. Invariant: `parse` gives back what `arguments` was given.

use std::path::{Path, PathBuf};

use super::crash::Crash;
use super::policy::{Policy, Site};

/// The word before each option's value.
pub(in super::super) const DIR: &str = "--dir";
/// See [`DIR`].
pub(in super::super) const POLICY: &str = "--policy";
/// See [`DIR`].
pub(in super::super) const OUTCOME: &str = "--outcome";
/// See [`DIR`].
pub(in super::super) const CRASH_AT: &str = "--crash-at";
/// See [`DIR`].
pub(in super::super) const EINVAL_AT: &str = "--genuine-einval-at";
/// See [`DIR`].
pub(in super::super) const SILENT_MS: &str = "--silent-ms";
/// See [`DIR`].
pub(in super::super) const READY_AT_US: &str = "--ready-at-us";
/// See [`DIR`].
pub(in super::super) const SEAL_MS: &str = "--seal-ms";
/// The value of [`EINVAL_AT`] that is known.
pub(in super::super) const AT_READY: &str = "ready";
/// The value of [`READY_AT_US`] with which a supervisor lets its successor be ready just when it gives up.
pub(in super::super) const AT_CAP: &str = "cap";

/// When a successor that has the data says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ReadyWhen {
    /// At once.
    #[default]
    AtOnce,
    /// When this many milliseconds have passed.
    After(u64),
    /// At this microsecond of the calendar.
    At(u64),
    /// When the supervisor gives up, which it must tell the successor.
    AtCap,
}

/// Everything that the three roles can be told.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// The run's own folder.
    pub(super) dir: PathBuf,
    /// The variant.
    pub(super) policy: &'static Policy,
    /// The file in the folder that a supervisor writes its outcome to.
    pub(super) outcome: String,
    /// Where to die.
    pub(super) crash: Crash,
    /// Where one arming is answered EINVAL.
    pub(super) einval_at: Option<Site>,
    /// When a successor is ready.
    pub(super) ready: ReadyWhen,
    /// How long an incumbent takes to seal.
    pub(super) seal_ms: u64,
}

impl Options {
    /// Reads pairs of a word and its value.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let value = |word: &str| {
            let pair = arguments.chunks(2).find(|pair| pair[0] == word)?;
            pair.get(1).map(String::as_str)
        };
        let number = |word: &str| match value(word).map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(format!("{word} is no number")),
        };
        let name = value(POLICY).ok_or("no --policy")?;
        let ready = match (number(SILENT_MS)?, value(READY_AT_US)) {
            (Some(ms), _) => ReadyWhen::After(ms),
            (None, None) => ReadyWhen::AtOnce,
            (None, Some(AT_CAP)) => ReadyWhen::AtCap,
            (None, Some(_)) => number(READY_AT_US)?.map_or(ReadyWhen::AtOnce, ReadyWhen::At),
        };
        Ok(Self {
            dir: PathBuf::from(value(DIR).ok_or("no --dir")?),
            policy: Policy::named(name).ok_or_else(|| format!("there is no policy {name:?}"))?,
            outcome: value(OUTCOME).unwrap_or("outcome").to_owned(),
            crash: Crash(value(CRASH_AT).map(str::to_owned)),
            einval_at: match value(EINVAL_AT) {
                None => None,
                Some(AT_READY) => Some(Site::Ready),
                Some(other) => return Err(format!("EINVAL cannot strike at {other:?}")),
            },
            ready,
            seal_ms: number(SEAL_MS)?.unwrap_or(0),
        })
    }

    /// What a supervisor tells its successor, which gives up being told anything else once it serves.
    pub(super) fn for_successor(&self, cap_us: u64) -> Vec<String> {
        let mut arguments = vec![
            DIR.to_owned(),
            self.dir.display().to_string(),
            POLICY.to_owned(),
            self.policy.name.to_owned(),
        ];
        let mut tell = |word: &str, value: String| arguments.extend([word.to_owned(), value]);
        if let Some(point) = &self.crash.0 {
            tell(CRASH_AT, point.clone());
        }
        match self.ready {
            ReadyWhen::AtOnce => {}
            ReadyWhen::After(ms) => tell(SILENT_MS, ms.to_string()),
            ReadyWhen::At(us) => tell(READY_AT_US, us.to_string()),
            ReadyWhen::AtCap => tell(READY_AT_US, cap_us.to_string()),
        }
        arguments
    }
}

/// Where things lie in a run's folder.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Places<'a>(pub(in super::super) &'a Path);

impl Places<'_> {
    /// The socket that the incumbent answers at.
    pub(in super::super) fn control(self) -> PathBuf {
        self.0.join("control.sock")
    }

    /// The folder of the data.
    pub(in super::super) fn data(self) -> PathBuf {
        self.0.join("data")
    }

    /// The supervisor's journal.
    pub(in super::super) fn journal(self) -> PathBuf {
        self.0.join("state.bin")
    }

    /// Exists once an incumbent was told to serve again.
    pub(in super::super) fn resume_called(self) -> PathBuf {
        self.0.join("resume-called")
    }

    /// Exists once EINVAL struck where no peer had closed.
    pub(in super::super) fn einval_struck(self) -> PathBuf {
        self.0.join("einval-struck")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Result<Options, String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn a_successor_is_told_what_concerns_it() {
        let told = options("--dir /d --policy full --crash-at n-x --silent-ms 9 --outcome o").unwrap();
        assert_eq!(told.for_successor(5).join(" "), "--dir /d --policy full --crash-at n-x --silent-ms 9");
        let told = options("--dir /d --policy fixed --ready-at-us cap").unwrap();
        assert_eq!(told.for_successor(5).join(" "), "--dir /d --policy fixed --ready-at-us 5");
        assert_eq!(options(&told.for_successor(5).join(" ")).unwrap().ready, ReadyWhen::At(5));
    }

    #[test]
    fn what_is_unknown_is_refused() {
        for line in [
            "--policy full",
            "--dir /d",
            "--dir /d --policy other",
            "--dir /d --policy full --silent-ms x",
            "--dir /d --policy full --genuine-einval-at seal",
        ] {
            assert!(options(line).is_err(), "{line}");
        }
    }
}
