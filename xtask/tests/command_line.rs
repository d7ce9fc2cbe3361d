//! `cargo xtask sim` and `sweep` from outside: what is printed where, exit codes, bad input, and an end by Ctrl-C.
//!
//! Knows the scenarios by name only. Invariant: every refusal names what it refuses and the next command to type.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use photofinish::tracefile::{SCHEMA, WHAT};
use serde_json::{Value, json};

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

/// A command that is refused with exit code 2, and words that must be in the refusal besides the next command.
fn check_refused(args: &[&str], words: &[&str]) {
    let Said { code, out, err } = xtask(args);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
    for word in words {
        assert!(err.contains(word), "{args:?} does not say `{word}`: {err}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest() {
    let next = "next: `cargo xtask list`";
    check_refused(
        &["sim", "late-listner/buggy"],
        &["`late-listner/buggy`", "did you mean `late-listener/buggy`", next],
    );
    check_refused(&["sim", "canari", "--seed", "1"], &["did you mean `canary`", next]);
    check_refused(&["sim", "canary/helthy"], &["did you mean `canary/healthy`", next]);
    check_refused(&["sim", "canary/healthy", "canary/x"], &["`canary/x`", next]);
    check_refused(&["sim", "nothing-like-it-at-all"], &["`nothing-like-it-at-all`", next]);
    check_refused(&["sim", ""], &["``", next]);
    check_refused(&["sweep", "late-listener/bugy"], &["did you mean `late-listener/buggy`", next]);
}

#[test]
fn what_an_option_takes_is_said_where_it_is_typed_as_a_name() {
    let token = "pf1-ABrSQU2DYz";
    for command in ["sim", "shrink", "sweep"] {
        check_refused(&[command, token], &["next: `cargo xtask sim --seed pf1-ABrSQU2DYz`"]);
        check_refused(&[command, "1138"], &["next: `cargo xtask sim SCENARIO --seed 1138`"]);
        check_refused(&[command, "Cargo.toml"], &["next: `cargo xtask sim --trace Cargo.toml`"]);
    }
}

#[test]
fn an_argument_that_makes_no_sense_is_refused() {
    check_refused(&["sim", "canary/healthy", "--seed", "one"], &["a seed is a whole number", "`--seed 1`"]);
    check_refused(
        &["sim", "canary/healthy", "--seed", "1", "--strategy", "luck"],
        &["\"luck\"", "walk[:GAP"],
    );
    check_refused(
        &["sim", "canary/healthy", "--seed", "1", "--strategy", "pct:0"],
        &["\"pct:0\"", "pct[:DEPTH"],
    );
    check_refused(&["sweep", "canary/healthy", "--strategy", "luck"], &["\"luck\""]);
    check_refused(
        &["sim", "canary", "--seed", "1", "--record", concat!(env!("CARGO_TARGET_TMPDIR"), "/never")],
        &["--record writes one trace", "next:"],
    );
    check_refused(&["sweep", "canary", "--from", "18446744073709551615"], &["seeds from", "next:"]);
}

/// A file in a folder of this test binary's own, gone afterwards.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        Self(folder.join(format!("command-line-{name}-{}.json", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("target directories are text")
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // One that was never written is gone already.
        let _ = fs::remove_file(&self.0);
    }
}

const SEARCH: [&str; 6] = ["sim", "late-listener/buggy", "--seed", "3", "--strategy", "walk:8"];

fn recorded(trace: &Temporary) -> Value {
    let Said { code, err, .. } = xtask(&[&SEARCH[..], &["--record", trace.path()]].concat());
    assert!(matches!(code, Some(0 | 1)), "{err}");
    serde_json::from_slice(&fs::read(&trace.0).expect("it was recorded")).expect("it is JSON")
}

#[test]
fn a_trace_that_is_none_is_refused() {
    let trace = Temporary::new("foreign");
    let check = |text: &str, words: &[&str]| {
        fs::write(&trace.0, text).expect("a temporary file");
        check_refused(&["sim", "--trace", trace.path()], &[words, &[trace.path(), "next: "]].concat());
    };
    check("not JSON", &["is not a trace of Photofinish"]);
    check("", &["is not a trace of Photofinish"]);
    check("[]", &["is not a trace of Photofinish", "`what`"]);
    check("{\"name\": \"package\", \"version\": 1}", &["is not a trace of Photofinish", "`what`"]);
    check(
        &json!({ "what": WHAT, "schema": SCHEMA }).to_string(),
        &["is not a trace of Photofinish", "missing field"],
    );
    fs::write(&trace.0, [0xff, 0xfe, 0]).expect("a temporary file");
    check_refused(&["sim", "--trace", trace.path()], &[trace.path(), "it is not text", "next: "]);
    check_refused(
        &["sim", "--trace", "/no/such/trace"],
        &["reading the trace /no/such/trace failed", "next: "],
    );
    let folder = env!("CARGO_TARGET_TMPDIR");
    check_refused(&["sim", "--trace", folder], &[folder, "next: "]);
}

