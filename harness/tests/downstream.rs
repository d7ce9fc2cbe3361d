//! A crate as a user has it, built and tested from its own workspace: its races are found, replayed, and gone in its fixed forms.
//!
//! Does not look into the simulator. Invariant: the command that a failure prints is run as it was printed.

use std::path::Path;
use std::process::{Command, Output};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/downstream");

/// A run of its tests.
struct Tested {
    passed: bool,
    said: String,
}

impl Tested {
    fn has(&self, part: &str) -> &Self {
        assert!(self.said.contains(part), "it does not say `{part}`:\n{}", self.said);
        self
    }

    fn has_not(&self, part: &str) -> &Self {
        assert!(!self.said.contains(part), "it says `{part}`:\n{}", self.said);
        self
    }

    /// What it tells of the first run that it shows.
    fn story(&self) -> String {
        let lines = self.said.lines().skip_while(|line| !line.starts_with("seed "));
        let story: String =
            lines.take_while(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
        assert!(story.contains("\n  replay: "), "it tells no story:\n{}", self.said);
        story
    }

    /// What follows `mark` in the first line that has it after `place`.
    fn after(&self, place: &str, mark: &str) -> &str {
        let (_, rest) = self.said.split_once(place).unwrap_or_else(|| panic!("no `{place}`:\n{}", self.said));
        let found = rest.lines().find_map(|line| line.trim().strip_prefix(mark));
        found.unwrap_or_else(|| panic!("no `{mark}` after `{place}`:\n{}", self.said))
    }
}

/// Runs a command line as a user types it in the folder of the crate: variables, `cargo`, arguments.
fn typed(line: &str) -> Tested {
    typed_with(&[], line)
}

fn typed_with(more: &[(&str, &str)], line: &str) -> Tested {
    let mut words = line.split(' ').peekable();
    let mut variables = Vec::new();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        variables.push((name, value));
        words.next();
    }
    assert_eq!(words.next(), Some("cargo"), "{line}");
    let ours = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // What is instrumented lies where `cargo xtask` builds other workspaces, which need Photofinish built as this one does.
    let (mut command, target) = if words.peek() == Some(&"photofinish") {
        let command = Command::new(env!("CARGO_BIN_EXE_cargo-photofinish"));
        (command, ours.parent().expect("it lies in the target folder").to_owned())
    } else {
        (Command::new(env!("CARGO")), ours.join("downstream"))
    };
    for inherited in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUST_BACKTRACE", "NEXTEST"] {
        command.env_remove(inherited);
    }
    // As a shell that stands there.
    command.current_dir(FOLDER).env("PWD", FOLDER);
    command.env("CARGO_TARGET_DIR", target).envs(variables).args(words);
    command.envs(more.iter().copied());
    run(&mut command)
}

fn run(command: &mut Command) -> Tested {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let said = [stdout, stderr].concat();
    Tested { passed: status.success(), said: String::from_utf8_lossy(&said).into_owned() }
}

/// Runs every test of the library in a process of its own, as `cargo nextest run` does, and checks that each ends as it did.
fn check_one_process_per_test(search: &Tested) {
    let runner = |executable: &str| {
        let mut command = Command::new(executable);
        command.current_dir(FOLDER).env("NEXTEST", "1").env("NEXTEST_EXECUTION_MODE", "process-per-test");
        command.env("PWD", FOLDER).env("CARGO_MANIFEST_DIR", FOLDER);
        command
    };
    let place = search.after("", "Running unittests src/lib.rs (");
    let executable = place.strip_suffix(')').expect("cargo closes it");
    let list = run(runner(executable).args(["--list", "--format", "terse"]));
    let names: Vec<&str> = list.said.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    assert_eq!(names.len(), 6, "{}", list.said);
    for name in names {
        let alone = run(runner(executable).args(["--nocapture", "--exact", name]));
        let how = if alone.passed { "ok" } else { "FAILED" };
        search.has(&format!("test {name} ... {how}"));
        alone.has("running 1 test\n");
        if name == "tests::forgetful" {
            let place = format!("---- {name} stdout ----");
            let seed = search.after(&place, "seed ").split(',').next().expect("a seed");
            for run in [format!("PHOTOFINISH_SEED={seed}"), token_of(search, name)] {
                alone.has(&format!(": {run} cargo nextest run --no-capture -E 'test(=tests::forgetful)'\n"));
            }
        }
    }
}

