//! `cargo photofinish test`: cargo as asked, with an instrumented build.
//!
//! Does not know tests. Invariant: everything after the subcommand reaches cargo in its order, and what is added stands before it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::instrumented::{self, Flags, HostError, PROFILE, Rustc, fnv1a};
use crate::typed::{self, Runner, Typed};
use crate::wrapper;

/// The exit code of a command that makes no sense or cannot be done here.
pub const USAGE: u8 = 2;

/// What `--help` says.
pub const HELP: &str = "\
cargo photofinish test [ARGUMENTS OF CARGO TEST]
cargo photofinish nextest run [ARGUMENTS OF CARGO NEXTEST RUN]

Builds the tests so that every atomic operation of theirs is a scheduling point, in a folder of its own below cargo's target
directory, and runs them. All arguments are cargo's, such as `-p PACKAGE`, `--test NAME` or the name of a test; the
profile is a release build with the checks of a debug build, unless `--release` or `--profile` say otherwise.

Environment:
  PHOTOFINISH_SEED=N             one seed of each test with #[photofinish::test], with all its events; a failure prints the
                                 command for its own, with the options that it was found with
  PHOTOFINISH_TOKEN=pf1-…        the run of the token that a failure prints, of the test that it is of
  PHOTOFINISH_PREEMPT=LEVEL      where threads can lose their turn: calls (of the C library alone, as cargo test builds it), atomics
                                 (every atomic operation, too: this is usual), or blocks (every access to plain memory that could be
                                 shared, too: for races of cells; each run has several times as many scheduling points)
  PHOTOFINISH_PLAIN_CRATES=A,B   crates to leave without instrumentation";

/// Why cargo was not started.
#[derive(Debug, thiserror::Error)]
pub enum CargoError {
    /// Not a subcommand of ours.
    #[error("{said}\nnext: `cargo photofinish --help`")]
    Usage {
        /// What is wrong.
        said: String,
    },
    /// Rustc did not say which machine this is.
    #[error(transparent)]
    Host(#[from] HostError),
    /// This executable was replaced while it ran.
    #[error("finding this executable, to be cargo's wrapper, failed: {0}\nnext: the same command again")]
    Wrapper(io::Error),
    /// Cargo does not say where it builds.
    #[error("asking cargo for its target directory failed: {0}\nnext: `cargo metadata --no-deps`")]
    Target(String),
    /// What executables need that do not name us could not be compiled.
    #[error(
        "compiling the archive for executables without Photofinish in {folder} failed: {why}\nnext: `rustc -vV`"
    )]
    Absent {
        /// Where.
        folder: PathBuf,
        /// What rustc said.
        why: String,
    },
}

/// What was asked for.
pub enum Command {
    /// To be told what can be.
    Help,
    /// A subcommand of cargo.
    Forward(Box<Forward>),
}

/// A cargo that is to be started.
pub struct Forward(std::process::Command);

impl Forward {
    /// Becomes cargo. Returns only when that fails.
    #[must_use]
    pub fn exec(&mut self) -> io::Error {
        let error = self.0.exec();
        io::Error::new(error.kind(), format!("starting cargo failed: {error}\nnext: `cargo --version`"))
    }
}

impl Command {
    /// Reads the arguments of this process, and makes ready what cargo will need.
    ///
    /// # Errors
    /// The arguments make no sense, or something of the toolchain's does not answer.
    pub fn of_this_process() -> Result<Self, CargoError> {
        let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
        // Cargo passes the name of the subcommand on.
        if words.first().is_some_and(|word| word == "photofinish") {
            words.remove(0);
        }
        let Some(asked) = Asked::read(words)? else { return Ok(Self::Help) };
        asked.forward().map(|command| Self::Forward(Box::new(Forward(command))))
    }
}

/// The command line, read.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    /// The subcommand of cargo, in one or two words.
    subcommand: Vec<OsString>,
    /// What follows.
    rest: Vec<OsString>,
}

