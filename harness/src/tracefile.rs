//! A trace on disk: the picks of one run, and the run they belong to.
//!
//! Does not replay. Invariant: a file that is damaged, from another schema, or from another build is told apart, by name.

use std::path::{Path, PathBuf};

use photofinish_sim::chooser::Strategy;
use photofinish_sim::limits::Limits;
use photofinish_sim::seed::Seed;
use photofinish_sim::trace::Trace;
use serde::{Deserialize, Serialize};

/// The schema number of trace files. A reader refuses every other number.
pub const SCHEMA: u32 = 1;

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
    /// The bounds of the run.
    pub limits: Limits,
    /// The hash of the run's events, which a replay must reach again.
    pub events_hash: u64,
    /// The picks.
    pub trace: Trace,
}

/// What [`TraceFile::what`] says.
pub const WHAT: &str = "photofinish trace";

/// Why there is no trace to replay.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It cannot be read or written.
    #[error(
        "{doing} the trace {path} failed: {source}\nnext: `cargo xtask sim SCENARIO/VARIANT --seed N --record FILE` writes one"
    )]
    Io {
        /// "reading" or "writing".
        doing: &'static str,
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
         other one\nnext: `cargo xtask sim {} --seed {} --strategy {} --record FILE` searches from the same seed in this build",
        file.build, file.program, file.seed, file.strategy
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
    let foreign = |why: String| TraceError::Foreign { path: path.to_owned(), why };
    let io = |source| TraceError::Io { doing: "reading", path: path.to_owned(), source };
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
    if file.build != build {
        return Err(TraceError::OtherBuild {
            path: path.to_owned(),
            file: Box::new(file),
            present: build.to_owned(),
        });
    }
    Ok(file)
}

/// Writes a trace: whole or not at all, by a rename.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, file: &TraceFile) -> Result<(), TraceError> {
    let io = |source| TraceError::Io { doing: "writing", path: path.to_owned(), source };
    let mut text = serde_json::to_string_pretty(file).map_err(|error| io(error.into()))?;
    text.push('\n');
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    std::fs::write(&partial, text).map_err(io)?;
    std::fs::rename(&partial, path).map_err(io)
}

/// Names the content of an executable: 16 hexadecimal digits of FNV-1a.
///
/// # Errors
/// The file cannot be read.
pub fn build_id(executable: &Path) -> std::io::Result<String> {
    let bytes = std::fs::read(executable)?;
    // Eight bytes at a time: a debug executable has tens of millions.
    let hash = bytes.chunks(8).fold(0xcbf2_9ce4_8422_2325_u64, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5)
    });
    Ok(format!("{hash:016x}"))
}
