//! `cargo xtask repro` from outside: bug reports as they are pasted, and what each is answered.
//!
//! Knows the scenarios by name only. Invariant: each sample has its answer and its exit code, and a sample that names several runs has an
//! answer to each.

mod folder;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;

use folder::{Folder, Said, objects};
use photofinish::token::{Token, hash};
use photofinish_reports::json;
use serde_json::Value;

/// A sample that is committed.
macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("reports/", $name))
    };
}

/// What is answered to a report on standard input.
fn repro(report: &str, options: &[&str]) -> Said {
    let folder = Folder::new();
    let mut command = folder.command(&[&["repro", "-"], options].concat());
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("xtask starts");
    // One that refuses its arguments reads nothing.
    let _ = child.stdin.take().expect("it is piped").write_all(report.as_bytes());
    child.wait_with_output().expect("it ends").into()
}

/// The outcomes and the exit code of a report, and all that was said.
fn answers(report: &str, options: &[&str]) -> (Vec<Value>, Option<i32>) {
    let Said { code, out, err } = repro(report, &[&["--json"], options].concat());
    let answers = objects(&out);
    assert!(!answers.is_empty(), "{report}\n{err}");
    (answers, code)
}

fn check(report: &str, expected: &[&str], code: i32) -> Vec<Value> {
    let (answers, ended) = answers(report, &[]);
    let outcomes: Vec<&str> = answers.iter().filter_map(|answer| answer["outcome"].as_str()).collect();
    assert_eq!((outcomes.as_slice(), ended), (expected, Some(code)), "{report}\n{answers:#?}");
    for answer in &answers {
        assert!(answer["next"].as_str().is_some_and(|next| !next.is_empty()), "{answer:#?}");
    }
    answers
}

/// What `shrink` prints of the first seed that fails: a report from this very build.
fn good() -> &'static str {
    static SHRUNK: OnceLock<String> = OnceLock::new();
    SHRUNK.get_or_init(|| {
        let folder = Folder::new();
        let shrink = |seed: u64| {
            folder.xtask(&["shrink", "lost-update/buggy", "--seed", &seed.to_string(), "--budget", "20s"])
        };
        let first = (0..100).map(shrink).find(|said| said.out.contains("pf1-"));
        first.expect("one of a hundred seeds fails").out
    })
}

/// The token of that report.
fn own() -> Token {
    let text: String = good().lines().skip_while(|line| !line.contains("pf1-")).take(2).collect();
    let text = text[text.find("pf1-").expect("it is there")..].replace('\\', "");
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let end = text.find(|c| !is_of_token(c)).unwrap_or(text.len());
    let ends = (0..=end).rev();
    ends.into_iter().find_map(|end| text[..end].parse().ok()).expect("it prints a whole token")
}

fn text(token: &Token) -> String {
    token.encode().expect("it is short")
}

/// A committed token.
fn committed(name: &str) -> Token {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../scenarios/tokens/{name}.token"));
    let text = fs::read_to_string(path).expect("it is committed");
    text.lines().next().expect("a token").parse().expect("it is whole")
}

const LATE: &str = "late-listener.buggy.lost-connected-72eee7a1";

#[test]
fn a_token_of_this_build_is_reproduced() {
    let answers = check(good(), &["reproduced"], 1);
    let [answer] = answers.as_slice() else { unreachable!() };
    assert_eq!((answer["this_build"].as_bool(), answer["shown"].as_str()), (Some(true), Some("lost-update")));
    assert_eq!(answer["expected"], answer["shown"]);
    // Our own Markdown is a report, too: nothing but references in it.
    let Said { code, out, .. } = repro(good(), &[]);
    assert_eq!(code, Some(1));
    assert!(out.starts_with("**Reproduced**: ") && out.contains("lost-update"), "{out}");
    assert!(out.contains("### FAIL <code>lost-update/buggy</code>"), "the story is there: {out}");
    check(&out, &["reproduced"], 1);
}

