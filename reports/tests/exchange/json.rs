//! A record that was written is read back equal, and what is no whole record is refused with a place.
//!
//! Knows no renderer. Invariant: each case names the whole message that a user reads.

use photofinish_reports::json::{BYTES_MAX, ReadError, read, write};
use photofinish_reports::record::{Passing, Record, SCHEMA, Step, What};
use proptest::prelude::*;

use super::example::{HOSTILE, any_record, every_kind, small};

fn written(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(record, &mut bytes).expect("memory takes what is written");
    bytes
}

/// With one step of each kind, in the run and in its neighbour.
fn full() -> Record {
    let steps = every_kind(HOSTILE);
    let steps = steps.into_iter().map(|what| Step { step: 1, at_ns: 2, thread: 3, what, stack: Some(4) });
    let steps: Vec<Step> = steps.collect();
    let passing = Passing { steps: steps.clone(), threads: small().threads, ..Passing::default() };
    let mut record = Record { steps, passing: Some(passing), left_out: 9, ..small() };
    record.sources.entry(String::from("src/pool.rs")).or_default().insert(12, HOSTILE.to_owned());
    record
}

#[test]
fn every_kind_of_step_is_read_back_equal() {
    let record = full();
    assert_eq!(read(&written(&record), "a.json"), Ok(record));
}

#[test]
fn a_record_has_a_line_for_each_step() {
    insta::assert_snapshot!(String::from_utf8(written(&small())).expect("JSON is UTF-8"));
}

#[test]
fn equal_records_are_equal_bytes() {
    assert_eq!(written(&full()), written(&full()));
}