impl Asked {
    fn read(mut words: Vec<OsString>) -> Result<Option<Self>, CargoError> {
        let text: Vec<&str> = words.iter().take(2).filter_map(|word| word.to_str()).collect();
        let count = match text[..] {
            [] | ["help" | "-h" | "--help", ..] => return Ok(None),
            ["test" | "t", ..] => 1,
            ["nextest", "run" | "r"] => 2,
            ["nextest", ..] => return Err(usage("of nextest there is `cargo photofinish nextest run`")),
            [other, ..] => return Err(usage(&format!("there is no `cargo photofinish {other}`"))),
        };
        let rest = words.split_off(count);
        let asked = Self { subcommand: words, rest };
        if asked.has(&["--target-dir"]) {
            return Err(usage(
                "`--target-dir` would mix instrumented and other artifacts: set CARGO_TARGET_DIR",
            ));
        }
        Ok(Some(asked))
    }

    /// What cargo itself is told: before `--`, if that is there.
    fn options(&self) -> impl Iterator<Item = &str> {
        self.rest.iter().take_while(|word| *word != "--").filter_map(|word| word.to_str())
    }

    fn has(&self, names: &[&str]) -> bool {
        self.options().any(|word| names.contains(&word.split('=').next().unwrap_or(word)))
    }

    /// The value of an option, wherever it stands.
    fn value(&self, name: &str) -> Option<&str> {
        let mut options = self.options();
        while let Some(word) = options.next() {
            match word.strip_prefix(name) {
                Some("") => return options.next(),
                Some(value) if value.starts_with('=') => return Some(&value[1..]),
                _ => {}
            }
        }
        None
    }

    /// The profile: that of the user if there is one, else ours, which need not stand in any manifest.
    fn profile(&self) -> Vec<String> {
        let option = if self.subcommand.len() == 1 { "--profile" } else { "--cargo-profile" };
        if self.has(&["--release", "-r", option]) {
            return Vec::new();
        }
        [option.to_owned(), PROFILE.to_owned()].into_iter().chain(instrumented::settings()).collect()
    }

    /// What the tests are to know of this command.
    fn typed(&self) -> Typed {
        let runner = if self.subcommand.len() == 1 { Runner::Test } else { Runner::Nextest };
        // A word that is no text picks no test and no feature; a path that is none is not typed again by anybody.
        let words: Vec<&str> = self.rest.iter().filter_map(|word| word.to_str()).collect();
        Typed::whole(runner, &words, &typed::variables())
    }

    fn forward(self) -> Result<std::process::Command, CargoError> {
        let wrapper = std::env::current_exe().map_err(CargoError::Wrapper)?;
        let rustc = Rustc::ask()?;
        let build = wrapper::Asked::of_environment().map_err(|said| usage(&said))?;
        let out = self.target_directory()?.join("photofinish").join(instrumented::folder(&build));
        let triple = self.value("--target").unwrap_or(&rustc.host).to_owned();
        let absent = absent(&rustc, &triple, &out)?;
        let mut command = cargo();
        command.args(&self.subcommand).args(self.profile());
        if !self.has(&["--target"]) {
            command.args(["--target", &triple]);
        }
        command
            .env("CARGO_TARGET_DIR", &out)
            .env("RUSTC_WRAPPER", wrapper)
            .env(wrapper::ABSENT_VAR, &absent)
            .env(typed::VARIABLE, self.typed().to_variable());
        build.tell(&mut command);
        instrumented::with_cfg(&mut command, |name| std::env::var_os(name));
        // Rustdoc links examples by itself.
        let rustdoc = Flags {
            encoded: "CARGO_ENCODED_RUSTDOCFLAGS",
            spaced: "RUSTDOCFLAGS",
            key: "build.rustdocflags",
        };
        let link = format!("-Clink-arg={}", absent.display());
        rustdoc.add(&mut command, &[&link], |name| std::env::var_os(name));
        command.args(&self.rest);
        Ok(command)
    }

