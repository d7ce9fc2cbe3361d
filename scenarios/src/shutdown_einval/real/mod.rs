//! The same parts played by the published crate `beyond-handoff`, as it was with the bug and as it was mended.
//!
//! It does not know the protocol: the crate does. Invariant: both versions are driven by the same lines.

mod program;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::program::options::Places;
use super::program::outcome::Outcome;
use super::program::process::{binary, end_with_the_run, exit, log};

/// A version of the crate, behind the calls that this scenario makes.
#[derive(Debug)]
pub(super) struct Real {
    /// The name of the variant, and the first argument of its processes.
    pub(super) name: &'static str,
    perform: fn(&Handoff<'_>) -> Outcome,
    serve: fn(Places<'_>) -> Result<(), String>,
}

/// What a supervisor is to do.
#[derive(Debug)]
struct Handoff<'a> {
    places: Places<'a>,
    binary: PathBuf,
    arguments: Vec<String>,
    deadline: Duration,
    drain_grace: Duration,
}

/// The version with the bug.
pub(super) static V0_1_2: Real =
    Real { name: "real-0.1.2", perform: program::v0_1_2::perform, serve: program::v0_1_2::serve };
/// The version after it.
pub(super) static V0_1_3: Real =
    Real { name: "real-0.1.3", perform: program::v0_1_3::perform, serve: program::v0_1_3::serve };

impl Real {
    /// The version of that name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        [&V0_1_2, &V0_1_3].into_iter().find(|real| real.name == name)
    }

    /// Plays the part that the arguments name.
    pub(super) fn play(&self, arguments: &[String]) -> Result<(), String> {
        let [role, dir, outcome] = arguments else { return Err(format!("{arguments:?}: three are needed")) };
        let places_dir = PathBuf::from(dir);
        let places = Places(&places_dir);
        match role.as_str() {
            "supervisor" => {
                let handoff = Handoff {
                    places,
                    binary: binary(),
                    arguments: self.serving(dir),
                    deadline: super::program::policy::DEADLINE,
                    drain_grace: super::program::policy::DRAIN_GRACE,
                };
                let began = Instant::now();
                (self.perform)(&handoff).tell(&places_dir.join(outcome), began.elapsed())
            }
            "serve" => {
                end_with_the_run();
                match (self.serve)(places) {
                    Ok(()) => exit(0),
                    Err(error) => {
                        log(format_args!("{}: {error}", self.name));
                        exit(super::program::FAILED)
                    }
                }
            }
            other => Err(format!("there is no role {other:?}")),
        }
    }

    /// The arguments of a process that serves, be it the first one or a successor: its environment tells it which.
    pub(super) fn serving(&self, dir: &str) -> Vec<String> {
        [self.name, "serve", dir, "-"].map(str::to_owned).to_vec()
    }
}
