//! The corpus from outside: what it keeps, what it refuses, and that it never loses what it has.
//!
//! Invariant: whoever is refused finds the database as it was, byte by byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use photofinish_corpus::corpus::{Corpus, FILE, Recorded, Times, Traces};
use photofinish_corpus::exchange::Imported;
use photofinish_corpus::{CorpusError, Entry, Example, Sighting, State};
use rusqlite::Connection;

/// A folder for one test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("corpus-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    fn open(&self) -> Corpus {
        Corpus::open(&self.0).expect("it opens")
    }

    fn file(&self) -> PathBuf {
        self.0.join(FILE)
    }

    fn refused(&self) -> CorpusError {
        let before = fs::read(self.file()).expect("it is there");
        let error = Corpus::open_with(&self.0, Duration::from_millis(20)).expect_err("it is refused");
        assert!(fs::read(self.file()).expect("it is there") == before, "{error}: it was changed");
        assert!(error.to_string().contains("\nnext: "), "{error}");
        error
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // One that was never made is gone already.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn example(seed: u64, decisions: u64) -> Example {
    Example {
        build: String::from("0123456789abcdef"),
        seed,
        strategy: String::from("pct:3:400"),
        cores: 4,
        os: Some(String::from("macos")),
        heap: Some(String::from("checked")),
        oracles: Some(String::from("stuck,late=20")),
        limits: String::from("{}"),
        decisions,
        trace: Some(format!("{{\"seed\":{seed}}}")),
    }
}

fn sight(corpus: &mut Corpus, signature: &str, example: &Example, now_ms: i64) -> (i64, Recorded) {
    let write_out = || example.clone();
    let sighting =
        Sighting { program: "canary/panic", signature, rank: example.rank(), example: &write_out, now_ms };
    corpus.record(&sighting).expect("it is recorded")
}

fn all(corpus: &Corpus) -> Vec<Entry> {
    corpus.entries(Traces::With).expect("it can be read")
}

#[test]
fn the_example_with_the_fewest_decisions_is_kept() {
    let folder = Folder::new();
    let mut corpus = folder.open();
    assert_eq!(sight(&mut corpus, "lost", &example(u64::MAX, 9), 100), (1, Recorded::New));
    assert_eq!(sight(&mut corpus, "late", &example(8, 9), 101), (2, Recorded::New));
    assert_eq!(sight(&mut corpus, "late", &example(9, 9), 101), (2, Recorded::Again));
    assert_eq!(sight(&mut corpus, "lost", &example(7, 9), 102), (1, Recorded::Smaller), "an earlier seed");
    assert_eq!(sight(&mut corpus, "lost", &example(6, 4), 103), (1, Recorded::Smaller));
    assert_eq!(sight(&mut corpus, "lost", &example(5, 5), 99), (1, Recorded::Again));
    drop(corpus);
    let entries = all(&folder.open());
    let lost = &entries[0];
    assert_eq!((lost.first_seen_ms, lost.last_seen_ms, lost.times_seen), (100, 103, 4));
    assert_eq!(lost.example, example(6, 4));
    assert_eq!(entries[1].example, example(8, 9));
    let bare = folder.open().entries(Traces::Without).expect("it can be read");
    assert_eq!(bare[0].example, Example { trace: None, ..example(6, 4) });
}

#[test]
fn an_example_that_can_be_replayed_is_better_than_a_shorter_one_that_cannot() {
    let folder = Folder::new();
    let mut corpus = folder.open();
    let bare = |seed, decisions| Example { trace: None, ..example(seed, decisions) };
    assert_eq!(sight(&mut corpus, "lost", &bare(1, 5), 100), (1, Recorded::New));
    assert_eq!(sight(&mut corpus, "lost", &bare(2, 4), 100), (1, Recorded::Smaller));
    assert_eq!(sight(&mut corpus, "lost", &example(3, 9), 100), (1, Recorded::Smaller));
    assert_eq!(sight(&mut corpus, "lost", &bare(0, 1), 100), (1, Recorded::Again));
    assert_eq!(all(&corpus)[0].example, example(3, 9));
}

