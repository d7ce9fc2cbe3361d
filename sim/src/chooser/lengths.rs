//! How many scheduling points each thread of a program passes, as one run has shown it.
//!
//! Knows a thread by its place: which child of which thread, in the order in which they were created, since numbers of threads differ
//! from schedule to schedule. Invariant: a row's parent stands above it; written and read back it is the same.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::event::{Event, Stamp};
use crate::thread::ThreadId;

/// Threads that are told apart: those created later count for nothing.
const ROWS: usize = 32;

/// The lengths of a program's threads, or of what is counted in them; empty if nobody has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Lengths {
    count: u8,
    points: [u32; ROWS],
    parents: [u8; ROWS],
}

/// A thread's length and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The points it passes.
    pub points: u64,
    /// The row of the thread that creates it; its own for the first.
    pub parent: usize,
}

impl Lengths {
    /// Nobody has looked.
    pub const EMPTY: Self = Self { count: 0, points: [0; ROWS], parents: [0; ROWS] };

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rows().map(|row| row.points).sum()
    }

    /// The rows, each below its parent's.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = Row> + ExactSizeIterator {
        (0..usize::from(self.count))
            .map(|row| Row { points: u64::from(self.points[row]), parent: usize::from(self.parents[row]) })
    }

    /// Whether nobody has looked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How much each thread has in all of these, which are of the same threads.
    pub(super) fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut parts = parts.into_iter();
        let mut sum = parts.next().unwrap_or(Self::EMPTY);
        for part in parts {
            part.rows().enumerate().for_each(|(row, Row { points, .. })| sum.add(row, points));
        }
        sum
    }

    fn push(&mut self, points: u32, parent: usize) -> Option<usize> {
        let row = usize::from(self.count);
        if row == ROWS {
            return None;
        }
        self.points[row] = points;
        self.parents[row] = u8::try_from(parent).expect("a row above this one");
        self.count += 1;
        Some(row)
    }

    fn add(&mut self, row: usize, points: u64) {
        let points = u32::try_from(points).unwrap_or(u32::MAX);
        self.points[row] = self.points[row].saturating_add(points);
    }
}

/// Who created whom.
pub(super) struct Family {
    /// A row for each thread that has one, with nothing counted.
    none: Lengths,
    /// By thread: its row.
    rows: Vec<Option<usize>>,
}

impl Family {
    /// The threads of a run of these events.
    pub(super) fn of(events: &[(Stamp, Event)]) -> Self {
        let mut none = Lengths::EMPTY;
        let mut rows = vec![none.push(0, 0)];
        for (stamp, event) in events {
            if let Event::Spawned { child } = event {
                let parent = rows.get(stamp.thread.index()).copied().flatten();
                rows.resize(rows.len().max(child.index() + 1), None);
                rows[child.index()] = parent.and_then(|parent| none.push(0, parent));
            }
        }
        Self { none, rows }
    }

    /// How many points each thread passes in the whole run of so many that has these events.
    pub(super) fn lengths(&self, events: &[(Stamp, Event)], points: u64) -> Lengths {
        let mut turns = Vec::new();
        let (mut running, mut since_step) = (ThreadId::MAIN, 0);
        for (stamp, event) in events {
            if let Event::Switched { to, .. } = event {
                turns.push((running, stamp.step.saturating_sub(since_step)));
                (running, since_step) = (*to, stamp.step);
            }
        }
        turns.push((running, points.saturating_sub(since_step)));
        self.counts(turns)
    }

    /// How much each thread has, summed over these parts.
    pub(super) fn counts(&self, parts: impl IntoIterator<Item = (ThreadId, u64)>) -> Lengths {
        let mut lengths = self.none;
        for (thread, count) in parts {
            if let Some(Some(row)) = self.rows.get(thread.index()) {
                lengths.add(*row, count);
            }
        }
        lengths
    }
}

impl Default for Lengths {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Display for Lengths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, row) in self.rows().enumerate() {
            match index {
                0 => write!(f, "{}", row.points)?,
                _ => write!(f, ",{}@{}", row.points, row.parent)?,
            }
        }
        Ok(())
    }
}

impl FromStr for Lengths {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut lengths = Self::EMPTY;
        let refused = || {
            format!(
                "no lengths {text:?}: the first thread's points, and for up to {} more POINTS@PARENT",
                ROWS - 1
            )
        };
        for (index, word) in text.split(',').enumerate().filter(|_| !text.is_empty()) {
            let (points, parent) = match (index, word.split_once('@')) {
                (0, None) => (word, "0"),
                (1.., Some(both)) => both,
                _ => return Err(refused()),
            };
            let points = points.parse().map_err(|_| refused())?;
            let parent: usize = parent.parse().map_err(|_| refused())?;
            if parent >= index.max(1) {
                return Err(refused());
            }
            lengths.push(points, parent).ok_or_else(refused)?;
        }
        Ok(lengths)
    }
}

impl From<Lengths> for String {
    fn from(lengths: Lengths) -> Self {
        lengths.to_string()
    }
}

impl TryFrom<String> for Lengths {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Why;

    #[test]
    fn the_events_of_a_run_show_the_lengths_of_its_threads() {
        let stamp = |step, thread| Stamp { step, at_ns: 10 * step, thread: ThreadId(thread) };
        let spawned = |step, thread, child| (stamp(step, thread), Event::Spawned { child: ThreadId(child) });
        let switched =
            |step, thread, to| (stamp(step, thread), Event::Switched { to: ThreadId(to), why: Why::Blocked });
        let events = [
            spawned(5, 0, 1),
            spawned(7, 0, 2),
            switched(10, 0, 2),
            spawned(12, 2, 3),
            switched(16, 2, 1),
            switched(18, 1, 3),
            switched(25, 3, 0),
        ];
        assert_eq!(Family::of(&events).lengths(&events, 40).to_string(), "25,2@0,6@0,7@2");
        assert_eq!(Family::of(&[]).lengths(&[], 40).to_string(), "40");
    }

    #[test]
    fn more_threads_than_rows_count_for_nothing() {
        let spawned = |child| {
            (
                Stamp { step: 1, at_ns: 0, thread: ThreadId(child - 1) },
                Event::Spawned { child: ThreadId(child) },
            )
        };
        let events: Vec<_> = (1..100).map(spawned).collect();
        let lengths = Family::of(&events).lengths(&events, 40);
        assert_eq!(lengths.rows().len(), ROWS);
        assert_eq!(lengths.to_string().parse(), Ok(lengths));
    }

    #[test]
    fn lengths_read_back_and_what_is_none_is_refused() {
        for text in ["", "0", "7,2@0", "4294967295,0@0,9@1,9@0"] {
            assert_eq!(text.parse::<Lengths>().unwrap().to_string(), text);
        }
        let many = format!("1{}", ",1@0".repeat(ROWS));
        for text in ["x", "1@0", "1,2", "1,2@1", "1,2@0,", "4294967296", "1,-1@0", many.as_str()] {
            assert!(text.parse::<Lengths>().is_err(), "{text:?} was taken for lengths");
        }
    }
}
