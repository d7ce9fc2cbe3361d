//! `cargo xtask shrink`, tokens for seeds, and what a sweep makes small, from outside.
//!
//! Does not know how runs are made small. Invariant: what a command prints to be typed next, typed, does what it was printed for.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A seed of `lost-update/buggy` that fails, and one that does not.
const FAILS: [&str; 3] = ["lost-update/buggy", "--seed", "0"];
const PASSES: [&str; 4] = ["lost-update/buggy", "--strategy", "boring", "--seed=1"];

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn xtask(args: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(args).output().expect("xtask starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn shrunk(args: &[&str]) -> Value {
    let Said { code, out, err } = xtask(&[&["shrink"], args, &["--json"]].concat());
    assert_eq!(code, Some(1), "{out}{err}");
    serde_json::from_str(&out).expect("it is one object")
}

/// The token of the small run of [`FAILS`].
fn token() -> String {
    let replay = shrunk(&FAILS)["replay"].as_str().expect("it is text").to_owned();
    replay.strip_prefix("cargo xtask sim --seed ").expect("a token is typed").to_owned()
}

fn check_refused(args: &[&str], words: &[&str]) {
    let Said { code, out, err } = xtask(args);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
    words.iter().for_each(|word| assert!(err.contains(word), "{args:?} does not say `{word}`: {err}"));
}

#[test]
fn a_failing_seed_is_made_small_and_explained() {
    let small = shrunk(&FAILS);
    assert_eq!(small["signature"], "lost-update");
    assert_eq!(
        (&small["after"]["decisions"], &small["minimal"]),
        (&Value::from(1), &Value::from(true)),
        "{small}"
    );
    let decision = &small["explanation"]["decisions"][0];
    assert_eq!(decision["undone"], Value::Null, "undone, it passes: {small}");
    for side in ["first", "second"] {
        let function = decision["pair"][side]["function"].as_str().unwrap_or_default();
        assert!(function.contains("lost_update"), "{side}: {small}");
    }
    let told = xtask(&[&["shrink"], FAILS.as_slice()].concat());
    for words in ["minimal: without any one of its decisions", "came before", "cargo xtask sim --seed pf1-"] {
        assert!(told.out.contains(words), "`{words}`: {}", told.out);
    }
}

#[test]
fn a_token_is_a_seed_everywhere() {
    let token = token();
    let again = xtask(&["sim", "--seed", &token]);
    assert_eq!(again.code, Some(1), "{}{}", again.out, again.err);
    assert!(
        again.out.starts_with("token · lost-update/buggy\nFAIL lost-update/buggy: lost-update"),
        "{}",
        again.out
    );
    // It may be broken for a terminal, as a shell joins it.
    let joined = again.out.replace("\\\n", "");
    assert!(joined.contains(&format!("replay: cargo xtask sim --seed {token}")), "{}", again.out);
    let exact = xtask(&["sim", "--exact", "--seed", &token, "--json"]);
    let record: Value = serde_json::from_str(&exact.out).expect("one object");
    assert_eq!((exact.code, &record["signature"]), (Some(1), &Value::from("lost-update")));
    let smaller = shrunk(&["--seed", &token]);
    assert_eq!(smaller["after"]["decisions"], 1);
}

#[test]
fn a_token_that_cannot_be_used_says_why() {
    let token = token();
    let (most, last) = token.split_at(token.len() - 1);
    check_refused(&["sim", "--seed", most], &["damaged", "next: copy it again"]);
    let other = if last == "A" { "B" } else { "A" };
    check_refused(&["sim", "--seed", &format!("{most}{other}")], &["damaged"]);
    check_refused(&["sim", "--seed", &token.replace("pf1-", "pf2-")], &["version", "next:"]);
    check_refused(&["sim", "--seed", &token, "late-listener"], &["of lost-update/buggy", "next:"]);
    check_refused(&["sim", "--seed", &token, "--cores", "2"], &["a token says how its run is made"]);
    check_refused(&["sim", "lost-update/buggy", "--exact"], &["--seed"]);
}

#[test]
fn what_cannot_be_made_small_is_refused() {
    check_refused(&[&["shrink"], PASSES.as_slice()].concat(), &["does not fail", "next:"]);
    check_refused(&["shrink", "lost-update", "--seed", "0", "--budget", "0s"], &["--budget"]);
    check_refused(&["shrink", "late-listener", "--seed", "1"], &["makes one run small", "next:"]);
}

#[test]
fn a_sweep_makes_what_it_finds_small_once() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shrinking-corpus");
    let _: std::io::Result<()> = std::fs::remove_dir_all(&folder);
    let corpus = folder.to_str().expect("it is text");
    let sweep = || xtask(&["sweep", "lost-update/buggy", "--seeds", "60", "--corpus", corpus]);
    let first = sweep();
    let small = "small: lost-update/buggy: lost-update: ";
    assert!(
        first.err.contains(small) && first.err.contains(" 1 decisions: cargo xtask sim --seed pf1-"),
        "{}",
        first.err
    );
    let second = sweep();
    assert!(!second.err.contains("small: "), "{}", second.err);
}
