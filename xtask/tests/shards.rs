//! `cargo xtask sweep --shard` and `cargo xtask merge` from outside: shards as processes, some of which die.
//!
//! Knows the scenarios by name only. Invariant: whatever befell the shards, what is merged in the end is the sweep that was not split.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use serde_json::Value;

mod folder;

use folder::{Folder, Said, objects};

/// A command of which every shard is run, and one that is not split.
fn shard(folder: &Folder, words: &[&str], shard: &str) -> Said {
    let out = folder.path("shards");
    folder.xtask(&[&["sweep"], words, &["--shard", shard, "--out", &out]].concat())
}

fn all(folder: &Folder, words: &[&str], count: u32) {
    for number in 1..=count {
        let said = shard(folder, words, &format!("{number}/{count}"));
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    }
}

/// Merges into another corpus each time, so that nothing is known before.
fn merge(folder: &Folder, name: &str, more: &[&str]) -> Said {
    let (shards, out, corpus) =
        (folder.path("shards"), folder.path(&format!("{name}/out")), folder.path(&format!("{name}/corpus")));
    let words = ["merge", &shards, "--json", "--no-shrink", "--out", &out, "--corpus", &corpus];
    folder.xtask(&[&words[..], more].concat())
}

/// How a command ended, what it said, and every file that it wrote with its name.
type Outcome = (Option<i32>, String, Vec<(String, Vec<u8>)>);

fn found(folder: &Folder, said: &Said, name: &str) -> Outcome {
    let (mut files, mut folders) = (Vec::new(), vec![folder.path(&format!("{name}/out"))]);
    while let Some(place) = folders.pop() {
        for entry in fs::read_dir(&place).expect("it is there") {
            let path = entry.expect("it can be read").path();
            let text = path.to_str().expect("it is text").to_owned();
            if path.is_dir() {
                folders.push(text);
            } else {
                files.push((text.replace(&folder.path(name), ""), fs::read(path).expect("it is there")));
            }
        }
    }
    files.sort();
    (said.code, said.out.clone(), files)
}

/// The same sweep without shards.
fn unsplit(folder: &Folder, words: &[&str]) -> Outcome {
    let (out, corpus) = (folder.path("whole/out"), folder.path("whole/corpus"));
    let rest = ["--json", "--no-shrink", "--out", &out, "--corpus", &corpus];
    let said = folder.xtask(&[&["sweep"], words, &rest].concat());
    found(folder, &said, "whole")
}

/// Runs a shard until it has told of its first variant, and kills it there.
fn killed(folder: &Folder, words: &[&str], shard: &str) {
    let out = folder.path("shards");
    let words = [&["sweep"], words, &["--jobs", "1", "--shard", shard, "--out", &out]].concat();
    let name = format!("shards/shard-{}.json", shard.replace('/', "-of-"));
    loop {
        let child = folder.command(&words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("xtask starts");
        let mut line = String::new();
        let told = BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line);
        assert!(told.expect("it tells") > 0);
        child.kill().expect("it is ours");
        // A machine that left us waiting may have let it come to its end.
        if child.wait().expect("it is ours").signal() == Some(9) {
            assert!(
                !fs::exists(folder.path(&name)).expect("it can be looked for"),
                "nothing half-written is there"
            );
            return;
        }
        fs::remove_file(folder.path(&name)).expect("it came to its end");
    }
}