#[test]
fn what_is_counted_together_is_counted_once() {
    let folder = Folder::new();
    let mut corpus = folder.open();
    let run = example(7, 3);
    let tell = |corpus: &mut Corpus, times, now_ms| {
        let (rank, example) = (run.rank(), &|| run.clone());
        let sighting = Sighting { program: "canary/panic", signature: "lost", rank, example, now_ms };
        corpus.record_times(&sighting, times).expect("it is recorded").1
    };
    let seen =
        |corpus: &Corpus| all(corpus).iter().map(|e| (e.times_seen, e.last_seen_ms)).collect::<Vec<_>>();
    assert_eq!(tell(&mut corpus, Times::AtLeast(20), 5), Recorded::New);
    assert_eq!(tell(&mut corpus, Times::AtLeast(20), 5), Recorded::Again);
    assert_eq!(seen(&corpus), [(20, 5)], "said twice");
    assert_eq!(tell(&mut corpus, Times::Once, 6), Recorded::Again);
    assert_eq!(tell(&mut corpus, Times::AtLeast(8), 4), Recorded::Again);
    assert_eq!(seen(&corpus), [(21, 6)], "fewer than are known");
}

#[test]
fn a_seed_keeps_all_its_bits() {
    let folder = Folder::new();
    sight(&mut folder.open(), "lost", &example(u64::MAX, 9), 100);
    assert_eq!(folder.open().entry(1).expect("it is there").example.seed, u64::MAX);
}

#[test]
fn what_is_fixed_is_kept_and_may_come_back() {
    let folder = Folder::new();
    let mut corpus = folder.open();
    let (id, _) = sight(&mut corpus, "lost", &example(1, 4), 100);
    let seen = corpus.entry(id).expect("it is there");
    corpus.is_fixed(&seen).expect("it is written");
    assert_eq!(corpus.entry(id).expect("it is there").state, State::Fixed);
    corpus.still_fails(id, None, 200).expect("it is written");
    let again = corpus.entry(id).expect("it is there");
    assert_eq!((again.state, again.last_seen_ms, again.times_seen), (State::Open, 200, 1));
    corpus.is_fixed(&seen).expect("it is written");
    let other = example(2, 40);
    assert_eq!(sight(&mut corpus, "lost", &other, 300), (id, Recorded::Back));
    let back = corpus.entry(id).expect("it is there");
    assert_eq!((back.state, &back.example), (State::Open, &other), "the old example does not show it");
    corpus.is_fixed(&seen).expect("it is written");
    assert_eq!(corpus.entry(id).expect("it is there").state, State::Open, "another run shows it");
    let renewed = Example { build: String::from("another"), ..example(2, 41) };
    corpus.still_fails(id, Some(&renewed), 400).expect("it is written");
    assert_eq!(corpus.entry(id).expect("it is there").example, renewed);
}

#[test]
fn only_remove_deletes_and_numbers_are_not_given_again() {
    let folder = Folder::new();
    let mut corpus = folder.open();
    let (first, _) = sight(&mut corpus, "lost", &example(1, 4), 100);
    let (second, _) = sight(&mut corpus, "late", &example(1, 4), 100);
    corpus.set_shrunk(second, "token").expect("it is written");
    corpus.remove(second).expect("it is there");
    let (third, _) = sight(&mut corpus, "late", &example(1, 4), 100);
    assert!(first < second && second < third, "{first} {second} {third}");
    assert_eq!(corpus.entry(third).expect("it is there").shrunk, None);
    for refused in [corpus.remove(second), corpus.set_shrunk(second, "token")] {
        assert!(matches!(refused, Err(CorpusError::NoEntry { id, .. }) if id == second), "{refused:?}");
    }
}

/// A database as the first schema wrote it: the statement is what stood in the release, not what stands there today.
const FIRST: &str = "
    PRAGMA application_id = 1349011049;
    PRAGMA user_version = 1;
    CREATE TABLE failures (
        id INTEGER PRIMARY KEY AUTOINCREMENT, program TEXT NOT NULL, signature TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'fixed')), build TEXT NOT NULL, seed TEXT NOT NULL,
        strategy TEXT NOT NULL, cores INTEGER NOT NULL, os TEXT, limits TEXT NOT NULL, decisions INTEGER NOT NULL, trace TEXT,
        first_seen_ms INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL, times_seen INTEGER NOT NULL,
        UNIQUE (program, signature)
    ) STRICT;
    INSERT INTO failures VALUES (7, 'canary/panic', 'lost', 'fixed', 'b', '18446744073709551615', 'starve', 4, NULL, '{}', 3,
        '{\"seed\":1}', 10, 20, 5);";

