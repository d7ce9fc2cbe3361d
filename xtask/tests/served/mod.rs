//! What the tests that drive an executable of programs have in common: the executable, and how a run is asked for.
//!
//! Invariant: an executable is built at most once per test binary, instrumented as `cargo xtask sim` builds it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use photofinish::client::{Client, Isolation, Request};
use photofinish::sim::limits::Limits;
use photofinish::sim::preempt::Preempt;
use photofinish::sim::seed::Seed;
use xtask::instrumented::{Bin, Build};
use xtask::workspace::Workspace;

/// The executable that serves the guests.
pub(crate) fn guests() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(Bin { package: "photofinish-guests", name: "guests" }))
}

/// Builds a binary of the workspace with the xtask under test as cargo's wrapper.
pub(crate) fn build(bin: Bin<'_>) -> PathBuf {
    let workspace = Workspace::load().expect("the tests run inside the workspace");
    let wrapper = Path::new(env!("CARGO_BIN_EXE_xtask"));
    let out = workspace.target_dir().join("photofinish");
    let build = Build { root: workspace.root(), out: &out, wrapper, level: Preempt::Atomics };
    build.executable(bin).expect("it builds")
}

/// A server of an executable.
pub(crate) fn client(path: &Path, isolation: Isolation) -> Client {
    Client::start(path, Limits::default().threads_max, isolation).expect("it serves")
}

/// A run with the default strategy mix and limits, as `cargo xtask sim` asks for it.
pub(crate) fn request(client: &mut Client, program: &str, seed: u64) -> Request {
    let mut request = Request::new(program, Seed(seed));
    request.strategy = client.resolve(&request).expect("it serves");
    request
}
