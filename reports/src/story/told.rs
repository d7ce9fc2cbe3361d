//! A record told: what to say, in what order of importance, before anybody draws it.
//!
//! Knows no width, colour or markup; text of the program under test is as the record has it. Invariant: every part is bounded, however long
//! the record is, and says how much it leaves out.

use super::choice::Choice;
use super::clock::duration;
use super::compare::Comparison;
use super::lanes::Lanes;
use super::names::Names;
use super::places::{Place, known, place};
use super::table::Table;
use super::text::count;
use super::words::{Teller, predicate, waited};
use crate::record::{self, Author, Commands, Frame, Headline, Record, Undone, Verdict, What};

/// Lines of output that are told: the last ones.
const OUTPUT_MAX: usize = 20;
/// Ends of threads that are told.
const ENDS_MAX: usize = 64;
/// Decisions that are told.
const DECISIONS_MAX: usize = 100;
/// Functions that are told of an operation.
const PLACES_MAX: usize = 6;

/// A record told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// What comes first.
    pub headline: Headline,
    /// The pairs of operations whose order decides, the most telling first.
    pub pairs: Vec<Critical>,
    /// The steps that matter.
    pub table: Table,
    /// The first decisions, in the order of the run.
    pub decisions: Vec<Decided>,
    /// How many there are.
    pub decisions_count: usize,
    /// Whether each is needed, if that is known.
    pub minimal: Option<String>,
    /// Panics, in the order of the run.
    pub panics: Vec<Panicked>,
    /// The end of what the program wrote.
    pub output: Output,
    /// Where threads were at the end.
    pub ends: Vec<Ended>,
    /// The run that is nearest and does not fail so.
    pub beside: Option<Beside>,
    /// The run's size, in words.
    pub figures: String,
    /// What to type.
    pub commands: Commands,
}

/// Two operations whose order decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Critical {
    /// The decision that makes it, by its number from 1.
    pub decision: usize,
    /// What came first.
    pub first: Operation,
    /// What came second.
    pub second: Operation,
    /// What happens without the decision.
    pub undone: Option<Undone>,
}

/// What a thread did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operation {
    /// The thread.
    pub thread: u32,
    /// Its name.
    pub name: String,
    /// Where: the function itself, then its callers.
    pub places: Vec<Place>,
    /// The stack in the record.
    pub stack: u32,
}

/// A decision in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// Scheduling points passed before.
    pub step: u64,
    /// Virtual nanoseconds before.
    pub at_ns: u64,
    /// What.
    pub what: String,
    /// Where the thread was.
    pub place: Option<Place>,
    /// What happens without it alone.
    pub undone: Option<Undone>,
}

/// A panic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panicked {
    /// The thread's name.
    pub thread: String,
    /// The message.
    pub message: String,
    /// File, line and column.
    pub place: String,
}

/// What the program wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Lines with their descriptor: 1 or 2.
    pub lines: Vec<(i32, String)>,
    /// How many lines came before.
    pub before: usize,
}

/// Where a thread was at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// The thread's name.
    pub thread: String,
    /// In words: `waits`.
    pub what: String,
    /// For what it waits, if that is known.
    pub on: Option<String>,
    /// Where, innermost first.
    pub places: Vec<Place>,
}

/// A run beside the failing one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// How it came about: `without decision 1`.
    pub how: String,
    /// How it ended, or how else it failed.
    pub outcome: String,
    /// Scheduling points passed where the two part, and the virtual nanoseconds; nothing if they do not.
    pub parts: Option<(u64, u64)>,
}

impl Story {
    /// Tells a record.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        Self::told(record, &Lanes::of(record), Comparison::of(record).as_ref())
    }

    /// Tells a record, for whoever has its lanes and its comparison: with many steps, these are most of the work.
    pub(crate) fn told(record: &Record, lanes: &Lanes, comparison: Option<&Comparison>) -> Self {
        let names = Names::of(record);
        let teller = Teller::new(&names, lanes);
        let pairs = pairs(record, &names);
        let parts = comparison.and_then(|comparison| comparison.first);
        let choice = Choice { record, names: &names, teller: &teller, critical: pairs.first(), parts };
        Self {
            headline: record.headline.clone(),
            table: choice.table(),
            decisions: record
                .decisions
                .iter()
                .take(DECISIONS_MAX)
                .map(|of| decided(record, &names, of))
                .collect(),
            decisions_count: record.decisions.len(),
            minimal: record.minimal.clone(),
            panics: panics(record, &names),
            output: output(record),
            ends: ends(record, &names),
            beside: record.passing.as_ref().map(|passing| beside(record, passing, parts)),
            figures: figures(record),
            commands: record.commands.clone(),
            pairs,
        }
    }

    /// The pair that is told first.
    #[must_use]
    pub fn critical(&self) -> Option<&Critical> {
        self.pairs.first()
    }
}

impl Critical {
    /// What happens in the other order, in words.
    #[must_use]
    pub fn otherwise(&self) -> &'static str {
        match self.undone {
            Some(Undone::Passes) => "in the other order the run passes",
            _ => "in the other order it does not fail so",
        }
    }
}

/// What a verdict is called.
#[must_use]
pub const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "INCONCLUSIVE",
        Verdict::Diverged => "DIVERGED",
        Verdict::Bug => "BUG in Photofinish",
    }
}

