//! A run as text for a terminal.
//!
//! Only draws. Invariant: what the program under test wrote is shown as data, with control characters made visible.

use std::fmt::Write as _;

use crate::client::{Run, StackOf};
use crate::decided::{by_number, words};
use crate::record::Record;
use crate::symbols::{Inner, Symbols};
use crate::traced;
use crate::verdict::Verdict;
use photofinish_sim::choice::{Kind, Pick};
use photofinish_sim::event::Event;
use photofinish_sim::plan::Plan;

/// Decisions shown of a run that was not shrunk.
const DECISIONS_SHOWN: usize = 12;
/// Numbers that were chosen and are shown.
const CHOSEN_SHOWN: usize = 12;
/// Lines shown of what the program wrote.
const OUTPUT_SHOWN: usize = 20;
/// Things shown that the program left behind.
const LEFT_SHOWN: usize = 20;
/// Marks shown that the program passed.
const MARKS_SHOWN: usize = 20;

/// A run to tell.
pub struct Told<'a> {
    /// Its figures and verdict.
    pub record: &'a Record,
    /// What it left behind.
    pub run: &'a Run,
    /// Where its addresses are in the source.
    pub symbols: &'a Symbols,
    /// What to type to see it again.
    pub replay: &'a str,
    /// The decisions of the plan that gave it, if one did: fewer than the picks that it recorded.
    pub plan: Option<&'a Plan>,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// What a person reads.
    Short,
    /// The same, and every event that was kept.
    EveryEvent,
}

impl Told<'_> {
    /// Tells it.
    #[must_use]
    pub fn tell(&self, length: Length) -> String {
        let Self { record, run, symbols, replay, plan } = self;
        let mut text = String::new();
        headline(&mut text, record);
        if record.verdict != Verdict::Pass {
            stacks(&mut text, run, symbols);
            match plan {
                Some(plan) => planned(&mut text, plan, run, symbols),
                None => decisions(&mut text, record.verdict, run, symbols),
            }
            traced_last(&mut text, run);
        }
        if length == Length::EveryEvent || record.verdict != Verdict::Pass {
            left(&mut text, run);
        }
        chosen(&mut text, run);
        output(&mut text, run);
        marks(&mut text, record);
        if length == Length::EveryEvent {
            for (stamp, event) in &run.events {
                let (at, thread) = (seconds(stamp.at_ns), stamp.thread.0);
                let told = match event {
                    Event::Traced(traced) => visible(&traced.to_string()),
                    event => format!("{event:?}"),
                };
                line(&mut text, &format!("  {:>9} {at:>15} t{thread} {told}", stamp.step));
            }
        }
        figures(&mut text, record);
        if record.verdict != Verdict::Pass {
            line(&mut text, &format!("  replay: {replay}"));
        }
        text
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn headline(text: &mut String, record: &Record) {
    let word = match record.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Diverged => "DIVERGED",
        Verdict::Bug => "BUG in Photofinish",
    };
    match &record.signature {
        Some(signature) => line(text, &format!("  {word}: {signature}")),
        None => line(text, &format!("  {word}")),
    }
    for detail in record.detail.lines() {
        line(text, &format!("    {}", visible(detail)));
    }
}

fn stacks(text: &mut String, run: &Run, symbols: &Symbols) {
    for stack in &run.stacks {
        let Some(what) = what_it_is(stack.of) else { continue };
        line(text, &format!("  thread {} {what} at", stack.thread.0));
        let places = stack.addresses.iter().flat_map(|address| symbols.places(*address));
        for place in places.filter(|place| place.inner == Inner::Program).take(6) {
            line(text, &format!("    {}  {}", place.line, without_generics(&place.function)));
        }
    }
}

/// What a stack that a person wants to see is of.
pub(crate) fn what_it_is(of: StackOf) -> Option<&'static str> {
    Some(match of {
        StackOf::Panic => "panicked",
        StackOf::Wait => "waits",
        StackOf::Signal => "was",
        StackOf::Unmodelled => "asked for what is not modelled",
        StackOf::Escaped => "went past the C library",
        StackOf::Misuse => "was seen to misuse the heap",
        StackOf::Poisoned => "had in a register what freed memory is filled with,",
        StackOf::Freed => "freed the block",
        StackOf::Allocated => "allocated the block",
        // Told with what happened there, and of no interest to a reader by themselves.
        StackOf::Events(_) | StackOf::Pick(_) | StackOf::Points(_) => return None,
    })
}

