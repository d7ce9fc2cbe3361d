//! The program of `fork-cancel` on madsim: nodes in one thread, and datagrams between them.
//!
//! It does not know what is compared with it. Invariant: the program, the cases and the oracle are the scenario's own files; what is
//! here is whose sockets they use and who starts the nodes.

mod net;
#[expect(dead_code, reason = "some of it is for the scenario's own tests")]
#[path = "../../../../src/fork_cancel/program/mod.rs"]
mod program;
#[path = "../../../src/fork_cancel/test/mod.rs"]
mod test;

use madsim::Config;
use madsim::runtime::{Handle, Runtime};

use test::{Played, Stage, Subject};

/// Whether a subject fails on a seed, if there is such a subject.
pub(crate) fn fails(subject: &str, seed: u64) -> Option<Result<bool, String>> {
    test::subject(subject).map(|subject| test::has_failed(play(subject, seed)))
}

fn play(subject: Subject, seed: u64) -> Played {
    let mut config = Config::default();
    let [least, most] = test::latency(subject);
    config.net.send_latency = least..most;
    Runtime::with_seed_and_config(seed, config).block_on(async move {
        // What is asked of the clock has its answer only in here.
        let Stage { nodes, watch } = test::stage(subject);
        let handle = Handle::current();
        for node in nodes {
            let start = node.start;
            let init = move || {
                let running = start();
                async move { running.await.expect("a node sends what it is asked to") }
            };
            handle.create_node().name(node.name).ip(net::address(node.name)).init(init).build();
        }
        let test = handle.create_node().name("test").build();
        test.spawn(watch).await.expect("the test does not panic")
    })
}
