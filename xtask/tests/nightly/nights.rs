//! Nights: what they write, what the next one knows, how they end, and what is left of one that is cut short.
//!
//! Knows the scenarios by name only. Invariant: nothing here depends on how long anything takes.

use std::fs;

use serde_json::{Value, json};

use crate::folder::{Folder, Said, objects};
use crate::interrupted::interrupted;

/// The night of a number, in a folder of its own.
fn night(folder: &Folder, args: &[&str]) -> Said {
    let out = folder.path("out");
    folder.xtask(&[&["nightly"], args, &["--night", "7", "--out", &out]].concat())
}

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn parsed(folder: &Folder, name: &str) -> Value {
    serde_json::from_str(&read(folder, name)).expect("it is JSON")
}

/// What a night says of itself with `--json`.
fn told(said: &Said) -> Value {
    let last = objects(&said.out).pop().expect("it says something");
    assert!(last["night"].is_object(), "{last}");
    last["night"].clone()
}

fn counts(told: &Value, names: [&str; 4]) -> [u64; 4] {
    names.map(|name| told["totals"][name].as_u64().expect("a count"))
}

const SMALL: &[&str] = &["canary", "--seeds", "3", "--json"];

#[test]
fn a_night_makes_everything_and_the_next_one_knows_it() {
    let folder = Folder::new();
    let summary = folder.path("summary");
    let (out, names) = (folder.path("out"), ["failures", "fresh", "known", "broken"]);
    let with_summary = |args: &[&str]| -> Said {
        let words = [&["nightly"], args, &["--night", "7", "--out", &out]].concat();
        folder.command(&words).env("GITHUB_STEP_SUMMARY", &summary).output().expect("xtask starts").into()
    };
    fs::create_dir_all(folder.path("")).expect("a temporary folder");
    let first = with_summary(SMALL);
    assert_eq!(first.code, Some(0), "{}{}", first.out, first.err);
    assert_eq!(counts(&told(&first), names), [4, 4, 0, 0]);
    assert_eq!(told(&first)["from"], 7_u64 << 32);
    assert!(first.err.contains("night 7: seeds from 30064771072 on (again: --night 7)\n"), "{}", first.err);
    assert!(read(&folder, "out/junit.xml").contains("<testsuites"));
    assert!(read(&folder, "out/index.html").contains("canary"));
    assert!(read(&folder, "out/summary.md").contains("### New failures"));
    let exported = parsed(&folder, "out/corpus.json");
    assert_eq!(exported["entries"].as_array().map(Vec::len), Some(4));
    for variant in parsed(&folder, "out/sweep.json")["variants"].as_array().expect("all of them") {
        for signature in variant["signatures"].as_array().expect("what was found") {
            let page = signature["report"].as_str().expect("it has a page of its own");
            assert!(fs::metadata(folder.path(&format!("out/{page}"))).is_ok(), "{page}");
            assert!(signature["small"]["token"].as_str().is_some_and(|token| token.starts_with("pf1-")));
        }
    }
    let second = with_summary(SMALL);
    assert_eq!(second.code, Some(0), "{}{}", second.out, second.err);
    assert_eq!(counts(&told(&second), names), [4, 0, 4, 0]);
    assert!(!read(&folder, "out/summary.md").contains("### New failures"));
    let of_job = read(&folder, "summary");
    assert_eq!(of_job.matches("## Sweep: ").count(), 2, "one after the other: {of_job}");
    assert!(of_job.ends_with(&read(&folder, "out/summary.md")));
}

#[test]
fn a_night_over_two_executables_knows_each_by_its_build() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("")).expect("a temporary folder");
    let path = baseline(&folder, &BASELINE.replace("\"canary\"", "\"turmoil-ledger\""));
    let words = ["turmoil-endings/panic", "canary/panic", "--seeds", "2", "--json", "--baseline", &path];
    let first = night(&folder, &words);
    assert_eq!(first.code, Some(0), "{}{}", first.out, first.err);
    assert_eq!(counts(&told(&first), ["failures", "fresh", "known", "broken"]), [2, 2, 0, 0]);
    let record = parsed(&folder, "out/sweep.json");
    let builds = record["builds"].as_object().expect("each executable has one").clone();
    assert_eq!(builds.keys().collect::<Vec<_>>(), ["scenarios", "turmoil-scenarios"]);
    let summary = read(&folder, "out/summary.md");
    for (name, build) in &builds {
        let build = build.as_str().expect("text");
        assert!(summary.contains(&format!("<code>{build}</code> of {name}")), "{summary}");
    }
    for entry in parsed(&folder, "out/corpus.json")["entries"].as_array().expect("both") {
        let is_turmoil = entry["program"].as_str().expect("text").starts_with("turmoil-");
        let build = &builds[if is_turmoil { "turmoil-scenarios" } else { "scenarios" }];
        assert_eq!(entry["build"], *build, "{entry}");
    }
    for variant in record["variants"].as_array().expect("both") {
        let page = variant["signatures"][0]["report"].as_str().expect("it has a page of its own");
        assert!(fs::metadata(folder.path(&format!("out/{page}"))).is_ok(), "{page}");
    }
    let second = night(&folder, &words);
    assert_eq!(counts(&told(&second), ["failures", "fresh", "known", "broken"]), [2, 0, 2, 0]);
}

