//! A story as a Mermaid sequence diagram, for an issue.
//!
//! Only draws: threads are participants, spawns, wakes and messages arrows between them, everything else notes. What comes of the program is
//! escaped with Mermaid's entity codes (`#35;`); identifiers are ours. Mermaid ends a statement at `;` and takes the word `end`
//! for the end of a block, so neither is left of the program's text.
//!
//! Invariant: text of the program cannot end a statement, and a diagram has at most [`LINES_MAX`] rows.

use std::fmt::Write as _;

use crate::story::clock::moment;
use crate::story::table::{Column, Line, Mark, Row, Table};
use crate::story::text::visible;
use crate::story::{Story, verdict_word};

/// Rows of a diagram at most.
pub const LINES_MAX: usize = 20;
/// Characters of one text at most: what is longer makes the diagram too wide.
const TEXT_MAX: usize = 60;

/// Draws a story.
#[must_use]
pub fn mermaid(story: &Story) -> String {
    let mut text = String::from("sequenceDiagram\n");
    let headline = &story.headline;
    let signature = headline.signature.as_ref().map_or(String::new(), |of| format!("#58; {}", escaped(of)));
    let title = format!("{} {}{signature}", verdict_word(headline.verdict), escaped(&headline.program));
    put(&mut text, &format!("title {title}"));
    let table = &story.table;
    for (at, column) in table.columns.iter().enumerate() {
        put(&mut text, &format!("participant c{at} as {}", participant(column)));
    }
    if table.columns.is_empty() {
        put(&mut text, "participant c0 as the run");
    }
    for line in table.lines(LINES_MAX) {
        match line {
            Line::Row(row) => put(&mut text, &told(table, row)),
            Line::Elided(..) => {
                put(
                    &mut text,
                    &format!("Note over {}: … {}", all(table), line.elision().unwrap_or_default()),
                );
            }
        }
    }
    if let Some(critical) = story.critical() {
        put(&mut text, &format!("Note over {}: A came before B, {}", all(table), critical.otherwise()));
    }
    text
}

fn put(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  {line}");
}

fn participant(column: &Column) -> String {
    let place = column.place.as_ref().map_or(String::new(), |place| format!(" ({})", escaped(place)));
    let name = escaped(&column.name);
    let name = if name.trim().is_empty() { String::from("#63;") } else { name };
    format!("{name}{place}")
}

/// From the first participant to the last.
fn all(table: &Table) -> String {
    match table.columns.len() {
        0 | 1 => String::from("c0"),
        columns => format!("c0,c{}", columns - 1),
    }
}

fn told(table: &Table, row: &Row) -> String {
    let mark = match row.mark {
        Mark::First => String::from("A"),
        Mark::Second => String::from("B"),
        Mark::Decision(number) => format!("◆{number}"),
        Mark::Wrong => String::from("✗"),
        Mark::Step => String::new(),
    };
    let place = row.place.as_ref();
    let place = place.map(|place| format!("{} {}", escaped(&place.function), escaped(&place.brief())));
    let time = row.at_ns.map(|at_ns| format!("({})", moment(at_ns)));
    let parts = [Some(mark), row.who.as_deref().map(escaped), Some(escaped(&row.what)), place, time];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    let what = parts.collect::<Vec<_>>().join(" ");
    let Some(column) = row.column else { return format!("Note over {}: {what}", all(table)) };
    let to = row.to.and_then(|to| table.columns.iter().position(|column| column.threads.contains(&to)));
    match to.filter(|to| *to != column) {
        Some(to) => format!("c{column}->>c{to}: {what}"),
        None => format!("Note over c{column}: {what}"),
    }
}

/// Text in which Mermaid sees nothing but text.
fn escaped(text: &str) -> String {
    let mut text = visible(text);
    if let Some((end, _)) = text.char_indices().nth(TEXT_MAX) {
        text.truncate(end);
        text.push('…');
    }
    let mut escaped = String::new();
    for (at, c) in text.char_indices() {
        let is_word = !text[..at].ends_with(char::is_alphanumeric);
        let is_end = is_word && text[at..].get(..3).is_some_and(|word| word.eq_ignore_ascii_case("end"));
        let is_plain = c.is_alphanumeric() || " ./(),=-…".contains(c);
        // Two of these are an arrow or a comment.
        let is_double = c == '-' && text[at + 1..].starts_with('-');
        if is_plain && !is_end && !is_double {
            escaped.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_the_program_says_is_a_statement() {
        let check = |text: &str, expected: &str| assert_eq!(escaped(text), expected, "{text}");
        check("io #2", "io #35;2");
        check("a; end\nb", "a#59; #101;nd#92;nb");
        check("a-->>b: %% x", "a#45;-#62;#62;b#58; #37;#37; x");
        check("<script>", "#60;script#62;");
        check(&"x".repeat(70), &format!("{}…", "x".repeat(60)));
    }

    #[test]
    fn a_run_without_steps_is_a_diagram_all_the_same() {
        let text = mermaid(&Story::default());
        assert_eq!(text, "sequenceDiagram\n  title INCONCLUSIVE \n  participant c0 as the run\n");
    }
}
