//! A trace on disk: the picks of one run, and the run they belong to.
//!
//! Does not replay. Invariant: a file that is damaged, from another schema, or from another build is told apart, by name.

use std::path::{Path, PathBuf};

use photofinish_sim::chooser::Strategy;
use photofinish_sim::heap::Heap;
use photofinish_sim::limits::Limits;
use photofinish_sim::oracle::Oracles;
use photofinish_sim::personality::Os;
use photofinish_sim::preempt::Preempt;
use photofinish_sim::seed::Seed;
use photofinish_sim::trace::Trace;
use serde::{Deserialize, Serialize};

use crate::client::{Replay, Request, Run};
use crate::{line, whole};

/// The schema number of trace files. A reader refuses every other number.
pub const SCHEMA: u32 = 5;

/// The picks of a run and everything needed to make it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceFile {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Says what the file is, to people and to `file(1)`.
    pub what: String,
    /// The scenario and variant.
    pub program: String,
    /// The executable it was recorded with: see [`build_id`].
    pub build: String,
    /// The seed it was found with.
    pub seed: Seed,
    /// The strategy it was found with, resolved.
    pub strategy: Strategy,
    /// Processors the program was told it has.
    pub cores: u32,
    /// The operating system it was made to run on, if not its own.
    pub os: Option<Os>,
    /// What was asked of the run besides, if not what its program asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracles: Option<Oracles>,
    /// The heap it was made to use, if not its own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heap: Option<Heap>,
    /// The level at which its executable was to be instrumented, if not the executable's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preempt: Option<Preempt>,
    /// The bounds of the run.
    pub limits: Limits,
    /// The hash of the run's events, which a replay must reach again.
    pub events_hash: u64,
    /// The picks.
    pub trace: Trace,
}

impl TraceFile {
    /// What is kept of a run that was made for a request, whose strategy is resolved, by the executable whose id is `build`.
    #[must_use]
    pub fn of(request: &Request, run: &Run, build: &str) -> Self {
        Self {
            schema: SCHEMA,
            what: WHAT.to_owned(),
            program: request.program.clone(),
            build: build.to_owned(),
            seed: request.seed,
            strategy: request.strategy,
            cores: request.cores,
            os: request.os,
            heap: request.heap,
            preempt: request.preempt,
            oracles: request.oracles,
            limits: request.limits,
            events_hash: run.figures.events_hash,
            trace: run.trace.clone(),
        }
    }

    /// As [`TraceFile::of`], for a file that is to be replayed; `next` is what to type instead if it could not be.
    ///
    /// # Errors
    /// See [`check_whole`].
    pub fn whole(request: &Request, run: &Run, build: &str, next: &str) -> Result<Self, TraceError> {
        check_whole(request, run, next)?;
        Ok(Self::of(request, run, build))
    }

    /// Asks for the run again, pick by pick; with `replay: None` instead, from its seed.
    #[must_use]
    pub fn request(&self) -> Request {
        Request {
            strategy: self.strategy,
            replay: Some(Replay::Strict(self.trace.clone())),
            limits: self.limits,
            cores: self.cores,
            os: self.os,
            heap: self.heap,
            preempt: self.preempt,
            oracles: self.oracles,
            ..Request::new(self.program.clone(), self.seed)
        }
    }
}

/// What [`TraceFile::what`] says.
pub const WHAT: &str = "photofinish trace";

/// Refuses a run of which only the beginning was kept: its trace would lead elsewhere.
///
/// # Errors
/// Frames of the run were left out; `next` is what to type instead.
pub fn check_whole(request: &Request, run: &Run, next: &str) -> Result<(), TraceError> {
    if run.truncated {
        let Request { program, seed, .. } = request;
        return Err(TraceError::Beginning { program: program.clone(), seed: *seed, next: next.to_owned() });
    }
    Ok(())
}

/// Why there is no trace to replay.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The run left more than there is room for.
    #[error(
        "seed {seed} of {program} left more than there is room for, and the beginning of a trace cannot be replayed\nnext: {next}"
    )]
    Beginning {
        /// What ran.
        program: String,
        /// Its seed.
        seed: Seed,
        /// What to type instead.
        next: String,
    },
    /// It cannot be written.
    #[error(
        "writing the trace {path} failed: {source}\nnext: the same command with `--record` and a file that can be written"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It cannot be read.
    #[error(
        "reading the trace {path} failed: {source}\nnext: `cargo xtask sim SCENARIO/VARIANT --seed N --record FILE` writes one"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a trace.
    #[error(
        "{path} is not a trace of Photofinish: {why}\nnext: `cargo xtask sim SCENARIO/VARIANT --seed N --record FILE` writes one"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It is a trace of another schema.
    #[error(
        "{path} is a trace of schema {found}, and this Photofinish reads schema {SCHEMA}\nnext: record it again from its seed, {seed}"
    )]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its schema number.
        found: u64,
        /// The seed it names.
        seed: String,
    },
    /// It was recorded with another build of the scenarios.
    #[error(
        "{path} was recorded with build {} of the scenarios, and this is build {present}: its decisions name places in the \
         other one\nnext: `{} --record FILE` searches from the same seed in this build",
        file.build, line::of_seed(&file.request())
    )]
    OtherBuild {
        /// The file.
        path: PathBuf,
        /// What it holds.
        file: Box<TraceFile>,
        /// The build that is to replay it.
        present: String,
    },
}

