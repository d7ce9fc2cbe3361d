//! The corpus from outside: run first in each sweep, looked at by its command, and whole after `kill -9`.
//!
//! Knows the scenarios by name only. Invariant: what a sweep has said it recorded is there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

mod folder;

use folder::{Folder, Said, objects};

/// A corpus with the failure of `lost-update`, as the file that `export` writes.
fn exported(folder: &Folder) -> Value {
    let said = folder.xtask(&["sweep", "lost-update/buggy", "--seeds", "100"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.err.contains("new: lost-update/buggy: lost-update (seed "), "{}", said.err);
    let file = folder.path("exported.json");
    let said = folder.xtask(&["corpus", "export", &file]);
    assert_eq!((said.code, said.out), (Some(0), format!("1 failures written to {file}\n")), "{}", said.err);
    serde_json::from_slice(&fs::read(&file).expect("it was written")).expect("it is JSON")
}

/// A corpus of its own that holds what a file of entries becomes when its one entry is changed.
fn with_entry(exported: &Value, change: impl FnOnce(&mut Value)) -> Folder {
    let folder = Folder::new();
    let mut file = exported.clone();
    change(&mut file["entries"][0]);
    fs::create_dir_all(folder.path("")).expect("a temporary folder");
    fs::write(folder.path("import.json"), file.to_string()).expect("a temporary file");
    let said = folder.xtask(&["corpus", "import", &folder.path("import.json"), "--json"]);
    assert_eq!(objects(&said.out), [json!({ "imported": { "added": 1, "known": 0 } })], "{}", said.err);
    folder
}

/// The one entry of a corpus.
fn entry(folder: &Folder) -> Value {
    objects(&folder.xtask(&["corpus", "show", "1", "--json"]).out).remove(0)
}

/// Changes the trace inside an entry.
fn in_trace(entry: &mut Value, change: impl FnOnce(&mut Value)) {
    let mut trace: Value =
        serde_json::from_str(entry["trace"].as_str().expect("it has one")).expect("it is JSON");
    change(&mut trace);
    entry["trace"] = trace.to_string().into();
}

/// A seed of the program that passes.
fn passing_seed(folder: &Folder) -> u64 {
    let passes = |seed: &u64| {
        folder.xtask(&["sim", "lost-update/buggy", "--seed", &seed.to_string(), "--strategy", "boring"]).code
            == Some(0)
    };
    (0..5).find(passes).expect("the boring schedule passes")
}

const SWEEP: [&str; 4] = ["sweep", "lost-update/buggy", "--seeds", "1"];

#[test]
fn what_the_corpus_knows_is_run_first_and_what_became_of_it_told() {
    let first = Folder::new();
    let exported = exported(&first);
    let original = entry(&first);
    // A sweep of one seed that passes: whatever fails is the corpus'.
    let check = |change: &dyn Fn(&mut Value), outcome: Value, code: i32| {
        let folder = with_entry(&exported, change);
        let said = folder.xtask(&[&SWEEP[..], &["--strategy", "boring", "--json"]].concat());
        let line = objects(&said.out).remove(0);
        assert_eq!(
            (said.code, &line["runs"], &line["passed"]),
            (Some(code), &json!(1), &json!(1)),
            "{line}{}",
            said.err
        );
        for (key, value) in outcome.as_object().expect("an object") {
            assert_eq!(&line["corpus"][0][key], value, "{line}");
        }
        entry(&folder)
    };
    let still = check(&|_| {}, json!({ "id": 1, "outcome": "still", "signature": "lost-update" }), 0);
    assert_eq!((&still["state"], &still["times_seen"]), (&json!("open"), &original["times_seen"]));
    assert!(still["last_seen_ms"].as_i64() > original["last_seen_ms"].as_i64());

    let back = check(&|entry| entry["state"] = json!("fixed"), json!({ "outcome": "back" }), 0);
    assert_eq!(back["state"], "open");

    // Of another build: its seed and strategy are run, and if that fails so it is an example of this build.
    let other = |entry: &mut Value| {
        in_trace(entry, |trace| trace["build"] = json!("0123456789abcdef"));
        entry["build"] = json!("0123456789abcdef");
    };
    let renewed = check(&other, json!({ "outcome": "still" }), 0);
    assert_eq!((&renewed["build"], &renewed["seed"]), (&original["build"], &original["seed"]));

    // Of another build, and nothing left but its seed, which passes.
    let seed = passing_seed(&first);
    let fixed = |entry: &mut Value| {
        (entry["trace"], entry["build"]) = (Value::Null, json!("0123456789abcdef"));
        (entry["seed"], entry["strategy"]) = (json!(seed), json!("boring"));
    };
    let kept = check(&fixed, json!({ "outcome": "fixed", "instead": null }), 0);
    assert_eq!((&kept["state"], &kept["seed"]), (&json!("fixed"), &json!(seed)));
    let gone = check(
        &|entry| {
            fixed(entry);
            entry["state"] = json!("fixed");
        },
        json!({ "outcome": "gone" }),
        0,
    );
    assert_eq!(gone["state"], "fixed");
    let unknown = |entry: &mut Value| {
        fixed(entry);
        entry["strategy"] = json!("luck");
    };
    let unread = check(&unknown, json!({ "outcome": "unreadable" }), 0);
    assert_eq!(unread["state"], "open");

    // A trace that does not fit its own build: the entry is neither open nor fixed because of that.
    let unfit = |entry: &mut Value| {
        in_trace(entry, |trace| {
            let bound = trace["trace"]["picks"][0]["bound"].as_u64().expect("a number");
            trace["trace"]["picks"][0]["bound"] = json!(bound + 1);
        });
    };
    let unjudged = check(&unfit, json!({ "outcome": "unjudged", "verdict": "diverged" }), 4);
    assert_eq!(unjudged["state"], "open");
}

#[test]
fn a_failure_that_is_found_again_is_back() {
    let exported = exported(&Folder::new());
    let seed = passing_seed(&Folder::new());
    let folder = with_entry(&exported, |entry| {
        (entry["trace"], entry["seed"], entry["strategy"]) = (Value::Null, json!(seed), json!("boring"));
    });
    let said = folder.xtask(&["sweep", "lost-update/buggy", "--seeds", "100"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.contains("  corpus: #1 lost-update: FIXED: its run passes"), "{}", said.out);
    assert!(said.err.contains("back: lost-update/buggy: lost-update (seed "), "{}", said.err);
    let entry = entry(&folder);
    assert_eq!(entry["state"], "open");
    assert_ne!(entry["strategy"], "boring", "the old example does not show it");
    let stopped = folder.xtask(&[&SWEEP[..], &["--stop-on-first"]].concat());
    assert_eq!(stopped.code, Some(1), "{}{}", stopped.out, stopped.err);
    assert!(stopped.out.contains("stopped by #1 of the corpus"), "{}", stopped.out);
}

#[test]
fn entries_are_listed_shown_replayed_and_deleted() {
    let folder = Folder::new();
    let empty = folder.xtask(&["corpus", "list"]);
    assert!(empty.code == Some(0) && empty.out.starts_with("no failures in "), "{}", empty.out);
    exported(&folder);
    let listed = folder.xtask(&["corpus", "list"]);
    assert!(listed.out.starts_with("#1 open lost-update/buggy: lost-update\n    "), "{}", listed.out);
    let shown = folder.xtask(&["corpus", "show", "1"]);
    let replay = shown.out.lines().find_map(|line| line.strip_prefix("  replay: cargo xtask "));
    let words: Vec<&str> = replay.expect("it says how").split(' ').collect();
    let again = folder.xtask(&words);
    assert!(
        again.code == Some(1) && again.out.contains("FAIL lost-update/buggy: lost-update"),
        "{}",
        again.out
    );
    let trace = folder.path("trace.json");
    let written = folder.xtask(&["corpus", "show", "1", "--record", &trace]);
    assert_eq!(written.code, Some(0), "{}", written.err);
    let again = folder.xtask(&["sim", "--trace", &trace]);
    assert!(
        again.code == Some(1) && again.out.contains("FAIL lost-update/buggy: lost-update"),
        "{}",
        again.out
    );
    assert_eq!(folder.xtask(&["corpus", "rm", "1"]).out, "removed #1: lost-update/buggy: lost-update\n");
    for command in ["show", "rm"] {
        let said = folder.xtask(&["corpus", command, "1"]);
        assert_eq!((said.code, &*said.out), (Some(2), ""), "{command}");
        assert!(
            said.err.contains("no entry 1") && said.err.contains("next: `cargo xtask corpus list`"),
            "{}",
            said.err
        );
    }
}

#[test]
fn a_replay_line_asks_for_what_the_run_was_made_under() {
    let folder = with_entry(&exported(&Folder::new()), |entry| {
        (entry["heap"], entry["oracles"]) = (json!("checked"), json!("stuck,late=20"));
    });
    let entry = entry(&folder);
    assert_eq!(entry["oracles"], "stuck,late=20");
    let replay = entry["replay"].as_str().expect("a line");
    assert!(replay.ends_with(" --heap checked --oracles stuck,late=20"), "{replay}");
    let words: Vec<&str> = replay.split(' ').skip(2).collect();
    let again = folder.xtask(&words);
    assert!(
        again.code == Some(1) && again.out.contains("FAIL lost-update/buggy: lost-update"),
        "{}{}",
        again.out,
        again.err
    );
}

#[test]
fn what_was_found_under_other_conditions_is_told_and_not_judged() {
    let exported = exported(&Folder::new());
    // A trace that does not fit its own build, which a sweep complains of.
    let check = |name: &'static str, value: &'static str, args: &[&str], (code, complaints): (i32, usize)| {
        let folder = with_entry(&exported, |entry| {
            entry[name] = json!(value);
            in_trace(entry, |trace| {
                let bound = trace["trace"]["picks"][0]["bound"].as_u64().expect("a number");
                trace["trace"]["picks"][0]["bound"] = json!(bound + 1);
            });
        });
        let said = folder.xtask(&[&SWEEP[..], &["--strategy", "boring", "--json"], args].concat());
        let line = objects(&said.out).remove(0);
        assert_eq!(line["corpus"][0]["outcome"], "unjudged", "{line}");
        let told = line["complaints"].as_array().expect("a list").len();
        assert_eq!(
            (said.code, told),
            (Some(code), complaints),
            "{name} {value} {args:?}: {line}{}",
            said.err
        );
    };
    check("heap", "checked", &[], (0, 0));
    check("heap", "checked", &["--heap", "checked"], (4, 1));
    check("heap", "checked", &["--heap", "plain"], (0, 0));
    check("oracles", "leaks,idle=7000", &[], (0, 0));
    check("oracles", "leaks,idle=7000", &["--oracles", "idle=7000,leaks"], (4, 1));
    check("oracles", "leaks,idle=7000", &["--oracles", "leaks"], (0, 0));
}

#[test]
fn a_corpus_that_cannot_be_used_is_told_and_left_alone() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("corpus")).expect("a temporary folder");
    let file = folder.path("corpus/corpus.sqlite");
    let damaged = b"this was a database before the disk broke".repeat(100);
    fs::write(&file, &damaged).expect("a temporary file");
    for command in [&SWEEP[..], &["corpus", "list"], &["corpus", "rm", "1"]] {
        let Said { code, out, err } = folder.xtask(command);
        assert_eq!((code, &*out), (Some(2), ""), "{command:?}: {err}");
        assert!(err.contains(&file) && err.contains("is damaged") && err.contains("next: "), "{err}");
        assert!(fs::read(&file).expect("it is there") == damaged, "{command:?} changed it");
    }
}

