//! What a story looks like in each format, and what holds of any.
//!
//! Makes no run: records are made by hand, or were recorded once and committed. Invariant: whatever a record holds, no format gives
//! more lines, wider ones or other markup than it promises.

mod common;

use std::collections::BTreeSet;

use common::{deadlock, hostile, hosts, lost_update, nothing};
use photofinish_reports::markdown::markdown;
use photofinish_reports::mermaid::mermaid;
use photofinish_reports::record::{Decision, Operation, Pair, Passing, Record, Stack, Step, What};
use photofinish_reports::story::Story;
use photofinish_reports::story::table::Line;
use photofinish_reports::term::{Charset, Colour, LINES_MAX, Look, WIDTH, term};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

const PLAIN: Look = Look { colour: Colour::None, charset: Charset::Unicode };
const ASCII: Look = Look { colour: Colour::None, charset: Charset::Ascii };
const COLOURED: Look = Look { colour: Colour::Ansi, charset: Charset::Unicode };

fn recorded(name: &str) -> Record {
    let path = format!("{}/tests/records/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&path).expect("a record that is committed");
    serde_json::from_slice(&bytes).expect("a record of this schema")
}

/// The story of a record in each format, and what holds of all of them.
fn check(name: &str, record: &Record) {
    holds(record);
    let story = Story::of(record);
    insta::assert_snapshot!(format!("{name}.term"), term(&story, PLAIN));
    insta::assert_snapshot!(format!("{name}.md"), markdown(&story));
    insta::assert_snapshot!(format!("{name}.mermaid"), mermaid(&story));
}

#[test]
fn a_lost_update_is_told() {
    check("lost-update", &lost_update());
}

#[test]
fn a_deadlock_is_told() {
    check("deadlock", &deadlock());
}

#[test]
fn hosts_messages_and_tracing_are_told() {
    check("hosts", &hosts());
}

#[test]
fn what_a_program_says_is_data() {
    check("hostile", &hostile());
}

#[test]
fn a_run_in_which_nothing_happened_is_told() {
    check("nothing", &nothing());
}

#[test]
fn the_scenarios_races_are_told() {
    for name in ["late-listener", "fork-cancel", "shutdown-einval"] {
        check(name, &recorded(name));
    }
}

#[test]
fn a_terminal_without_unicode_is_told_the_same() {
    insta::assert_snapshot!("lost-update.ascii", term(&Story::of(&lost_update()), ASCII));
    let text = term(&Story::of(&hosts()), ASCII);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn colours_are_the_only_difference_that_colour_makes() {
    let story = Story::of(&recorded("late-listener"));
    let coloured = term(&story, COLOURED);
    assert!(coloured.contains("\u{1b}[1m"), "{coloured:?}");
    let trimmed = |text: &str| text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>();
    assert_eq!(trimmed(&without_colours(&coloured)), trimmed(&term(&story, PLAIN)));
}

/// A text without select-graphic-rendition sequences, and with every other escape left in.
fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let sequence = &rest[at + 2..];
        let length = sequence.find(|c: char| !c.is_ascii_digit() && c != ';');
        match length.filter(|length| sequence[*length..].starts_with('m')) {
            Some(length) => {
                plain.push_str(&rest[..at]);
                rest = &sequence[length + 1..];
            }
            None => {
                plain.push_str(&rest[..at + 2]);
                rest = sequence;
            }
        }
    }
    plain + rest
}

fn holds(record: &Record) {
    let story = Story::of(record);
    assert_eq!(story, Story::of(record), "a story follows from its record");
    let lines = story.table.lines(usize::MAX);
    assert!(lines.len() <= 14 && story.table.columns.len() <= 5, "{} lines", lines.len());
    let mut counted = BTreeSet::new();
    let mut elided = 0_u64;
    for line in &lines {
        match line {
            Line::Row(row) if row.takes > 0 => drop(counted.insert(row.index)),
            Line::Row(row) => assert!(row.index <= record.steps.len(), "{row:?}"),
            Line::Elided(steps, _) => elided = elided.saturating_add(*steps),
        }
    }
    let steps = record.left_out.saturating_add(record.steps.len() as u64);
    if !lines.is_empty() {
        assert_eq!(elided.saturating_add(counted.len() as u64), steps, "every step is told or counted");
    }
    for look in [PLAIN, ASCII, COLOURED] {
        let text = term(&story, look);
        assert!(text.lines().count() <= LINES_MAX, "{} lines:\n{text}", text.lines().count());
        let plain = without_colours(&text);
        for line in plain.lines() {
            assert!(line.width() <= WIDTH, "{} columns: {line}", line.width());
            assert!(!line.contains(char::is_control), "{line:?}");
        }
        assert!(look.charset == Charset::Unicode || plain.is_ascii(), "{plain}");
    }
    for text in [markdown(&story), mermaid(&story)] {
        let small = text.to_lowercase();
        assert!(!small.contains("<script") && !small.contains("<img"), "{text}");
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
    let diagram = mermaid(&story);
    let is_ours =
        |line: &&str| ["title ", "participant c", "Note over c", "c"].iter().any(|of| line.starts_with(of));
    for line in diagram.lines().skip(1) {
        assert!(is_ours(&line.trim_start()), "{line}");
        let codes = line.split(';').count() - 1;
        assert_eq!(codes, line.matches('#').count(), "{line}");
    }
}

#[test]
fn the_critical_pair_is_the_one_in_the_program_that_is_nearest_to_the_failure() {
    // Each decision has a pair; only those of the last two are in functions of the program.
    let story = Story::of(&recorded("fork-cancel"));
    let told = |of: &photofinish_reports::story::Operation| format!("{} {}", of.name, of.places[0].brief());
    let critical = story.critical().expect("a pair");
    assert_eq!(critical.decision, 6);
    assert_eq!(told(&critical.first), "filler buffer.rs:93");
    assert_eq!(told(&critical.second), "tokio-rt-worker #2 inbound.rs:134");
    // A lock that both take is a helper: who takes it is told.
    let story = Story::of(&recorded("late-listener"));
    let functions =
        story.critical().map(|of| [&of.first, &of.second].map(|of| of.places[0].function.clone()));
    assert_eq!(functions, Some(["Emitter::snapshot", "Emitter::push"].map(str::to_owned)));
}

#[test]
fn calls_that_failed_with_the_error_that_the_verdict_names_are_told() {
    let mut record = hosts();
    record.headline.detail = vec![String::from("io: Connection refused (os error 111)")];
    let told = |record: &Record| {
        let story = Story::of(record);
        let row = story.table.rows.iter().find(|row| row.what.contains("ECONNREFUSED")).map(|row| row.score);
        row.expect("it is told")
    };
    let named = told(&record);
    record.headline.detail = vec![String::from("io: Broken pipe (os error 32)")];
    assert!(named > told(&record), "{named}");
}

fn any_text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => "[a-z:.]{0,12}",
        1 => Just(String::from("<script>alert(1)</script>")),
        1 => Just(String::from("\u{1b}[2J\r\n")),
        1 => "[:<>{}a-cA-C]{0,8}",
        1 => Just(String::from("; end\n--> |`*_#%%")),
        1 => "\\PC{0,20}",
        1 => any::<String>(),
    ];
    prop::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

