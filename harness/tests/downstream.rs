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
        let mut story = String::new();
        for line in lines {
            story.push_str(line);
            story.push('\n');
            if line.starts_with("  replay: ") {
                return story;
            }
        }
        panic!("it tells no story:\n{}", self.said)
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
    let mut command = if words.peek() == Some(&"photofinish") {
        Command::new(env!("CARGO_BIN_EXE_cargo-photofinish"))
    } else {
        Command::new(env!("CARGO"))
    };
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downstream");
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
            let seed = search.after(&place, "seed ").split(' ').next().expect("a seed");
            alone.has(&format!(
                "replay: PHOTOFINISH_SEED={seed} cargo nextest run --no-capture -E 'test(=tests::forgetful)'"
            ));
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

    // The example of README, as a user sees it.
    let command = "cargo photofinish test --test visits";
    let example = typed(command);
    assert!(!example.passed, "{}", example.said);
    insta::assert_snapshot!("visits", format!("$ {command}\n…\n{}", steady(&example.story())));
}

/// The hash of a run's events differs from build to build.
fn steady(story: &str) -> String {
    let line = |line: &str| match line.strip_prefix("  events ") {
        Some(hash) => format!("  events {}\n", "·".repeat(hash.len())),
        None => format!("{line}\n"),
    };
    story.lines().map(line).collect()
}