fn decisions(text: &mut String, verdict: Verdict, run: &Run, symbols: &Symbols) {
    let picks = &run.trace.picks;
    if picks.is_empty() {
        let boring = if verdict == Verdict::Fail { "; the boring schedule does this" } else { "" };
        return line(text, &format!("  decisions: none{boring}"));
    }
    let schedule: Vec<&Pick> =
        picks.iter().filter(|pick| matches!(pick.kind, Kind::Preempt | Kind::Next)).collect();
    line(text, &format!("  decisions: {}, of which {} about who runs", picks.len(), schedule.len()));
    let shown: Vec<(usize, &Pick)> = if picks.len() <= DECISIONS_SHOWN {
        picks.iter().enumerate().collect()
    } else {
        picks.iter().enumerate().filter(|(_, pick)| pick.to.is_some()).take(DECISIONS_SHOWN).collect()
    };
    for (number, pick) in &shown {
        let place = place_of_pick(run, *number, pick, symbols);
        line(text, &format!("    step {:>7}  {}, at {place}", pick.step, words(run, pick, None, &by_number)));
    }
    let more = if picks.len() <= DECISIONS_SHOWN { 0 } else { schedule.len() - shown.len() };
    if more > 0 {
        line(text, &format!("    and {more} more"));
    }
}

/// The decisions of a plan that a run took.
fn planned(text: &mut String, plan: &Plan, run: &Run, symbols: &Symbols) {
    if plan.decisions.is_empty() {
        return line(text, "  decisions: none; the boring schedule does this");
    }
    line(text, &format!("  decisions: {}", plan.decisions.len()));
    let taken = run.trace.plan().decisions;
    for decision in plan.decisions.iter().take(DECISIONS_SHOWN) {
        let number = taken.iter().position(|taken| taken.place() == decision.place());
        let Some((number, pick)) = number.map(|number| (number, &run.trace.picks[number])) else { continue };
        let what = words(run, pick, Some(&decision.answer), &by_number);
        let place = place_of_pick(run, number, pick, symbols);
        line(text, &format!("    step {:>7}  {what}, at {place}", pick.step));
    }
    if plan.decisions.len() > DECISIONS_SHOWN {
        line(text, &format!("    and {} more", plan.decisions.len() - DECISIONS_SHOWN));
    }
}

/// Where the thread of a decision was: the program's own line, by its stack if that was kept.
fn place_of_pick(run: &Run, number: usize, pick: &Pick, symbols: &Symbols) -> String {
    let stack = run.stacks.iter().find(|stack| stack.of == StackOf::Pick(number as u64));
    let places = stack.iter().flat_map(|stack| &stack.addresses).flat_map(|address| symbols.places(*address));
    let mut own = places.filter(|place| place.inner == Inner::Program);
    match (own.next(), pick.pc) {
        (Some(place), _) => place.line,
        (None, 0) => String::from("a system call"),
        (None, pc) => place_of(pc, symbols),
    }
}

/// The program's own line before an address, else the function there.
fn place_of(pc: u64, symbols: &Symbols) -> String {
    let places = symbols.places(pc);
    match places.iter().find(|place| place.inner == Inner::Program).or(places.last()) {
        Some(place) if place.inner == Inner::Program => place.line.clone(),
        Some(place) => format!("{} ({})", without_generics(&place.function), place.line),
        None => format!("{pc:#x}"),
    }
}

/// What the program traced before it failed.
fn traced_last(text: &mut String, run: &Run) {
    let traced::Last { before, lines } = traced::last(&run.events);
    if lines.is_empty() {
        return;
    }
    line(text, "  the program traced");
    if before > 0 {
        line(text, &format!("    | {before} lines, and then"));
    }
    lines.iter().for_each(|traced| line(text, &format!("    | {}", visible(traced))));
}

/// What the program let the search choose.
fn chosen(text: &mut String, run: &Run) {
    let chose = run.events.iter().filter_map(|(_, event)| match event {
        Event::Chose { number, from, to, place, words: None } => {
            Some(format!("    {number} of {from} to {to} at {}", visible(place)))
        }
        // Of what the program has words for, only what is not boring is worth a line.
        Event::Chose { number, from, words: Some(words), .. } if number != from && !words.is_empty() => {
            Some(format!("    {}", visible(words)))
        }
        _ => None,
    });
    let chose: Vec<String> = chose.collect();
    if chose.is_empty() {
        return;
    }
    line(text, "  the search chose");
    chose.iter().take(CHOSEN_SHOWN).for_each(|chose| line(text, chose));
    if chose.len() > CHOSEN_SHOWN {
        line(text, &format!("    and {} more", chose.len() - CHOSEN_SHOWN));
    }
}

/// What the main function left behind when it returned.
fn left(text: &mut String, run: &Run) {
    if run.left.is_empty() {
        return;
    }
    line(text, "  left behind when the main function returned");
    for left in run.left.iter().take(LEFT_SHOWN) {
        line(text, &format!("    {}", visible(&left.to_string())));
    }
    if run.left.len() > LEFT_SHOWN {
        line(text, &format!("    and {} more", run.left.len() - LEFT_SHOWN));
    }
}

