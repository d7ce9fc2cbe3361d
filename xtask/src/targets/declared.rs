//! What `targets.toml` says of a target.
//!
//! Does not look whether what is named is there. Invariant: what was parsed can be asked for: names are whole, each kind has what it needs,
//! and no two targets have one name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use photofinish::scenario::{Listed, Os};
use serde::Deserialize;

/// A target.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Declared {
    /// `group/name`, by which it is asked for as scenarios are.
    pub name: String,
    /// What it is about.
    pub story: String,
    /// What distinguishes it from others of its group.
    #[serde(default)]
    pub differs: String,
    /// What it is.
    pub kind: Kind,
    /// How its executable is built, unless it is there.
    pub build: Option<Build>,
    /// The program and its words; `{executable}`, `{seed}` and `{config}` are filled in. What serves runs has one word at most.
    #[serde(default)]
    pub run: Vec<String>,
    /// What it is called in the executable that serves it.
    pub program: Option<String>,
    /// The folder that it is started in, from the file's own on.
    pub folder: Option<String>,
    /// Variables that it finds, beside the few that every target gets; filled in as its words are.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// How long a run may take on the real clock.
    #[serde(default = "usual_limit", deserialize_with = "duration")]
    pub limit: Duration,
    /// The exit statuses of runs that passed.
    #[serde(default = "usual_passes")]
    pub passes: Vec<i32>,
    /// The exit statuses of runs that failed; any other that did not pass, if there is none.
    pub fails: Option<Vec<i32>>,
    /// How lines begin that name a failure.
    pub signature_line: Option<String>,
    /// What its configuration is drawn from: by key, values of which each seed draws one. The first is the boring one.
    #[serde(default)]
    pub config: BTreeMap<String, Vec<toml::Value>>,
    /// What becomes of it if its seed never matters.
    #[serde(default)]
    pub ignored_seed: IgnoredSeed,
    /// Signatures that a sweep must find.
    #[serde(default)]
    pub must: Vec<Find>,
    /// Signatures that it may find besides.
    #[serde(default)]
    pub may: Vec<String>,
    /// Whether every run must fail.
    #[serde(default)]
    pub always: bool,
}

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A program that is started for each run and answers by its exit status.
    Command,
    /// An executable that links `photofinish-served`.
    Served,
    /// The same, built with `--cfg madsim`.
    Madsim,
}

impl Kind {
    /// As it stands in the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Served => "served",
            Self::Madsim => "madsim",
        }
    }
}

/// What becomes of a target whose seed seems to be ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IgnoredSeed {
    /// It is said.
    #[default]
    Warn,
    /// It is said, and the sweep is not as expected.
    Fail,
    /// Nothing: its seed need not matter.
    Allow,
}

/// A build of an executable by cargo.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Build {
    /// The manifest, from the file's own folder on.
    pub manifest: String,
    /// The package.
    pub package: String,
    /// The binary; named as the package unless said otherwise.
    pub bin: Option<String>,
    /// Flags for rustc, beside those of its kind.
    #[serde(default)]
    pub rustflags: String,
}

impl Build {
    /// The binary.
    #[must_use]
    pub fn bin(&self) -> &str {
        self.bin.as_deref().unwrap_or(&self.package)
    }
}

/// A signature and the number of runs within which it must show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The signature, or its beginning up to a `*`.
    pub signature: String,
    /// Runs of consecutive seeds from 0.
    pub within: u64,
}

impl Declared {
    /// What stands before the slash.
    #[must_use]
    pub fn group(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }

    /// As scenarios are listed.
    #[must_use]
    pub fn listed(&self) -> Listed {
        let (scenario, variant) = self.name.split_once('/').unwrap_or((&self.name, ""));
        Listed {
            scenario: scenario.to_owned(),
            variant: variant.to_owned(),
            story: self.story.clone(),
            differs: self.differs.clone(),
            os: Os::Linux,
            must: self.must.iter().map(|find| (find.signature.clone(), find.within)).collect(),
            may: self.may.clone(),
            always: self.always,
        }
    }

    /// What it is about, and what it does otherwise.
    #[must_use]
    pub fn about(&self) -> String {
        format!("{} {}", self.story, self.differs).trim().to_owned()
    }

    /// What it is called in the executable that serves it.
    #[must_use]
    pub fn program(&self) -> &str {
        let own = self.name.split('/').nth(1).unwrap_or_default();
        self.program.as_deref().unwrap_or(own)
    }

