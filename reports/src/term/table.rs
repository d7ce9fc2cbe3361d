//! The interleaving on a terminal: time, and a column for each thread.
//!
//! What a thread did begins in its column and may go on over the columns to its right, which are empty in its row. Of what is too long,
//! the file goes first. Invariant: a row is one line.

use unicode_width::UnicodeWidthStr;

use super::WIDTH;
use super::line::{self, Line, Painter};
use crate::story::Story;
use crate::story::clock::duration;
use crate::story::table::{self, Mark, Row, Table};

/// Columns for the time.
const TIME: usize = 11;

/// The table in at most so many lines besides its head.
pub(super) fn table(story: &Story, most: usize, painter: Painter) -> Vec<String> {
    let table = &story.table;
    if table.rows.is_empty() || most == 0 {
        return Vec::new();
    }
    let mut lines = vec![head(table, painter)];
    for line in table.lines(most) {
        lines.push(match line {
            table::Line::Row(row) => told(table, row, painter),
            table::Line::Elided(steps, ns) => elided(table, steps, ns, painter),
        });
    }
    lines
}

/// Where a column begins, its bar included.
fn begin(table: &Table, column: usize) -> usize {
    TIME + (WIDTH - TIME) * column / table.columns.len().max(1)
}

fn head(table: &Table, painter: Painter) -> String {
    let mut line = Line::new(painter);
    let unit = painter.unit(table.clock.unit());
    line.faint(&format!("{:>1$}", format!("time {unit}"), TIME - 1)).to(TIME);
    for (number, column) in table.columns.iter().enumerate() {
        let end = begin(table, number + 1);
        line.to(begin(table, number)).faint(painter.bar());
        let room = end.saturating_sub(line.width() + 1);
        let place = column.place.as_ref().map_or(String::new(), |place| format!(" {place}"));
        let name = painter.cut(&painter.data(&column.name), room);
        let rest = painter.cut(&painter.data(&place), room.saturating_sub(name.width()));
        line.styled(line::STRONG, &name).faint(&rest);
    }
    line.done()
}

fn told(table: &Table, row: &Row, painter: Painter) -> String {
    let mut line = Line::new(painter);
    let time = row.at_ns.map_or(String::new(), |at_ns| table.clock.at(at_ns));
    line.faint(&format!("{time:>0$}", TIME - 1)).to(TIME);
    for column in 0..=row.column {
        line.to(begin(table, column)).faint(painter.bar());
    }
    let (style, mark) = match row.mark {
        Mark::First => (line::FIRST, painter.first().to_owned()),
        Mark::Second => (line::SECOND, painter.second().to_owned()),
        Mark::Decision(number) => (line::DECISION, painter.decision(number)),
        Mark::Wrong => (line::BAD, painter.wrong().to_owned()),
        Mark::Step => (line::STRONG, String::new()),
    };
    if !mark.is_empty() {
        line.styled(style, &mark).text(" ");
    }
    if let Some(who) = &row.who {
        line.styled(line::STRONG, who).text(" ");
    }
    let room = WIDTH.saturating_sub(line.width());
    let (what, place) = fitting(row, room, painter);
    line.text(&what).faint(&place);
    for column in row.column + 1..table.columns.len() {
        let at = begin(table, column);
        if line.width() < at {
            line.to(at).faint(painter.bar());
        }
    }
    line.done()
}

/// What happened and where, as much of it as there is room for.
fn fitting(row: &Row, room: usize, painter: Painter) -> (String, String) {
    let what = painter.data(&row.what);
    let Some(place) = &row.place else { return (what, String::new()) };
    let function = painter.data(&place.function);
    let brief = painter.data(&place.brief());
    let is_operation = matches!(row.mark, Mark::First | Mark::Second);
    if is_operation {
        return (function, format!(" {brief}"));
    }
    let name = function.rsplit("::").next().unwrap_or_default();
    let ways =
        [format!(" {function} {brief}"), format!(" {name} {brief}"), format!(" {brief}"), format!(" {name}")];
    let fits = |way: &String| what.width() + way.width() <= room;
    (what.clone(), ways.into_iter().find(fits).unwrap_or_default())
}

fn elided(table: &Table, steps: u64, ns: Option<u64>, painter: Painter) -> String {
    let mut line = Line::new(painter);
    let unit = if steps == 1 { "step" } else { "steps" };
    // What is short is seen from the times around it.
    let time = ns.filter(|ns| *ns >= 1_000_000).map_or(String::new(), |ns| format!(", {}", duration(ns)));
    line.to(TIME).faint(&format!("{} {} {steps} {unit}{time} ", painter.cross(), painter.ellipsis()));
    for column in 1..table.columns.len() {
        let at = begin(table, column);
        if line.width() <= at {
            line.to(at).faint(painter.bar());
        }
    }
    line.done()
}
