//! `cargo xtask report` and `--report`, from outside: what is written, and what is said of what cannot be.
//!
//! Does not know how reports look. Invariant: whoever is refused finds nothing written, and is told what to type.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use photofinish_reports::json;
use photofinish_reports::record::{Record, SCHEMA, Undone};

/// A committed token of each of the three races, and of the canary's deadlock.
const TOKENS: [&str; 4] = [
    "canary.deadlock.deadlock_in_photofinish_scenarios__canary__progr-b0915a03",
    "fork-cancel.merged@race.lost-wakeup__30_s_late-be759195",
    "late-listener.buggy.lost-connected-72eee7a1",
    "shutdown-einval.buggy@seal-a.wrong-reason__error__io__Invalid_argument__os_er-5b136c0a",
];

struct Said {
    code: Option<i32>,
    out: Vec<u8>,
    err: String,
}

fn xtask(args: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(args).output().expect("xtask starts");
    let err = String::from_utf8(output.stderr).expect("it prints text");
    Said { code: output.status.code(), out: output.stdout, err }
}

/// An empty folder of this name.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("it is ours");
    }
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn token(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../scenarios/tokens/{name}.token"));
    let text = fs::read_to_string(path).expect("it is committed");
    text.lines().next().expect("a token").to_owned()
}

fn record_of(token: &str) -> Record {
    let Said { code, out, err } = xtask(&["report", token, "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    json::read(&out, "standard output").expect("a record")
}

fn check_refused(args: &[&str], words: &[&str]) {
    let Said { code, out, err } = xtask(args);
    assert_eq!((code, out.len()), (Some(2), 0), "{args:?}: {err}");
    words.iter().for_each(|word| assert!(err.contains(word), "{args:?} does not say `{word}`: {err}"));
}

#[test]
fn a_tokens_run_is_recorded_with_what_its_decisions_do() {
    let token = token("late-listener.buggy.lost-connected-72eee7a1");
    let record = record_of(&token);
    assert_eq!(record.schema, SCHEMA);
    assert_eq!(record.headline.signature.as_deref(), Some("lost-connected"));
    assert_eq!(record.commands.token.as_deref(), Some(&*token));
    let [decision] = record.decisions.as_slice() else { panic!("{:?}", record.decisions) };
    assert_eq!(decision.undone, Some(Undone::Passes));
    let pair = decision.pair.as_ref().expect("the two operations were found");
    let outermost = |stack: u32| {
        let frames = &record.stacks[stack as usize].0;
        let functions = frames.iter().map(|frame| record.frames[*frame as usize].function.clone());
        functions.collect::<Vec<_>>().join(" ")
    };
    let [first, second] = [outermost(pair.first.stack), outermost(pair.second.stack)];
    assert!(first.contains("Emitter::snapshot") && second.contains("Emitter::push"), "{first}; {second}");
    let passing = record.passing.as_ref().expect("a run that passes");
    assert_eq!((passing.how.as_str(), passing.signature.as_deref()), ("without decision 1", None));
    let same = record.steps.iter().zip(&passing.steps).take_while(|(one, other)| one == other).count();
    assert!(same > 10 && same < record.steps.len().min(passing.steps.len()), "they part after {same} steps");
    assert!(record.steps.iter().filter(|step| step.stack.is_some()).count() > record.steps.len() / 2);
    let names: Vec<&str> = record.threads.iter().filter_map(|thread| thread.name.as_deref()).collect();
    assert!(names.contains(&"io") && names.contains(&"rpc-0"), "{names:?}");
    assert!(!record.sources.is_empty());
}

#[test]
fn two_processes_record_the_same() {
    for name in TOKENS {
        let token = token(name);
        assert_eq!(record_of(&token), record_of(&token), "{name}");
    }
}

#[test]
fn a_failing_seed_is_drawn_into_a_folder_as_its_record_is() {
    let folder = folder("report-of-a-seed");
    let to = folder.to_str().expect("it is text");
    let Said { code, err, .. } = xtask(&["sim", "canary/wrong-answer", "--seed", "0", "--report", to]);
    assert_eq!(code, Some(1), "{err}");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name().into_string().expect("it is text"))
        .collect();
    names.sort();
    let record = names.iter().find(|name| name.ends_with(".json")).expect("a record");
    let page = names.iter().find(|name| name.ends_with(".html")).expect("a page");
    assert!(err.contains(page), "the page is named: {err}");
    assert_eq!(names.len(), 7, "every format is there: {names:?}");
    for name in &names {
        assert!(fs::metadata(folder.join(name)).expect("it is there").len() > 0, "{name} is empty");
    }
    let path = folder.join(record);
    let again = xtask(&["report", path.to_str().expect("it is text"), "--format", "json"]);
    assert_eq!(again.out, fs::read(&path).expect("it is there"), "a record is drawn as itself");
}

#[test]
fn what_is_no_record_is_said_so() {
    check_refused(&["report", "no-such-file"], &["neither a record nor a token", "next: "]);
    let folder = folder("report-of-nothing");
    let path = folder.join("record.json");
    let of = path.to_str().expect("it is text");
    for (text, words) in [
        ("", ["no JSON", "next: "]),
        ("{\"schema\": 1, \"steps\": [", ["breaks off", "next: "]),
        ("[1, 2]", ["no record", "next: "]),
        ("{\"schema\": 4000000, \"headline\": {}, \"steps\": []}", ["4000000", "next: "]),
    ] {
        fs::write(&path, text).expect("it can be written");
        check_refused(&["report", of], &words);
    }
    let damaged = token(TOKENS[0]).replace("pf1-", "pf1-A");
    check_refused(&["report", &damaged], &["token", "next: "]);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_a_run() {
    let folder = folder("report-to-a-file");
    let file = folder.join("file");
    fs::write(&file, "mine").expect("it can be written");
    let to = file.to_str().expect("it is text");
    let words = ["writing", "failed", "next: "];
    check_refused(&["sim", "canary/wrong-answer", "--seed", "0", "--report", to], &words);
    check_refused(&["shrink", "canary/wrong-answer", "--seed", "0", "--report", to], &words);
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "mine");
}
