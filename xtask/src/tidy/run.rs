//! All rules over the whole workspace.
//!
//! Knows no rule from within.
//! Invariant: findings come sorted, so two runs over equal trees print equal lines.

use std::io;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Package};
use thiserror::Error;

use super::edges::{self, Edge};
use super::finding::{Finding, Place};
use super::ratchet::{self, Ratchet};
use super::source::Source;
use super::{attributes, docs, manifest, size, unsafety};
use crate::exit::{Exit, ExitCause};
use crate::workspace::{Workspace, WorkspaceError};

/// The rules that look at one Rust file.
const FILE_RULES: &[fn(&Source) -> Vec<Finding>] = &[attributes::check, docs::check, unsafety::check];

/// Why the rules could not be checked.
#[derive(Debug, Error)]
pub enum TidyError {
    /// There is no workspace here.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// A file or folder could not be read.
    #[error("reading {path} to check its style failed: {source}\nnext: `ls -l {path}`")]
    Read {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The list of old excess is no such list.
    #[error("reading the list of old excess in {path} failed: {source}\nnext: `git diff {path}`")]
    Ratchet {
        /// The list.
        path: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl ExitCause for TidyError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// Everything in the workspace that breaks a rule.
pub fn findings(workspace: &Workspace) -> Result<Vec<Finding>, TidyError> {
    let mut found = check_sources(workspace)?;
    let ours: Vec<&str> = workspace.packages().map(|package| package.name.as_str()).collect();
    for package in workspace.packages() {
        found.extend(check_package(workspace, package, &ours)?);
    }
    found.sort();
    Ok(found)
}

fn check_sources(workspace: &Workspace) -> Result<Vec<Finding>, TidyError> {
    let mut found = Vec::new();
    let (mut files, mut functions) = (Vec::new(), Vec::new());
    for path in rust_files(workspace.root())? {
        match Source::new(workspace.shown(&path), read(&path)?) {
            Ok(source) => {
                found.extend(FILE_RULES.iter().flat_map(|rule| rule(&source)));
                files.extend(size::long_file(&source));
                functions.extend(size::long_functions(&source));
            }
            Err(finding) => found.push(finding),
        }
    }
    let list = read(&workspace.root().join(ratchet::PATH))?;
    let ratchet =
        Ratchet::parse(&list).map_err(|source| TidyError::Ratchet { path: ratchet::PATH, source })?;
    found.extend(ratchet.check(&files, &functions));
    Ok(found)
}

fn check_package(workspace: &Workspace, package: &Package, ours: &[&str]) -> Result<Vec<Finding>, TidyError> {
    let path = package.manifest_path.as_std_path();
    let text = read(path)?;
    let shown = workspace.shown(path);
    let mut found = manifest::check(&shown, &text, ours);
    let local = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
    let edges: Vec<Edge<'_>> = local
        .map(|dependency| match dependency.kind {
            DependencyKind::Development => Edge::Test(&dependency.name),
            _ => Edge::Use(&dependency.name),
        })
        .collect();
    let place = |used: &str| {
        let index = text.lines().position(|line| line.starts_with(used)).unwrap_or_default();
        Place { path: &shown, line: index + 1 }
    };
    found.extend(edges::check(package.name.as_str(), &edges, place));
    Ok(found)
}

/// Every Rust file below `folder`, except what is built or hidden.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, TidyError> {
    let fail = |source| TidyError::Read { path: folder.display().to_string(), source };
    let mut found = Vec::new();
    for entry in folder.read_dir().map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name();
        let is_skipped = name == "target" || name.to_string_lossy().starts_with('.');
        if entry.file_type().map_err(fail)?.is_dir() {
            if !is_skipped {
                found.extend(rust_files(&entry.path())?);
            }
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "rs") {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn read(path: &Path) -> Result<String, TidyError> {
    std::fs::read_to_string(path)
        .map_err(|source| TidyError::Read { path: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        let workspace = Workspace::load().expect("tests run in the workspace");
        let found = findings(&workspace).expect("the workspace is readable");
        let lines: Vec<String> = found.iter().map(Finding::to_string).collect();
        assert!(lines.is_empty(), "{} found:\n{}", lines.len(), lines.join("\n"));
    }
}