/// Any step: what a kind of step holds is found by reading it, so that every field of each kind is drawn from what its type takes.
fn any_step() -> impl Strategy<Value = Step> {
    let of = 0..4_u32;
    let what = prop_oneof![
        of.clone().prop_map(|child| What::Spawned { child }),
        any_text().prop_map(|name| What::Named { name }),
        Just(What::Ended),
        of.clone().prop_map(|to| common::switched(to, photofinish_reports::record::Switch::Preempted)),
        (any_text(), any::<Option<u64>>()).prop_map(|(on, until_ns)| What::Blocked { on, until_ns }),
        of.clone().prop_map(common::woke),
        any::<u64>().prop_map(|ns| What::Passed { ns, why: photofinish_reports::record::Pause::Idle }),
        (any_text(), any::<i64>(), any::<i64>())
            .prop_map(|(name, arg, result)| common::called(&name, arg, result)),
        any_text().prop_map(|text| What::Wrote { fd: 1, text }),
        (any_text(), any_text()).prop_map(|(message, place)| What::Panicked { message, place }),
        any_text().prop_map(|fields| common::traced("WARN", &fields)),
        (any_text(), any_text()).prop_map(|(kind, what)| What::Wrong { kind, what }),
    ];
    let stack = prop::option::of(of.clone());
    (any::<u64>(), any::<u64>(), of, what, stack).prop_map(|(step, at_ns, thread, what, stack)| Step {
        step,
        at_ns,
        thread,
        what,
        stack,
    })
}

prop_compose! {
    fn any_record()(
        texts in prop::collection::vec(any_text(), 12),
        steps in prop::collection::vec(any_step(), 0..30),
        passing in prop::collection::vec(any_step(), 0..10),
        decisions in prop::collection::vec((any::<u64>(), 0..4_u32, any_text(), 0..5_u32, any::<bool>()), 0..6),
        numbers in prop::collection::vec(any::<u64>(), 4),
    ) -> Record {
        let mut record = hostile();
        record.headline.detail.extend(texts[..3].iter().cloned());
        record.headline.ending = if numbers[0] % 2 == 0 { String::from("deadlock") } else { texts[3].clone() };
        (record.commands.replay, record.commands.debug) = (texts[4].repeat(9), Some(texts[5].clone()));
        record.threads.iter_mut().zip(&texts[6..]).for_each(|(thread, name)| thread.name = Some(name.clone()));
        record.frames.iter_mut().zip(&texts[8..]).for_each(|(frame, name)| frame.file.clone_from(name));
        record.frames.iter_mut().zip(&texts).for_each(|(frame, name)| frame.function.clone_from(name));
        record.stacks.push(Stack(vec![u32::MAX, 0]));
        record.left_out = numbers[1];
        record.decisions = decisions.into_iter().map(|(step, thread, what, stack, is_paired)| {
            let operation = |thread| Operation { thread, stack };
            let pair = is_paired.then(|| Pair { first: operation(thread), second: operation(3 - thread) });
            Decision { step, at_ns: step, thread, what, stack: Some(stack), undone: None, pair }
        }).collect();
        record.passing = Some(Passing { how: texts[0].clone(), steps: passing, left_out: numbers[2], ..Passing::default() });
        record.steps = steps;
        record
    }
}

proptest! {
    #[test]
    fn every_format_holds_what_it_promises_whatever_the_record(record in any_record()) {
        holds(&record);
    }
}