/// Records a run that is replayed by its seed, and replays it by what was recorded.
fn check_trace(search: &Tested, test: &str) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downstream.trace");
    let file = file.to_str().expect("a path of plain text");
    let place = format!("---- {test} stdout ----");
    typed_with(&[("PHOTOFINISH_RECORD", file)], search.after(&place, "replay: "));
    let trace = ("PHOTOFINISH_TRACE", file);
    let again = typed_with(&[trace], &format!("cargo test {test} -- --exact"));
    for mark in ["FAIL: ", "events "] {
        assert_eq!(search.after(&place, mark), again.after(&place, mark), "{}", again.said);
    }
    again.has(&format!("replay: PHOTOFINISH_TRACE={file} cargo test {test} -- --exact"));
    let other = typed_with(&[trace], "cargo test tests::careful -- --exact");
    assert!(!other.passed, "{}", other.said);
    other.has("is a trace of downstream::tests::forgetful");
}

/// What a failing test says to set to see its small run again.
fn token_of(search: &Tested, test: &str) -> String {
    let replay = search.after(&format!("---- {test} stdout ----"), "replay: ");
    let token = replay.split(' ').next().expect("something is said");
    assert!(token.starts_with("PHOTOFINISH_TOKEN=pf1-"), "{replay}");
    token.to_owned()
}

/// Gives a test tokens that are not its own, or no tokens.
fn check_other_tokens(search: &Tested) {
    let token = token_of(search, "tests::forgetful");
    let other = typed(&format!("{token} cargo test --lib tests::careful"));
    assert!(other.passed, "{}", other.said);
    other.has("tests::careful is passed over: PHOTOFINISH_TOKEN is of downstream::tests::forgetful");
    let check = |variable: &str, words: [&str; 2]| {
        let wrong = typed(&format!("{variable} cargo test --lib tests::forgetful -- --exact"));
        assert!(!wrong.passed, "{variable}: {}", wrong.said);
        let [one, other] = words;
        wrong.has(one).has(other).has_not("FAIL: ");
    };
    check(&token[..token.len() - 1], ["PHOTOFINISH_TOKEN: that token is damaged", "next: copy it again"]);
    check("PHOTOFINISH_TOKEN=17", ["PHOTOFINISH_TOKEN is no token", "next: "]);
    let scenario = include_str!("../../scenarios/tokens/lost-update.buggy.lost-update-2030ebfb.token");
    let scenario = scenario.lines().next().expect("it is a line");
    check(&format!("PHOTOFINISH_TOKEN={scenario}"), ["is of the scenario lost-update/buggy", "next: "]);
    check(
        &format!("{token} PHOTOFINISH_SEED=1"),
        ["PHOTOFINISH_SEED and PHOTOFINISH_TOKEN are both set", "each names"],
    );
}

/// Replays the token of a test in another build: one without instrumentation, where its threads have fewer points and the race is still there.
fn check_other_build(search: &Tested, test: &str) {
    let place = format!("---- {test} stdout ----");
    let again = typed(&format!("{} cargo test --locked --lib {test} -- --exact", token_of(search, test)));
    assert!(!again.passed, "{}", again.said);
    again.has("made with another build; its decisions were looked for by name");
    again.has_not("this is not the failure").has_not("does not show in this build");
    assert_eq!(search.after(&place, "FAIL: "), again.after(&place, "FAIL: "), "{}", again.said);
}

/// Runs what a failing test says of itself, which must show the same run again, and every event of it.
fn check_replay(search: &Tested, test: &str, command: &str) {
    let place = format!("---- {test} stdout ----");
    let replay = search.after(&place, "replay: ");
    assert!(replay.contains(command), "{replay}");
    let again = typed(replay);
    assert!(!again.passed, "{replay}: {}", again.said);
    for mark in ["FAIL: ", "events "] {
        assert_eq!(search.after(&place, mark), again.after(&place, mark), "{replay}");
    }
    // Events are told by their names.
    again.has(" Wrote { ");
    let as_found = typed(search.after(&place, "as it was found: "));
    assert!(!as_found.passed, "{}", as_found.said);
    assert_eq!(search.after(&place, "FAIL: "), as_found.after(&place, "FAIL: "), "{replay}");
}

