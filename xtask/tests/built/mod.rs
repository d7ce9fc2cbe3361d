//! An executable of the workspace, as `cargo xtask sim` builds it.
//!
//! Knows no program. Invariant: it is instrumented by the xtask under test, in the folder that all tests share.

use std::path::{Path, PathBuf};

use photofinish::sim::preempt::Preempt;
use xtask::instrumented::{Bin, Build};
use xtask::workspace::Workspace;

/// Builds a binary of the workspace with the xtask under test as cargo's wrapper.
pub(crate) fn build(bin: Bin<'_>) -> PathBuf {
    let workspace = Workspace::load().expect("the tests run inside the workspace");
    let wrapper = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let out = workspace.target_dir().join("photofinish");
    let build = Build { root: workspace.root(), out: &out, wrapper, level: Preempt::Atomics };
    build.executable(bin).expect("it builds")
}
