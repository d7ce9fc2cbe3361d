//! `cargo xtask ci`: every check that a change must pass, in the order in which they are cheapest to fail.
//!
//! Knows no check from within; continuous integration only calls this command.
//! Invariant: stops at the first failure, and names it with the command that repeats it.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::exit::{Exit, ExitCause};
use crate::workspace::{Workspace, WorkspaceError};

/// Why the checks could not be run.
#[derive(Debug, Error)]
pub enum CiError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// A step could not be started.
    #[error("starting `{command}` for the step `{step}` failed: {source}\nnext: `{command}`")]
    Start {
        /// The step.
        step: &'static str,
        /// Its command line.
        command: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl ExitCause for CiError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// One check: a cargo command line.
struct Step {
    name: &'static str,
    args: &'static [&'static str],
    /// Added to the environment.
    env: &'static [(&'static str, &'static str)],
    /// The exit code that means success.
    expect: i32,
    /// A cargo command that fails where the tool is not installed; the step is then skipped.
    needs: Option<&'static [&'static str]>,
}

const STEP: Step = Step { name: "", args: &[], env: &[], expect: 0, needs: None };

/// The checks; a step may expect another exit code than 0.
const STEPS: &[Step] = &[
    Step { name: "fmt", args: &["fmt", "--all", "--check"], ..STEP },
    Step {
        name: "clippy",
        args: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        ..STEP
    },
    Step { name: "tidy", args: &["xtask", "tidy"], ..STEP },
    Step { name: "deny", args: &["deny", "check"], needs: Some(&["deny", "--version"]), ..STEP },
    // As the next step builds: another way of building it all would take as much time and disk again.
    Step { name: "build", args: &["test", "--workspace", "--no-run"], ..STEP },
    Step { name: "test", args: &["test", "--workspace"], ..STEP },
    // A workspace of its own, built as `xtask/src/targets/open.rs` builds it.
    Step {
        name: "madsim",
        args: &[
            "test",
            "--manifest-path",
            "scenarios/madsim/Cargo.toml",
            "--target-dir",
            "target/photofinish/targets/cfg-madsim",
        ],
        env: &[("RUSTFLAGS", "--cfg madsim")],
        ..STEP
    },
    Step {
        name: "doc",
        args: &["doc", "--workspace", "--no-deps", "--document-private-items"],
        env: &[("RUSTDOCFLAGS", "-D warnings")],
        ..STEP
    },
    // README's main job, which must find its failure: a seed fails only until the mix of strategies changes, a row's promise holds.
    Step {
        name: "sweep",
        args: &["xtask", "sweep", "canary", "late-listener/buggy", "--seeds", "100"],
        ..STEP
    },
    Step { name: "canary", args: &["xtask", "sim", "canary/wrong-answer", "--seed", "0"], expect: 1, ..STEP },
];

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// A step that was reached.
struct Done {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// Runs the checks over the workspace around the current directory.
pub fn run() -> Result<Exit, CiError> {
    let workspace = Workspace::load()?;
    let mut done: Vec<Done> = Vec::new();
    for step in STEPS {
        eprintln!("── {} ── {}", step.name, step.line());
        let started = Instant::now();
        let outcome = step.run(&workspace)?;
        done.push(Done { name: step.name, outcome, took: started.elapsed() });
        if outcome == Outcome::Failed {
            eprint!("\n{}", summary(&done));
            eprintln!("\nci: the step `{}` failed; to repeat it alone: {}", step.name, step.line());
            return Ok(Exit::Failed);
        }
    }
    eprint!("\n{}", summary(&done));
    Ok(Exit::Passed)
}

impl Step {
    fn run(&self, workspace: &Workspace) -> Result<Outcome, CiError> {
        let fail = |source| CiError::Start { step: self.name, command: self.line(), source };
        if let Some(needs) = self.needs {
            let mut probe = cargo(workspace, needs);
            let answer = probe.stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(fail)?;
            if !answer.success() {
                eprintln!("skipped: `cargo {}` is not installed", needs[0]);
                return Ok(Outcome::Skipped);
            }
        }
        let mut command = cargo(workspace, self.args);
        let status = command.envs(self.env.iter().copied()).status().map_err(fail)?;
        Ok(if status.code() == Some(self.expect) { Outcome::Passed } else { Outcome::Failed })
    }

    /// What a person types to repeat the step.
    fn line(&self) -> String {
        let mut line = String::new();
        for (name, value) in self.env {
            let _ = write!(line, "{name}=\"{value}\" ");
        }
        line + "cargo " + &self.args.join(" ")
    }
}

fn cargo(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(workspace.root()).stdin(Stdio::null());
    // Gigabytes for a next build, which does not come.
    command.env("CARGO_INCREMENTAL", "0");
    command
}

fn summary(done: &[Done]) -> String {
    let mut text = String::new();
    for Done { name, outcome, took } in done {
        let word = match outcome {
            Outcome::Passed => "passed",
            Outcome::Failed => "FAILED",
            Outcome::Skipped => "skipped",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<10} {word:<8} {:>4}.{} s", took.as_secs(), took.subsec_millis() / 100);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_a_table() {
        let done = [
            Done { name: "fmt", outcome: Outcome::Passed, took: Duration::from_millis(1_234) },
            Done { name: "deny", outcome: Outcome::Skipped, took: Duration::ZERO },
            Done { name: "test", outcome: Outcome::Failed, took: Duration::from_secs(75) },
        ];
        let expected = "fmt        passed      1.2 s\n\
                        deny       skipped     0.0 s\n\
                        test       FAILED     75.0 s\n";
        assert_eq!(summary(&done), expected);
    }

    #[test]
    fn a_step_is_shown_as_it_is_typed() {
        let doc = STEPS.iter().find(|step| step.name == "doc").expect("a step");
        assert!(doc.line().starts_with("RUSTDOCFLAGS=\"-D warnings\" cargo doc"), "{}", doc.line());
    }

    #[test]
    fn steps_have_names_of_their_own() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(!step.name.is_empty());
            assert!(STEPS[..index].iter().all(|earlier| earlier.name != step.name), "{}", step.name);
        }
    }
}