#[test]
fn a_token_of_another_build_is_reproduced_by_its_names() {
    let answers = check(sample!("other-build.md"), &["reproduced"], 1);
    let [answer] = answers.as_slice() else { unreachable!() };
    assert_eq!(answer["this_build"].as_bool(), Some(false));
    assert_eq!((answer["decisions"].as_u64(), answer["decisions_found"].as_u64()), (Some(1), Some(1)));
    assert!(answer["told"].to_string().contains("made with another build"), "{answer:#?}");
    let answers = self::answers(sample!("other-build.md"), &["--exact"]);
    assert_eq!((answers.0[0]["outcome"].as_str(), answers.1), (Some("not tried"), Some(2)));
    assert!(answers.0[0]["detail"].to_string().contains("this is build"), "{:#?}", answers.0);
}

#[test]
fn a_damaged_token_is_named_with_the_check_that_it_fails() {
    let answers = check(sample!("damaged.md"), &["not tried"], 2);
    let [answer] = answers.as_slice() else { unreachable!() };
    let (detail, next) = (answer["detail"].to_string(), answer["next"].to_string());
    assert!(detail.contains("its checksum is another"), "{detail}");
    assert!(next.contains("ask the reporter to copy the token once more"), "{next}");
    // With a seed beside it there is something to try, and the damage is told all the same.
    let both = format!("{}\nseed 0 of canary/wrong-answer: `wrong-answer`\n", sample!("damaged.md"));
    check(&both, &["not tried", "reproduced"], 1);
}

#[test]
fn what_is_fixed_passes_with_its_decisions_in_place() {
    let mut token = committed(LATE);
    token.program = String::from("late-listener/fixed");
    let report = format!("It fails in your release:\n`{}`\n", text(&token));
    let answers = check(&report, &["fixed"], 0);
    assert_eq!(answers[0]["decisions"], answers[0]["decisions_found"]);
    // Without its decision, that it passes shows nothing.
    token.decisions[0].place ^= 1;
    let answers = check(&text(&token), &["passes, out of reach"], 6);
    assert_eq!(answers[0]["decisions_found"].as_u64(), Some(0));
    // A part that could not be tried keeps a report open.
    let both = format!("{}\n{}", sample!("damaged.md"), report);
    check(&both, &["fixed", "not tried"], 2);
}

#[test]
fn a_seed_alone_is_tried_with_what_is_said_around_it() {
    let answers = check(sample!("seed-only.md"), &["reproduced"], 1);
    assert_eq!(
        (answers[0]["seed"].as_u64(), answers[0]["program"].as_str()),
        (Some(0), Some("canary/wrong-answer"))
    );
    let next = answers[0]["next"].to_string();
    assert!(next.contains("cargo xtask shrink canary/wrong-answer --seed 0"), "{next}");
    check("`cargo xtask sim canary/healthy --seed 3` fails with lost-update", &["passes, out of reach"], 6);
}

#[test]
fn a_run_that_fails_otherwise_says_how() {
    let report = sample!("seed-only.md").replace("signature: `wrong-answer`", "signature: `slow-answer`");
    let answers = check(&report, &["fails otherwise"], 5);
    let names = |name: &str| answers[0][name].as_str().map(str::to_owned);
    assert_eq!(
        (names("expected").as_deref(), names("shown").as_deref()),
        (Some("slow-answer"), Some("wrong-answer"))
    );
    let token =
        Token { signature: hash("slow-answer"), ..committed("canary.wrong-answer.wrong-answer-cddcf2b3") };
    let answers = check(&format!("{}\n# slow-answer\n", text(&token)), &["fails otherwise"], 5);
    assert_eq!(answers[0]["expected"].as_str(), Some("slow-answer"));
}

#[test]
fn a_run_with_other_events_in_its_own_build_diverged() {
    let own = own();
    let other = Token { events_hash: !own.events_hash, ..own };
    let answers = check(&text(&other), &["diverged"], 4);
    assert!(answers[0]["detail"].to_string().contains("other events"), "{answers:#?}");
}

#[test]
fn each_run_of_a_report_is_tried() {
    let elsewhere = Token { program: String::from("app::pool::loses"), ..committed(LATE) };
    let gone = Token { program: String::from("late-listener/bugy"), ..committed(LATE) };
    let report = format!(
        "{}\n\n{}\n\n{}\n\nand seed 0 of canary/wrong-answer, seed 1 of canary/healthy\n",
        text(&committed("canary.wrong-answer.wrong-answer-cddcf2b3")),
        text(&elsewhere),
        text(&gone),
    );
    let expected = ["reproduced", "not tried", "not tried", "reproduced", "passes, out of reach"];
    let answers = check(&report, &expected, 1);
    assert!(answers[1]["next"].to_string().contains("cargo test pool::loses"), "{answers:#?}");
    assert!(answers[2]["detail"].to_string().contains("late-listener/bugy"), "{answers:#?}");
    let Said { out, .. } = repro(&report, &[]);
    for word in ["**Reproduced**", "**Not tried**", "**Not reproduced**"] {
        assert!(out.contains(word), "{word} is missing: {out}");
    }
}

