//! Texts as a viewer shows them.
//!
//! Knows no track. Invariant: no text has a control character other than the end of a line; a NUL would be the end of a text in the
//! viewer's database.

use crate::record::{Frame, Record};
use crate::story::places;
use crate::story::text::visible;

/// A name is one line on a slice.
const NAME_CHARS_MAX: usize = 120;

/// An argument is read in a panel.
const ARGUMENT_CHARS_MAX: usize = 4_096;

/// So many callers are shown.
const FRAMES_MAX: usize = 32;

/// A name.
pub(super) fn name(text: &str) -> String {
    visible(&cut(text, NAME_CHARS_MAX))
}

/// An argument.
pub(super) fn argument(text: &str) -> String {
    let lines: Vec<String> = cut(text, ARGUMENT_CHARS_MAX).split('\n').map(visible).collect();
    lines.join("\n")
}

fn cut(text: &str, chars_max: usize) -> String {
    let mut chars = text.chars();
    let mut cut: String = chars.by_ref().take(chars_max).collect();
    if chars.next().is_some() {
        cut.push('…');
    }
    cut
}

/// A stack, innermost first, a line for each function.
pub(super) fn stack(record: &Record, stack: u32) -> Option<String> {
    let frames = places::frames(record, stack);
    let mut lines: Vec<String> = frames.iter().take(FRAMES_MAX).map(|frame| line(frame)).collect();
    if frames.len() > FRAMES_MAX {
        lines.push(format!("… {} more", frames.len() - FRAMES_MAX));
    }
    (!lines.is_empty()).then(|| argument(&lines.join("\n")))
}

/// A frame in a line.
fn line(frame: &Frame) -> String {
    match (frame.file.as_str(), frame.line) {
        ("", _) => frame.function.clone(),
        (file, 0) => format!("{}  {file}", frame.function),
        (file, line) => format!("{}  {file}:{line}", frame.function),
    }
}
