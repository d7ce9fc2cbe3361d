//! `cargo xtask sweep` from outside: budgets, jobs, the first failure, an interrupt, and what is written.
//!
//! Knows the scenarios by name only. Invariant: what a sweep of seeds finds is the same whoever runs it.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

mod folder;
mod interrupted;

use folder::{Folder, Said, objects};
use interrupted::interrupted;

/// A sweep with a corpus of its own.
fn sweep(args: &[&str]) -> Said {
    Folder::new().xtask(&[&["sweep"], args].concat())
}

#[test]
fn what_is_found_does_not_depend_on_the_jobs() {
    let with = |jobs: &str| {
        let folder = Folder::new();
        let out = folder.path("out");
        let seeds =
            ["sweep", "late-listener/buggy", "lost-update", "--seeds", "150", "--from", "20", "--json"];
        let said = folder.xtask(&[&seeds[..], &["--jobs", jobs, "--out", &out]].concat());
        let swept = fs::read_to_string(folder.path("out/sweep.json")).expect("it is written");
        let kept = objects(&folder.xtask(&["corpus", "list", "--json"]).out);
        let kept: Vec<Value> = kept.iter().map(|entry| entry["seed"].clone()).collect();
        (said.code, said.out, swept, kept.len())
    };
    let one = with("1");
    assert_eq!(one, with("3"));
    assert!(one.1.contains("first_after") && one.2.contains("examples"), "{}", one.1);
}

#[test]
fn a_sweep_over_two_executables_is_the_sweeps_over_each() {
    let folder = Folder::new();
    let out = folder.path("out");
    let seeds = ["--seeds", "60", "--json"];
    let of = |words: &[&str]| sweep(&[words, &seeds[..]].concat()).out;
    let [panic, turmoil, lost] = ["canary/panic", "turmoil-endings/error", "lost-update/buggy"];
    let both = || {
        let words = ["sweep", panic, turmoil, lost, "--jobs", "3", "--out", &out];
        folder.xtask(&[&words[..], &seeds[..]].concat())
    };
    let said = both();
    let apart = [of(&[panic]), of(&[turmoil]), of(&[lost])];
    // What no run came by is told of all of them together.
    let lines = |text: &str| text.lines().filter(|line| line.contains("\"scenario\"")).count();
    assert_eq!((lines(&said.out), said.code), (3, Some(0)), "{}{}", said.out, said.err);
    for (line, apart) in said.out.lines().zip(&apart) {
        assert_eq!(Some(line), apart.lines().next());
    }
    let swept: Value =
        serde_json::from_slice(&fs::read(folder.path("out/sweep.json")).expect("it is written"))
            .expect("JSON");
    let mut replayed = 0;
    for variant in swept["variants"].as_array().expect("all of them") {
        for (signature, example) in variant["examples"].as_object().expect("by signature") {
            let trace = folder.path(&format!("out/{}", example["trace"].as_str().expect("a path")));
            let again = objects(&folder.xtask(&["sim", "--trace", &trace, "--json"]).out);
            assert_eq!(again[0]["signature"].as_str(), Some(&**signature));
            let small = example["small"].as_str().expect("it was made small");
            let again = objects(&folder.xtask(&["sim", "--seed", small, "--json"]).out);
            assert_eq!(again[0]["signature"].as_str(), Some(&**signature));
            replayed += 1;
        }
    }
    assert_eq!(replayed, 3);
    for line in objects(&both().out).iter().take(3) {
        assert_eq!(line["corpus"][0]["outcome"], "still", "{line}");
    }
}

/// Whatever was found first is told with the run of its strategy that found it: as many as a count from outside gives.
#[test]
fn a_strategy_has_found_it_after_as_many_of_its_runs_as_there_were() {
    let line = &objects(&sweep(&["lost-update/buggy", "--seeds", "300", "--json"]).out)[0];
    let found = &line["found"]["lost-update"];
    let mut families = 0;
    for (family, share) in found["strategies"].as_object().expect("by family") {
        let (runs, after) =
            (share["runs"].as_u64().expect("a count"), share["first_after"].as_u64().expect("a count"));
        let of_family = line["strategies"][family].as_u64().expect("it was run");
        assert!(1 <= runs && 1 <= after && after - 1 + runs <= of_family, "{family}: {line}");
        families += 1;
    }
    assert!(families >= 2, "{line}");
    let first = found["first"].as_u64().expect("a seed");
    let until = |seeds: u64| sweep(&["lost-update/buggy", "--seeds", &seeds.to_string(), "--json"]);
    let before = &objects(&until(first + 1).out)[0];
    let by = before["found"]["lost-update"]["strategies"].as_object().expect("by family");
    let (family, share) = by.iter().next().expect("one run failed");
    assert_eq!((share["runs"].as_u64(), &share["first_after"]), (Some(1), &before["strategies"][family]));
    assert_eq!(found["strategies"][family]["first_after"], share["first_after"]);
}