#[test]
fn shards_of_which_one_died_and_was_run_again_are_the_sweep_that_was_not_split() {
    let folder = Folder::new();
    let words = ["lost-update", "canary", "--seeds", "240", "--from", "7"];
    for number in ["1/4", "2/4", "4/4"] {
        let said = shard(&folder, &words, number);
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        assert!(said.out.contains("next: once all 4 are there, `cargo xtask merge "), "{}", said.out);
    }
    killed(&folder, &words, "3/4");
    let said = merge(&folder, "part", &["--report", &folder.path("report")]);
    assert_eq!(said.code, Some(7), "{}{}", said.out, said.err);
    let lines = objects(&said.out);
    let missing = &lines.last().expect("it is told")["missing_shard"];
    let again = missing["next"].as_str().expect("a command");
    assert_eq!(missing["shard"], "3/4");
    assert!(lines.iter().filter(|line| line["runs"] == 180).count() == lines.len() - 1, "{}", said.out);
    let report: Value =
        serde_json::from_slice(&fs::read(folder.path("report/sweep.json")).expect("it is written"))
            .expect("JSON");
    assert_eq!((&report["end"], &report["seeds"]), (&Value::from("part"), &Value::from(240)));
    let again = again.strip_prefix("cargo xtask ").expect("it is one of ours").split(' ');
    let said = folder.xtask(&again.collect::<Vec<_>>());
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let merged = found(&folder, &merge(&folder, "merged", &[]), "merged");
    let whole = unsplit(&folder, &words);
    assert_eq!(merged.1, whole.1);
    assert_eq!(merged, whole);
    assert!(whole.2.len() > 5 && whole.1.contains("first_after"), "{}", whole.1);
}

#[test]
fn what_is_merged_again_is_known_and_not_counted_twice() {
    let folder = Folder::new();
    all(&folder, &["lost-update", "--seeds", "60"], 2);
    let list = || {
        let corpus = folder.path("merged/corpus");
        objects(&folder.xtask(&["corpus", "list", "--json", "--corpus", &corpus]).out)
    };
    let first = merge(&folder, "merged", &[]);
    let kept = list();
    let second = merge(&folder, "merged", &[]);
    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{}{}", first.err, second.err);
    let (first, second) = (&objects(&first.out)[0], &objects(&second.out)[0]);
    assert_eq!(first["found"], second["found"]);
    assert_eq!((&first["corpus"], &second["corpus"][0]["outcome"]), (&Value::Null, &Value::from("still")));
    assert_eq!(kept[0]["times_seen"], first["found"]["lost-update"]["runs"]);
    assert_eq!(list()[0]["times_seen"], kept[0]["times_seen"]);
}

#[test]
fn shards_that_stop_at_the_first_failure_stop_where_the_sweep_does() {
    let folder = Folder::new();
    let words = ["lost-update", "canary", "--seeds", "40", "--from", "3", "--stop-on-first"];
    all(&folder, &words, 3);
    let merged = found(&folder, &merge(&folder, "merged", &[]), "merged");
    assert_eq!(merged, unsplit(&folder, &words));
    assert_eq!(merged.0, Some(1));
    assert!(merged.1.contains("\"stopped\""), "{}", merged.1);
}

/// What such runs find depends on where a process begins, and so do the shards.
#[test]
fn runs_that_share_a_process_are_split_where_a_process_begins() {
    let folder = Folder::new();
    let words = ["lost-update", "--seeds", "1200", "--isolation", "none"];
    all(&folder, &words, 2);
    let merged = found(&folder, &merge(&folder, "merged", &[]), "merged");
    assert_eq!(merged, unsplit(&folder, &words));
    let said = shard(&folder, &words, "1/4");
    assert!(said.code == Some(2) && said.err.contains("too few for 4 shards"), "{}", said.err);
}

#[test]
fn shards_that_go_by_time_have_seeds_of_their_own() {
    let folder = Folder::new();
    all(&folder, &["lost-update", "--for", "300ms"], 2);
    let said = merge(&folder, "merged", &[]);
    let runs = |number: u32| {
        let path = folder.path(&format!("shards/shard-{number}-of-2.json"));
        let file: Value = serde_json::from_slice(&fs::read(path).expect("it is written")).expect("JSON");
        let counted = &file["answer"]["variants"][0];
        assert_eq!(counted["begin"], u64::from(number - 1) << 31);
        counted["tally"]["runs"].as_u64().expect("a count")
    };
    assert!(runs(1) > 0 && runs(2) > 0);
    assert_eq!(objects(&said.out)[0]["runs"], runs(1) + runs(2), "{}{}", said.out, said.err);
}

