//! Perfetto traces are taken in whole, and say what is in the record.
//!
//! Knows none of the code that writes. Invariant: every trace that is written here is read back by `trace.rs`, which knows the viewer's rules.

use photofinish_reports::perfetto::perfetto;
use photofinish_reports::record::{Record, Step, What};
use proptest::prelude::*;

use super::example::{HOSTILE, any_record, every_kind, recorded, small};
use super::trace::{Taken, take};

#[track_caller]
fn taken(record: &Record) -> Taken {
    take(&perfetto(record)).expect("the viewer takes all of it")
}

#[test]
fn a_small_run_has_its_tracks_slices_flows_and_instants() {
    insta::assert_snapshot!(taken(&small()).told);
}

/// What is on the track of the run, and how much of what is on the others.
#[test]
fn a_recorded_run_is_taken_in_whole() {
    for name in ["fork-cancel", "late-listener", "shutdown-einval"] {
        let Taken { told, slices, instants, flows } = taken(&recorded(name));
        let is_event = |line: &str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        let is_of_run = |line: &str| line.trim_start().split(' ').nth(1) == Some("run:");
        let shown = |line: &&str| !is_event(line) || is_of_run(line);
        let tracks: Vec<&str> = told.lines().filter(shown).collect();
        let counts = format!("slices {slices:#?}\ninstants {instants:#?}\nflows {flows:#?}");
        insta::assert_snapshot!(format!("recorded-{name}"), format!("{}\n{counts}", tracks.join("\n")));
    }
}

/// Each instruction is a step: a run as long as reports are meant for.
#[test]
fn a_hundred_thousand_steps_are_a_file_that_opens() {
    let run = recorded("late-listener");
    let last = run.steps.last().expect("there are steps").clone();
    let mut steps = Vec::new();
    for round in 0.. {
        let later = |step: &Step| Step {
            step: step.step + round * (last.step + 1),
            at_ns: step.at_ns + round * (last.at_ns + 1),
            ..step.clone()
        };
        steps.extend(run.steps.iter().map(later));
        if steps.len() >= 100_000 {
            break;
        }
    }
    let trace = perfetto(&Record { steps, ..run });
    assert!(trace.len() < 15 << 20, "{} bytes", trace.len());
    take(&trace).expect("the viewer takes all of it");
}

#[test]
fn an_empty_record_is_a_trace() {
    assert_eq!(taken(&Record::default()).instants.get("run"), Some(&1));
}

#[test]
fn what_a_program_calls_itself_is_text() {
    let mut record = small();
    for (number, thread) in record.threads.iter_mut().enumerate() {
        thread.name = Some(format!("{number}{HOSTILE}"));
    }
    let steps = every_kind(HOSTILE).into_iter().zip(0..);
    record.steps =
        steps.map(|(what, at)| Step { step: at, at_ns: 10 * at, thread: 1, what, stack: Some(0) }).collect();
    let told = taken(&record).told;
    assert!(told.contains("\\\\u{1b}[31mred"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
}

#[test]
fn things_at_one_time_stay_in_order() {
    let call = |name: &str| What::Called { name: name.to_owned(), arg: 0, result: 0 };
    let names = ["open", "read", "close", "open", "write", "close"];
    let step = |name: &&str| Step { step: 1, at_ns: 7, thread: 0, what: call(name), stack: None };
    let record = Record { steps: names.iter().map(step).collect(), decisions: Vec::new(), ..small() };
    let told = taken(&record).told;
    let order: Vec<&str> =
        told.lines().filter_map(|line| line.split_once("7 main: -- \"")).map(|(_, line)| line).collect();
    let order: Vec<&str> = order.iter().filter_map(|line| line.split('"').next()).collect();
    assert_eq!(order, names, "{told}");
}

#[test]
fn a_long_name_is_cut() {
    let mut record = small();
    record.headline.detail = vec!["x".repeat(1 << 20)];
    record.threads[1].name = Some("y".repeat(1 << 20));
    assert!(perfetto(&record).len() < 1 << 16);
}

proptest! {
    #[test]
    fn any_record_is_a_trace(record in any_record()) {
        let taken = take(&perfetto(&record));
        prop_assert!(taken.is_ok(), "{:?}", taken);
    }

    #[test]
    fn equal_records_are_equal_traces(record in any_record()) {
        prop_assert_eq!(perfetto(&record), perfetto(&record.clone()));
    }
}