/// A corpus with a run of a healthy program that was given up after so many scheduling points.
fn given_up(points_max: u64) -> Folder {
    let folder = Folder::new();
    let said = folder.xtask(&["sweep", "canary/panic", "--seeds", "1", "--no-shrink"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let (file, corpus) = (folder.path("entries.json"), folder.path("corpus"));
    assert_eq!(folder.xtask(&["corpus", "export", &file]).code, Some(0));
    let mut exported = parsed(&folder, "entries.json");
    let entry = &mut exported["entries"][0];
    let limits: Value = serde_json::from_str(entry["limits"].as_str().expect("text")).expect("JSON");
    let mut limits = limits;
    if points_max > 0 {
        limits["points_max"] = points_max.into();
    }
    entry["limits"] = limits.to_string().into();
    entry["program"] = json!("canary/healthy");
    entry["signature"] = json!("livelock");
    entry["trace"] = Value::Null;
    fs::write(&file, exported.to_string()).expect("a temporary file");
    fs::remove_dir_all(&corpus).expect("it is ours");
    let said = folder.xtask(&["corpus", "import", &file]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    folder
}

const HEALTHY: &[&str] = &["canary/healthy", "--seeds", "2", "--json"];

const BASELINE: &str = "# For now.\n[[failure]]\nscenario = \"canary\"\nsignature = \"live*\"\nwhy = \"it is given up too early\"\nsince = 2026-11-22\n";

/// The file of a baseline.
fn baseline(folder: &Folder, text: &str) -> String {
    let path = folder.path("baseline.toml");
    fs::write(&path, text).expect("a temporary file");
    path
}

#[test]
fn a_failure_that_nobody_expects_fails_the_night_unless_the_baseline_excuses_it() {
    let folder = given_up(1);
    let bad = night(&folder, HEALTHY);
    assert_eq!(bad.code, Some(1), "{}{}", bad.out, bad.err);
    let unexpected = &told(&bad)["unexpected"];
    assert_eq!(
        (&unexpected[0]["program"], &unexpected[0]["signature"]),
        (&json!("canary/healthy"), &json!("livelock"))
    );
    assert!(read(&folder, "out/junit.xml").contains("<failure"));
    let path = baseline(&folder, BASELINE);
    let good = night(&folder, &[HEALTHY, &["--baseline", &path]].concat());
    assert_eq!(good.code, Some(0), "{}{}", good.out, good.err);
    let expected = json!([{ "program": "canary", "signature": "live*", "came": "shows" }]);
    assert_eq!((&told(&good)["unexpected"], &told(&good)["baseline"]), (&json!([]), &expected));
    assert!(!read(&folder, "out/junit.xml").contains("<failure"));
    let summary = read(&folder, "out/summary.md");
    assert!(
        summary.contains("1 excused by the baseline") && summary.contains("it is given up too early"),
        "{summary}"
    );
}

#[test]
fn an_entry_of_the_baseline_that_is_fixed_is_named_and_fails_nothing() {
    let folder = given_up(0);
    let path = baseline(&folder, BASELINE);
    let words = ["canary/healthy", "--seeds", "2", "--baseline", &path];
    let fixed = night(&folder, &words);
    assert_eq!(fixed.code, Some(0), "{}{}", fixed.out, fixed.err);
    let news = "baseline: canary: live*: fixed: take it out of the baseline\n";
    assert!(fixed.out.contains(news) && fixed.out.contains("the night passed: "), "{}", fixed.out);
    assert!(read(&folder, "out/summary.md").contains("**fixed: take it out of the baseline**"));
    assert!(night(&folder, &words).out.contains(news), "the next night still says so");
}

/// Where a report cannot be written, its findings are in the corpus by then.
#[test]
fn a_night_that_cannot_write_its_reports_loses_nothing() {
    let folder = Folder::new();
    assert_eq!(night(&folder, SMALL).code, Some(0));
    let page = |name: &str| name.starts_with("canary.panic.") && name.ends_with(".html");
    let names =
        fs::read_dir(folder.path("out")).expect("it is there").map(|entry| entry.expect("it is readable"));
    let names = names.map(|entry| entry.file_name().into_string().expect("a plain name"));
    let name = names.into_iter().find(|name| page(name)).expect("a failure has a page");
    // What is no file is left alone, so that the page cannot be written.
    fs::remove_file(folder.path(&format!("out/{name}"))).expect("it is ours");
    fs::create_dir(folder.path(&format!("out/{name}"))).expect("it is gone");
    fs::remove_dir_all(folder.path("corpus")).expect("it is ours");
    let said = night(&folder, SMALL);
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    let corpus = folder.path("corpus");
    assert!(said.err.contains(&format!("note: what was found is in the corpus {corpus}\n")), "{}", said.err);
    assert!(said.err.contains(&name) && said.err.contains("next: "), "{}", said.err);
    assert_eq!(objects(&folder.xtask(&["corpus", "list", "--json"]).out).len(), 4);
    assert_eq!(parsed(&folder, "out/corpus.json")["entries"].as_array().map(Vec::len), Some(4));
    let stale =
        ["index.html", "summary.md"].map(|name| fs::metadata(folder.path(&format!("out/{name}"))).is_ok());
    assert_eq!(stale, [false, false], "nobody takes the night before for this one");
}

#[test]
fn an_interrupted_night_tells_what_it_found() {
    let folder = Folder::new();
    let out = folder.path("out");
    let words = [
        "nightly",
        "canary/panic",
        "canary/healthy",
        "--budget",
        "1000h",
        "--night",
        "7",
        "--out",
        &out,
        "--json",
    ];
    let said = interrupted(folder.command(&words), "INT");
    assert_eq!(said.code, Some(130), "{}{}", said.out, said.err);
    assert!(
        told(&said)["sentence"].as_str().is_some_and(|words| words.contains("interrupted")),
        "{}",
        said.out
    );
    assert_eq!(parsed(&folder, "out/corpus.json")["entries"].as_array().map(Vec::len), Some(1));
    assert!(read(&folder, "out/index.html").contains("panic"));
}

/// What does not depend on the time that something took, or on how it was asked for.
fn found(folder: &Folder, name: &str) -> Vec<Value> {
    let record = parsed(folder, name);
    let variants = record["variants"].as_array().expect("all of them").clone();
    let of = |variant: &Value| {
        let signatures = variant["signatures"].as_array().expect("what was found").iter();
        let signatures: Vec<Value> =
            signatures.map(|of| json!([of["signature"], of["runs"], of["first_seed"]])).collect();
        json!([variant["variant"], variant["runs"], variant["passed"], signatures])
    };
    variants.iter().map(of).collect()
}

#[test]
fn a_night_in_parts_is_the_night() {
    let folder = Folder::new();
    assert_eq!(night(&folder, &["canary", "lost-update", "--seeds", "40"]).code, Some(0));
    let (parts, merged) = (folder.path("parts"), folder.path("merged"));
    let part = |shard: &str| {
        let words = [
            "nightly",
            "canary",
            "lost-update",
            "--seeds",
            "40",
            "--night",
            "7",
            "--out",
            &parts,
            "--shard",
            shard,
        ];
        folder.xtask(&words)
    };
    let first = part("1/2");
    assert_eq!(first.code, Some(0), "{}{}", first.out, first.err);
    fs::remove_dir_all(folder.path("corpus")).expect("it is ours");
    let put = ["nightly", "--merge", &parts, "--out", &merged];
    let said = folder.xtask(&put);
    assert_eq!(said.code, Some(7), "a part is missing: {}{}", said.out, said.err);
    assert_eq!(part("2/2").code, Some(0));
    let said = folder.xtask(&put);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert_eq!(found(&folder, "merged/sweep.json"), found(&folder, "out/sweep.json"));
    assert_eq!(parsed(&folder, "merged/corpus.json")["entries"].as_array().map(Vec::len), Some(5));
}

#[test]
fn what_makes_no_sense_is_refused_before_the_first_run() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("")).expect("a temporary folder");
    let check = |args: &[&str], words: &str| {
        let said = night(&folder, &[&["canary/panic"], args].concat());
        assert_eq!((said.code, &*said.out), (Some(2), ""), "{args:?}: {}", said.err);
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    };
    check(&["--budget", "0s"], "no time is too little");
    check(&["--budget", "5m", "--seeds", "5"], "cannot be used with");
    check(&["--from", "5"], "cannot be used with");
    check(&["--merge", "x"], "cannot be used with");
    check(&["--seeds", "5000000000"], "a night has 4294967296 seeds");
    check(&["--shard", "3/2", "--seeds", "5"], "there is no shard 3 of 2");
    let none = folder.path("none.toml");
    check(&["--seeds", "1", "--baseline", &none], "reading the baseline");
    let damaged = baseline(&folder, "[[failure]]\nscenario = \"canary\"\n");
    check(&["--seeds", "1", "--baseline", &damaged], "missing field `signature`");
    let unknown = baseline(&folder, &BASELINE.replace("\"canary\"", "\"canarie\""));
    check(&["--seeds", "1", "--baseline", &unknown], "did you mean `canary`?");
    let file = folder.path("none");
    fs::write(&file, "no folder").expect("a temporary file");
    let said = folder.xtask(&["nightly", "canary/panic", "--seeds", "1", "--out", &file]);
    assert_eq!((said.code, &*said.out), (Some(2), ""), "{}", said.err);
    assert!(said.err.contains("next: "), "{}", said.err);
    assert_eq!(folder.xtask(&["corpus", "list", "--json"]).out, "", "no run was made, and so none failed");
}
