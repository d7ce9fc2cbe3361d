//! Which steps matter.
//!
//! Every step has a score: what kind of step it is, less the logarithm of how far it is from the nearest *anchor*, and a little more for
//! the threads of the critical pair. Anchors are where the thread of the critical pair's decision stopped and went on, and the pair's two
//! operations; without a pair, those of the last decisions; without decisions, calls that failed with an error that the verdict names, and
//! panics; without those, the end of the run. Decisions, the pair, panics, what is wrong and, in a deadlock, the last wait of each thread
//! count wherever they are. The steps with the highest scores are told, as many as there are lines for, elisions counted.
//!
//! The operations of a pair were found by other runs and are no steps. The first stands before the step of its thread, of those between
//! stop and return, whose stack has most in common with it; the second, where its thread goes on.
//!
//! Invariant: the choice depends on the record alone, and no table has more than [`LINES_MAX`] lines and [`COLUMNS_MAX`] columns.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use super::places::{Place, frames, place};
use super::table::{Column, Mark, Row, Table};
use super::told::Critical;
use super::words::{self, Teller};
use crate::record::{Author, Frame, Pause, Record, Step, Switch, Wake, What};

/// Lines of a table, elisions included.
pub(super) const LINES_MAX: usize = 14;
/// Columns of a table, the one that threads share included.
pub(super) const COLUMNS_MAX: usize = 5;
/// Rows that are looked at for a table: many more than it has, and few enough to try each.
const CANDIDATES_MAX: usize = 200;
/// Decisions that are anchors where there is no critical pair.
const ANCHORS_MAX: usize = 4;
/// A step that matters less is not told, also where there is room.
const SCORE_LEAST: u32 = 60;

/// A decision and the time for which its thread was stopped.
#[derive(Clone, Copy, Debug)]
struct Stop {
    /// The step by which the thread stops, or the first after the decision.
    from: usize,
    /// How many steps the decision itself is.
    takes: usize,
    /// The step by which the thread goes on.
    back: Option<usize>,
}

/// Finds the steps that matter.
pub(super) struct Choice<'a> {
    pub(super) record: &'a Record,
    pub(super) names: &'a Names,
    pub(super) teller: &'a Teller<'a>,
    /// The pair that is told.
    pub(super) critical: Option<&'a Critical>,
    /// The first step that the passing run does not have.
    pub(super) parts: Option<usize>,
}

