//! What the user typed to run tests, as far as the same build and the same test hang on it: every replay line is made of it.
//!
//! Starts nothing. Invariant: what is left out of what was typed only picks among tests or changes what is printed; what was
//! typed and cannot be known is said.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::wrapper::{PLAIN_CRATES_VAR, PREEMPT_VAR};

/// Set by `cargo photofinish` to what it was called with, as JSON.
pub(crate) const VARIABLE: &str = "PHOTOFINISH_COMMAND";
/// Set in each test's process by the runner of that name.
const NEXTEST: &str = "NEXTEST";

/// A command that runs tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Typed {
    /// Variables that change the build: `NAME=VALUE`, as a shell takes it.
    settings: Vec<String>,
    /// `cargo`, or `cargo photofinish`.
    command: String,
    runner: Runner,
    /// Options of cargo, as a shell takes them.
    options: Vec<String>,
    /// Options of the tests, without which some of them do not run.
    of_tests: Vec<String>,
    known: Known,
}

/// Which of cargo's subcommands runs the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Runner {
    /// `test`.
    Test,
    /// `nextest run`.
    Nextest,
}

/// How much is known of the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Known {
    /// All that stood behind the subcommand.
    All,
    /// What the executable and its environment show.
    Guessed,
}

/// Options of both runners that take no value; behind any other a word is taken for its value and stays.
const FLAGS: [&str; 25] = [
    "--release",
    "--all-features",
    "--no-default-features",
    "--workspace",
    "--all",
    "--lib",
    "--bins",
    "--examples",
    "--tests",
    "--benches",
    "--all-targets",
    "--doc",
    "--no-run",
    "--no-fail-fast",
    "--fail-fast",
    "--keep-going",
    "--locked",
    "--offline",
    "--frozen",
    "--quiet",
    "--verbose",
    "--cargo-quiet",
    "--cargo-verbose",
    "--ignore-rust-version",
    "--hide-progress-bar",
];
/// Short options that take a value: package, jobs, features, unstable, directory, expression.
const SHORT_WITH_VALUE: &str = "pjFZCE";
/// What picks tests or shows their output, and is said anew; those with a value first.
const PICKS: [&str; 5] = ["-E", "--filterset", "--filter-expr", "--no-capture", "--nocapture"];
const PICKS_WITH_VALUE: usize = 3;
/// Options of the tests that let more of them run.
const OF_TESTS: [&str; 2] = ["--ignored", "--include-ignored"];

impl Typed {
    /// What `cargo photofinish` was called with: the words behind its subcommand, and its environment.
    pub(crate) fn whole(runner: Runner, words: &[&str], variables: &BTreeMap<String, String>) -> Self {
        let end = words.iter().position(|word| *word == "--").unwrap_or(words.len());
        let of_tests = words[end..].iter().filter(|word| OF_TESTS.contains(word));
        Self {
            settings: settings(variables, |name| [PLAIN_CRATES_VAR, PREEMPT_VAR].contains(&name)),
            command: String::from("cargo photofinish"),
            runner,
            options: options(&words[..end]),
            of_tests: of_tests.map(|word| (*word).to_owned()).collect(),
            known: Known::All,
        }
    }

    /// What the process of a test can know: all if `cargo photofinish` runs it, else what its executable and cargo's variables show.
    pub(crate) fn here(executable: &Path, variables: &BTreeMap<String, String>) -> Self {
        if let Some(whole) = variables.get(VARIABLE).and_then(|text| serde_json::from_str(text).ok()) {
            return whole;
        }
        let runner = if variables.contains_key(NEXTEST) { Runner::Nextest } else { Runner::Test };
        let mut options = Vec::new();
        let (folder, package) = (variables.get("CARGO_MANIFEST_DIR"), variables.get("CARGO_PKG_NAME"));
        // Cargo runs tests in their package's folder; a shell notes where it stands itself.
        if let (Some(package), Some(stands)) = (package, variables.get("PWD"))
            && folder.is_some_and(|folder| folder != stands)
        {
            options.extend([String::from("-p"), quoted(package)]);
        }
        options.extend(profile(runner, executable));
        Self {
            settings: settings(variables, |_| false),
            command: String::from("cargo"),
            runner,
            options,
            of_tests: Vec::new(),
            known: Known::Guessed,
        }
    }