#[test]
fn a_trace_that_is_damaged_is_refused() {
    let trace = Temporary::new("damaged");
    let sound = recorded(&trace);
    assert!(sound["trace"]["picks"].as_array().is_some_and(|picks| picks.len() > 3), "{sound}");
    let check = |change: fn(&mut Value), words: &[&str]| {
        let mut damaged = sound.clone();
        change(&mut damaged);
        fs::write(&trace.0, damaged.to_string()).expect("a temporary file");
        check_refused(&["sim", "--trace", trace.path()], &[words, &[trace.path(), "next: "]].concat());
    };
    check(
        |file| file["schema"] = json!(1),
        &["schema 1", &format!("reads schema {SCHEMA}"), "record it again", "3"],
    );
    check(
        |file| file["build"] = json!("0123456789abcdef"),
        &["0123456789abcdef", "late-listener/buggy --seed 3 --strategy walk:8"],
    );
    check(|file| file["trace"]["picks"][2]["pick"] = json!(0), &["damaged at pick 2", "never recorded"]);
    check(|file| file["trace"]["picks"][1]["bound"] = json!(1), &["damaged at pick 1", "below its bound"]);
    check(|file| file["trace"]["picks"][3]["step"] = json!(0), &["damaged at pick 3", "backwards"]);
    check(|file| file["trace"]["picks"][0]["kind"] = json!("Luck"), &["Luck"]);
    check(|file| file["trace"] = json!("gone"), &["is not a trace of Photofinish"]);
    let mut renamed = sound.clone();
    renamed["program"] = json!("late-listener/bugy");
    fs::write(&trace.0, renamed.to_string()).expect("a temporary file");
    check_refused(
        &["sim", "--trace", trace.path()],
        &["`late-listener/bugy`", "`late-listener/buggy`", "next: "],
    );
    let whole = sound.to_string();
    fs::write(&trace.0, &whole[..whole.len() / 2]).expect("a temporary file");
    check_refused(&["sim", "--trace", trace.path()], &[trace.path(), "EOF", "next: "]);
    fs::write(&trace.0, &whole).expect("a temporary file");
    check_refused(
        &["sim", "canary/panic", "--trace", trace.path()],
        &["is a trace of late-listener/buggy", "next: "],
    );
}

#[test]
fn a_trace_that_does_not_fit_diverges() {
    let trace = Temporary::new("unfit");
    let mut file = recorded(&trace);
    let bound = file["trace"]["picks"][1]["bound"].as_u64().expect("a number");
    file["trace"]["picks"][1]["bound"] = json!(bound + 1);
    fs::write(&trace.0, file.to_string()).expect("a temporary file");
    let Said { code, out, err } = xtask(&["sim", "--trace", trace.path()]);
    assert_eq!(code, Some(4), "{out}{err}");
    let step = file["trace"]["picks"][1]["step"].as_u64().expect("a number");
    assert!(out.contains("DIVERGED") && out.contains(&format!("at step {step} ")), "{out}");
}

fn objects(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).expect("each line is one object")).collect()
}

#[test]
fn a_recorded_run_replays_to_the_same_end() {
    for seed in ["1", "2", "3"] {
        let trace = Temporary::new(&format!("round-trip-{seed}"));
        let search = ["sim", "late-listener/buggy", "--seed", seed, "--json"];
        let first = xtask(&[&search[..], &["--record", trace.path()]].concat());
        let again = xtask(&["sim", "--trace", trace.path(), "--json"]);
        assert_eq!(first.code, again.code, "seed {seed}: {}", again.err);
        assert_eq!(objects(&first), objects(&again), "seed {seed}");
    }
}