impl Choice<'_> {
    /// The table of them.
    pub(super) fn table(&self) -> Table {
        let rows = self.chosen(self.candidates());
        let mut table = Table {
            rows,
            steps: self.record.steps.len(),
            left_out: self.record.left_out,
            ..Table::default()
        };
        self.columns(&mut table);
        table
    }

    /// Those with the highest scores, as long as there are lines for them and for what is left out between them.
    fn chosen(&self, mut candidates: Vec<Row>) -> Vec<Row> {
        let order = |row: &Row| (row.index, row.mark);
        candidates.sort_by_key(|row| (u32::MAX - row.score, order(row)));
        candidates.truncate(CANDIDATES_MAX);
        let mut table =
            Table { steps: self.record.steps.len(), left_out: self.record.left_out, ..Table::default() };
        for row in candidates {
            let mut tried = table.clone();
            let place = tried.rows.partition_point(|other| order(other) <= order(&row));
            tried.rows.insert(place, row);
            if tried.lines(usize::MAX).len() <= LINES_MAX {
                table = tried;
            }
        }
        table.rows
    }

    fn candidates(&self) -> Vec<Row> {
        let stops: Vec<Stop> = (0..self.record.decisions.len()).map(|number| self.stop(number)).collect();
        let mut rows: Vec<Row> = Vec::new();
        let shown = self.critical.map(|critical| critical.decision - 1).or_else(|| self.parts(&stops));
        for (number, stop) in stops.iter().enumerate() {
            rows.push(self.decision(number, stop, shown));
        }
        let pair = self.critical.zip(shown).map(|(critical, number)| self.pair(critical, &stops[number]));
        let anchors = match (&pair, shown) {
            (Some([first, second]), Some(number)) => vec![stops[number].from, first.index, second.index],
            (None, Some(number)) => [self.anchors(&stops), vec![stops[number].from]].concat(),
            _ => self.anchors(&stops),
        };
        rows.extend(pair.into_iter().flatten());
        let taken: BTreeSet<usize> = rows.iter().filter(|row| row.takes > 0).map(|row| row.index).collect();
        let around = self.around(shown.map(|number| stops[number]), shown);
        let named = self.named();
        let waits = self.waits();
        for (index, step) in self.record.steps.iter().enumerate().filter(|(index, _)| !taken.contains(index))
        {
            let always = self.always(index, step, (&named, &waits));
            let near = || self.near(index, step, &anchors) + if around.contains(&index) { 200 } else { 0 };
            let score = always.unwrap_or_else(near);
            if score >= SCORE_LEAST {
                rows.push(self.row(index, step, score));
            }
        }
        rows
    }

    /// The decision at which the run and the nearest one that passes part.
    fn parts(&self, stops: &[Stop]) -> Option<usize> {
        let common = self.parts?;
        stops.iter().rposition(|stop| stop.from <= common)
    }

    fn row(&self, index: usize, step: &Step, score: u32) -> Row {
        let is_wrong = matches!(step.what, What::Panicked { .. } | What::Wrong { .. });
        Row {
            index,
            takes: 1,
            at_ns: Some(step.at_ns),
            thread: self.teller.thread(index, step),
            what: self.teller.words(index, step),
            place: self.place(step),
            is_of_run: self.teller.is_of_run(index, step),
            to: self.teller.to(index, step),
            mark: if is_wrong { Mark::Wrong } else { Mark::Step },
            score,
            ..Row::default()
        }
    }

    /// Where a step was; what time or the network did was nowhere.
    fn place(&self, step: &Step) -> Option<Place> {
        let is_of_thread = !matches!(step.what, What::Passed { .. } | What::Arrived(_) | What::Wrong { .. });
        place(self.record, step.stack.filter(|_| is_of_thread))
    }

    fn stop(&self, number: usize) -> Stop {
        let decision = &self.record.decisions[number];
        let steps = &self.record.steps;
        let first = steps.partition_point(|step| step.step < decision.step);
        let mut at_once = (first..steps.len()).take_while(|at| steps[*at].step == decision.step);
        let switched = at_once.find(|at| {
            steps[*at].thread == decision.thread && matches!(steps[*at].what, What::Switched { .. })
        });
        let Some(from) = switched else { return Stop { from: first, takes: 0, back: None } };
        let goes_on = |step: &Step| match step.what {
            What::Switched { to, .. } => to == decision.thread,
            _ => false,
        };
        let back = (from + 1..steps.len()).find(|at| goes_on(&steps[*at]));
        Stop { from, takes: 1, back }
    }

    fn decision(&self, number: usize, stop: &Stop, shown: Option<usize>) -> Row {
        let decision = &self.record.decisions[number];
        let last = self.record.decisions.len();
        // Those that are nearest to the pair's, and else the last ones.
        let far = shown.map_or(last - number, |shown| shown.abs_diff(number));
        let score =
            if far == 0 { 1_000 } else { 600_u32.saturating_sub(20 * u32::try_from(far).unwrap_or(30)) };
        let what = words::predicate(self.record, self.names, decision).unwrap_or(&decision.what);
        // The same in every story: said once below the table is enough.
        let what = what.strip_suffix(" while anything else can happen").unwrap_or(what);
        Row {
            index: stop.from,
            takes: stop.takes,
            at_ns: Some(decision.at_ns),
            thread: decision.thread,
            what: what.to_owned(),
            place: place(self.record, decision.stack),
            is_of_run: stop.takes == 0,
            mark: Mark::Decision(number + 1),
            score: score.max(SCORE_LEAST),
            ..Row::default()
        }
    }

    /// The rows of the two operations.
    fn pair(&self, critical: &Critical, stop: &Stop) -> [Row; 2] {
        let back = stop.back.unwrap_or(self.record.steps.len());
        let row = |index, takes, at_ns, of: &super::told::Operation, mark| Row {
            index,
            takes,
            at_ns,
            thread: of.thread,
            what: String::new(),
            place: of.places.first().cloned(),
            mark,
            score: 990,
            ..Row::default()
        };
        let first = self.where_it_was(&critical.first, (stop.from + stop.takes, back));
        let at_ns = stop.back.map(|back| self.record.steps[back].at_ns);
        let first = row(first, 0, None, &critical.first, Mark::First);
        [first, row(back, usize::from(stop.back.is_some()), at_ns, &critical.second, Mark::Second)]
    }

    /// The step before which the operation was: the one whose stack has most in common with it.
    fn where_it_was(&self, of: &super::told::Operation, (from, to): (usize, usize)) -> usize {
        let operation = outermost(&frames(self.record, of.stack));
        let mut best = (0, None);
        let mut runs = None;
        for at in from.min(to)..to {
            let step = &self.record.steps[at];
            if matches!(step.what, What::Switched { to, .. } if to == of.thread) {
                runs = Some(at + 1);
            }
            let Some(stack) = step.stack.filter(|_| step.thread == of.thread) else { continue };
            let stack = outermost(&frames(self.record, stack));
            let (common, is_before) = in_common(&operation, &stack);
            if common > best.0 || (common == best.0 && common > 0 && is_before) {
                best = (common, Some(if is_before { at + 1 } else { at }));
            }
        }
        best.1.or(runs).unwrap_or(from)
    }

    /// Where steps matter if no pair is known.
    fn anchors(&self, stops: &[Stop]) -> Vec<usize> {
        let last = stops.iter().rev().take(ANCHORS_MAX);
        let mut anchors: Vec<usize> = last.flat_map(|stop| [Some(stop.from), stop.back]).flatten().collect();
        if anchors.is_empty() {
            anchors = self.named();
            let panicked = |(_, step): &(usize, &Step)| matches!(step.what, What::Panicked { .. });
            let panics = self.record.steps.iter().enumerate().filter(panicked).map(|(index, _)| index);
            anchors.extend(panics.take(ANCHORS_MAX));
        }
        if anchors.is_empty() {
            anchors.push(self.record.steps.len());
        }
        anchors
    }

    /// The last step of the stopped thread before it stops, and the first after it goes on.
    fn around(&self, stop: Option<Stop>, shown: Option<usize>) -> BTreeSet<usize> {
        let Some((stop, number)) = stop.zip(shown) else { return BTreeSet::new() };
        let thread = self.record.decisions[number].thread;
        let steps = &self.record.steps;
        let is_own =
            |at: &usize| steps[*at].thread == thread && !matches!(steps[*at].what, What::Passed { .. });
        let before = (0..stop.from.min(steps.len())).rev().take(64).find(is_own);
        let after = stop.back.and_then(|back| (back + 1..steps.len()).take(64).find(is_own));
        before.into_iter().chain(after).collect()
    }

    /// The first calls that failed with an error that the verdict names.
    fn named(&self) -> Vec<usize> {
        let headline = &self.record.headline;
        let lines = headline.detail.iter().chain(&headline.signature);
        let mut errors = BTreeSet::new();
        for line in lines {
            for after in line.split("os error ").skip(1) {
                let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
                errors.extend(digits.parse::<i64>());
            }
        }
        let failed = |(_, step): &(usize, &Step)| match &step.what {
            What::Called { result, .. } => result.checked_neg().is_some_and(|error| errors.contains(&error)),
            _ => false,
        };
        self.record
            .steps
            .iter()
            .enumerate()
            .filter(failed)
            .map(|(index, _)| index)
            .take(ANCHORS_MAX)
            .collect()
    }

    /// The last wait of each thread that still waits at the end, in a deadlock.
    fn waits(&self) -> BTreeSet<usize> {
        if self.record.headline.ending != "deadlock" {
            return BTreeSet::new();
        }
        let mut waits: BTreeMap<u32, usize> = BTreeMap::new();
        for (index, step) in self.record.steps.iter().enumerate() {
            match step.what {
                What::Blocked { .. } => drop(waits.insert(step.thread, index)),
                What::Woke { thread, .. } => drop(waits.remove(&thread)),
                _ => {}
            }
        }
        waits.into_values().collect()
    }

    /// The score of a step that counts wherever it is.
    fn always(&self, index: usize, step: &Step, (named, waits): (&[usize], &BTreeSet<usize>)) -> Option<u32> {
        match &step.what {
            What::Panicked { .. } => Some(900),
            What::Wrong { .. } => Some(850),
            What::Blocked { .. } if waits.contains(&index) => Some(800),
            What::Called { .. } if named.contains(&index) => Some(700),
            _ if self.parts == Some(index) && !matches!(step.what, What::Switched { .. }) => Some(500),
            _ => None,
        }
    }

    /// The score of any other step.
    fn near(&self, index: usize, step: &Step, anchors: &[usize]) -> u32 {
        let interest = self.interest(index, step);
        let far = anchors.iter().map(|anchor| anchor.abs_diff(index)).min().unwrap_or(0);
        let thread = self.teller.thread(index, step);
        let is_of_pair =
            self.critical.is_some_and(|of| [of.first.thread, of.second.thread].contains(&thread));
        let bonus = if is_of_pair { 60 } else { 0 };
        if interest == 0 { 0 } else { (interest + bonus).saturating_sub(24 * (far + 1).ilog2()) }
    }

    fn interest(&self, index: usize, step: &Step) -> u32 {
        match &step.what {
            What::Called { name, result, .. } => call(name, *result),
            What::Blocked { .. } => 160,
            What::Woke { .. } if self.teller.is_made(index) => 260,
            What::Woke { how: Wake::Cause, .. } => 200,
            What::Woke { .. } | What::Noted { .. } | What::Task { .. } => 150,
            What::Arrived(_) => 230,
            What::Sent(_) | What::Ended => 120,
            What::Strayed { .. } | What::Link { .. } | What::Host { .. } => 420,
            What::Spawned { .. } => 220,
            What::Passed { why: Pause::Stalled, .. } => 150,
            What::Passed { ns, .. } if *ns >= 1_000_000 => 120,
            What::Switched { why: Switch::Preempted, .. } => 70,
            What::Forked { .. } | What::Executed { .. } => 180,
            What::Exited { status, .. } if status.ends_with(" 0") => 150,
            What::Exited { .. } => 350,
            // SIGCHLD, of every child.
            What::Signalled { signal: 17, .. } => 60,
            What::Signalled { .. } => 330,
            What::Wrote { .. } => 240,
            What::Marked { .. } => 200,
            What::Traced { level, of, .. } if of == "event" => match level.as_str() {
                "ERROR" => 500,
                "WARN" => 420,
                "INFO" => 300,
                _ => 0,
            },
            _ => 0,
        }
    }

    /// The columns, and in which each row is.
    fn columns(&self, table: &mut Table) {
        let mut weight: BTreeMap<u32, u32> = BTreeMap::new();
        for row in &table.rows {
            if row.is_of_thread() {
                *weight.entry(row.thread).or_default() += row.score;
            }
        }
        let mut threads: Vec<u32> = weight.keys().copied().collect();
        threads.sort_by_key(|thread| (u32::MAX - weight[thread], *thread));
        let alone = if threads.len() > COLUMNS_MAX { COLUMNS_MAX - 1 } else { threads.len() };
        let mut others = threads.split_off(alone);
        threads.sort_unstable();
        others.sort_unstable();
        let column = |thread: &u32| Column {
            name: self.names.thread(*thread),
            place: self.pid(*thread).and_then(|pid| self.names.place(pid)).map(str::to_owned),
            threads: vec![*thread],
        };
        table.columns = threads.iter().map(column).collect();
        if !others.is_empty() {
            let name = String::from("others");
            table.columns.push(Column { name, place: None, threads: others });
        }
        for row in &mut table.rows {
            if !row.is_of_thread() {
                continue;
            }
            row.column = table.columns.iter().position(|column| column.threads.contains(&row.thread));
            let column = row.column.and_then(|column| table.columns.get(column));
            row.who = column.filter(|column| column.threads.len() > 1).map(|_| self.names.thread(row.thread));
        }
    }

    fn pid(&self, thread: u32) -> Option<i32> {
        self.record.threads.get(thread as usize).map(|thread| thread.pid)
    }
}

