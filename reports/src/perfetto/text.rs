//! Texts as a viewer shows them.
//!
//! Knows no track. Invariant: no text has a control character other than the end of a line, or more bytes than its limit by much.

use crate::record::{Author, Frame, Record};

/// A name is one line on a slice.
const NAME_CHARS_MAX: usize = 120;

/// An argument is read in a panel.
const ARGUMENT_CHARS_MAX: usize = 4_096;

/// So many callers are shown.
const FRAMES_MAX: usize = 32;

/// A name.
pub(super) fn name(text: &str) -> String {
    cut(text, NAME_CHARS_MAX).replace('\n', " ")
}

/// An argument.
pub(super) fn argument(text: &str) -> String {
    cut(text, ARGUMENT_CHARS_MAX)
}

/// The viewer's database ends a text at its first NUL.
fn cut(text: &str, chars_max: usize) -> String {
    let mut cut = String::new();
    let mut chars = text.chars();
    for c in chars.by_ref().take(chars_max) {
        if c.is_control() && c != '\n' {
            cut.extend(c.escape_default());
        } else {
            cut.push(c);
        }
    }
    if chars.next().is_some() {
        cut.push('…');
    }
    cut
}

/// A stack, innermost first, a line for each function.
pub(super) fn stack(record: &Record, stack: u32) -> Option<String> {
    let frames = frames(record, stack);
    let mut lines: Vec<String> = frames.iter().take(FRAMES_MAX).map(|frame| line(frame)).collect();
    if frames.len() > FRAMES_MAX {
        lines.push(format!("… {} more", frames.len() - FRAMES_MAX));
    }
    (!lines.is_empty()).then(|| argument(&lines.join("\n")))
}

/// The place in the program itself at which a stack stands.
pub(super) fn place(record: &Record, stack: u32) -> Option<&Frame> {
    let frames = frames(record, stack);
    let own = frames.iter().find(|frame| frame.author == Author::Program);
    own.or(frames.first()).copied()
}

/// A frame in a line.
pub(super) fn line(frame: &Frame) -> String {
    match (frame.file.as_str(), frame.line) {
        ("", _) => frame.function.clone(),
        (file, 0) => format!("{}  {file}", frame.function),
        (file, line) => format!("{}  {file}:{line}", frame.function),
    }
}

fn frames(record: &Record, stack: u32) -> Vec<&Frame> {
    let at = |index: u32| usize::try_from(index).ok();
    let stack = at(stack).and_then(|stack| record.stacks.get(stack));
    let frames = stack.iter().flat_map(|stack| &stack.0);
    frames.filter_map(|frame| at(*frame).and_then(|frame| record.frames.get(frame))).collect()
}
