//! The executable of tests as a fork server.
//!
//! Does not know who asks. Invariant: a test is found by the name that [`Test`] gives it, and by no other.

use photofinish_boundary::takeover::{self, Entry};
use photofinish_boundary::{Task, server};
use photofinish_sim::oracle::Oracles;

use super::{Failure, Os, Test};
use crate::guest::{Asked, leave};
use crate::scenario::Heap;

/// What makes a test one that this executable can serve.
#[must_use]
pub const fn entry(test: &'static Test) -> Entry {
    Entry { serve, item: test }
}

fn serve() -> ! {
    server::enter();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match Asked::by(&words) {
        Some(asked) => asked.serve(&find),
        None => {
            let variable = takeover::VARIABLE;
            eprintln!(
                "{variable} is for Photofinish itself\nnext: the same command without it in the environment"
            );
            leave(2)
        }
    }
}

fn tests() -> impl Iterator<Item = &'static Test> {
    takeover::entries().iter().filter_map(|entry| entry.item.downcast_ref::<Test>())
}

/// The names of all tests of this executable.
pub(super) fn names() -> Vec<&'static str> {
    tests().map(|test| test.name).collect()
}

fn find(name: &str) -> Option<Task> {
    let test = tests().find(|test| test.name == name)?;
    let body = test.body;
    let program = Box::new(move || body().map_err(|Failure { signature, detail }| (signature, detail)));
    Some(Task {
        program,
        os: test.os.unwrap_or(Os::Linux),
        heap: Heap::Plain,
        programs: &[],
        oracles: Oracles::NONE,
        over_events: None,
    })
}
