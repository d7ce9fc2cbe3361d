//! A line of a terminal: text of at most so many columns, with colours or without.
//!
//! Does not know what it says. Invariant: a [`Line`] is never wider than [`WIDTH`], and what is cut ends in an ellipsis.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::{Look, WIDTH};
use crate::story::text::{ascii, visible};

/// Whether there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Text alone.
    #[default]
    None,
    /// The sixteen colours that a terminal's user chose.
    Ansi,
}

/// What can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// Everything.
    #[default]
    Unicode,
    /// ASCII; the rest as escapes.
    Ascii,
}

pub(super) const STRONG: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const FIRST: Style = AnsiColor::Cyan.on_default().bold();
pub(super) const SECOND: Style = AnsiColor::Magenta.on_default().bold();
pub(super) const DECISION: Style = AnsiColor::Yellow.on_default().bold();

/// How to draw on this terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Painter {
    pub(super) look: Look,
}

impl Painter {
    fn pick(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self.look.charset {
            Charset::Unicode => unicode,
            Charset::Ascii => ascii,
        }
    }

    pub(super) fn dot(self) -> &'static str {
        self.pick("·", "-")
    }

    pub(super) fn called_by(self) -> &'static str {
        self.pick("‹", "<")
    }

    pub(super) fn first(self) -> &'static str {
        self.pick("▶A", ">A")
    }

    pub(super) fn second(self) -> &'static str {
        self.pick("▶B", ">B")
    }

    /// Begins what is of all columns.
    pub(super) fn across(self) -> &'static str {
        self.pick("├╴", "+ ")
    }

    pub(super) fn bar(self) -> &'static str {
        self.pick("│", "|")
    }

    pub(super) fn ellipsis(self) -> &'static str {
        self.pick("…", "..")
    }

    pub(super) fn wrong(self) -> &'static str {
        self.pick("✗", "!")
    }

    /// A decision by its number.
    pub(super) fn decision(self, number: usize) -> String {
        format!("{}{number}", self.pick("◆", "#"))
    }

    /// Text of anybody as this terminal can show it.
    pub(super) fn data(self, text: &str) -> String {
        match self.look.charset {
            Charset::Unicode => visible(text),
            // Ours, which has a plainer form.
            Charset::Ascii => ascii(&text.replace('µ', "u")),
        }
    }

    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self.look.colour {
            Colour::Ansi if !text.is_empty() => format!("{style}{text}{style:#}"),
            _ => text.to_owned(),
        }
    }

    /// A line that says something by the way.
    pub(super) fn faint(self, text: &str) -> String {
        Line::new(self).faint(text).done()
    }

    /// The text, cut to so many columns.
    pub(super) fn cut(self, text: &str, most: usize) -> String {
        if text.width() <= most {
            return text.to_owned();
        }
        let room = most.saturating_sub(self.ellipsis().width());
        let mut end = 0;
        for (at, c) in text.char_indices().take(most * 4) {
            let next = at + c.len_utf8();
            if text[..next].width() > room {
                break;
            }
            end = next;
        }
        let cut = format!("{}{}", &text[..end], self.ellipsis());
        if cut.width() > most { String::new() } else { cut }
    }
}

/// A line in the making.
#[derive(Debug)]
pub(super) struct Line {
    painter: Painter,
    painted: String,
    plain: String,
}

impl Line {
    pub(super) fn new(painter: Painter) -> Self {
        Self { painter, painted: String::new(), plain: String::new() }
    }

    fn room(&self) -> usize {
        WIDTH.saturating_sub(self.plain.width())
    }

    /// Text, as much of it as there is room for.
    pub(super) fn styled(&mut self, style: Style, text: &str) -> &mut Self {
        let mut text = self.painter.cut(&self.painter.data(text), self.room());
        // Neighbours can be wider together than apart.
        if format!("{}{text}", self.plain).width() > WIDTH {
            text.clear();
        }
        self.plain.push_str(&text);
        self.painted.push_str(&self.painter.paint(style, &text));
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.styled(Style::new(), text)
    }

    pub(super) fn faint(&mut self, text: &str) -> &mut Self {
        self.styled(FAINT, text)
    }

    /// As many of the parts as there is room for; of the first, as much.
    pub(super) fn rest(&mut self, parts: &[String]) -> &mut Self {
        for (nth, part) in parts.iter().enumerate() {
            if nth == 0 {
                self.text(part);
            } else if self.painter.data(part).width() <= self.room() {
                self.faint(part);
            } else {
                break;
            }
        }
        self
    }

    /// Spaces up to this column.
    pub(super) fn to(&mut self, column: usize) -> &mut Self {
        let spaces = column.saturating_sub(self.plain.width());
        self.text(&" ".repeat(spaces))
    }

    /// How far it is.
    pub(super) fn width(&self) -> usize {
        self.plain.width()
    }

    pub(super) fn done(&self) -> String {
        let painted = &self.painted;
        match self.painter.look.colour {
            Colour::None => painted.trim_end_matches(' ').to_owned(),
            Colour::Ansi => painted.clone(),
        }
    }
}

/// A command in as many lines as it needs, broken so that a shell reads it as one.
pub(super) fn command(name: &str, command: &str, most: usize, painter: Painter) -> Vec<String> {
    let command = painter.data(command);
    let mut lines = Vec::new();
    let mut line = name.to_owned();
    let mut rest = command.as_str();
    while (line.clone() + rest).width() > WIDTH && lines.len() + 1 < most {
        // What a shell joins again begins in the first column.
        let from = line.len();
        line.push_str(rest);
        let (mut end, mut is_quoted) = (from, false);
        for (at, c) in line.char_indices().skip_while(|(at, _)| *at < from) {
            if line[..at + c.len_utf8()].width() > WIDTH - 1 {
                break;
            }
            // Within quotes a shell joins nothing.
            is_quoted ^= c == '\'';
            if !is_quoted {
                end = at + c.len_utf8();
            }
        }
        if end == from {
            break;
        }
        rest = &rest[end - from..];
        lines.push(format!("{}\\", &line[..end]));
        line = String::new();
    }
    line.push_str(rest);
    lines.push(painter.cut(&line, WIDTH));
    lines
}

/// Text in as many lines as it needs, at most so many, broken between words.
pub(super) fn wrapped(text: &str, most: usize, painter: Painter) -> Vec<String> {
    let text = painter.data(text);
    let (mut lines, mut rest) = (Vec::new(), text.as_str());
    while !rest.is_empty() {
        let indent = if lines.is_empty() { "  " } else { "    " };
        let room = WIDTH - indent.len();
        let spaces = rest.match_indices(' ').map(|(at, _)| at).take(WIDTH * 4);
        let fits = spaces.take_while(|at| rest[..*at].width() <= room).last().filter(|at| *at > 0);
        let end = match fits {
            Some(end) if rest.width() > room && lines.len() + 1 < most => end,
            _ => rest.len(),
        };
        lines.push(Line::new(painter).text(indent).text(&rest[..end]).done());
        rest = rest[end..].trim_start();
    }
    lines
}
