//! The interleaving: a column for each thread that matters, a row for each step that matters, in the order of the run.
//!
//! Which steps these are was chosen elsewhere; here is what becomes of the others, and what is left where there is less room. Draws
//! nothing. Invariant: every step of the record is in a row, or is counted by the elision between two rows.

use super::clock::duration;
use super::places::Place;
use super::text::count;

/// The steps that matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Threads by number; those that hardly matter share the last.
    pub columns: Vec<Column>,
    /// In the order of the run.
    pub rows: Vec<Row>,
    /// Steps of the record.
    pub steps: usize,
    /// Steps before them that the record does not have.
    pub left_out: u64,
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// The thread's name, or what its threads are called together.
    pub name: String,
    /// Host and program, if the run has several.
    pub place: Option<String>,
    /// Its threads.
    pub threads: Vec<u32>,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The step that it tells, or that it comes before: an index into the record's steps.
    pub index: usize,
    /// How many steps it tells.
    pub takes: usize,
    /// Virtual nanoseconds before; nothing if only the order is known.
    pub at_ns: Option<u64>,
    /// An index into [`Table::columns`]; nothing if it is not one thread's doing.
    pub column: Option<usize>,
    /// Whether it is of the whole run: no thread did it.
    pub is_of_run: bool,
    /// The thread.
    pub thread: u32,
    /// The thread that it reaches, if it is a spawn, a wake or a message.
    pub to: Option<u32>,
    /// The thread's name if it shares its column, or nothing.
    pub who: Option<String>,
    /// What it did, in words.
    pub what: String,
    /// Where.
    pub place: Option<Place>,
    /// What the row stands for.
    pub mark: Mark,
    /// How much it matters, compared with other rows.
    pub score: u32,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The first operation of the critical pair.
    First,
    /// A decision, by its number from 1.
    Decision(usize),
    /// The second operation of the critical pair.
    Second,
    /// A step.
    #[default]
    Step,
    /// A step by which the run is not as it should be.
    Wrong,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A row.
    Row(&'a Row),
    /// So many steps, and the virtual nanoseconds between the rows around them, if both are known.
    Elided(u64, Option<u64>),
}

impl Line<'_> {
    /// An elision in words; nothing for a row. Only a long time is told: a short one is seen from the times around it.
    #[must_use]
    pub fn elision(&self) -> Option<String> {
        let Self::Elided(steps, ns) = self else { return None };
        let time = ns.filter(|ns| *ns >= 1_000_000).map_or(String::new(), |ns| format!(", {}", duration(ns)));
        Some(format!("{}{time}", count(*steps, "step")))
    }
}

impl Row {
    pub(super) const fn is_of_thread(&self) -> bool {
        !self.is_of_run
    }
}

impl Table {
    /// The lines, at most so many: what matters least makes room.
    #[must_use]
    pub fn lines(&self, most: usize) -> Vec<Line<'_>> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        loop {
            let lines = self.with_elisions(&rows);
            if lines.len() <= most || rows.is_empty() {
                return lines.into_iter().take(most).collect();
            }
            let least = rows.iter().enumerate().min_by_key(|(at, row)| (row.score, usize::MAX - at));
            if let Some((least, _)) = least {
                rows.remove(least);
            }
        }
    }

    fn with_elisions<'a>(&self, rows: &[&'a Row]) -> Vec<Line<'a>> {
        let mut lines = Vec::new();
        let (mut told, mut before) = (0, None);
        let mut left_out = self.left_out;
        for row in rows {
            let steps = row.index.saturating_sub(told) as u64 + left_out;
            if steps > 0 {
                let passed =
                    row.at_ns.zip(before).and_then(|(at, before): (u64, u64)| at.checked_sub(before));
                lines.push(Line::Elided(steps, passed));
            }
            lines.push(Line::Row(row));
            told = told.max(row.index + row.takes);
            before = row.at_ns.or(before);
            left_out = 0;
        }
        let steps = self.steps.saturating_sub(told) as u64 + left_out;
        if steps > 0 {
            lines.push(Line::Elided(steps, None));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(usize, u32)], steps: usize) -> Table {
        let row = |(index, score): &(usize, u32)| Row {
            index: *index,
            takes: 1,
            at_ns: Some(*index as u64 * 10),
            score: *score,
            ..Row::default()
        };
        Table { rows: rows.iter().map(row).collect(), steps, ..Table::default() }
    }

    fn check(table: &Table, most: usize, expected: &str) {
        let told = table
            .lines(most)
            .iter()
            .map(|line| match line {
                Line::Row(row) => row.index.to_string(),
                Line::Elided(steps, _) => format!("…{steps}"),
            })
            .collect::<Vec<_>>();
        assert_eq!(told.join(" "), expected, "{most} lines");
    }

    #[test]
    fn what_matters_least_makes_room_and_is_counted() {
        let mut table = table(&[(2, 5), (3, 1), (6, 3)], 8);
        check(&table, 9, "…2 2 3 …2 6 …1");
        check(&table, 5, "…2 2 …3 6 …1");
        check(&table, 4, "…2 2 …5");
        check(&table, 1, "…8");
        check(&table, 0, "");
        table.left_out = 90;
        check(&table, 4, "…92 2 …5");
    }

    #[test]
    fn an_elision_says_how_long_it_was() {
        let table = table(&[(2, 5), (6, 3)], 7);
        assert_eq!(table.lines(9)[2], Line::Elided(3, Some(40)));
    }
}