fn output(text: &mut String, run: &Run) {
    let mut bytes = Vec::new();
    for (_, event) in &run.events {
        if let Event::Wrote { bytes: piece, .. } = event {
            bytes.extend_from_slice(piece);
        }
    }
    if bytes.is_empty() {
        return;
    }
    line(text, "  the program wrote");
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    for written in lines.iter().take(OUTPUT_SHOWN) {
        line(text, &format!("    | {}", visible(&String::from_utf8_lossy(written))));
    }
    if lines.len() > OUTPUT_SHOWN {
        line(text, &format!("    | and {} lines more", lines.len() - OUTPUT_SHOWN));
    }
}

fn marks(text: &mut String, record: &Record) {
    if record.marks.is_empty() {
        return;
    }
    line(text, "  marks");
    for passed in record.marks.iter().take(MARKS_SHOWN) {
        line(text, &format!("    {}: {}", passed.once(), passed.mark));
    }
    if let Some(more) = record.marks.iter().count().checked_sub(MARKS_SHOWN).filter(|more| *more > 0) {
        line(text, &format!("    and {more} more"));
    }
}

fn figures(text: &mut String, record: &Record) {
    let Record { points, switches, threads, events_hash, .. } = record;
    let time = seconds(record.virtual_ns);
    line(
        text,
        &format!("  {points} points, {switches} switches, {threads} threads, {time} s of virtual time"),
    );
    line(text, &format!("  events {events_hash}"));
}

fn seconds(ns: u64) -> String {
    format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

/// A function without its type arguments, which can be longer than the story.
fn without_generics(function: &str) -> &str {
    function.split('<').next().filter(|name| !name.is_empty()).unwrap_or(function)
}

/// Control characters as escapes, so that a program's output cannot drive the terminal.
pub fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect()
}

#[cfg(test)]
mod tests {
    use photofinish_sim::ending::Ending;
    use photofinish_sim::event::Stamp;
    use photofinish_sim::thread::ThreadId;
    use photofinish_sim::traced::{Level, Traced, What};

    use super::*;

    fn run(events: usize) -> Run {
        let traced = Traced {
            what: What::Event,
            level: Level::Warn,
            target: "app".into(),
            name: "event".into(),
            fields: String::from("\u{1b}[31mred\nmore"),
            span: None,
            parent: None,
            task: None,
        };
        let stamp = Stamp { step: 1, at_ns: 2_000_000_003, thread: ThreadId(4) };
        Run { events: vec![(stamp, Event::Traced(Box::new(traced))); events], ..Run::ended(Ending::Returned) }
    }

    #[test]
    fn what_the_search_chose_is_told_and_not_all_of_it() {
        let told = |numbers| {
            let mut run = run(1);
            let (stamp, _) = run.events[0].clone();
            let place = String::from("src/lib.rs:3:7");
            let chose = |number, words: Option<&str>| {
                let (place, words) = (place.clone(), words.map(str::to_owned));
                (stamp, Event::Chose { number, from: 1, to: 99, place, words })
            };
            run.events.extend((1..=numbers).map(|number| chose(number, None)));
            run.events.extend([chose(1, Some("all is well")), chose(2, Some(""))]);
            run.events.extend((numbers > 2).then(|| chose(2, Some("a cut"))));
            let mut text = String::new();
            chosen(&mut text, &run);
            text
        };
        assert_eq!(told(0), "");
        assert_eq!(
            told(2),
            "  the search chose\n    1 of 1 to 99 at src/lib.rs:3:7\n    2 of 1 to 99 at src/lib.rs:3:7\n"
        );
        let shown = i128::try_from(CHOSEN_SHOWN).expect("a small number");
        assert!(told(shown + 2).ends_with("    and 3 more\n"), "{}", told(shown + 2));
        assert!(told(shown - 1).ends_with(":3:7\n    a cut\n"), "{}", told(shown - 1));
    }

    #[test]
    fn what_was_traced_is_shown_as_data_and_not_all_of_it() {
        let told = |events| {
            let mut text = String::new();
            traced_last(&mut text, &run(events));
            text
        };
        let line = "    | 2.000000003 t4 WARN app: \\u{1b}[31mred\\nmore\n";
        assert_eq!(told(0), "");
        assert_eq!(told(1), format!("  the program traced\n{line}"));
        let many = format!("  the program traced\n    | 7 lines, and then\n{}", line.repeat(traced::SHOWN));
        assert_eq!(told(traced::SHOWN + 7), many);
    }
}
