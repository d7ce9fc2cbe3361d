//! A walk over the touches of words is about the words that a real program's threads share, and finds the same ones again.
//!
//! Does not know addresses. Invariant: what it expects follows from how often the program's source touches its words.

use photofinish::client::{Client, Isolation, Request};
use photofinish::sim::chooser::Strategy;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::verdict::{self, Verdict};
use xtask::instrumented::Bin;

mod built;

fn client(isolation: Isolation) -> Client {
    let path = built::build(Bin { package: "photofinish-scenarios", name: "scenarios" });
    Client::start(&path, Limits::default().threads_max, isolation).expect("it serves")
}

/// A run of the program of README under this strategy, with what has to be learned for it.
fn resolved(client: &mut Client, name: &str, seed: u64) -> Request {
    let strategy = name.parse().expect("a strategy");
    let asked = Request { strategy, ..Request::new("lost-update/buggy", Seed(seed)) };
    Request { strategy: client.resolve(&asked).expect("it serves"), ..asked }
}

#[test]
fn a_walk_over_the_shared_word_loses_an_update_in_two_runs_of_three() {
    let mut client = client(Isolation::Rewind);
    let mut failed = 0;
    for seed in 0..150 {
        let request = resolved(&mut client, "surw:shared", seed);
        let run = client.run(&request).expect("it serves");
        failed += u32::from(verdict::judge(&run, client.symbols()).verdict == Verdict::Fail);
    }
    // Of the six orders of two loads and two stores four lose one.
    assert!((80..=120).contains(&failed), "{failed} of 150");
}

#[test]
fn two_processes_learn_the_same_words() {
    let mut clients = [client(Isolation::Rewind), client(Isolation::Fork)];
    for name in ["surw:shared", "surw:one", "surw:all", "spos:shared", "spct:3:all"] {
        for seed in 0..10 {
            let [one, other] = clients.each_mut().map(|client| resolved(client, name, seed).strategy);
            assert_eq!(one, other, "{name}, seed {seed}");
            assert!(matches!(one, Strategy::Selective { words, .. } if !words.is_empty()), "{one:?}");
            assert_eq!(one.to_string(), name, "addresses stand in no name");
        }
    }
}
