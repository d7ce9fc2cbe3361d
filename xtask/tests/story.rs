//! What `cargo xtask list` and `sim` print, and what a trace file holds, as snapshots.
//!
//! Invariant: what varies from build to build is replaced by dots of the same width before it is compared.

use std::fs;
use std::path::Path;
use std::process::Command;

fn xtask(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().expect("xtask can be started");
    steady(&String::from_utf8(output.stdout).expect("it prints text"))
}

/// Replaces hashes of events and builds: sixteen hexadecimal digits.
fn steady(text: &str) -> String {
    let is_hash = |word: &str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| {
            if is_hash(word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric())) {
                word.replace(|c: char| c.is_ascii_hexdigit(), "·")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

#[test]
fn the_list() {
    insta::assert_snapshot!(xtask(&["list"]));
}

#[test]
fn the_story_of_a_deadlock() {
    insta::assert_snapshot!(xtask(&["sim", "canary/deadlock", "--seed", "0", "--strategy", "boring"]));
}

#[test]
fn the_story_of_a_panic() {
    insta::assert_snapshot!(xtask(&["sim", "canary/panic", "--seed", "0", "--strategy", "boring"]));
}

#[test]
fn a_pass_with_events() {
    insta::assert_snapshot!(xtask(&[
        "sim",
        "lost-update",
        "--seed",
        "0",
        "--strategy",
        "boring",
        "--events"
    ]));
}

#[test]
fn a_trace_file() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("story.json");
    let path = path.to_str().expect("a path in UTF-8");
    xtask(&["sim", "lost-update", "--seed", "22", "--strategy", "walk:5", "--record", path]);
    let mut file: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path).expect("it was written")).expect("JSON");
    // Numbers that name this build.
    file["events_hash"] = "·".into();
    for pick in file["trace"]["picks"].as_array_mut().expect("picks") {
        pick["pc"] = "·".into();
    }
    insta::assert_snapshot!(steady(&serde_json::to_string_pretty(&file).expect("plain data")));
}
