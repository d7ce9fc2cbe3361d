//! A story on a terminal: a screen of text that says what happened.
//!
//! Only draws. Does not ask what terminal it is: who calls says whether it has colours, and what it can show. What the program wrote
//! is shown as data. A command too long for a line is broken with a backslash, so that it can be copied as it stands.
//!
//! Invariant: a story has at most [`LINES_MAX`] lines, none wider than [`WIDTH`] columns, and no control character but those that end
//! lines and its own colours.

mod line;
mod table;

use std::fmt::Write as _;

pub use line::{Charset, Colour};
use line::{Line, Painter};
use unicode_width::UnicodeWidthStr as _;

use crate::record::{BY_SEED, Undone, Verdict};
use crate::story::clock::moment;
use crate::story::places::Place;
use crate::story::text::count;
use crate::story::{Operation, Story, verdict_word};

/// Lines of a story at most.
pub const LINES_MAX: usize = 30;
/// Columns of a line at most.
pub const WIDTH: usize = 80;

/// How a terminal is drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Whether it has colours.
    pub colour: Colour,
    /// What it can show.
    pub charset: Charset,
}

/// Lines of detail, output, ends, panics and decisions at most, and of a command.
const DETAIL_MAX: usize = 6;
const OUTPUT_MAX: usize = 3;
const ENDS_MAX: usize = 4;
const PANICS_MAX: usize = 2;
const DECISIONS_MAX: usize = 3;
const COMMAND_MAX: usize = 4;
/// Lines of one detail at most.
const DETAIL_LINES: usize = 2;
/// Columns of a thread's name at most where it is not the head of a column.
const NAME_MAX: usize = 28;
/// Lines of the table where everything else is as long as it can be.
const TABLE_LEAST: usize = 6;
/// Lines of the table where there is room.
const TABLE_MOST: usize = 14;