/// Reads a trace recorded with the executable whose id is `build`.
///
/// # Errors
/// The file cannot be read, is damaged or foreign, or belongs to another schema or build.
pub fn read(path: &Path, build: &str) -> Result<TraceFile, TraceError> {
    let file = parsed(path)?;
    if file.build != build {
        return Err(TraceError::OtherBuild {
            path: path.to_owned(),
            file: Box::new(file),
            present: build.to_owned(),
        });
    }
    Ok(file)
}

/// The program that a trace is of, whichever build recorded it.
///
/// # Errors
/// The file cannot be read, is damaged or foreign, or belongs to another schema.
pub fn program(path: &Path) -> Result<String, TraceError> {
    parsed(path).map(|file| file.program)
}

/// The level at which the executable of a trace in a file was asked to be instrumented, whatever the build.
///
/// # Errors
/// As for [`program`].
pub fn preempt(path: &Path) -> Result<Option<Preempt>, TraceError> {
    parsed(path).map(|file| file.preempt)
}

fn parsed(path: &Path) -> Result<TraceFile, TraceError> {
    let foreign = |why: String| TraceError::Foreign { path: path.to_owned(), why };
    let io = |source| TraceError::Read { path: path.to_owned(), source };
    let text =
        String::from_utf8(std::fs::read(path).map_err(io)?).map_err(|_| foreign("it is not text".into()))?;
    let loose: serde_json::Value = serde_json::from_str(&text).map_err(|error| foreign(error.to_string()))?;
    if loose["what"] != WHAT {
        return Err(foreign(format!("its field `what` is not \"{WHAT}\"")));
    }
    if loose["schema"] != SCHEMA {
        let found = loose["schema"].as_u64().unwrap_or(0);
        return Err(TraceError::Schema { path: path.to_owned(), found, seed: loose["seed"].to_string() });
    }
    let file: TraceFile = serde_json::from_value(loose).map_err(|error| foreign(error.to_string()))?;
    if let Err(malformed) = file.trace.check() {
        return Err(foreign(format!("it is damaged at pick {}: {}", malformed.index, malformed.why)));
    }
    Ok(file)
}

/// Writes a trace, as [`whole::write`] does.
///
/// # Errors
/// The file cannot be written, or is a device, a folder or the like.
pub fn write(path: &Path, file: &TraceFile) -> Result<(), TraceError> {
    let io = |source| TraceError::Write { path: path.to_owned(), source };
    let mut text = serde_json::to_string_pretty(file).map_err(|error| io(error.into()))?;
    text.push('\n');
    whole::write(path, &text).map_err(io)
}

/// Names the content of an executable: 16 hexadecimal digits of FNV-1a.
///
/// # Errors
/// The file cannot be read.
pub fn build_id(executable: &Path) -> std::io::Result<String> {
    let bytes = std::fs::read(executable)?;
    // Eight bytes at a time: a debug executable has tens of millions, and a command waits for this.
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let last = (!rest.is_empty()).then_some(&last);
    let hash = words.iter().chain(last).fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| {
        (hash ^ u64::from_le_bytes(*word)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5)
    });
    Ok(format!("{hash:016x}"))
}

#[cfg(test)]
mod tests {
    use photofinish_sim::ending::Ending;

    use super::*;

    #[test]
    fn the_beginning_of_a_run_is_no_trace() {
        let request = Request::new("app::t", Seed(17));
        let mut run = Run::ended(Ending::Returned);
        let whole = TraceFile::whole(&request, &run, "build", "x").expect("all of it is there");
        assert_eq!(whole, TraceFile::of(&request, &run, "build"));
        run.truncated = true;
        let said =
            TraceFile::whole(&request, &run, "build", "type this").expect_err("some is missing").to_string();
        assert!(
            said.starts_with("seed 17 of app::t left more") && said.ends_with("\nnext: type this"),
            "{said}"
        );
    }
}