/// The pairs: those first of which both operations are in functions of the program, and of these the last of the run, which is nearest
/// to the failure.
fn pairs(record: &Record, names: &Names) -> Vec<Critical> {
    let of_program = |of: &record::Operation| {
        usize::from(known(record, of.stack).first().is_some_and(|frame| frame.author == Author::Program))
    };
    let mut pairs = Vec::new();
    for (number, decision) in record.decisions.iter().enumerate() {
        let Some(pair) = &decision.pair else { continue };
        let places = apart(known(record, pair.first.stack), known(record, pair.second.stack));
        let operation = |of: &record::Operation, frames: Vec<&Frame>| Operation {
            thread: of.thread,
            name: names.thread(of.thread),
            places: frames.into_iter().take(PLACES_MAX).map(Place::from).collect(),
            stack: of.stack,
        };
        let critical = Critical {
            decision: number + 1,
            first: operation(&pair.first, places.0),
            second: operation(&pair.second, places.1),
            undone: decision.undone.clone(),
        };
        pairs.push((of_program(&pair.first) + of_program(&pair.second), critical));
    }
    pairs.sort_by_key(|(of_program, critical)| (2 - of_program, usize::MAX - critical.decision));
    pairs.into_iter().map(|(_, critical)| critical).collect()
}

/// Two stacks without a helper of another file in which both are: what called it tells them apart.
fn apart<'a>(mut one: Vec<&'a Frame>, mut other: Vec<&'a Frame>) -> (Vec<&'a Frame>, Vec<&'a Frame>) {
    while let ([first, caller, ..], [second, other_caller, ..]) = (&one[..], &other[..])
        && first == second
        && first.file != caller.file
        && first.file != other_caller.file
    {
        one.remove(0);
        other.remove(0);
    }
    (one, other)
}

fn decided(record: &Record, names: &Names, decision: &record::Decision) -> Decided {
    let predicate = predicate(record, names, decision);
    Decided {
        step: decision.step,
        at_ns: decision.at_ns,
        what: predicate.map_or_else(
            || decision.what.clone(),
            |predicate| format!("{} {predicate}", names.thread(decision.thread)),
        ),
        place: place(record, decision.stack),
        undone: decision.undone.clone(),
    }
}

fn panics(record: &Record, names: &Names) -> Vec<Panicked> {
    let panic = |step: &record::Step| match &step.what {
        What::Panicked { message, place } => Some(Panicked {
            thread: names.thread(step.thread),
            message: message.clone(),
            place: place.clone(),
        }),
        _ => None,
    };
    record.steps.iter().filter_map(panic).take(ENDS_MAX).collect()
}

fn output(record: &Record) -> Output {
    let mut lines: Vec<(i32, String)> = Vec::new();
    // What is written to one descriptor after half a line on the other does not end that line.
    let mut open = [None, None];
    for step in &record.steps {
        let What::Wrote { fd, text } = &step.what else { continue };
        let open = &mut open[usize::from(*fd == 2)];
        for piece in text.split_inclusive('\n') {
            let at = *open.get_or_insert_with(|| {
                lines.push((*fd, String::new()));
                lines.len() - 1
            });
            lines[at].1.push_str(piece.trim_end_matches('\n'));
            if piece.ends_with('\n') {
                *open = None;
            }
        }
    }
    lines.retain(|(_, line)| !line.is_empty());
    let before = lines.len().saturating_sub(OUTPUT_MAX);
    Output { lines: lines.split_off(before), before }
}

fn ends(record: &Record, names: &Names) -> Vec<Ended> {
    let waits = |thread: u32| {
        let last = record.steps.iter().rev().find_map(|step| match &step.what {
            What::Blocked { on, .. } if step.thread == thread => Some(Some(on.clone())),
            What::Woke { thread: woken, .. } if *woken == thread => Some(None),
            _ => None,
        });
        last.flatten()
    };
    let ended = |end: &record::End| Ended {
        thread: names.thread(end.thread),
        what: end.what.clone(),
        on: waits(end.thread).filter(|_| end.what == "waits").map(|on| waited(&on, names)),
        places: known(record, end.stack).into_iter().take(PLACES_MAX).map(Place::from).collect(),
    };
    record.ends.iter().take(ENDS_MAX).map(ended).collect()
}

fn beside(record: &Record, passing: &record::Passing, parts: Option<usize>) -> Beside {
    let outcome = match &passing.signature {
        Some(signature) => format!("fails otherwise: {signature}"),
        None => String::from("passes"),
    };
    let step = parts.and_then(|at| record.steps.get(at)).map(|step| (step.step, step.at_ns));
    Beside { how: passing.how.clone(), outcome, parts: step }
}

fn figures(record: &Record) -> String {
    let record::Figures { points, virtual_ns, events_hash, .. } = record.figures;
    if record.headline.strategy == record::BY_SEED {
        let time =
            if virtual_ns == 0 { String::new() } else { format!("{} simulated; ", duration(virtual_ns)) };
        return format!("{time}trace {events_hash:016x}");
    }
    let switches = match record.figures.switches {
        1 => String::from("1 switch"),
        switches => format!("{switches} switches"),
    };
    let (points, threads) = (count(points, "point"), count(record.threads.len() as u64, "thread"));
    let time = duration(virtual_ns);
    format!("{points}, {switches}, {threads}, {time} virtual; events {events_hash:016x}")
}