#[test]
fn two_sweeps_may_share_a_corpus() {
    let folder = Folder::new();
    let start = |from: &str| {
        let words = [
            "sweep",
            "lost-update/buggy",
            "canary/panic",
            "--seeds",
            "150",
            "--jobs",
            "1",
            "--json",
            "--from",
            from,
        ];
        folder.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("xtask starts")
    };
    let sweeps = [start("0"), start("1000")];
    let mut runs = 0;
    for sweep in sweeps {
        let said: Said = sweep.wait_with_output().expect("it was started").into();
        let lines = objects(&said.out);
        let found = lines.iter().flat_map(|line| line["found"].as_object().expect("by signature").values());
        runs += found.map(|found| found["runs"].as_u64().expect("a count")).sum::<u64>();
    }
    let kept = objects(&folder.xtask(&["corpus", "list", "--json"]).out);
    let seen: u64 = kept.iter().map(|entry| entry["times_seen"].as_u64().expect("a count")).sum();
    assert!(kept.len() == 2 && seen == runs && runs > 300, "{seen} of {runs}: {kept:?}");
}

/// What is killed, two programs at a time, so that each round finds what the corpus does not know.
const ROUNDS: [[&str; 2]; 10] = [
    ["lost-update/buggy", "canary/panic"],
    ["late-listener/buggy", "canary/deadlock"],
    ["late-listener/buggy@disconnected", "canary/wrong-answer"],
    ["late-listener/buggy@reverse", "canary/mark"],
    ["late-listener/atomic-only", "lost-update/buggy"],
    ["late-listener/atomic-only@disconnected", "canary/panic"],
    ["late-listener/atomic-only@reverse", "canary/deadlock"],
    ["late-listener/keep-watchdog", "canary/wrong-answer"],
    ["late-listener/keep-watchdog@disconnected", "canary/mark"],
    ["late-listener/keep-watchdog@reverse", "lost-update/buggy"],
];