#[test]
fn a_kind_of_step_that_is_not_known_is_other() {
    let record = Record {
        steps: vec![Step { step: 1, at_ns: 2, thread: 3, what: What::Other, stack: None }],
        ..small()
    };
    let text = String::from_utf8(written(&record)).expect("JSON is UTF-8");
    let unknown = r#""is":"teleported","to":{"deep":[1,2,{"x":null}]},"why":"unknown""#;
    let text = text.replace(r#""is":"other""#, unknown);
    assert!(text.contains(unknown), "{text}");
    assert_eq!(read(text.as_bytes(), "a.json"), Ok(record));
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    let record = full();
    let text = String::from_utf8(written(&record)).expect("JSON is UTF-8");
    let more = text
        .replace("{\"step\":", "{\"colour\":{\"deep\":[1]},\"step\":")
        .replace("\"points\":", "\"mood\":\"good\",\"points\":")
        .replacen('{', "{\"later\":[{}],", 1);
    assert!(more.len() > text.len() + 200);
    assert_eq!(read(more.as_bytes(), "a.json"), Ok(record));
}

#[test]
fn a_field_that_is_not_there_has_its_default() {
    let bare = br#"{"schema":1,"headline":{},"steps":[{"step":1,"at_ns":2,"thread":0,"is":"ended"}]}"#;
    let record = read(bare, "a.json").expect("what is missing has defaults");
    assert_eq!((record.schema, record.steps.len(), record.threads.len()), (SCHEMA, 1, 0));
}

#[track_caller]
fn refuses(bytes: &[u8], message: &str) {
    let error = read(bytes, "a.json").expect_err("it is no record").to_string();
    let (said, next) = error.split_once('\n').expect("every refusal says what to type");
    assert_eq!(said, message);
    assert!(next.starts_with("next: ") && next.contains("cargo xtask report TOKEN"), "{next}");
}

#[test]
fn what_is_no_record_is_refused() {
    refuses(b"", "a.json is damaged, or no JSON, at line 1, column 0: EOF while parsing a value");
    refuses(b"\x7fELF", "a.json is damaged, or no JSON, at line 1, column 1: expected value");
    refuses(b"[1, 2]", "a.json is JSON and no record of a run: it is not one object");
    refuses(b"7", "a.json is JSON and no record of a run: it is not one object");
    refuses(b"{}", "a.json is JSON and no record of a run: it lacks `schema`, `headline` or `steps`");
    let trace = br#"{"schema":3,"seed":2,"picks":[]}"#;
    refuses(trace, "a.json is JSON and no record of a run: it lacks `schema`, `headline` or `steps`");
    let zero = br#"{"schema":0,"headline":{},"steps":[]}"#;
    refuses(zero, "a.json is JSON and no record of a run: its `schema` is not a number from 1");
    let word = br#"{"schema":"one","headline":{},"steps":[]}"#;
    refuses(word, "a.json is JSON and no record of a run: its `schema` is not a number from 1");
}

#[test]
fn a_record_of_a_later_version_is_refused_whatever_is_in_it() {
    let later = br#"{"steps":{"packed":"x"},"headline":7,"schema":2}"#;
    refuses(later, "a.json has record schema 2, and this version reads up to 1: a later version wrote it");
}

#[test]
fn damage_is_told_with_its_place() {
    let text = String::from_utf8(written(&small())).expect("JSON is UTF-8");
    let line_of = |what: &str| 1 + text.lines().position(|line| line.contains(what)).expect("it is there");
    let line = line_of("\"result\":-11");
    let minus = text.replace("\"result\":-11", "\"result\":minus");
    let column = minus.lines().nth(line - 1).and_then(|line| line.find("minus")).expect("it is there") + 1;
    let said = format!("a.json is damaged, or no JSON, at line {line}, column {column}: expected value");
    refuses(minus.as_bytes(), &said);
    let wrong = text.replace("\"result\":-11", "\"result\":\"many\"");
    let ends = wrong.lines().nth(line - 1).map(str::len).expect("it is there") - 1;
    let why = "invalid type: string \"many\", expected i64";
    refuses(wrong.as_bytes(), &format!("a.json is a damaged record at line {line}, column {ends}: {why}"));
    let (open, close) = ([b'['; 100_000], [b']'; 100_000]);
    let head = br#"{"schema":1,"headline":{},"steps":[{"is":"#.as_slice();
    let deep = [head, &open, &close, b"}]}"].concat();
    let column = head.len() + 125;
    let said = format!("a.json is a damaged record at line 1, column {column}: recursion limit exceeded");
    refuses(&deep, &said);
}

#[test]
fn too_many_bytes_are_refused_unread() {
    // Zeroed memory that nobody reads costs nothing.
    let bytes = vec![0; BYTES_MAX + 1];
    assert!(matches!(read(&bytes, "a.json"), Err(ReadError::TooLarge { .. })));
}

#[test]
fn a_record_that_breaks_off_says_so_wherever_it_does() {
    let bytes = written(&full());
    let whole = bytes.len() - 1;
    // Seven has no common factor with what repeats in it, so that each kind of place is cut.
    for length in (1..whole).step_by(7) {
        let error = read(&bytes[..length], "a.json").expect_err("it is not whole");
        let ReadError::BreaksOff { line, .. } = error else { panic!("{length} of {whole} bytes: {error}") };
        let lines = bytes[..length].iter().filter(|byte| **byte == b'\n').count() + 1;
        assert_eq!(line, lines, "{length} bytes");
    }
    assert_eq!(read(&bytes[..whole], "a.json"), Ok(full()));
}

proptest! {
    #[test]
    fn any_record_is_read_back_equal(record in any_record()) {
        prop_assert_eq!(read(&written(&record), "a.json"), Ok(record));
    }

    #[test]
    fn any_bytes_are_a_record_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes, "a.json").map_err(|error| error.to_string());
    }

    #[test]
    fn a_record_with_other_bytes_in_it_is_a_record_or_an_error(
        at in any::<proptest::sample::Index>(), other in proptest::collection::vec(any::<u8>(), 0..4), cut in 0..4_usize
    ) {
        let mut bytes = written(&full());
        let from = at.index(bytes.len());
        bytes.splice(from..(from + cut).min(bytes.len()), other);
        if let Ok(record) = read(&bytes, "a.json") {
            prop_assert_eq!(read(&written(&record), "b.json"), Ok(record));
        }
    }
}