    /// As the environment of tests carries it.
    pub(crate) fn to_variable(&self) -> String {
        serde_json::to_string(self).expect("plain data has a JSON form")
    }

    /// What to type to run the test of this path alone, with these variables set besides.
    pub(crate) fn alone(&self, variables: &str, path: &str) -> String {
        let runner = match self.runner {
            Runner::Test => "test",
            Runner::Nextest => "nextest run",
        };
        let mut words: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        words.extend([variables, &self.command, runner]);
        words.extend(self.options.iter().map(String::as_str));
        let filter = format!("'test(={path})'");
        match self.runner {
            Runner::Test => words.extend([path, "--", "--exact"]),
            Runner::Nextest => {
                words.extend(["--no-capture", "-E", &filter]);
                if !self.of_tests.is_empty() {
                    words.push("--");
                }
            }
        }
        words.extend(self.of_tests.iter().map(String::as_str));
        words.join(" ")
    }

    /// What must be added to [`Typed::alone`] by somebody who knows it.
    pub(crate) fn unknown(&self) -> Option<&'static str> {
        match self.known {
            Known::All => None,
            Known::Guessed => Some(
                "`--features`, `--target` and `--config`, if you gave them, belong there, too: cargo does not tell",
            ),
        }
    }
}

/// The variables of this process that are text.
pub(crate) fn variables() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// The variables that change what cargo builds, and those that `more` knows.
fn settings(variables: &BTreeMap<String, String>, more: impl Fn(&str) -> bool) -> Vec<String> {
    const NAMES: [&str; 3] = ["RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_BUILD_TARGET"];
    let changes = |name: &str| NAMES.contains(&name) || name.starts_with("CARGO_PROFILE_") || more(name);
    let changing = variables.iter().filter(|(name, _)| changes(name));
    changing.map(|(name, value)| format!("{name}={}", quoted(value))).collect()
}

/// Cargo's own options, without names of tests and what else is said anew.
fn options(words: &[&str]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or(word);
        if let Some(place) = PICKS.iter().position(|pick| *pick == name) {
            if place < PICKS_WITH_VALUE && name == *word {
                words.next();
            }
        } else if word.starts_with('-') {
            kept.push(quoted(word));
            if takes_next(word) {
                kept.extend(words.next().map(|value| quoted(value)));
            }
        }
    }
    kept
}

/// Whether the word behind an option is its value.
fn takes_next(option: &str) -> bool {
    if option.starts_with("--") {
        return !option.contains('=') && !FLAGS.contains(&option);
    }
    // In a row of short options the first that takes a value takes the rest of the row.
    let taker = option.find(|c| SHORT_WITH_VALUE.contains(c));
    taker.is_some_and(|place| place + 1 == option.len())
}

/// The profile whose folder an executable lies in, as an option.
fn profile(runner: Runner, executable: &Path) -> Vec<String> {
    let deps = executable.parent().filter(|folder| folder.ends_with("deps"));
    let name = deps.and_then(Path::parent).and_then(Path::file_name).and_then(|name| name.to_str());
    let option = match runner {
        Runner::Test => "--profile",
        Runner::Nextest => "--cargo-profile",
    };
    match name {
        None | Some("debug") => Vec::new(),
        Some("release") => vec![String::from("--release")],
        Some(name) => vec![option.to_owned(), quoted(name)],
    }
}