/// Starts a sweep, kills it so many milliseconds after the first failure that it says it recorded, and returns all that it said so.
fn killed(folder: &Folder, round: usize, delay: Duration) -> Vec<Value> {
    let from = (round * 1_000_000).to_string();
    let mut child = folder
        .command(&[&["sweep"], &ROUNDS[round][..], &["--for", "10m", "--json", "--from", &from]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    let lines = BufReader::new(child.stderr.take().expect("it was asked for")).lines();
    let (send, receive) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            // The last lines may come when nobody waits for them any more.
            let _ = send.send(line);
        }
    });
    let mut said =
        vec![receive.recv_timeout(Duration::from_secs(60)).expect("it finds something within a minute")];
    let deadline = Instant::now() + delay;
    while let Ok(line) = receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        said.push(line);
    }
    child.kill().expect("it was started");
    child.wait().expect("it was started");
    reader.join().expect("it only reads");
    said.extend(receive.try_iter());
    let whole = said.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    whole.map(|line| line["recorded"].clone()).filter(Value::is_object).collect()
}

#[test]
fn what_was_recorded_survives_kill_9() {
    let folder = Folder::new();
    let mut said: Vec<Value> = Vec::new();
    // The moments are drawn once and for all: a linear congruence, up to 400 ms.
    let mut drawn: u64 = 5;
    for round in 0..ROUNDS.len() {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let recorded = killed(&folder, round, Duration::from_millis((drawn >> 33) % 400));
        assert!(!recorded.is_empty(), "round {round}");
        said.extend(recorded);
        // Opening it checks every page.
        let list = folder.xtask(&["corpus", "list", "--json"]);
        assert_eq!((list.code, &*list.err), (Some(0), ""), "round {round}");
        let kept = objects(&list.out);
        for recorded in &said {
            let entry = kept.iter().find(|entry| entry["id"] == recorded["id"]);
            let entry = entry.unwrap_or_else(|| panic!("round {round}: {recorded} is lost"));
            for name in ["program", "signature"] {
                assert_eq!(entry[name], recorded[name], "round {round}");
            }
            let decisions = |value: &Value| value["decisions"].as_u64().expect("a count");
            assert!(decisions(entry) <= decisions(recorded), "round {round}: {entry} after {recorded}");
        }
    }
    let programs: Vec<&str> = ROUNDS.iter().flatten().copied().collect();
    let next = folder.xtask(&[&["sweep"], &programs[..], &["--seeds", "1", "--json"]].concat());
    assert_eq!(next.code, Some(0), "{}{}", next.out, next.err);
    let again = objects(&next.out);
    let again: Vec<&Value> = again.iter().filter_map(|line| line["corpus"].as_array()).flatten().collect();
    assert!(again.len() >= 5 && again.iter().all(|entry| entry["outcome"] == "still"), "{again:?}");
}