    /// Where cargo would build.
    fn target_directory(&self) -> Result<PathBuf, CargoError> {
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]).stderr(Stdio::inherit());
        if let Some(manifest) = self.value("--manifest-path") {
            command.args(["--manifest-path", manifest]);
        }
        let answer = command.output().map_err(|error| CargoError::Target(error.to_string()))?;
        let metadata: serde_json::Value =
            serde_json::from_slice(&answer.stdout).map_err(|error| CargoError::Target(error.to_string()))?;
        let directory = metadata["target_directory"].as_str();
        directory.map(PathBuf::from).ok_or_else(|| CargoError::Target(String::from("it names none")))
    }
}

fn usage(said: &str) -> CargoError {
    CargoError::Usage { said: said.to_owned() }
}

fn cargo() -> std::process::Command {
    std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The archive that stands in for the boundary in executables that do not name us, compiled if it is not there.
fn absent(rustc: &Rustc, triple: &str, out: &Path) -> Result<PathBuf, CargoError> {
    let source = photofinish_boundary::ABSENT;
    let key = fnv1a(&format!("{}\n{triple}\n{source}", rustc.version));
    let path = out.join(format!("libphotofinish_absent-{key:016x}.rlib"));
    if path.is_file() {
        return Ok(path);
    }
    let fail = |why: String| CargoError::Absent { folder: out.to_owned(), why };
    // Two commands at one time make two files, of which either will do.
    let partial = out.join(format!("partial-{}", std::process::id()));
    std::fs::create_dir_all(&partial).map_err(|error| fail(error.to_string()))?;
    let (from, to) = (partial.join("absent.rs"), partial.join("absent.rlib"));
    std::fs::write(&from, source).map_err(|error| fail(error.to_string()))?;
    let compiled = std::process::Command::new(&rustc.path)
        .args(["--edition=2024", "--crate-type=rlib", "--crate-name=photofinish_absent"])
        .args(["-Copt-level=2", "-Cpanic=abort", "-Cdebuginfo=0", "--target", triple])
        .arg("-o")
        .args([&to, &from])
        .output()
        .map_err(|error| fail(error.to_string()))?;
    if !compiled.status.success() {
        return Err(fail(String::from_utf8_lossy(&compiled.stderr).into_owned()));
    }
    std::fs::rename(&to, &path).map_err(|error| fail(error.to_string()))?;
    // What is left behind harms nobody: it lies in the target directory.
    let _: io::Result<()> = std::fs::remove_dir_all(&partial);
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Asked>, CargoError> {
        Asked::read(line.split_whitespace().map(OsString::from).collect())
    }

    fn asked(line: &str) -> Asked {
        read(line).expect("it makes sense").expect("not for help")
    }

    #[test]
    fn what_is_not_cargos_to_do_is_refused() {
        let check = |line: &str, says: &str| {
            let said = read(line).expect_err(line).to_string();
            assert!(said.contains(says) && said.contains("next:"), "{line}: {said}");
        };
        check("build", "no `cargo photofinish build`");
        check("nextest list", "`cargo photofinish nextest run`");
        check("test --target-dir x", "CARGO_TARGET_DIR");
        check("test --target-dir=x", "CARGO_TARGET_DIR");
        assert_eq!(read("").expect("help"), None);
        assert_eq!(read("--help").expect("help"), None);
    }

    #[test]
    fn options_end_at_the_dashes() {
        let test = asked("test --target x name -- --release --manifest-path=y");
        assert_eq!(test.value("--target"), Some("x"));
        assert_eq!(test.value("--manifest-path"), None);
        assert!(!test.has(&["--release"]));
        assert_eq!(test.profile()[..2], ["--profile", "sim"]);
        assert_eq!(asked("test --manifest-path=y").value("--manifest-path"), Some("y"));
        assert_eq!(asked("test --target-dirs").value("--target"), None);
        assert_eq!(asked("test -r").profile(), Vec::<String>::new());
        assert_eq!(asked("test --profile=dev").profile(), Vec::<String>::new());
        assert_eq!(asked("nextest run --profile ci").profile()[..2], ["--cargo-profile", "sim"]);
    }
}