/// Draws a story.
#[must_use]
pub fn term(story: &Story, look: Look) -> String {
    let painter = Painter { look };
    let top = [headline(story, painter), pair(story, painter)].concat();
    let mut rest = [
        panics(story, painter),
        ends(story, painter),
        output(story, painter),
        decisions(story, painter),
        beside(story, painter),
    ];
    let bottom = commands(story, painter);
    // What says least makes room first: of what comes between the table and the commands, the last.
    let fixed = top.len() + bottom.len() + TABLE_LEAST + 1;
    while fixed + rest.iter().map(Vec::len).sum::<usize>() > LINES_MAX {
        let longest = (0..rest.len()).rev().max_by_key(|at| rest[*at].len());
        match longest.and_then(|at| rest[at].pop()) {
            Some(_) => {}
            None => break,
        }
    }
    let rest = rest.concat();
    let room = LINES_MAX.saturating_sub(top.len() + rest.len() + bottom.len() + 1);
    let table = table::table(story, room.min(TABLE_MOST), painter);
    let mut text = String::new();
    for line in top.iter().chain(&table).chain(&rest).chain(&bottom).take(LINES_MAX) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

fn headline(story: &Story, painter: Painter) -> Vec<String> {
    let headline = &story.headline;
    let style = match headline.verdict {
        Verdict::Pass => line::GOOD,
        _ => line::BAD,
    };
    let mut first = Line::new(painter);
    first.styled(style, verdict_word(headline.verdict)).text(" ").styled(line::STRONG, &headline.program);
    if let Some(signature) = &headline.signature {
        first.text(": ").text(signature);
    }
    if let Some(seed) = headline.seed {
        first.faint(&format!(" {} seed {seed}, {}", painter.dot(), headline.strategy));
    }
    let mut lines = vec![first.done()];
    let details = headline.detail.len().min(DETAIL_MAX);
    for (nth, detail) in headline.detail.iter().take(details).enumerate() {
        let room = (1 + DETAIL_MAX).saturating_sub(lines.len() + details - nth - 1);
        lines.extend(line::wrapped(detail, room.min(DETAIL_LINES), painter));
    }
    lines
}

/// The critical pair: who did what where, called by whom, and what the other order does.
fn pair(story: &Story, painter: Painter) -> Vec<String> {
    let Some(critical) = story.critical() else { return Vec::new() };
    let (first, second) = (&critical.first, &critical.second);
    let names = [first, second].map(|of| painter.cut(&painter.data(&of.name), NAME_MAX));
    let wide = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let operation = |of: &Operation, name: &str, style, mark: &str| {
        let mut line = Line::new(painter);
        line.styled(style, mark).text(" ").styled(line::STRONG, name).to(mark.width() + 1 + wide + 2);
        line.rest(&chain(&of.places, painter)).done()
    };
    let mut sentence = Line::new(painter);
    sentence.text("   ").styled(line::FIRST, "A").text(" came before ").styled(line::SECOND, "B");
    sentence.text(&format!("; {}", critical.otherwise()));
    vec![
        operation(first, &names[0], line::FIRST, painter.first()),
        operation(second, &names[1], line::SECOND, painter.second()),
        sentence.done(),
    ]
}

/// A function, where it is, and who called it.
fn chain(places: &[Place], painter: Painter) -> Vec<String> {
    let place = |place: &Place| format!("{} {}", place.function, place.brief());
    let mut parts: Vec<String> = places.iter().map(place).collect();
    parts.iter_mut().skip(1).for_each(|part| part.insert_str(0, &format!(" {} ", painter.called_by())));
    parts
}

fn panics(story: &Story, painter: Painter) -> Vec<String> {
    let panic = |panic: &crate::story::Panicked| {
        let mut line = Line::new(painter);
        line.styled(line::BAD, "panicked").text(" ").styled(line::STRONG, &panic.thread).text(": ");
        line.text(&panic.message).text(" at ").text(&panic.place).done()
    };
    story.panics.iter().take(PANICS_MAX).map(panic).collect()
}

fn ends(story: &Story, painter: Painter) -> Vec<String> {
    // Where threads wait says something only if that is how the run ended.
    let is_stuck = matches!(story.headline.ending.as_str(), "deadlock" | "livelock" | "idle");
    let ended = |end: &crate::story::Ended| {
        let mut line = Line::new(painter);
        line.styled(line::STRONG, &end.thread).text(&format!(" {}", end.what));
        if let Some(on) = &end.on {
            line.text(&format!(" for {on}"));
        }
        line.text(" at ").rest(&chain(&end.places, painter)).done()
    };
    let told: Vec<&crate::story::Ended> =
        story.ends.iter().filter(|end| is_stuck || end.what != "waits").collect();
    let mut lines: Vec<String> = told.iter().copied().take(ENDS_MAX).map(ended).collect();
    if let Some(more) = told.len().checked_sub(ENDS_MAX).filter(|more| *more > 0) {
        lines.push(painter.faint(&format!("and {} more", count(more as u64, "thread"))));
    }
    lines
}

fn output(story: &Story, painter: Painter) -> Vec<String> {
    let from = story.output.lines.len().saturating_sub(OUTPUT_MAX);
    let wrote = |(fd, text): &(i32, String)| {
        let mut line = Line::new(painter);
        line.faint(if *fd == 2 { "2| " } else { "1| " }).text(text).done()
    };
    story.output.lines[from..].iter().map(wrote).collect()
}

fn decisions(story: &Story, painter: Painter) -> Vec<String> {
    if story.decisions_count == 0 {
        return match story.headline.verdict {
            Verdict::Fail if story.headline.strategy == BY_SEED => Vec::new(),
            Verdict::Fail => vec![painter.faint("no decisions: the boring schedule does this")],
            _ => Vec::new(),
        };
    }
    let told = |(number, decision): (usize, &crate::story::Decided)| {
        let mut line = Line::new(painter);
        line.styled(line::DECISION, &painter.decision(number + 1)).text(" ").text(&decision.what);
        match &decision.undone {
            Some(Undone::Passes) => line.faint("; without it: passes"),
            Some(Undone::FailsAlike) => line.faint("; without it: fails just so"),
            Some(Undone::FailsWith(signature)) => line.faint(&format!("; without it: {signature}")),
            None => &mut line,
        };
        line.done()
    };
    let shown = if story.decisions_count <= DECISIONS_MAX { DECISIONS_MAX } else { DECISIONS_MAX - 1 };
    let skip = story.critical().map_or(0, |critical| critical.decision.saturating_sub(shown));
    let from = skip.min(story.decisions.len().saturating_sub(shown));
    let mut lines: Vec<String> =
        story.decisions.iter().enumerate().skip(from).take(shown).map(told).collect();
    if let Some(more) = story.decisions_count.checked_sub(lines.len()).filter(|more| *more > 0) {
        lines.push(painter.faint(&format!("and {more} decisions more")));
    }
    lines
}

fn beside(story: &Story, painter: Painter) -> Vec<String> {
    let Some(beside) = &story.beside else { return Vec::new() };
    let parts = match beside.parts {
        Some((step, at_ns)) => {
            format!("; the runs part at step {step}, {}", moment(at_ns))
        }
        None => String::new(),
    };
    vec![painter.faint(&format!("{} it {}{parts}", beside.how, beside.outcome))]
}

fn commands(story: &Story, painter: Painter) -> Vec<String> {
    let commands = &story.commands;
    let mut lines = vec![painter.faint(&story.figures)];
    if let Some(token) = commands.token.as_ref().filter(|token| !commands.replay.contains(token.as_str())) {
        lines.extend(line::command("token:  ", token, COMMAND_MAX, painter));
    }
    if !commands.replay.is_empty() {
        lines.extend(line::command("replay: ", &commands.replay, COMMAND_MAX, painter));
    }
    match commands.debug.as_ref().map(|debug| (debug, debug.strip_prefix(&commands.replay))) {
        Some((_, Some(more))) if !more.trim().is_empty() => {
            lines.push(Line::new(painter).text("debug:  the same with").text(more).done());
        }
        Some((debug, None)) => lines.extend(line::command("debug:  ", debug, COMMAND_MAX, painter)),
        _ => {}
    }
    lines
}