/// What a call tells: errors that programs expect, and calls that they make all the time, little.
fn call(name: &str, result: i64) -> u32 {
    // EINTR, EAGAIN, ETIMEDOUT, EALREADY, EINPROGRESS.
    const EXPECTED: [i64; 5] = [-4, -11, -110, -114, -115];
    const NOISE: [&str; 11] = [
        "clock_gettime",
        "gettimeofday",
        "time",
        "futex wait",
        "futex wake",
        "fcntl",
        "dup",
        "getrandom",
        "sched_yield",
        "clock_nanosleep",
        "nanosleep",
    ];
    match result {
        0.. if NOISE.contains(&name) => 1,
        0.. => 200,
        error if EXPECTED.contains(&error) => 120,
        _ => 240,
    }
}

/// How many calls two stacks have in common, outermost first, and whether the other is earlier in the function that made the next one.
/// The outermost functions of an operation need not be known: it may begin in the middle of the other stack.
fn in_common(operation: &[&Frame], stack: &[&Frame]) -> (usize, bool) {
    let name = |frame: &Frame| frame.function.rsplit("::").next().map(str::to_owned);
    let is_same = |one: &Frame, other: &Frame| name(one) == name(other) && one.file == other.file;
    let from = |start: usize| {
        let pairs = || operation.iter().zip(&stack[start..]);
        let common = pairs().take_while(|(one, other)| is_same(one, other) && one.line == other.line).count();
        let next = pairs().nth(common).filter(|(one, other)| is_same(one, other));
        (common, next.is_some_and(|(operation, other)| other.line < operation.line))
    };
    (0..stack.len()).map(from).max_by_key(|(common, _)| *common).unwrap_or_default()
}

/// A stack from its outermost function on, without the standard library's.
fn outermost<'a>(frames: &[&'a Frame]) -> Vec<&'a Frame> {
    frames.iter().rev().filter(|frame| frame.author != Author::Std).copied().collect()
}
