//! JUnit files are valid by a schema, and say what was found.
//!
//! Knows no server. Invariant: every file that is written here is held against `junit.xsd`, by a validator that shares no code with the writer.

use photofinish_reports::junit::junit;
use photofinish_reports::outcome::{Finding, Outcome, Promised};
use photofinish_reports::record::Verdict;
use proptest::prelude::*;
use uppsala::{XsdValidator, parse};

use super::example::{HOSTILE, any_record, any_text, recorded, small};

/// What is wrong with a document by our schema.
fn wrong(xml: &str) -> Vec<String> {
    let schema = parse(include_str!("junit.xsd")).expect("the schema is XML");
    let validator = XsdValidator::from_schema(&schema).expect("the schema is a schema");
    match parse(xml) {
        Ok(document) => validator.validate(&document).iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}

#[track_caller]
fn valid(name: &str, outcomes: &[Outcome]) -> String {
    let xml = junit(name, outcomes);
    assert_eq!(wrong(&xml), Vec::<String>::new(), "{xml}");
    xml
}

fn finding(verdict: Verdict, signature: &str) -> Finding {
    Finding {
        verdict,
        signature: signature.to_owned(),
        runs: 3,
        detail: vec![String::from("the len is 3")],
        output: String::from("begun\n"),
        error: String::from("thread panicked\n"),
        replay: Some(String::from("cargo xtask sim pool/buggy --seed 7")),
        ..Finding::default()
    }
}

fn outcome(program: &str, findings: Vec<Finding>) -> Outcome {
    Outcome { program: program.to_owned(), runs: 400, wall_ms: 1_234, findings, complaints: Vec::new() }
}

fn sweep() -> Vec<Outcome> {
    let kept = Finding { promised: Promised::Yes, ..finding(Verdict::Fail, "panic in app::pool::take") };
    let lost =
        Finding { token: Some(String::from("pf1-AAAA")), ..finding(Verdict::Fail, "deadlock in main") };
    let lost = Finding { report: Some(String::from("pool-buggy-1.html")), ..lost };
    let missed = Outcome {
        complaints: vec![String::from("`panic in a*` was not found in 400 runs")],
        ..outcome("pool/pr43", Vec::new())
    };
    vec![
        outcome("pool/fixed", Vec::new()),
        outcome("pool/kept", vec![kept.clone()]),
        outcome("pool/buggy", vec![kept, finding(Verdict::Inconclusive, "unmodelled: io_uring_setup"), lost]),
        missed,
        outcome("pool/strange", vec![finding(Verdict::Inconclusive, "unmodelled: io_uring_setup")]),
        outcome("pool/unsteady", vec![finding(Verdict::Diverged, "nondeterminism: clock")]),
        Outcome { runs: 0, wall_ms: 0, ..outcome("pool/elsewhere", Vec::new()) },
        outcome("tests::visits", vec![finding(Verdict::Bug, "kernel panic: index out of bounds")]),
    ]
}

#[test]
fn a_sweep_is_a_suite_with_a_case_for_each_program() {
    insta::assert_snapshot!(valid("cargo xtask sweep --seeds 400", &sweep()));
}

#[test]
fn one_run_is_a_suite_of_one_case() {
    insta::assert_snapshot!(valid("late-listener/buggy", &[Outcome::from(&small())]));
}

#[test]
fn a_recorded_run_is_a_suite_of_one_case() {
    for name in ["fork-cancel", "late-listener", "shutdown-einval"] {
        let outcome = Outcome::from(&recorded(name));
        insta::assert_snapshot!(format!("recorded-{name}"), valid(&outcome.program.clone(), &[outcome]));
    }
}

#[test]
fn nothing_is_an_empty_suite() {
    let xml = valid("cargo xtask sweep", &[]);
    assert!(xml.contains("tests=\"0\""), "{xml}");
}

#[test]
fn what_a_program_wrote_is_text_and_its_control_characters_are_seen() {
    let mut hostile = finding(Verdict::Fail, HOSTILE);
    hostile.output = HOSTILE.to_owned();
    hostile.detail = vec![HOSTILE.to_owned()];
    let xml = valid(HOSTILE, &[outcome(HOSTILE, vec![hostile])]);
    let document = parse(&xml).expect("it is XML");
    let output = text_of(&document, "system-out");
    let seen = "<script>alert('1')</script> ]]> &amp; \"quoted\" \\u{1b}[31mred\\u{1b}[0m \\u{0}\\u{8}\\u{85}\\u{fffe}\\u{ffff} \
                \\r\n|`日本語`\\u{202e}";
    assert_eq!(output, seen);
}

/// The text of the first element of this name.
fn text_of(document: &uppsala::Document<'_>, name: &str) -> String {
    let found = document.get_elements_by_tag_name(name);
    document.text_content_deep(*found.first().expect("the element is there"))
}

#[test]
fn of_a_long_output_the_end_is_shown() {
    let mut long = finding(Verdict::Fail, "panic in a");
    long.output = format!("begin{}end", "ä".repeat(100_000));
    let xml = valid("long", &[outcome("a/b", vec![long])]);
    assert!(xml.len() < 80_000, "{} bytes", xml.len());
    assert!(!xml.contains("begin") && xml.contains("end</system-out>") && xml.contains(" bytes before this"));
}

#[test]
fn the_schema_refuses_what_it_does_not_know() {
    let xml = junit("a", &sweep());
    for (from, to) in [
        ("<testcase ", "<testcase assertions=\"1\" "),
        ("<testsuites ", "<testsuites skipped=\"1\" "),
        ("<failure ", "<hope "),
        ("tests=\"8\"", "tests=\"many\""),
    ] {
        let to = xml.replacen(from, to, 1).replacen(
            "</failure>",
            if to == "<hope " { "</hope>" } else { "</failure>" },
            1,
        );
        assert_ne!(to, xml);
        assert_ne!(wrong(&to), Vec::<String>::new(), "{from}");
    }
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    proptest::sample::select(vec![
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Inconclusive,
        Verdict::Diverged,
        Verdict::Bug,
    ])
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let one = (any_verdict(), any_text(), any::<bool>(), any::<u64>());
    let findings = proptest::collection::vec(one, 0..4);
    let complaints = proptest::collection::vec(any_text(), 0..2);
    (any_text(), findings, complaints, any::<u32>()).prop_map(|(text, findings, complaints, wall_ms)| {
        let findings = findings.into_iter().map(|(verdict, text, promised, runs)| Finding {
            promised: if promised { Promised::Yes } else { Promised::No },
            detail: vec![text.clone()],
            output: text.clone(),
            replay: Some(text.clone()),
            runs,
            ..finding(verdict, &text)
        });
        Outcome { wall_ms: wall_ms.into(), complaints, ..outcome(&text, findings.collect()) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_outcomes_are_valid(name in any_text(), outcomes in proptest::collection::vec(any_outcome(), 0..4)) {
        let xml = junit(&name, &outcomes);
        prop_assert_eq!(wrong(&xml), Vec::<String>::new(), "{}", xml);
    }

    #[test]
    fn any_run_is_valid(record in any_record()) {
        let xml = junit("run", &[Outcome::from(&record)]);
        prop_assert_eq!(wrong(&xml), Vec::<String>::new(), "{}", xml);
    }
}
