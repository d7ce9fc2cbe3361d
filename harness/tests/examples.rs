//! The examples, run as they stand.
//!
//! They are not instrumented here, as `cargo test` builds them: threads change places at system calls alone. Invariant: every example
//! that serves a scenario is run here over many seeds, and does what it expects.

use std::path::PathBuf;
use std::process::Command;

use photofinish::client::{self, Client, Isolation, Request};
use photofinish::examine::examine;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::sweep::Tally;

/// An example of this package, as cargo builds it beside its tests.
fn example(name: &str) -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", env!("CARGO_PKG_NAME"), "--example", name]);
    assert!(cargo.status().expect("cargo starts").success(), "{name} does not build");
    let own = std::env::current_exe().expect("a test has an executable");
    let deps = own.parent().expect("it is in a folder");
    deps.parent().expect("which is in another").join("examples").join(name)
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
        assert_eq!(tally.complaints(&listed, Seed(0)), Vec::<String>::new(), "{tally:?}");
        assert_eq!(tally.passed, 100);
    }
}