    /// What is missing or too much.
    fn wrong(&self) -> Option<&'static str> {
        let is_word = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_@.".contains(c))
        };
        let is_name = self.name.split('/').count() == 2 && self.name.split('/').all(is_word);
        let is_command = self.kind == Kind::Command;
        let is_from_build = |word: &String| word.contains("{executable}");
        let is_begun = |key: &String| {
            self.config
                .keys()
                .any(|other| other.strip_prefix(&**key).is_some_and(|rest| rest.starts_with('.')))
        };
        if !is_name {
            Some("its name is not GROUP/NAME of letters, digits, `-`, `_`, `.` and `@`")
        } else if is_command && self.run.is_empty() {
            Some("a command needs `run`, its program and words")
        } else if is_command && self.program.is_some() {
            Some("`program` is for what serves runs; a command has the words of `run`")
        } else if !is_command && self.run.is_empty() == self.build.is_none() {
            Some("what serves runs has either `build`, or `run` with its executable")
        } else if !is_command && self.run.len() > 1 {
            Some("what serves runs is told what to do by its standard input: `run` is its executable alone")
        } else if is_command && self.build.is_none() && self.run.iter().any(is_from_build) {
            Some("`{executable}` is what `build` builds, and there is none")
        } else if !is_command && (self.fails.is_some() || self.signature_line.is_some()) {
            Some("`fails` and `signature-line` are for commands; what serves runs says what failed")
        } else if self.limit.is_zero() {
            Some("a limit of no time leaves none for a run")
        } else if self.config.values().any(Vec::is_empty) {
            Some("there is nothing to draw a configuration from in an empty list")
        } else if self.config.keys().any(is_begun) {
            Some(
                "of its configuration one key is the beginning of another, as `net` is of `net.loss`: only one could have its value",
            )
        } else {
            None
        }
    }
}

/// `targets.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    target: Vec<Declared>,
}

/// Reads the file's text; an error says what is wrong where.
///
/// # Errors
/// It is no TOML, has other fields, or declares a target that could not be asked.
pub fn parse(text: &str) -> Result<Vec<Declared>, String> {
    let File { target: targets } = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut names = BTreeSet::new();
    for target in &targets {
        if let Some(wrong) = target.wrong() {
            return Err(format!("target `{}`: {wrong}", target.name));
        }
        if !names.insert(&target.name) {
            return Err(format!("target `{}`: there are two of that name", target.name));
        }
    }
    Ok(targets)
}

fn usual_limit() -> Duration {
    Duration::from_secs(10)
}

fn usual_passes() -> Vec<i32> {
    vec![0]
}

fn duration<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text)
        .map_err(|error| serde::de::Error::custom(format!("{error}; a duration is such as \"10s\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fields: &str, words: &str) {
        let text = format!("[[target]]\nstory = \"s\"\n{fields}\n");
        let said = parse(&text).expect_err("it is refused");
        assert!(said.contains(words), "{said}");
    }

    #[test]
    fn what_cannot_be_asked_is_refused_by_name() {
        let command = "kind = \"command\"\nrun = [\"x\"]\nname = \"a/b\"";
        check("name = \"ab\"\nkind = \"served\"", "its name is not GROUP/NAME");
        check("name = \"a/b\"\nkind = \"command\"", "a command needs `run`");
        check("name = \"a/b\"\nkind = \"madsim\"", "either `build`, or `run`");
        check("name = \"a/b\"\nkind = \"served\"\nrun = [\"x\", \"y\"]", "its executable alone");
        check("name = \"a/b\"\nkind = \"loom\"", "loom");
        check(&command.replace("\"x\"", "\"{executable}\""), "`{executable}` is what `build` builds");
        check(&format!("{command}\nlimit = \"soon\""), "a duration is such as");
        check(&format!("{command}\nlimit = \"0s\""), "a limit of no time");
        check(&format!("{command}\nretries = 3"), "retries");
        check(&format!("{command}\n[target.config]\nloss = []"), "an empty list");
        let config = format!("{command}\n[target.config]\nnet = [1]\nnet-b = [1]\n");
        check(&format!("{config}\"net.loss\" = [0.5]"), "one key is the beginning of another");
        let beside = format!("[[target]]\nstory = \"s\"\n{config}\"network.loss\" = [0.5]\n");
        assert_eq!(parse(&beside).map(|targets| targets.len()), Ok(1), "`net` is another key than `network`");
        let twice = format!("[[target]]\nstory = \"s\"\n{command}\n");
        let said = parse(&twice.repeat(2)).expect_err("the name is taken");
        assert!(said.contains("two of that name"), "{said}");
        assert_eq!(parse(&twice).map(|targets| targets.len()), Ok(1));
        assert_eq!(parse("").map(|targets| targets.len()), Ok(0));
    }
}
