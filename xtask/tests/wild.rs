//! Published bugs are found in unmodified crates, made small, and not found where they are mended.
//!
//! The rows of the workspace that is built soonest; `cargo xtask wild` has all of them. Invariant: what is found here is found from several first
//! seeds, each within the runs that its scenario says.

use std::process::Command;

use serde_json::Value;

struct Said {
    exit: Option<i32>,
    out: String,
    err: String,
}

fn wild(words: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("wild").args(words).output();
    let output = output.expect("xtask can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { exit: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

#[test]
fn published_bugs_are_found_and_made_small_and_where_they_are_mended_they_are_not() {
    let rows = ["futures-mpsc", "tokio-broadcast-0023", "oneshot-unparking", "eventlistener-233"];
    let words = ["--ranges", "3", "--cap", "1000", "--seeds", "500", "--shrink", "5s", "--json"];
    let said = wild(&[&rows[..], &words[..]].concat());
    assert_eq!(said.exit, Some(0), "{}\n{}", said.out, said.err);
    let lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), rows.len(), "{}", said.out);
    for line in lines {
        assert_eq!(line["buggy"]["first"].as_array().map(Vec::len), Some(3), "{line}");
        assert_eq!(
            (&line["mended"]["runs"], &line["mended"]["failures"]),
            (&500.into(), &serde_json::json!({}))
        );
        let small = &line["small"];
        assert!(small["decisions"].as_u64().is_some_and(|decisions| decisions <= 2), "{line}");
        assert!(small["token"].as_str().is_some_and(|token| token.starts_with("pf1-")), "{line}");
    }
}

#[test]
fn a_row_that_is_not_there_is_told_with_those_that_are() {
    let said = wild(&["r2d2"]);
    assert_eq!(said.exit, Some(2), "{}", said.err);
    assert!(said.err.contains("no row `r2d2`") && said.err.contains("wild-r2d2-race"), "{}", said.err);
}

#[test]
fn figures_that_were_kept_are_shown_again_and_damaged_ones_named() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/wild/measured.jsonl");
    let said = wild(&["--from", kept]);
    // One has not been found.
    assert_eq!(said.exit, Some(1), "{}", said.err);
    assert!(said.out.contains("\nr2d2-race ") && said.out.contains("19 of 20 found"), "{}", said.out);
    let text = std::fs::read_to_string(kept).expect("it is committed");
    let damaged = concat!(env!("CARGO_TARGET_TMPDIR"), "/damaged.jsonl");
    let check = |text: &str, words: &str| {
        std::fs::write(damaged, text).expect("the target folder can be written");
        let said = wild(&["--from", damaged, "asyncchannel-forget", "bb8-broken"]);
        assert_eq!(said.exit, Some(2), "{}", said.out);
        assert!(said.err.contains(words) && said.err.contains("next: "), "{}", said.err);
    };
    let second = text.find('\n').expect("lines") + 1;
    check(&text[..second + 40], "line 2: ");
    check(&text[..second], "it has no line for `wild-bb8-broken`");
    check("", "it has no line for `wild-asyncchannel-forget`");
}
