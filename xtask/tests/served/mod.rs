//! What the tests that drive an executable of programs have in common: the executable, and how a run is asked for.
//!
//! Invariant: an executable is built at most once per test binary, instrumented as `cargo xtask sim` builds it.

#[path = "../built/mod.rs"]
pub(crate) mod built;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use photofinish::client::{Client, Isolation, Request};
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use xtask::instrumented::Bin;

/// The executable that serves the guests.
pub(crate) fn guests() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built::build(Bin { package: "photofinish-guests", name: "guests" }))
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
