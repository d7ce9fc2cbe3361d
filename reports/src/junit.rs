//! Outcomes as JUnit's XML, for the servers that show test results.
//!
//! One case per program, whatever was found of it: servers tell the history of a case by its name, and a signature in the name would make a
//! case of its own of each failure. The worst finding is the failure that a server shows; its text tells all of them. A program that
//! is there to fail and does so as promised passes; one of which no run was made is skipped. What is not a plain failure — nobody can tell, a run that did not
//! repeat, our own mistake — is an `error`, whose type is the verdict.
//!
//! Attributes and elements are those that Jenkins's xUnit plugin lets through, which checks files by a schema (`junit-10.xsd`) where others
//! do not. No date stands there: a record has none. A character that XML cannot hold stands as its escape.
//!
//! Does not judge, and does not say what to test. Invariant: what is written is well-formed and valid whatever the program under test wrote.

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::outcome::{Finding, Outcome, Promised};
use crate::record::Verdict;
use crate::story::text::visible;

/// How much of an output is shown: its end, for servers keep results in memory.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// Outcomes as an XML document. `name` is that of the suite: what was asked for.
///
/// # Panics
///
/// If writing to memory fails, which it does not.
#[must_use]
pub fn junit(name: &str, outcomes: &[Outcome]) -> String {
    let mut suite = TestSuite::new(legal(name));
    suite.add_test_cases(outcomes.iter().map(case));
    suite.set_time(outcomes.iter().map(wall).sum());
    let mut report = Report::new(legal(name));
    report.set_time(outcomes.iter().map(wall).sum());
    report.add_test_suite(suite);
    as_read_by_all(report.to_string().expect("memory takes what is written"))
}

/// Without the number of skipped cases in the outermost element: `junit-10.xsd` knows it within suites only.
fn as_read_by_all(xml: String) -> String {
    const SKIPPED: &str = " skipped=\"";
    let begin = xml.find("<testsuites").expect("the outermost element is there");
    let end = begin + xml[begin..].find('>').expect("the outermost element is whole");
    let Some(from) = xml[begin..end].find(SKIPPED).map(|at| begin + at) else { return xml };
    let value = from + SKIPPED.len();
    let to = value + xml[value..].find('"').expect("the attribute is whole") + 1;
    format!("{}{}", &xml[..from], &xml[to..])
}

fn wall(outcome: &Outcome) -> Duration {
    Duration::from_millis(outcome.wall_ms)
}

fn case(outcome: &Outcome) -> TestCase {
    let (class, name) = named(&outcome.program);
    let mut case = TestCase::new(legal(name), status(outcome));
    case.set_classname(legal(class));
    case.set_time(wall(outcome));
    let (output, error) = match outcome.unexpected().first() {
        Some(found) => (ending(&found.output), ending(&found.error)),
        None => (promised(outcome), String::new()),
    };
    if !output.is_empty() {
        case.set_system_out(legal(&output));
    }
    if !error.is_empty() {
        case.set_system_err(legal(&error));
    }
    case
}

/// A program's group and its own name: `late-listener/buggy`, `tests::pool::gives_back`.
fn named(program: &str) -> (&str, &str) {
    let split = program.rsplit_once('/').or_else(|| program.rsplit_once("::"));
    match split {
        Some((class, name)) if !class.is_empty() && !name.is_empty() => (class, name),
        _ => (program, program),
    }
}

fn status(outcome: &Outcome) -> TestCaseStatus {
    let (kind, of) = match outcome.verdict() {
        Verdict::Pass if outcome.runs == 0 => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("no run was made");
            return status;
        }
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Fail => (NonSuccessKind::Failure, "fail"),
        Verdict::Inconclusive => (NonSuccessKind::Error, "inconclusive"),
        Verdict::Diverged => (NonSuccessKind::Error, "diverged"),
        Verdict::Bug => (NonSuccessKind::Error, "bug"),
    };
    let unexpected = outcome.unexpected();
    let worst = unexpected.first().map(|found| found.signature.as_str());
    let complaint = outcome.complaints.first().map(String::as_str);
    // A complaint makes a failure of what would have been inconclusive, and is then what has to be read first.
    let (message, of) = match (worst, complaint) {
        (Some(signature), _) if unexpected[0].verdict == outcome.verdict() => (signature, of),
        (_, Some(complaint)) => (complaint, "expectation"),
        (signature, None) => (signature.unwrap_or_default(), of),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(legal(&message.replace('\n', " ")));
    status.set_type(of);
    status.set_description(legal(&told(outcome, &unexpected)));
    status
}

/// The text of a failure: everything found, and how to see each again.
fn told(outcome: &Outcome, unexpected: &[&Finding]) -> String {
    let mut text = String::new();
    for complaint in &outcome.complaints {
        let _ = writeln!(text, "{complaint}");
    }
    for found in unexpected {
        let _ = writeln!(text, "{}: {} of {} runs", found.signature, found.runs, outcome.runs);
        for line in &found.detail {
            let _ = writeln!(text, "  {line}");
        }
        let lines = [("replay", &found.replay), ("token", &found.token), ("report", &found.report)];
        for (what, line) in lines {
            if let Some(line) = line {
                let _ = writeln!(text, "  {what}: {line}");
            }
        }
    }
    text
}

/// What a program did that passes because it is there to do it.
fn promised(outcome: &Outcome) -> String {
    let mut text = String::new();
    for found in outcome.findings.iter().filter(|found| found.promised == Promised::Yes) {
        let _ = writeln!(text, "as promised: {}: {} of {} runs", found.signature, found.runs, outcome.runs);
    }
    text
}

/// The end of what a program wrote.
fn ending(text: &str) -> String {
    let Some(mut from) = text.len().checked_sub(OUTPUT_BYTES_MAX).filter(|&from| from > 0) else {
        return text.to_owned();
    };
    while !text.is_char_boundary(from) {
        from += 1;
    }
    format!("… {from} bytes before this\n{}", &text[from..])
}

/// Text with what an XML document cannot hold, or a reader cannot see, as escapes.
fn legal(text: &str) -> String {
    let mut legal = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => legal.push(c),
            '\u{FFFE}' | '\u{FFFF}' => legal.extend(c.escape_unicode()),
            c => legal.push_str(&visible(c.encode_utf8(&mut [0; 4]))),
        }
    }
    legal
}
