//! The program of `fork-cancel` on turmoil: hosts in one thread, and datagrams between them.
//!
//! It does not know what is compared with it. Invariant: the program, the cases and the oracle are the scenario's own files; what is
//! here is whose sockets they use and who starts the hosts.

mod net;
#[expect(dead_code, reason = "some of it is for the scenario's own tests")]
#[path = "../../../src/fork_cancel/program/mod.rs"]
mod program;
mod test;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use turmoil::Builder;

use test::{Played, Stage, Subject};

/// Whether a subject fails on a seed, if there is such a subject.
pub(crate) fn fails(subject: &str, seed: u64) -> Option<Result<bool, String>> {
    test::subject(subject).map(|subject| play(subject, seed).and_then(test::has_failed))
}

fn play(subject: Subject, seed: u64) -> Result<Played, String> {
    let [least, most] = test::latency(subject);
    let Stage { nodes, watch } = test::stage(subject);
    let mut sim = Builder::new()
        .rng_seed(seed)
        .min_message_latency(least)
        .max_message_latency(most)
        .simulation_duration(Duration::from_secs(3_600))
        .build();
    for node in nodes {
        let start = node.start;
        sim.host(node.name, move || {
            let running = start();
            async move { running.await.map_err(Into::into) }
        });
    }
    let played = Rc::new(RefCell::new(None));
    let told = Rc::clone(&played);
    sim.client("test", async move {
        *told.borrow_mut() = Some(watch.await);
        Ok(())
    });
    sim.run().map_err(|error| format!("turmoil: {error}"))?;
    let played = played.borrow_mut().take();
    played.ok_or_else(|| String::from("turmoil ended before the test did"))
}
