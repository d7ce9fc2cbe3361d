//! The examples, run as they stand.
//!
//! They are not instrumented here, as `cargo test` builds them: threads change places at system calls alone. Invariant: every example
//! that serves a scenario is run here over many seeds, and does what it expects.

use std::path::{Path, PathBuf};
use std::process::Command;

use photofinish::client::{self, Client, Isolation, Request};
use photofinish::examine::examine;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Tally;

/// An example of this package. Cargo has built it beside its tests, unless it was asked for this one alone.
fn example(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test has an executable");
    let deps = own.parent().expect("it is in a folder");
    let path = deps.parent().expect("which is in another").join("examples").join(name);
    if !is_fresh(&path) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", env!("CARGO_PKG_NAME"), "--example", name]);
        assert!(cargo.status().expect("cargo starts").success(), "{name} does not build");
    }
    path
}

/// Whether an executable is there and no source that it was made from is younger. Asking cargo would do, but what it builds for one
/// package has not the features that a test of the workspace was built with, and so takes a minute more.
fn is_fresh(path: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified());
    let (Ok(built), Ok(rule)) = (modified(path), std::fs::read_to_string(path.with_extension("d"))) else {
        return false;
    };
    let sources = rule.split_once(": ").map_or("", |(_, sources)| sources);
    // Where a path has spaces, the rule escapes them, and nothing of this name is there.
    let older = |source: &str| modified(Path::new(source)).is_ok_and(|changed| changed <= built);
    !sources.is_empty() && sources.split_whitespace().all(older)
}

#[test]
fn three_nodes_survive_a_partition_and_a_crash() {
    let path = example("three_nodes");
    let threads_max = Limits::default().threads_max;
    let mut client = Client::start(&path, threads_max, Isolation::Fork).expect("it serves");
    for listed in client::list(&path).expect("it lists what it holds") {
        let mut tally = Tally::default();
        for seed in (0..100).map(Seed) {
            let request = Request::new(listed.name(), seed);
            let strategy = client.resolve(&request).expect("it serves");
            let request = Request { strategy, ..request };
            let examined = examine(&mut client, &request).expect("it serves");
            tally.add(seed, &strategy.to_string(), &examined);
        }
        assert_eq!(tally.complaints(&listed, Seed(0)), [""; 0], "{tally:?}");
        assert_eq!(tally.passed, 100);
    }
}