#[test]
fn each_signature_has_a_record_and_a_trace_that_replays() {
    let folder = Folder::new();
    let out = folder.path("out");
    let said = folder.xtask(&["sweep", "lost-update", "canary", "--seeds", "60", "--json", "--out", &out]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let swept: Value =
        serde_json::from_slice(&fs::read(folder.path("out/sweep.json")).expect("it is written"))
            .expect("JSON");
    let mut replayed = 0;
    for (variant, line) in swept["variants"].as_array().expect("all of them").iter().zip(objects(&said.out)) {
        assert_eq!((&variant["runs"], &variant["found"]), (&line["runs"], &line["found"]));
        for (signature, example) in variant["examples"].as_object().expect("by signature") {
            let path = |what: &str| folder.path(&format!("out/{}", example[what].as_str().expect("a path")));
            let record: Value =
                serde_json::from_slice(&fs::read(path("record")).expect("it is written")).expect("JSON");
            assert_eq!(
                (record["signature"].as_str(), &record["seed"]),
                (Some(&**signature), &example["seed"])
            );
            let again = folder.xtask(&["sim", "--trace", &path("trace"), "--json"]);
            let again = &objects(&again.out)[0];
            assert_eq!(
                (&again["events_hash"], again["signature"].as_str()),
                (&record["events_hash"], Some(&**signature))
            );
            assert_eq!(again["decisions"], example["decisions"]);
            replayed += 1;
        }
    }
    assert_eq!(replayed, 5, "four canaries and an update");
}

#[test]
fn a_report_tells_all_and_each_failure() {
    let folder = Folder::new();
    let report = folder.path("report");
    let sweep = |report: &str| {
        let words = ["sweep", "lost-update", "canary", "--seeds", "60", "--no-shrink", "--report", report];
        let said = folder.xtask(&words);
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        assert!(said.err.ends_with(&format!("report: {report}/index.html\n")), "{}", said.err);
        said
    };
    let read =
        |name: &str| fs::read_to_string(folder.path(&format!("report/{name}"))).expect("it is written");
    let record = || serde_json::from_str::<Value>(&read("sweep.json")).expect("JSON");
    let told = sweep(&report).out;
    let totals = record()["totals"].clone();
    let count = |totals: &Value, what: &str| totals[what].as_u64().expect("a count");
    assert_eq!(
        ["variants", "runs", "failures", "fresh", "known"].map(|what| count(&totals, what)),
        [6, 360, 5, 5, 0]
    );
    assert!(count(&totals, "points") > 360 && told.contains("60 of 60 runs passed"), "{totals}: {told}");
    assert!(read("summary.md").starts_with("## Sweep: All 6 variants as expected: 5 new failures\n"));
    assert!(read("junit.xml").contains("tests=\"6\""));
    let page = read("index.html");
    let mut drawn = 0;
    for variant in record()["variants"].as_array().expect("all of them") {
        for signature in variant["signatures"].as_array().expect("what was found") {
            let own = signature["report"].as_str().expect("it has a page of its own");
            assert!(page.contains(own), "{own}");
            let run: Value = serde_json::from_str(&read(&own.replace(".html", ".json"))).expect("JSON");
            assert_eq!(run["headline"]["signature"], signature["signature"]);
            drawn += fs::metadata(folder.path(&format!("report/{own}"))).map_or(0, |_| 1);
        }
    }
    assert_eq!(drawn, 5, "four canaries and an update");
    sweep(&report);
    let totals = record()["totals"].clone();
    assert_eq!(
        ["failures", "fresh", "known"].map(|what| count(&totals, what)),
        [5, 0, 5],
        "by now all are known"
    );
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_the_first_run() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("")).expect("a temporary folder");
    fs::write(folder.path("file"), "no folder").expect("a temporary file");
    let said = folder.xtask(&["sweep", "canary", "--seeds", "5", "--report", &folder.path("file")]);
    assert_eq!((said.code, &*said.out), (Some(2), ""), "{}", said.err);
    assert!(said.err.contains("next: "), "{}", said.err);
    assert_eq!(folder.xtask(&["corpus", "list", "--json"]).out, "", "no run was made, and so none failed");
}

