//! A declared target, built and ready to be asked.
//!
//! Does not ask. Invariant: equal executables, declared in the same words, have equal builds.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process;

use photofinish::target::{Command, Served, Target};
use photofinish::tracefile;

use super::declared::{Build, Declared, Kind};
use super::{Targets, TargetsError};
use crate::instrumented::{self, Bin, BuildError};
use crate::workspace::Workspace;

/// A target that can be opened as often as there are jobs.
#[derive(Debug)]
pub struct Ready<'a> {
    /// What it is.
    pub declared: &'a Declared,
    /// Names its executable by its content, and the words that it is started with.
    pub build: String,
    targets: &'a Targets,
    executable: Option<PathBuf>,
}

impl<'a> Ready<'a> {
    /// Builds what is not fresh.
    ///
    /// # Errors
    /// It cannot be built, or the executable that it names is not there.
    pub fn new(targets: &'a Targets, declared: &'a Declared) -> Result<Self, TargetsError> {
        let executable = match (&declared.build, declared.kind) {
            (Some(build), kind) => Some(built(targets, declared, (build, kind))?),
            (None, Kind::Command) => None,
            (None, _) => declared.run.first().map(|path| targets.folder().join(path)),
        };
        let build = build_of(declared, executable.as_ref())?;
        Ok(Self { declared, build, targets, executable })
    }

    /// Starts it, for one job.
    ///
    /// # Errors
    /// It cannot be started, or does not serve.
    pub fn open(&self) -> Result<Box<dyn Target>, TargetsError> {
        let Declared { name, limit, .. } = self.declared;
        Ok(match (self.declared.kind, &self.executable) {
            (Kind::Served | Kind::Madsim, Some(path)) => {
                Box::new(Served::start(name, path, self.declared.program(), *limit)?)
            }
            _ => Box::new(self.command()),
        })
    }

    fn command(&self) -> Command {
        let Declared { name, run, limit, env, passes, fails, signature_line, folder, .. } = self.declared;
        let executable = self.executable.as_ref().map(|path| path.to_string_lossy().into_owned());
        let filled = |word: &String| word.replace("{executable}", executable.as_deref().unwrap_or_default());
        let words: Vec<String> = run.iter().map(filled).collect();
        let folder = self.targets.folder().join(folder.as_deref().unwrap_or("."));
        let mut command = Command::new(name, &words, *limit).folder(folder).passes_with(passes);
        for (name, value) in env {
            command = command.variable(name, &filled(value));
        }
        if let Some(fails) = fails {
            command = command.fails_with(fails);
        }
        match signature_line {
            Some(beginning) => command.signature_line(beginning),
            None => command,
        }
    }
}

/// Of a command that is built elsewhere nothing is known but its words.
fn build_of(declared: &Declared, executable: Option<&PathBuf>) -> Result<String, TargetsError> {
    let target = || declared.name.clone();
    let mut build = match executable {
        None => String::from("words"),
        Some(path) => tracefile::build_id(path).map_err(|source| TargetsError::Executable {
            target: target(),
            path: path.clone(),
            source,
        })?,
    };
    let Declared { run, env, config, program, .. } = declared;
    let words = format!("{run:?} {env:?} {config:?} {program:?}");
    let hash =
        words.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // A string takes what is written to it.
    let _ = write!(build, "-{hash:08x}");
    Ok(build)
}

/// Builds an executable in a target directory of its own flags, below cargo's own.
fn built(
    targets: &Targets,
    declared: &Declared,
    (build, kind): (&Build, Kind),
) -> Result<PathBuf, TargetsError> {
    let manifest = targets.folder().join(&build.manifest);
    let of_kind = if kind == Kind::Madsim { "--cfg madsim" } else { "" };
    let flags = format!("{of_kind} {}", build.rustflags);
    let flags = flags.trim();
    let folder = Workspace::load()?.target_dir().join("photofinish/targets").join(name_of(flags));
    let mut command = process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["build", "--message-format=json-render-diagnostics", "--manifest-path"])
        .arg(&manifest)
        .args(["--package", &build.package, "--bin", build.bin()])
        .env("CARGO_TARGET_DIR", folder)
        .env("RUSTFLAGS", flags)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER");
    let bin = Bin { package: &build.package, name: build.bin() };
    instrumented::listened(command, bin).map_err(|source: BuildError| {
        let (package, manifest) = (&build.package, manifest.display());
        let by_hand =
            format!("RUSTFLAGS='{flags}' cargo build --manifest-path {manifest} --package {package}");
        TargetsError::Build { target: declared.name.clone(), source: Box::new(source), by_hand }
    })
}

/// A folder's name for flags: equal for equal ones.
fn name_of(flags: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = flags.chars().map(plain).collect();
    if name.is_empty() { String::from("plain") } else { name.trim_matches('-').to_owned() }
}
