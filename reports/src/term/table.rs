//! The interleaving on a terminal: time, and a column for each thread.
//!
//! What a thread did begins in its column and may go on over the columns to its right, which are empty in its row. Of what is too long,
//! the file goes first. Invariant: a row is one line.

use anstyle::Style;
use unicode_width::UnicodeWidthStr as _;

use super::WIDTH;
use super::line::{self, Line, Painter};
use crate::story::Story;
use crate::story::clock::moment;
use crate::story::table::{self, Mark, Row, Table};

/// Columns for the time.
const TIME: usize = 12;

/// The table in at most so many lines besides its head.
pub(super) fn table(story: &Story, most: usize, painter: Painter) -> Vec<String> {
    let table = &story.table;
    if table.rows.is_empty() || most == 0 {
        return Vec::new();
    }
    let begins = begins(table, painter);
    let mut lines = vec![head(table, &begins, painter)];
    for line in table.lines(most) {
        lines.push(match line {
            table::Line::Row(row) => told(row, &begins, painter),
            table::Line::Elided(..) => elided(&begins, &line.elision().unwrap_or_default(), painter),
        });
    }
    lines
}

/// Where the columns begin, their bars included. What does not fit into a column goes on over those to its right, so that the last one needs
/// the most room.
fn begins(table: &Table, painter: Painter) -> Vec<usize> {
    let count = table.columns.len();
    let share = (WIDTH - TIME) / count.max(1);
    let (mut begins, mut at) = (Vec::new(), TIME);
    for (number, column) in table.columns.iter().enumerate() {
        begins.push(at);
        let cells = table.rows.iter().filter(|row| row.column == Some(number));
        let longest =
            cells.map(|row| cell(row, usize::MAX, painter).iter().map(|(_, text)| text.width()).sum()).max();
        let name = painter.data(&column.name).width();
        at += longest.unwrap_or(0).max(name).saturating_add(2).clamp(8, share - share / 4);
    }
    begins
}

fn head(table: &Table, begins: &[usize], painter: Painter) -> String {
    let mut line = Line::new(painter);
    line.faint(&format!("{:>1$}", "time", TIME - 1)).to(TIME);
    for (number, column) in table.columns.iter().enumerate() {
        let end = begins.get(number + 1).copied().unwrap_or(WIDTH);
        line.to(begins[number]).faint(painter.bar());
        let room = end.saturating_sub(line.width() + 1);
        let name = painter.cut(&painter.data(&column.name), room);
        // A process that is named by its program says so itself.
        let place = column.place.as_ref().filter(|place| !column.name.starts_with(place.as_str()));
        let place = place.map_or(String::new(), |place| format!(" {}", painter.data(place)));
        let rest = painter.cut(&place, room.saturating_sub(name.width()));
        line.styled(line::STRONG, &name).faint(&rest);
    }
    line.done()
}

fn told(row: &Row, begins: &[usize], painter: Painter) -> String {
    let mut line = Line::new(painter);
    let time = row.at_ns.map_or(String::new(), |at_ns| painter.data(&moment(at_ns)));
    line.faint(&format!("{time:>0$}", TIME - 1)).to(TIME);
    match row.column {
        Some(column) => begins.iter().take(column + 1).for_each(|begin| {
            line.to(*begin).faint(painter.bar());
        }),
        // No thread did it: it stands across all columns.
        None => drop(line.faint(painter.across())),
    }
    let room = WIDTH.saturating_sub(line.width());
    for (style, text) in cell(row, room, painter) {
        line.styled(style, &text);
    }
    if let Some(column) = row.column {
        bars(&mut line, begins, column + 1, painter);
    }
    line.done()
}

/// The bars of the columns that nothing stands in.
fn bars(line: &mut Line, begins: &[usize], from: usize, painter: Painter) {
    for begin in begins.iter().skip(from) {
        if line.width() < *begin {
            line.to(*begin).faint(painter.bar());
        }
    }
}

/// What stands in a row, in parts.
fn cell(row: &Row, room: usize, painter: Painter) -> Vec<(Style, String)> {
    let (style, mark) = match row.mark {
        Mark::First => (line::FIRST, painter.first().to_owned()),
        Mark::Second => (line::SECOND, painter.second().to_owned()),
        Mark::Decision(number) => (line::DECISION, painter.decision(number)),
        Mark::Wrong => (line::BAD, painter.wrong().to_owned()),
        Mark::Step => (Style::new(), String::new()),
    };
    let mut parts = vec![(style, mark)];
    if let Some(who) = &row.who {
        parts.push((line::STRONG, painter.data(who)));
    }
    parts.push((Style::new(), painter.data(&row.what)));
    parts.retain(|(_, text)| !text.is_empty());
    let words = parts.len();
    parts.iter_mut().take(words.saturating_sub(1)).for_each(|(_, text)| text.push(' '));
    let width: usize = parts.iter().map(|(_, text)| text.width()).sum();
    let place = fitting(row, room.saturating_sub(width), painter);
    let is_operation = matches!(row.mark, Mark::First | Mark::Second);
    parts.push((if is_operation { Style::new() } else { line::FAINT }, place));
    parts
}

/// Where it happened, as much of it as there is room for.
fn fitting(row: &Row, room: usize, painter: Painter) -> String {
    let Some(place) = &row.place else { return String::new() };
    let function = painter.data(&place.function);
    let brief = painter.data(&place.brief());
    let name = function.rsplit("::").next().unwrap_or_default();
    let ways =
        [format!(" {function} {brief}"), format!(" {name} {brief}"), format!(" {name}"), format!(" {brief}")];
    ways.into_iter().find(|way| way.width() <= room).unwrap_or_default()
}

fn elided(begins: &[usize], words: &str, painter: Painter) -> String {
    let mut line = Line::new(painter);
    line.faint(&format!("{:>1$}", painter.ellipsis(), TIME - 1)).to(TIME);
    line.faint(&format!("{} {words} ", painter.bar()));
    bars(&mut line, begins, 1, painter);
    line.done()
}