/// Of several failures of one program some are given by token and some by seed.
#[test]
fn a_seed_beside_a_token_of_its_program_is_tried_too() {
    let mut token = committed("canary.wrong-answer.wrong-answer-cddcf2b3");
    let seed = "seed 0 of canary/wrong-answer fails, too";
    check(&format!("{}\n{seed}", text(&token)), &["reproduced", "reproduced"], 1);
    // What a token says of a fix is not called into question by a seed that passes.
    token = committed(LATE);
    token.program = String::from("late-listener/fixed");
    let report = format!("{}\nseed 1 of late-listener/fixed", text(&token));
    check(&report, &["fixed", "passes, out of reach"], 0);
    token.decisions[0].place ^= 1;
    let report = format!("{}\nseed 1 of late-listener/fixed", text(&token));
    check(&report, &["passes, out of reach", "passes, out of reach"], 6);
}

#[test]
fn a_report_that_names_nothing_is_refused_with_what_to_ask_for() {
    let check = |report: &str| {
        let Said { code, out, err } = repro(report, &[]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(
            err.contains("standard input names no run") && err.contains("next: ask the reporter"),
            "{err}"
        );
    };
    check("");
    check("it is broken, please fix. I do have a token (pf1-…) somewhere");
    let missing = Folder::new().xtask(&["repro", "/no/such/report"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(2), ""));
    assert!(missing.err.contains("/no/such/report") && missing.err.contains("next: "), "{}", missing.err);
    for (report, word) in [("seed 7 of canary/helthy", "canary/healthy"), ("seed 7", "without the program")] {
        let (answers, code) = answers(report, &[]);
        assert_eq!((answers[0]["outcome"].as_str(), code), (Some("not tried"), Some(2)));
        assert!(answers[0]["detail"].to_string().contains(word), "{answers:#?}");
    }
}

#[test]
fn what_is_to_be_attached_is_written() {
    let folder = Folder::new();
    let to = folder.path("report");
    let Said { code, out, err } = repro(sample!("seed-only.md"), &["--report", &to]);
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(fs::read_to_string(folder.path("report/answer.md")).expect("it is written"), out);
    let names = fs::read_dir(&to).expect("it is there").map(|entry| entry.expect("it can be read").path());
    let records: Vec<_> =
        names.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    let [record] = records.as_slice() else { panic!("{records:?}") };
    let record = json::read(&fs::read(record).expect("it is there"), "it").expect("it is a record");
    assert_eq!(record.headline.signature.as_deref(), Some("wrong-answer"));
}

#[test]
fn what_the_form_asks_for_is_what_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/ISSUE_TEMPLATE/failure.yml");
    let form = fs::read_to_string(path).expect("it is committed");
    let labels: Vec<&str> = form.lines().filter_map(|line| line.trim().strip_prefix("label: ")).collect();
    // As GitHub makes a report of what was filled in.
    let filled = |fields: &[(&str, &str)]| {
        let value = |label: &&str| {
            fields.iter().find(|(field, _)| field == label).map_or("_No response_", |(_, value)| value)
        };
        for (field, _) in fields {
            assert!(labels.contains(field), "the form has no field {field}");
        }
        labels.iter().map(|label| format!("### {label}\n\n{}\n\n", value(label))).collect::<String>()
    };
    let by_seed =
        filled(&[("Scenario and variant", "canary/wrong-answer"), ("Seed", "0"), ("Strategy", "eager:90:0")]);
    let answers = check(&by_seed, &["reproduced"], 1);
    assert!(answers[0]["replay"].to_string().contains("--strategy eager:90:0"), "{answers:#?}");
    let otherwise = filled(&[
        ("Scenario and variant", "canary/wrong-answer"),
        ("Seed", "0"),
        ("Signature", "slow-answer"),
    ]);
    check(&otherwise, &["fails otherwise"], 5);
    check(&filled(&[("Token", &text(&committed(LATE)))]), &["reproduced"], 1);
}
