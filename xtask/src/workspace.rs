//! Where the workspace is and which packages it has, as cargo tells it.
//!
//! Reads no source file and does not know which edges between packages are allowed.
//! Invariant: every path handed out as text is relative to the root and uses `/`.

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand, Package};
use thiserror::Error;

/// Cargo could not describe the workspace.
#[derive(Debug, Error)]
#[error(
    "asking cargo for the workspace around the current directory failed: {0}\nnext: `cargo metadata --no-deps`"
)]
pub struct WorkspaceError(#[from] cargo_metadata::Error);

/// The workspace around the current directory.
pub struct Workspace {
    metadata: Metadata,
}

impl Workspace {
    /// Asks cargo.
    pub fn load() -> Result<Self, WorkspaceError> {
        Ok(Self { metadata: MetadataCommand::new().no_deps().exec()? })
    }

    /// The folder of the root manifest.
    pub fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// Where cargo puts what it builds.
    pub fn target_dir(&self) -> PathBuf {
        self.metadata.target_directory.as_std_path().to_owned()
    }

    /// Our own packages.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.metadata.workspace_packages().into_iter()
    }

    /// A path as it stands in a message: relative to the root, with `/`.
    pub fn shown(&self, path: &Path) -> String {
        let relative = path.strip_prefix(self.root()).unwrap_or(path);
        relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
    }
}
