//! A story as Markdown, for the summary of a job or an issue.
//!
//! Only draws. What comes of the program stands in `<code>` or `<pre>`, with everything as a character reference that Markdown, its tables,
//! HTML or GitHub (mentions, links, formulas) would make something of: references cannot form markup (CommonMark, 2.5), and mentions are not
//! looked for in code.
//!
//! Invariant: text of the program is never markup, and is never at the beginning of a line.

use std::fmt::Write as _;

use crate::record::Undone;
use crate::story::clock::moment;
use crate::story::places::Place;
use crate::story::table::{Line, Mark, Row, Table};
use crate::story::text::visible;
use crate::story::{Operation, Story, verdict_word};

/// Lines of the table at most.
const TABLE_MAX: usize = 20;
/// Characters of one text at most.
const TEXT_MAX: usize = 2_000;

/// Draws a story.
#[must_use]
pub fn markdown(story: &Story) -> String {
    let mut text = String::new();
    headline(&mut text, story);
    pair(&mut text, story);
    table(&mut text, &story.table);
    commands(&mut text, story);
    details(&mut text, "Decisions", &decisions(story));
    details(&mut text, "Panics and ends", &[panics(story), ends(story)].concat());
    output(&mut text, story);
    text
}

fn put(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}

fn headline(text: &mut String, story: &Story) {
    let headline = &story.headline;
    let signature = headline.signature.as_ref().map_or(String::new(), |of| format!(": {}", code(of)));
    put(text, &format!("### {} {}{signature}\n", verdict_word(headline.verdict), code(&headline.program)));
    for detail in &headline.detail {
        put(text, &format!("> {}  ", code(detail)));
    }
    if !headline.detail.is_empty() {
        put(text, "");
    }
}

fn pair(text: &mut String, story: &Story) {
    let Some(critical) = story.critical() else { return };
    let operation =
        |name: &str, of: &Operation| format!("**{name}**: {} in {}  ", code(&of.name), chain(&of.places));
    put(text, &operation("A", &critical.first));
    put(text, &operation("B", &critical.second));
    put(text, &format!("A came before B; {}.\n", critical.otherwise()));
}

fn chain(places: &[Place]) -> String {
    let place = |place: &Place| format!("{} {}", code(&place.function), code(&place.brief()));
    places.iter().map(place).collect::<Vec<_>>().join(" ← ")
}

fn table(text: &mut String, table: &Table) {
    if table.rows.is_empty() || table.columns.is_empty() {
        return;
    }
    let names = table.columns.iter().map(|column| {
        let place = column.place.as_ref().map_or(String::new(), |place| format!(" ({})", code(place)));
        format!(" {}{place} |", code(&column.name))
    });
    put(text, &format!("| time |{}", names.collect::<String>()));
    put(text, &format!("|--:|{}", "---|".repeat(table.columns.len())));
    for line in table.lines(TABLE_MAX) {
        let (time, column, cell) = match line {
            Line::Row(row) => {
                // No thread did it.
                let of_run = if row.column.is_none() { "*run:* " } else { "" };
                (row.at_ns.map_or(String::new(), moment), row.column, format!("{of_run}{}", told(row)))
            }
            Line::Elided(..) => {
                (String::from("…"), None, format!("*{}*", line.elision().unwrap_or_default()))
            }
        };
        let cells = (0..table.columns.len()).map(|at| match at == column.unwrap_or(0) {
            true => format!(" {cell} |"),
            false => String::from("  |"),
        });
        put(text, &format!("| {time} |{}", cells.collect::<String>()));
    }
    put(text, "");
}

