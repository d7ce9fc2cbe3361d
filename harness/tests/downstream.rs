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

    /// What follows `mark` in the first line that has it after `place`.
    fn after(&self, place: &str, mark: &str) -> &str {
        let (_, rest) = self.said.split_once(place).unwrap_or_else(|| panic!("no `{place}`:\n{}", self.said));
        let found = rest.lines().find_map(|line| line.trim().strip_prefix(mark));
        found.unwrap_or_else(|| panic!("no `{mark}` after `{place}`:\n{}", self.said))
    }
}

/// Runs a command line as a user types it in the folder of the crate: variables, `cargo`, arguments.
fn typed(line: &str) -> Tested {
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
    command.current_dir(FOLDER).env("CARGO_TARGET_DIR", target).envs(variables).args(words);
    let Output { status, stdout, stderr } = command.output().expect("cargo starts");
    let said = [stdout, stderr].concat();
    Tested { passed: status.success(), said: String::from_utf8_lossy(&said).into_owned() }
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

#[test]
fn a_users_crate_is_searched_by_plain_cargo_test() {
    let search = typed("cargo test --locked --no-fail-fast");
    assert!(!search.passed, "{}", search.said);
    search
        .has("test tests::ordinary ... ok")
        .has("test tests::careful ... ok")
        .has("test tests::forgetful ... FAILED")
        .has("test the_last_ticket_is_sold_once ... ok")
        .has("test careful ... ok")
        .has("test forgetful ... FAILED")
        .has("| two buyers, one ticket")
        .has("`cargo photofinish test` builds them with it")
        // Its race lies between two atomic operations, which are not scheduling points in this build.
        .has("test tests::hasty ... ok");
    check_replay(&search, "tests::forgetful", " cargo test tests::forgetful -- --exact");
}

/// The body then runs once, and so says `harness/src/test/native.rs`; that it compiles is what can be known here.
#[test]
fn a_users_crate_compiles_where_nothing_can_be_simulated() {
    let checked = typed("RUSTFLAGS=--cfg=photofinish_native cargo check --locked --tests");
    assert!(checked.passed, "{}", checked.said);
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
        .has("test careful ... ok")
        .has("test forgetful ... FAILED")
        // An example of the documentation, linked by rustdoc itself.
        .has("Careful (line ")
        .has_not("without instrumentation");
    check_replay(&search, "tests::hasty", " cargo photofinish test tests::hasty -- --exact");
}