/// Builds the crate as where nothing can be simulated: each test runs once.
fn check_native() {
    let tests = "--lib --test plain --test service --test visits";
    let tested = typed(&format!("PHOTOFINISH_NATIVE=1 cargo test --locked {tests} careful"));
    assert!(tested.passed, "{}", tested.said);
    tested
        .has("test tests::careful ... ok")
        .has("test tests::careful_as_feared ... ok")
        .has("test careful ... ok")
        .has("runs once, natively");
}

#[test]
fn a_users_crate_is_searched_by_plain_cargo_test() {
    let search = typed("cargo test --locked --no-fail-fast");
    assert!(!search.passed, "{}", search.said);
    search
        .has("test tests::ordinary ... ok")
        .has("test tests::careful ... ok")
        .has("test tests::forgetful ... FAILED")
        .has("test tests::forgetful_as_known ... ok")
        .has("test tests::careful_as_feared ... FAILED")
        .has("none of 9 runs failed with `error: *`")
        .has("test the_last_ticket_is_sold_once ... ok")
        .has("test a_buyer_waits_for_the_network ... ok")
        .has("test a_freed_block_rests ... ok")
        .has("test a_freed_block_is_used_again ... ok")
        .has("test a_thread_that_is_left_is_seen ... ok")
        .has("test a_thread_may_be_left ... ok")
        .has("test careful ... ok")
        .has("test forgetful ... FAILED")
        .has("| two buyers, one ticket")
        .has("`cargo photofinish test` builds them with it")
        .has("`--features`, `--target` and `--config`, if you gave them")
        // Its race lies between two atomic operations, which are not scheduling points in this build.
        .has("test tests::hasty ... ok");
    check_replay(&search, "tests::forgetful", " cargo test tests::forgetful -- --exact");
    check_trace(&search, "tests::forgetful");
    check_other_tokens(&search);
    check_one_process_per_test(&search);
    // Last, since it builds us anew in the same folder, and everything else only once.
    check_native();
}

#[test]
fn a_users_crate_is_searched_instrumented() {
    let search = typed("cargo photofinish test --locked --no-fail-fast");
    assert!(!search.passed, "{}", search.said);
    search
        .has("test tests::ordinary ... ok")
        .has("test tests::careful ... ok")
        .has("test tests::forgetful ... FAILED")
        .has("test tests::hasty ... FAILED")
        .has("test the_last_ticket_is_sold_once ... ok")
        .has("test a_buyer_waits_for_the_network ... ok")
        .has("test a_freed_block_rests ... ok")
        .has("test a_freed_block_is_used_again ... ok")
        .has("test a_thread_that_is_left_is_seen ... ok")
        .has("test a_thread_may_be_left ... ok")
        .has("test careful ... ok")
        .has("test forgetful ... FAILED")
        // An example of the documentation, linked by rustdoc itself.
        .has("Careful (line ")
        .has_not("without instrumentation")
        .has_not("if you gave them");
    check_replay(
        &search,
        "tests::hasty",
        " cargo photofinish test --locked --no-fail-fast tests::hasty -- --exact",
    );
    let place = "---- tests::hasty stdout ----";
    assert_eq!(search.after(place, "decisions: "), "1", "{}", search.said);
    search
        .has("  minimal: without any one of its decisions it does not fail so")
        .has(" is held while anything else can happen, at downstream/src/lib.rs:")
        .has("without what is decided of thread 1, the run passes");

    // The example of README, as a user sees it.
    let command = "cargo photofinish test --test visits";
    let example = typed(command);
    assert!(!example.passed, "{}", example.said);
    insta::assert_snapshot!("visits", format!("$ {command}\n…\n{}", steady(&example.story())));
    check_other_build(&search, "tests::forgetful");
}

/// The hash of a run's events differs from build to build, and so does a token.
fn steady(story: &str) -> String {
    let line = |line: &str| {
        if let Some(hash) = line.strip_prefix("  events ") {
            return format!("  events {}\n", "·".repeat(hash.len()));
        }
        let Some((before, token)) = line.split_once("pf1-") else { return format!("{line}\n") };
        let after = token.split_once(' ').map(|(_, after)| after).unwrap_or_default();
        format!("{before}pf1-···· {after}\n")
    };
    story.lines().map(line).collect()
}
