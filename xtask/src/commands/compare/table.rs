//! A subject's rows as an aligned table, with a star at the best of each column.
//!
//! Does not measure. Invariant: the table of equal rows is equal; a simulator that cannot says why, in its own line.

use super::figures::{Measured, Outcome, Row, Why};

/// The heads of the columns.
const HEADS: [&str; 5] = ["simulator", "found", "runs to first", "time to first", "per run"];

/// One cell, and how it compares: less is better.
struct Cell {
    text: String,
    rank: Option<u64>,
}

/// Draws the rows of one subject. `missed` says why a simulator that was run may have found nothing.
#[must_use]
pub(super) fn draw(subject: &str, rows: &[Row], missed: &dyn Fn(&Row) -> Option<String>) -> String {
    let cells: Vec<Option<[Cell; 4]>> = rows.iter().map(|row| cells(&row.outcome)).collect();
    let best: Vec<Option<u64>> =
        (0..4).map(|column| cells.iter().flatten().filter_map(|cells| cells[column].rank).min()).collect();
    let texts: Vec<[String; 5]> = rows
        .iter()
        .zip(&cells)
        .map(|(row, cells)| {
            let marked = |column: usize| match cells {
                Some(cells) => mark(&cells[column], best[column]),
                None => String::new(),
            };
            [row.simulator.clone(), marked(0), marked(1), marked(2), marked(3)]
        })
        .collect();
    let heads = HEADS.map(String::from);
    let width = |column: usize| {
        texts.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut lines = vec![subject.to_owned(), line(&heads, &widths)];
    for (index, (row, text)) in rows.iter().zip(&texts).enumerate() {
        match &row.outcome {
            Outcome::Ran(_) => {
                let why = missed(row).map(|why| format!("   {why}")).unwrap_or_default();
                lines.push(line(text, &widths) + &why);
            }
            Outcome::Cannot(_) if index > 0 && cannot_alike(&rows[index - 1], row) => {}
            Outcome::Cannot(Why { cannot, reference }) => {
                let is_first = rows.get(index + 1).is_some_and(|next| cannot_alike(row, next));
                let name = if is_first { make(row) } else { &row.simulator };
                lines.push(format!("  {name:<0$}  not run: {cannot} [{reference}]", widths[0]));
            }
        }
    }
    lines.join("\n")
}

/// Whether two ways of one simulator cannot for the same reason: they have one line.
fn cannot_alike(one: &Row, other: &Row) -> bool {
    matches!(one.outcome, Outcome::Cannot(_)) && one.outcome == other.outcome && make(one) == make(other)
}

/// The simulator's name without its way.
fn make(row: &Row) -> &str {
    row.simulator.split(' ').next().unwrap_or_default()
}

fn cells(outcome: &Outcome) -> Option<[Cell; 4]> {
    let Outcome::Ran(measured) = outcome else { return None };
    let Measured { cap, first, .. } = measured;
    let missed = u64::try_from(first.len() - measured.found()).ok();
    let found = Cell {
        text: format!("{} of {}", measured.found(), first.len()),
        // Whoever was given fewer ranges is not better for it.
        rank: missed.filter(|_| measured.found() > 0),
    };
    let runs = measured.runs_median();
    let runs = Cell { text: runs.map_or_else(|| format!("> {cap}"), |runs| runs.to_string()), rank: runs };
    let spent = measured.spent_median_ns();
    let spent = Cell { text: spent.map_or_else(|| String::from("-"), time), rank: spent };
    let run = measured.run_ns();
    Some([found, runs, spent, Cell { text: time(run), rank: Some(run) }])
}

/// What is best has a star; what is not, a blank in its place.
fn mark(cell: &Cell, best: Option<u64>) -> String {
    let star = if cell.rank.is_some() && cell.rank == best { '*' } else { ' ' };
    format!("{}{star}", cell.text)
}

/// The first column from the left, the figures from the right.
fn line(texts: &[String; 5], widths: &[usize]) -> String {
    let mut line = format!("  {:<1$}", texts[0], widths[0]);
    for (text, width) in texts.iter().zip(widths).skip(1) {
        line.push_str(&format!("  {text:>width$}"));
    }
    line.trim_end().to_owned()
}

/// A time in three digits and a unit.
#[must_use]
pub(crate) fn time(ns: u64) -> String {
    let units = [("ns", 1), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];
    let (unit, in_ns) = units.into_iter().rev().find(|(_, in_ns)| ns >= *in_ns).unwrap_or(units[0]);
    let (whole, rest) = (ns / in_ns, ns % in_ns);
    match whole {
        _ if in_ns == 1 || whole >= 100 => format!("{whole} {unit}"),
        10..100 => format!("{whole}.{} {unit}", rest * 10 / in_ns),
        _ => format!("{whole}.{:02} {unit}", rest * 100 / in_ns),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        for (ns, shown) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_999, "999 µs"),
            (1_050_000, "1.05 ms"),
            (61_000_000_000, "61.0 s"),
            (3_600_000_000_000, "3600 s"),
        ] {
            assert_eq!(time(ns), shown);
        }
    }

    fn row(simulator: &str, outcome: Outcome) -> Row {
        Row { subject: "kernels/ab-ba".to_owned(), simulator: simulator.to_owned(), outcome }
    }

    fn ran(first: &[Option<u64>], spent_ns: &[u64]) -> Outcome {
        let runs = first.iter().map(|runs| runs.unwrap_or(100)).sum();
        Outcome::Ran(Measured { cap: 100, first: first.to_vec(), spent_ns: spent_ns.to_vec(), runs })
    }

    #[test]
    fn ways_of_one_simulator_that_cannot_for_one_reason_have_one_line() {
        let cannot = |reason: &str| {
            Outcome::Cannot(Why { cannot: reason.to_owned(), reference: "its README".to_owned() })
        };
        let rows = [
            row("shuttle random", cannot("no time")),
            row("shuttle URW", cannot("no time")),
            row("shuttle PCT 2", cannot("no sockets")),
            row("loom", cannot("no sockets")),
        ];
        let drawn = draw("a/b", &rows, &|_| None);
        let lines: Vec<&str> = drawn.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "  shuttle         not run: no time [its README]",
                "  shuttle PCT 2   not run: no sockets [its README]",
                "  loom            not run: no sockets [its README]",
            ]
        );
    }

    #[test]
    fn rows_are_aligned_and_the_best_of_each_column_is_marked() {
        let why = Why { cannot: "it has no threads".to_owned(), reference: "its README".to_owned() };
        let rows = [
            row("photofinish", ran(&[Some(7), Some(2), Some(90)], &[700_000, 200_000, 9_000_000])),
            row("shuttle random", ran(&[Some(3), None, Some(4)], &[40_000, 1_200_000, 41_000])),
            row("plain threads", ran(&[None, None, None], &[9_000_000, 9_100_000, 8_900_000])),
            row("turmoil", Outcome::Cannot(why)),
        ];
        let missed = |row: &Row| (row.simulator == "plain threads").then(|| String::from("luck"));
        insta::assert_snapshot!(draw("kernels/ab-ba: two locks", &rows, &missed), @r"
        kernels/ab-ba: two locks
          simulator         found  runs to first  time to first   per run
          photofinish     3 of 3*             7         700 µs    100 µs
          shuttle random  2 of 3              4*       41.0 µs*  11.9 µs*
          plain threads   0 of 3          > 100              -   90.0 µs   luck
          turmoil         not run: it has no threads [its README]
        ");
    }
}
