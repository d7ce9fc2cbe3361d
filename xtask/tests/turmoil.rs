//! A simulation on turmoil as a target: what only faults bring out is found, made small, told by name, and comes back from a token.
//!
//! Does not know how turmoil is stepped. Invariant: the seeds are the first ones that fail so, and none is left out.

mod built;
mod folder;
mod small;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use photofinish::client::{Client, Isolation, Replay, Request, Run};
use photofinish::examine::examine;
use photofinish::shrinking::Minimal;
use photofinish::sim::event::Event;
use photofinish::sim::limits::Limits;
use photofinish::sim::seed::Seed;
use photofinish::token::{self, Exact, Token};
use photofinish::verdict;
use serde_json::Value;
use xtask::instrumented::Bin;

use built::build;
use folder::{Folder, Said, objects};
use small::{Others, small_runs};

/// So many seeds of each failure are made small.
const SEEDS: usize = 5;

fn scenarios() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(Bin { package: "photofinish-turmoil-scenarios", name: "turmoil-scenarios" }))
}

fn client() -> Client {
    Client::start(scenarios(), Limits::default().threads_max, Isolation::Fork).expect("it serves")
}

/// Each seed ends at one and the same fault, which is told by name.
fn check_small(program: &str, signature: &str, fault: &str) {
    let small = small_runs(client, (program, signature), SEEDS, Others::Refused);
    let first = small[0].1.token.as_ref().expect("it is small");
    for (seed, small) in &small {
        assert_eq!(small.minimal, Minimal::Proved, "{program} seed {seed}");
        let [decision] = small.explanation.decisions.as_slice() else {
            panic!("{program} seed {seed}: {}", small.reasons());
        };
        let meant = decision.meant.as_deref().unwrap_or_default();
        assert!(meant.starts_with(fault), "{program} seed {seed}: {meant}");
        assert_eq!(decision.undone, None, "without it the run passes");
        let told = format!("    1. without {meant}, the run passes\n");
        assert!(small.reasons().contains(&told), "{}", small.reasons());
        assert_eq!(small.token.as_ref(), Ok(first), "{program} seed {seed} has another token");
    }
}

#[test]
fn a_deposit_that_is_applied_twice_needs_one_cut_from_each_seed() {
    check_small("turmoil-ledger/buggy", "applied-twice", "partition of ");
}

#[test]
fn an_acknowledged_deposit_that_is_lost_needs_one_crash_from_each_seed() {
    check_small("turmoil-ledger/ack-early", "lost", "crash of primary at ");
}

#[test]
fn every_ledger_does_what_is_said_of_it() {
    let args = ["sweep", "turmoil-ledger", "--seeds", "200", "--no-shrink", "--json"];
    let Said { code, out, err } = Folder::new().xtask(&args);
    assert_eq!(code, Some(0), "{out}{err}");
    let lines = objects(&out);
    let fixed = lines.iter().find(|line| line["variant"] == "fixed").expect("it was swept");
    assert_eq!((&fixed["runs"], &fixed["passed"]), (&Value::from(200), &Value::from(200)), "{out}");
}

#[test]
fn a_simulation_that_ends_badly_is_said_so() {
    let folder = Folder::new();
    let Said { code, out, err } = folder.xtask(&["sweep", "turmoil-endings", "--seeds", "1", "--no-shrink"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let panic = folder.xtask(&["sim", "turmoil-endings/panic", "--seed", "1"]);
    assert_eq!(panic.code, Some(1), "{}", panic.err);
    for words in
        ["panic in photofinish_turmoil_scenarios::endings::", "panicked main: the till is locked at "]
    {
        assert!(panic.out.contains(words), "`{words}`: {}", panic.out);
    }
}

#[test]
fn a_story_tells_which_faults_struck() {
    let folder = Folder::new();
    let told = folder.xtask(&["sim", "--seed", &committed()[0].0]);
    assert_eq!(told.code, Some(1), "{}{}", told.out, told.err);
    // The decision itself, and what the program said of it.
    let names = |line: &&str| line.contains("crash of primary at ");
    assert!(told.out.lines().filter(names).count() >= 2, "{}", told.out);
}

/// The committed tokens and the signatures that stand below them, in the order of their programs.
fn committed() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/turmoil/tokens");
    let entries = std::fs::read_dir(folder).expect("the tokens are there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("it is text");
        let (token, signature) = text.split_once("\n# ").expect("its second line is `# SIGNATURE`");
        (token.to_owned(), signature.trim_end().to_owned())
    };
    paths.iter().map(read).collect()
}

#[test]
fn each_committed_token_fails_as_it_did_and_needs_each_of_its_decisions() {
    let mut client = client();
    let mut programs = Vec::new();
    for (text, signature) in committed() {
        let token: Token = text.parse().expect("it is a token");
        assert_eq!(token::hash(&signature), token.signature, "{}", token.program);
        let resolved = token::resolve(&mut client, &token, Exact::No).expect("its program is there");
        let shown = examine(&mut client, &resolved.request).expect("it serves").judgement.signature;
        assert_eq!(shown.as_ref(), Some(&signature), "{}", token.program);
        let plan = resolved.plan();
        for undone in 0..plan.decisions.len() {
            let mut less = plan.clone();
            less.decisions.remove(undone);
            let replay = Some(Replay::Lenient(less));
            let run = client.run(&Request { replay, ..resolved.request.clone() }).expect("it serves");
            let shown = verdict::judge(&run, client.symbols()).signature;
            assert_ne!(shown.as_ref(), Some(&signature), "{} does not need decision {undone}", token.program);
        }
        programs.push(token.program);
    }
    assert_eq!(programs, ["turmoil-ledger/ack-early", "turmoil-ledger/buggy"]);
}

/// What a run printed.
fn printed(run: &Run) -> String {
    let bytes = run.events.iter().filter_map(|(_, event)| match event {
        Event::Wrote { bytes, .. } => Some(bytes.as_slice()),
        _ => None,
    });
    String::from_utf8(bytes.collect::<Vec<_>>().concat()).expect("it is text")
}

#[test]
fn clocks_and_hash_keys_are_the_seeds_here_and_the_machines_natively() {
    let simulated = |seed| {
        // Each time a process of its own.
        let run = client().run(&Request::new("turmoil-clocks/printed", Seed(seed))).expect("it serves");
        (printed(&run), run.figures.events_hash)
    };
    let (once, again) = (simulated(3), simulated(3));
    assert_eq!(once, again);
    let passed = once.0.lines().last().and_then(|line| line.strip_suffix(" ns passed"));
    let passed: u64 = passed.and_then(|ns| ns.parse().ok()).unwrap_or_else(|| panic!("{}", once.0));
    assert!((249_000_000..252_000_000).contains(&passed), "std's clock keeps pace with turmoil's: {passed}");
    assert!(
        (0..8).any(|seed| simulated(seed).0.lines().next() != once.0.lines().next()),
        "keys are the seed's"
    );

    let native = || {
        let output = Command::new(scenarios()).args(["native", "turmoil-clocks/printed"]).output();
        String::from_utf8(output.expect("it starts").stdout).expect("it is text")
    };
    let natively: Vec<String> = (0..4).map(|_| native()).collect();
    for number in 0..3 {
        let lines: BTreeSet<Option<&str>> =
            natively.iter().map(|printed| printed.lines().nth(number)).collect();
        assert!(lines.len() > 1 && !lines.contains(&None), "keys and clocks are the machine's: {natively:?}");
    }
}