#[test]
fn an_older_database_is_brought_up_to_date_and_keeps_what_it_holds() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).expect("a temporary folder");
    Connection::open(folder.file()).and_then(|old| old.execute_batch(FIRST)).expect("it was valid once");
    let mut corpus = folder.open();
    let entry = corpus.entry(7).expect("it was there before");
    assert_eq!((entry.state, entry.times_seen, entry.shrunk.as_deref()), (State::Fixed, 5, None));
    let Example { seed, os, heap, oracles, .. } = &entry.example;
    assert_eq!((*seed, os, heap, oracles), (u64::MAX, &None, &None, &None));
    corpus.set_shrunk(7, "token").expect("there is a place for it");
    drop(corpus);
    assert_eq!(folder.open().entry(7).expect("it is there").shrunk.as_deref(), Some("token"));
}

#[test]
fn a_newer_database_is_refused() {
    let folder = Folder::new();
    drop(folder.open());
    let newer = Connection::open(folder.file()).expect("it opens");
    newer.pragma_update(None, "user_version", 99).expect("a number");
    drop(newer);
    let error = folder.refused();
    assert!(matches!(error, CorpusError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn somebody_elses_database_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).expect("a temporary folder");
    let other = Connection::open(folder.file()).expect("it opens");
    other.execute_batch("CREATE TABLE places (url TEXT)").expect("a table");
    drop(other);
    let error = folder.refused();
    assert!(matches!(error, CorpusError::Foreign { .. }), "{error}");
}

#[test]
fn a_damaged_database_is_refused_and_kept() {
    let folder = Folder::new();
    let mut corpus = folder.open();
    let long = Example { trace: Some("x".repeat(100_000)), ..example(1, 4) };
    for index in 0..20 {
        sight(&mut corpus, &format!("signature {index}"), &long, 100);
    }
    drop(corpus);
    let sound = fs::read(folder.file()).expect("it is there");
    let check = |bytes: Vec<u8>| {
        fs::write(folder.file(), bytes).expect("a temporary file");
        let error = folder.refused();
        assert!(matches!(error, CorpusError::Damaged { .. }), "{error}");
    };
    let overwritten = |from: usize, to: usize| {
        let mut bytes = sound.clone();
        bytes[from..to].fill(0xa5);
        bytes
    };
    check(overwritten(0, 16));
    check(overwritten(100, 4_096));
    check(overwritten(8_192, 40_960));
    check(sound[..sound.len() / 2].to_vec());
    check(b"not a database, and never was".repeat(50));
    fs::write(folder.file(), &sound).expect("a temporary file");
    assert_eq!(all(&folder.open()).len(), 20);
}

#[test]
fn a_database_that_another_process_holds_is_told() {
    let folder = Folder::new();
    let mut corpus = Corpus::open_with(&folder.0, Duration::from_millis(20)).expect("it opens");
    let other = Connection::open(folder.file()).expect("it opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("nobody holds it");
    let example = example(1, 4);
    let (rank, write_out) = (example.rank(), || example.clone());
    let sighting = Sighting { program: "p", signature: "s", rank, example: &write_out, now_ms: 1 };
    let refused = corpus.record(&sighting);
    assert!(matches!(refused, Err(CorpusError::Locked { .. })), "{refused:?}");
    assert_eq!(all(&corpus), []);
    other.execute_batch("ROLLBACK").expect("it holds it");
    assert_eq!(corpus.record(&sighting).expect("nobody holds it"), (1, Recorded::New));
}

#[test]
fn several_may_write_at_once() {
    let folder = Folder::new();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let folder = &folder;
            scope.spawn(move || {
                let mut corpus = folder.open();
                for run in 0..50 {
                    sight(&mut corpus, &format!("signature {}", run % 5), &example(run, 100 - writer), 100);
                }
            });
        }
    });
    let entries = all(&folder.open());
    assert_eq!(entries.iter().map(|entry| entry.times_seen).collect::<Vec<_>>(), [40; 5]);
    assert!(entries.iter().all(|entry| entry.example.decisions == 97), "{entries:?}");
}