#[test]
fn a_time_is_shared_and_nobody_left_out() {
    let began = Instant::now();
    let said = sweep(&["canary", "lost-update", "--for", "1s", "--json"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let lines = objects(&said.out);
    assert_eq!(lines.len(), 6, "{}", said.out);
    assert!(lines.iter().all(|line| line["runs"].as_u64() > Some(0)), "{}", said.out);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn the_first_run_that_does_not_pass_may_end_it() {
    let first = |jobs: &str| {
        let said =
            sweep(&["lost-update", "--seeds", "400", "--from", "30", "--stop-on-first", "--jobs", jobs]);
        assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
        let lines: Vec<String> =
            said.out.lines().map(|line| line.split(" ms").next().unwrap_or(line).to_owned()).collect();
        let next = lines.last().and_then(|line| line.strip_prefix("next: cargo xtask ")).map(str::to_owned);
        let timeless = |line: &String| !line.contains(" runs passed, ");
        (lines.into_iter().filter(timeless).collect::<Vec<_>>(), next.expect("it says what to type"))
    };
    let (lines, next) = first("1");
    assert_eq!((&lines, &next), (&first("3").0, &first("3").1));
    let words: Vec<&str> = next.split(' ').collect();
    let again = Folder::new().xtask(&words);
    assert!(again.code == Some(1) && again.out.contains("lost-update"), "{next}: {}", again.out);
    let passes = sweep(&["late-listener/fixed", "--seeds", "20", "--stop-on-first"]);
    assert_eq!(passes.code, Some(0), "{}{}", passes.out, passes.err);
}

#[test]
fn a_simulation_of_many_seeds_is_a_sweep() {
    let timeless = |said: Said| {
        let line = |line: &str| line.split(" runs passed").next().unwrap_or_default().to_owned();
        (said.code, said.out.lines().map(line).collect::<Vec<_>>())
    };
    let words = ["canary", "--seeds", "20"];
    let simulated = Folder::new().xtask(&[&["sim"], &words[..]].concat());
    assert_eq!(timeless(simulated), timeless(sweep(&words)));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("")).expect("a temporary folder");
    let file = folder.path("file");
    fs::write(&file, "no folder").expect("a temporary file");
    let check = |args: &[&str], words: &str| {
        let said = folder.xtask(&[&["sweep", "canary/healthy"], args].concat());
        assert_eq!((said.code, &*said.out), (Some(2), ""), "{args:?}: {}", said.err);
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    };
    check(&["--for", "0s"], "no time is too little");
    check(&["--for", "soon"], "try `90s`, `10m`");
    check(&["--shrink", "0s"], "--no-shrink");
    check(&["--for", "1m", "--seeds", "5"], "cannot be used with");
    check(&["--seeds", "0"], "0");
    check(&["--out", &file], "next:");
    check(&["--report", &file], "next:");
    check(&["--report", &folder.path("file/report")], "next:");
    check(&["--corpus", &file], "next:");
}

/// What a sweep without end says that gets a signal.
fn sweep_with(signal: &str, args: &[&str]) -> Said {
    let folder = Folder::new();
    let words = ["sweep", "lost-update/buggy", "late-listener/fixed", "--json"];
    interrupted(folder.command(&[&words[..], args].concat()), signal)
}

#[test]
fn an_interrupted_sweep_tells_what_it_found() {
    for signal in ["INT", "TERM"] {
        for budget in [["--seeds", "100000000"], ["--for", "1000h"]] {
            let said = sweep_with(signal, &budget);
            assert_eq!(said.code, Some(130), "{signal}: {}{}", said.out, said.err);
            assert!(said.err.contains("interrupted: "), "{signal}: {}", said.err);
            let lines = objects(&said.out);
            let told = &lines[0]["found"]["lost-update"]["runs"];
            assert!(told.as_u64() > Some(0), "{signal}: {}", said.out);
            assert_eq!(
                lines.last(),
                Some(&serde_json::json!({ "interrupted": true })),
                "{signal}: {}",
                said.out
            );
        }
    }
}