#[test]
fn a_damaged_shard_is_named_and_another_build_refused() {
    let folder = Folder::new();
    all(&folder, &["lost-update", "--seeds", "20"], 2);
    let path = folder.path("shards/shard-2-of-2.json");
    let text = fs::read_to_string(&path).expect("it is written");
    fs::write(&path, &text[..text.len() / 2]).expect("it is ours");
    let said = folder.xtask(&["merge", &folder.path("shards"), "--no-shrink"]);
    assert_eq!(said.code, Some(7), "{}{}", said.out, said.err);
    let command = format!(
        "next: cargo xtask sweep lost-update --seeds 20 --shard 2/2 --out {}\n",
        folder.path("shards")
    );
    assert!(
        said.out.contains(&format!("shard 2/2 is missing: {path} cannot be used: it is damaged")),
        "{}",
        said.out
    );
    assert!(said.out.ends_with(&command), "{}", said.out);
    fs::remove_file(&path).expect("it is ours");
    let own = folder.path("shards/shard-1-of-2.json");
    let text = fs::read_to_string(&own).expect("it is written");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let build = file["answer"]["builds"]["scenarios"].as_str().expect("its name");
    fs::write(&own, resealed(&text.replace(build, "0123456789abcdef"))).expect("it is ours");
    let said = folder.xtask(&["merge", &folder.path("shards")]);
    assert_eq!((said.code, &*said.out), (Some(2), ""), "{}", said.err);
    assert!(said.err.contains("build 0123456789abcdef of the scenarios, and this is build "), "{}", said.err);
    assert!(said.err.contains(&own) && said.err.contains("\nnext: "), "{}", said.err);
}

/// Programs of two executables, in turns.
const MIXED: [&str; 3] = ["lost-update", "turmoil-endings/panic", "canary/mark"];

#[test]
fn shards_over_two_executables_are_the_sweep_that_was_not_split() {
    let folder = Folder::new();
    let words = [&MIXED[..], &["--seeds", "24"]].concat();
    all(&folder, &words, 2);
    let merged = found(&folder, &merge(&folder, "merged", &[]), "merged");
    assert_eq!(merged, unsplit(&folder, &words));
    let swept = merged.2.iter().find(|(name, _)| name == "/out/sweep.json").expect("it is written");
    let swept: Value = serde_json::from_slice(&swept.1).expect("JSON");
    let builds = swept["builds"].as_object().expect("each executable has one");
    assert_eq!(builds.keys().collect::<Vec<_>>(), ["scenarios", "turmoil-scenarios"]);
    assert!(merged.1.contains("turmoil-endings") && merged.1.contains("lost-update"), "{}", merged.1);
}

#[test]
fn a_shard_of_which_one_executable_was_rebuilt_is_refused_by_name() {
    let folder = Folder::new();
    all(&folder, &[&MIXED[1..], &["--seeds", "4"]].concat(), 2);
    let rebuild = |number: u32| {
        let path = folder.path(&format!("shards/shard-{number}-of-2.json"));
        let text = fs::read_to_string(&path).expect("it is written");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let build = file["answer"]["builds"]["turmoil-scenarios"].as_str().expect("its name");
        fs::write(&path, resealed(&text.replace(build, "0123456789abcdef"))).expect("it is ours");
        path
    };
    let refused = |paths: &[&str], words: &str| {
        let said = merge(&folder, "merged", &[]);
        assert_eq!((said.code, &*said.out), (Some(2), ""), "{}", said.err);
        assert!(said.err.contains(words) && said.err.contains("\nnext: "), "{}", said.err);
        assert!(paths.iter().all(|path| said.err.contains(path)), "{}", said.err);
    };
    let (second, first) = (rebuild(2), folder.path("shards/shard-1-of-2.json"));
    refused(&[&first, &second], " of the turmoil-scenarios, and ");
    let first = rebuild(1);
    refused(&[&first], "build 0123456789abcdef of the turmoil-scenarios, and this is build ");
}

