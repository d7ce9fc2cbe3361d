//! The texts of a page, each once, and safe to look at.
//!
//! Does not know where they are shown. Invariant: no text holds a control character but line ends, nor one that turns the
//! direction of what is beside it: these are written as escapes.

use std::collections::BTreeMap;

use crate::story::text;

/// Texts by number.
#[derive(Debug)]
pub(super) struct Strings {
    texts: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

impl Strings {
    /// With the empty text as number 0.
    pub(super) fn new() -> Self {
        Self { texts: vec![String::new()], numbers: BTreeMap::from([(String::new(), 0)]) }
    }

    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> usize {
        let text = visible(text);
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        self.texts.push(text.clone());
        self.numbers.insert(text, self.texts.len() - 1);
        self.texts.len() - 1
    }

    /// All of them.
    pub(super) fn taken(self) -> Vec<String> {
        self.texts
    }
}

/// A text as it is shown: line by line without characters that nobody sees, or that change how others are seen. A tab is a space.
pub(super) fn visible(text: &str) -> String {
    let lines = text.split('\n').map(|line| text::visible(&line.replace('\t', " ")));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_would_see_is_written_out() {
        for (text, seen) in [
            ("plain \u{20ac}\n\tnext", "plain \u{20ac}\n next"),
            ("a\u{1b}[31mb\r\u{0}", "a\\u{1b}[31mb\\r\\u{0}"),
            ("x\u{202e}y\u{2066}\u{200f}", "x\\u{202e}y\\u{2066}\\u{200f}"),
            ("\u{85}\u{2028}\u{feff}", "\\u{85}\\u{2028}\\u{feff}"),
            ("<b>&", "<b>&"),
        ] {
            assert_eq!(visible(text), seen);
        }
    }

    #[test]
    fn a_text_has_one_number() {
        let mut strings = Strings::new();
        assert_eq!(
            [strings.number("a"), strings.number(""), strings.number("b"), strings.number("a")],
            [1, 0, 2, 1]
        );
        assert_eq!(strings.taken(), ["", "a", "b"]);
    }
}