/// A text as one word of the shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(set: &[(&str, &str)]) -> BTreeMap<String, String> {
        set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn check_whole(runner: Runner, line: &str, set: &[(&str, &str)], expected: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let typed = Typed::whole(runner, &words, &map(set));
        assert_eq!(typed.alone("X=1", "m::t"), expected, "{line}");
        let handed = map(&[(VARIABLE, &typed.to_variable()), ("RUSTFLAGS", "theirs"), ("PWD", "/")]);
        assert_eq!(Typed::here(Path::new("/t/release/deps/a-1"), &handed), typed, "{line}");
        assert_eq!(typed.unknown(), None);
    }

    #[test]
    fn what_changes_the_build_stays_and_what_picks_tests_is_said_anew() {
        let check = |line, set, expected| check_whole(Runner::Test, line, set, expected);
        check("", &[], "X=1 cargo photofinish test m::t -- --exact");
        check(
            "-p app --release --features a,b some_name -- --nocapture --ignored other --exact",
            &[],
            "X=1 cargo photofinish test -p app --release --features a,b m::t -- --exact --ignored",
        );
        check("name --lib", &[], "X=1 cargo photofinish test --lib m::t -- --exact");
        check("-Fa -rp app n", &[], "X=1 cargo photofinish test -Fa -rp app m::t -- --exact");
        check("--test=it -vv n", &[], "X=1 cargo photofinish test --test=it -vv m::t -- --exact");
        check(
            "--features a;b --unheard-of word",
            &[],
            "X=1 cargo photofinish test --features 'a;b' --unheard-of word m::t -- --exact",
        );
        let set = [
            (PLAIN_CRATES_VAR, "x,y"),
            (PREEMPT_VAR, "blocks"),
            ("RUSTFLAGS", "--cfg a"),
            ("CARGO_PROFILE_SIM_OPT_LEVEL", "1"),
            ("HOME", "/root"),
        ];
        check(
            "",
            &set,
            "CARGO_PROFILE_SIM_OPT_LEVEL=1 PHOTOFINISH_PLAIN_CRATES=x,y PHOTOFINISH_PREEMPT=blocks RUSTFLAGS='--cfg a' X=1 \
             cargo photofinish test m::t -- --exact",
        );
    }

    #[test]
    fn nextest_is_asked_in_its_own_words() {
        check_whole(
            Runner::Nextest,
            "-E test(a) --filterset=test(b) --no-capture --cargo-profile ci name -- --include-ignored",
            &[],
            "X=1 cargo photofinish nextest run --cargo-profile ci --no-capture -E 'test(=m::t)' -- --include-ignored",
        );
    }

    fn check_here(executable: &str, set: &[(&str, &str)], expected: &str) {
        let typed = Typed::here(Path::new(executable), &map(set));
        assert_eq!(typed.alone("X=1", "m::t"), expected, "{executable} {set:?}");
        assert!(typed.unknown().is_some_and(|said| said.contains("--features")));
    }

    #[test]
    fn without_us_it_is_guessed_from_what_cargo_leaves() {
        check_here("/t/debug/deps/a-1", &[], "X=1 cargo test m::t -- --exact");
        check_here("/t/release/deps/a-1", &[], "X=1 cargo test --release m::t -- --exact");
        check_here("/t/slow/deps/a-1", &[], "X=1 cargo test --profile slow m::t -- --exact");
        check_here("/tmp/rustdoctest/rust_out", &[], "X=1 cargo test m::t -- --exact");
        let nextest = (NEXTEST, "1");
        check_here(
            "/t/slow/deps/a-1",
            &[nextest],
            "X=1 cargo nextest run --cargo-profile slow --no-capture -E 'test(=m::t)'",
        );
        let package = [("CARGO_PKG_NAME", "app"), ("CARGO_MANIFEST_DIR", "/w/app")];
        let inside = [&package[..], &[("PWD", "/w/app")]].concat();
        check_here("/t/debug/deps/a-1", &inside, "X=1 cargo test m::t -- --exact");
        let above = [&package[..], &[("PWD", "/w"), (PLAIN_CRATES_VAR, "x")]].concat();
        check_here("/t/debug/deps/a-1", &above, "X=1 cargo test -p app m::t -- --exact");
        check_here("/t/debug/deps/a-1", &package, "X=1 cargo test m::t -- --exact");
        check_here("/t/debug/deps/a-1", &[("RUSTFLAGS", "")], "RUSTFLAGS='' X=1 cargo test m::t -- --exact");
        // What nobody of us wrote is not believed.
        check_here("/t/debug/deps/a-1", &[(VARIABLE, "cargo x")], "X=1 cargo test m::t -- --exact");
    }

    #[test]
    fn a_word_of_the_shell_is_one() {
        assert_eq!(quoted("/a/b-c.d"), "/a/b-c.d");
        assert_eq!(quoted("/a b/it's"), r"'/a b/it'\''s'");
        assert_eq!(quoted("$HOME"), "'$HOME'");
        assert_eq!(quoted(""), "''");
    }
}