/// Which executables other jobs had begun with by then is not the sweep's.
#[test]
fn a_shard_that_stops_says_nothing_of_executables_behind_its_end() {
    let folder = Folder::new();
    let words = ["turmoil-endings/panic", "canary/mark", "--seeds", "40", "--stop-on-first"];
    let answer = |jobs: &str| {
        let said = shard(&folder, &[&words[..], &["--jobs", jobs]].concat(), "1/1");
        assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
        let file = fs::read(folder.path("shards/shard-1-of-1.json")).expect("it is written");
        let file: Value = serde_json::from_slice(&file).expect("JSON");
        file["answer"].clone()
    };
    let one = answer("1");
    assert_eq!(one, answer("6"));
    let marks: Vec<&String> = one["marks"].as_object().expect("by executable").keys().collect();
    assert_eq!(marks, ["turmoil-scenarios"]);
    all(&folder, &words, 3);
    fs::remove_file(folder.path("shards/shard-1-of-1.json")).expect("it is ours");
    let merged = found(&folder, &merge(&folder, "merged", &[]), "merged");
    assert_eq!(merged, unsplit(&folder, &words));
}

/// A file with a sum of what it holds by now: of its parts as JSON without spaces.
fn resealed(text: &str) -> String {
    let (mut compact, mut in_text, mut escaped) = (String::new(), false, false);
    for c in text.chars() {
        if in_text || !c.is_whitespace() {
            compact.push(c);
        }
        in_text ^= c == '"' && !escaped;
        escaped = in_text && c == '\\' && !escaped;
    }
    let (head, rest) = compact.split_once("\"answer\":").expect("it is a shard");
    let (answer, making) = rest.split_once(",\"making\":").expect("it is a shard");
    let making = making.strip_suffix('}').expect("it is an object");
    let hash = format!("[{answer},{making}]").bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let (before, _) = head.split_once("\"sum\":").expect("it is a shard");
    format!("{before}\"sum\":\"{hash:016x}\",\"answer\":{answer},\"making\":{making}}}")
}

#[test]
fn a_shard_is_named_by_the_environment_too() {
    let folder = Folder::new();
    let out = folder.path("shards");
    let words = ["sweep", "lost-update", "--seeds", "20", "--shard", "auto", "--out", &out, "--json"];
    let mut pod = folder.command(&words);
    let pod = pod.envs([("JOB_COMPLETION_INDEX", "1"), ("PHOTOFINISH_SHARDS", "4")]);
    let said = Said::from(pod.output().expect("xtask starts"));
    assert_eq!(said.code, Some(0), "{}", said.err);
    let last = objects(&said.out).pop().expect("it is told");
    assert_eq!(
        (&last["shard"], last["written"].as_str()),
        (&Value::from("2/4"), Some(&*format!("{out}/shard-2-of-4.json")))
    );
}

#[test]
fn what_is_no_shard_is_refused_before_anything_is_built() {
    let folder = Folder::new();
    let out = folder.path("out");
    for (words, expected) in [
        (&["sweep", "--shard", "1/2"][..], "--out"),
        (&["sweep", "--shard", "3/2", "--out", &out], "there is no shard 3 of 2"),
        (&["sweep", "--shard", "half", "--out", &out], "try `--shard 1/4`"),
        (&["sweep", "--shard", "1/2", "--out", &out, "--report", &out], "cannot be used with"),
        (&["sweep", "--shard", "1/9", "--seeds", "8", "--out", &out], "8 seeds are too few for 9 shards"),
        (&["sweep", "--out", "s3://bucket/a"], "only a shard's file"),
        (&["sweep", "--shard", "1/2", "--out", "gopher://a"], "no folder and no object store"),
        (&["merge"], "<DIR|URL>"),
        (&["merge", &out], "there is no folder"),
    ] {
        let said = folder.xtask(words);
        assert_eq!((said.code, &*said.out), (Some(2), ""), "{words:?}: {}", said.err);
        assert!(said.err.contains(expected), "{words:?}: {}", said.err);
    }
    fs::create_dir_all(&out).expect("a temporary folder");
    let said = folder.xtask(&["merge", &out]);
    assert!(said.code == Some(2) && said.err.contains("no shard of a sweep is in"), "{}", said.err);
    assert!(!fs::exists(folder.path("corpus")).expect("it can be looked for"), "nothing was begun");
}