#[test]
fn entries_travel_in_a_file() {
    let (one, other) = (Folder::new(), Folder::new());
    let (mut from, mut to) = (one.open(), other.open());
    sight(&mut from, "both", &example(1, 4), 100);
    sight(&mut from, "both", &example(1, 4), 300);
    let (id, _) = sight(&mut from, "theirs", &example(u64::MAX, 9), 100);
    from.set_shrunk(id, "token").expect("it is there");
    from.is_fixed(&from.entry(1).expect("it is there")).expect("it is written");
    sight(&mut to, "ours", &example(2, 2), 50);
    sight(&mut to, "both", &example(2, 7), 50);
    let file = one.0.join("exported.json");
    assert_eq!(export(&from, &file), 2);
    assert_eq!(to.import(&file).expect("it is read"), Imported { added: 1, known: 1 });
    let once = all(&to);
    assert_eq!(to.import(&file).expect("it is read"), Imported { added: 0, known: 2 });
    assert_eq!(all(&to), once);
    let both = once.iter().find(|entry| entry.signature == "both").expect("it is there");
    assert_eq!((both.first_seen_ms, both.last_seen_ms, both.times_seen), (50, 300, 2));
    assert_eq!((both.state, &both.example), (State::Fixed, &example(1, 4)));
    let theirs = once.iter().find(|entry| entry.signature == "theirs").expect("it came");
    assert_eq!((&theirs.example, theirs.shrunk.as_deref()), (&example(u64::MAX, 9), Some("token")));
    assert_eq!(to.import(&file).and(Ok(once.len())).expect("it is read"), 3);
}

/// Writes what a corpus exports, and says how many entries that is.
fn export(corpus: &Corpus, file: &Path) -> usize {
    let (text, count) = corpus.export().expect("it is read");
    fs::write(file, text).expect("a temporary file");
    count
}

/// One failure, last seen at a moment and taken to be in a state.
fn seen(folder: &Folder, example: &Example, state: State, at_ms: i64) -> Corpus {
    let mut corpus = folder.open();
    let (id, _) = sight(&mut corpus, "lost", example, at_ms);
    if state == State::Fixed {
        corpus.is_fixed(&corpus.entry(id).expect("it is there")).expect("it is written");
    }
    corpus
}

#[test]
fn of_two_examples_an_import_keeps_the_better_one_of_the_state_that_it_keeps() {
    let bare = Example { trace: None, ..example(1, 2) };
    let check = |ours: (&Example, State, i64), theirs: (&Example, State, i64), kept: (&Example, State)| {
        let (one, other) = (Folder::new(), Folder::new());
        let mut to = seen(&one, ours.0, ours.1, ours.2);
        let file = other.0.join("exported.json");
        export(&seen(&other, theirs.0, theirs.1, theirs.2), &file);
        for time in 1..=2 {
            assert_eq!(to.import(&file).expect("it is read"), Imported { added: 0, known: 1 });
            let entry = to.entry(1).expect("it is there");
            assert_eq!((&entry.example, entry.state), kept, "{ours:?} and {theirs:?}, time {time}");
        }
    };
    let (open, fixed) = (State::Open, State::Fixed);
    let (long, short, early) = (&example(5, 9), &example(6, 4), &example(4, 9));
    check((long, open, 300), (short, open, 100), (short, open));
    check((short, open, 100), (long, open, 300), (short, open));
    check((long, open, 300), (early, open, 100), (early, open));
    check((long, open, 100), (&bare, open, 300), (long, open));
    check((&bare, open, 300), (long, open, 100), (long, open));
    // An example that does not show the failure is not put in the place of one that does, nor the other way round.
    check((short, fixed, 100), (long, open, 300), (long, open));
    check((long, fixed, 300), (short, open, 100), (long, fixed));
    check((short, open, 100), (long, fixed, 300), (long, fixed));
    check((long, open, 300), (short, fixed, 100), (long, open));
}

#[test]
fn a_file_that_holds_no_entries_is_refused_whole() {
    let folder = Folder::new();
    let mut corpus = folder.open();
    sight(&mut corpus, "lost", &example(1, 4), 100);
    let file = folder.0.join("exported.json");
    export(&corpus, &file);
    let sound = fs::read_to_string(&file).expect("it is there");
    let mut check = |text: &str, words: &str| {
        fs::write(&file, text).expect("a temporary file");
        let error = corpus.import(&file).expect_err("it is refused").to_string();
        assert!(error.contains(words) && error.contains("\nnext: "), "{error}");
    };
    check("not JSON", "cannot be imported");
    check("{}", "`what`");
    check(&sound[..sound.len() / 2], "EOF");
    check(&sound.replace("\"schema\": 1", "\"schema\": 2"), "schema 2");
    check(&sound.replace("\"open\"", "\"closed\""), "closed");
    check(&sound.replace("\"seed\": 1", "\"seed\": -1"), "-1");
    assert_eq!(all(&corpus).len(), 1);
}