fn told(row: &Row) -> String {
    let mark = match row.mark {
        Mark::First => String::from("**A**"),
        Mark::Second => String::from("**B**"),
        Mark::Decision(number) => format!("**◆{number}**"),
        Mark::Wrong => String::from("**✗**"),
        Mark::Step => String::new(),
    };
    let who = row.who.as_ref().map_or(String::new(), |who| code(who));
    let place = row.place.as_ref().map(|place| format!("{} {}", code(&place.function), code(&place.brief())));
    let parts = [mark, who, code(&row.what), place.unwrap_or_default()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn commands(text: &mut String, story: &Story) {
    put(text, &format!("{}.\n", story.figures));
    let debug = story.commands.debug.as_deref().unwrap_or_default();
    let lines: Vec<&str> =
        [story.commands.replay.as_str(), debug].into_iter().filter(|line| !line.is_empty()).collect();
    if !lines.is_empty() {
        put(
            text,
            &format!(
                "<pre>{}</pre>\n",
                lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n")
            ),
        );
    }
    if let Some(beside) = &story.beside {
        put(text, &format!("{} it {}.\n", code(&beside.how), code(&beside.outcome)));
    }
}

fn decisions(story: &Story) -> Vec<String> {
    let told = |decision: &crate::story::Decided| {
        let place = decision
            .place
            .as_ref()
            .map_or(String::new(), |place| format!(" at {}", chain(std::slice::from_ref(place))));
        let undone = match &decision.undone {
            Some(Undone::Passes) => String::from("; without it the run passes"),
            Some(Undone::FailsAlike) => String::from("; without it the run fails just so"),
            Some(Undone::FailsWith(signature)) => format!("; without it: {}", code(signature)),
            None => String::new(),
        };
        format!("step {}: {}{place}{undone}", decision.step, code(&decision.what))
    };
    let mut lines: Vec<String> = story.decisions.iter().map(told).collect();
    if story.decisions_count > lines.len() {
        lines.push(format!("and {} more", story.decisions_count - lines.len()));
    }
    lines
}

fn panics(story: &Story) -> Vec<String> {
    let told = |panic: &crate::story::Panicked| {
        format!("{} panicked: {} at {}", code(&panic.thread), code(&panic.message), code(&panic.place))
    };
    story.panics.iter().map(told).collect()
}

fn ends(story: &Story) -> Vec<String> {
    let told = |end: &crate::story::Ended| {
        let on = end.on.as_ref().map_or(String::new(), |on| format!(" for {}", code(on)));
        format!("{} {}{on} at {}", code(&end.thread), code(&end.what), chain(&end.places))
    };
    story.ends.iter().map(told).collect()
}

/// Something to unfold.
fn details(text: &mut String, name: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    put(text, &format!("<details><summary>{name}: {}</summary>\n", lines.len()));
    lines.iter().enumerate().for_each(|(at, line)| put(text, &format!("{}. {line}", at + 1)));
    put(text, "\n</details>\n");
}

fn output(text: &mut String, story: &Story) {
    let output = &story.output;
    if output.lines.is_empty() {
        return;
    }
    put(text, "<details><summary>What the program wrote</summary>\n");
    let mut lines: Vec<String> =
        output.lines.iter().map(|(fd, line)| format!("{fd}| {}", escaped(line))).collect();
    if output.before > 0 {
        lines.insert(0, format!("{} lines, and then", output.before));
    }
    put(text, &format!("<pre>{}</pre>\n\n</details>\n", lines.join("\n")));
}

/// Text of the program, or of anybody else, as code in which nothing is markup.
#[must_use]
pub fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<code>{}</code>", escaped(text)) }
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let text = visible(text);
    let mut escaped = String::new();
    for (nth, (at, c)) in text.char_indices().enumerate() {
        if nth == TEXT_MAX {
            escaped.push('…');
            break;
        }
        let ends_scheme = c == ':' && text[at + 1..].starts_with('/');
        let ends_www = c == '.' && text[..at].to_ascii_lowercase().ends_with("www");
        if ends_scheme || ends_www || "&<>\"'`*_[]|\\~#@!$".contains(c) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "&#{};", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_the_program_says_is_markup() {
        let check = |text, expected: &str| assert_eq!(code(text), format!("<code>{expected}</code>"));
        check("a|b", "a&#124;b");
        check("`*_[x](y)", "&#96;&#42;&#95;&#91;x&#93;(y)");
        check("</code><script>", "&#60;/code&#62;&#60;script&#62;");
        check("http://a www.b @c #1 A::b", "http&#58;//a www&#46;b &#64;c &#35;1 A::b");
        check("a\n- b", "a&#92;n- b");
    }
}