#[test]
fn json_is_one_object_per_run_and_nothing_else() {
    let said = xtask(&["sim", "canary", "--seed", "0x2a", "--json"]);
    let objects = objects(&said);
    let variants: Vec<&str> = objects.iter().filter_map(|object| object["variant"].as_str()).collect();
    assert_eq!(variants, ["panic", "deadlock", "wrong-answer", "mark", "healthy"]);
    for object in &objects {
        for text in ["scenario", "variant", "verdict", "ending", "events_hash", "strategy", "detail"] {
            assert!(object[text].is_string(), "{text}: {object}");
        }
        for number in ["schema", "seed", "points", "switches", "virtual_ns", "threads"] {
            assert!(object[number].is_u64(), "{number}: {object}");
        }
        assert_eq!((&object["schema"], &object["seed"]), (&json!(1), &json!(42)));
        let passed = object["verdict"] == "pass";
        assert_eq!(
            (object["signature"].is_null(), object["variant"] == "healthy"),
            (passed, passed),
            "{object}"
        );
        assert_eq!(object["events_hash"].as_str().map(str::len), Some(16));
    }
    assert_eq!(said.code, Some(1), "{}", said.err);
}

#[test]
fn exit_codes_say_what_was_found() {
    let check = |name: &str, code: i32, word: &str| {
        let said = xtask(&["sim", name, "--seed", "1"]);
        assert_eq!(said.code, Some(code), "{name}: {}{}", said.out, said.err);
        assert!(said.out.contains(word), "{name}: {}", said.out);
    };
    check("canary", 1, "FAIL canary/panic: panic in");
    check("canary/wrong-answer", 1, "replay: cargo xtask sim canary/wrong-answer --seed 1 --strategy ");
    check("canary/healthy", 0, "pass");
}

/// The first line that a command prints, before it is done.
fn first_line(args: &[&str]) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("xtask starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("it was asked for"))
        .read_line(&mut line)
        .expect("it prints text");
    // What it prints after this meets a closed pipe, and that is its own affair.
    let _ = child.kill();
    child.wait().expect("it was started");
    line
}

#[test]
fn the_seed_is_printed_before_the_run() {
    let line = first_line(&["sim", "canary/healthy", "--seed", "17"]);
    assert!(line.starts_with("seed 17 · canary/healthy · "), "{line}");
}

#[test]
fn a_seed_is_drawn_when_none_is_given() {
    let drawn = |said: &Said| {
        let word = said.out.strip_prefix("seed ").and_then(|rest| rest.split(' ').next());
        word.and_then(|word| word.parse::<u64>().ok()).expect("the seed is printed first")
    };
    let first = xtask(&["sim", "canary/healthy"]);
    let seed = drawn(&first);
    let others: Vec<u64> = (0..3).map(|_| drawn(&xtask(&["sim", "canary/healthy"]))).collect();
    assert!(others.iter().any(|other| *other != seed), "{seed} and {others:?}");
    let again = xtask(&["sim", "canary/healthy", "--seed", &seed.to_string()]);
    assert_eq!((first.code, first.out), (again.code, again.out));
}

/// What /proc says of each process that is not over: number, parent and process group.
fn processes() -> Vec<[u32; 3]> {
    let entries = fs::read_dir("/proc").expect("this is Linux").flatten();
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let living = stats.filter_map(|stat| {
        // proc(5): after the name in parentheses come state, parent, group.
        let (number, rest) = (stat.split(' ').next()?, stat.rsplit(") ").next()?);
        let words: Vec<&str> = rest.split(' ').collect();
        let numbers = [number, words[1], words[2]].map(|word| word.parse().expect("a number"));
        (words[0] != "Z").then_some(numbers)
    });
    living.collect()
}

/// Looks until something holds; a test that waits longer than any machine needs has failed.
fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} after a minute");
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let mut sweep = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["sweep", "late-listener/fixed", "--seeds", "100000000", "--jobs", "2"])
        .env("PHOTOFINISH_CORPUS", concat!(env!("CARGO_TARGET_TMPDIR"), "/interrupted"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("xtask starts");
    let group = sweep.id();
    // Each server has a group, in which its runs are as well.
    let servers = || -> Vec<u32> {
        processes().into_iter().filter(|[_, parent, _]| *parent == group).map(|[number, ..]| number).collect()
    };
    until("no two servers are at work", || servers().len() >= 2);
    let groups = servers();
    let sent =
        Command::new("kill").args(["-INT", "--", &format!("-{group}")]).status().expect("kill(1) starts");
    assert!(sent.success());
    let status = sweep.wait().expect("it was started");
    assert!(status.signal() == Some(2) || status.code() == Some(130), "{status:?}");
    until("a child is still there", || {
        !processes().iter().any(|[.., of]| *of == group || groups.contains(of))
    });
}
