//! Text of the program under test as data: what of it a reader must see rather than a terminal obey.
//!
//! Does not know HTML, Markdown or Mermaid, whose renderers escape besides. Invariant: what [`visible`] gives has no control
//! character and none that changes the direction or the order of what stands beside it.

/// Control characters as escapes, and with them those that a reader cannot see and that reorder or hide what is around them.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| match is_unseen(c) {
            true => c.escape_default().collect::<Vec<_>>(),
            false => vec![c],
        })
        .collect()
}

/// [`visible`], and everything that is no ASCII as an escape, too.
#[must_use]
pub fn ascii(text: &str) -> String {
    let escaped = |c: char| if c.is_ascii() { vec![c] } else { c.escape_default().collect::<Vec<_>>() };
    visible(text).chars().flat_map(escaped).collect()
}

/// So many of them.
#[must_use]
pub fn count(number: u64, of: &str) -> String {
    if number == 1 { format!("1 {of}") } else { format!("{number} {of}s") }
}

fn is_unseen(c: char) -> bool {
    let separates = matches!(c, '\u{2028}' | '\u{2029}');
    let directs =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides =
        matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || separates || directs || hides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_or_reorders_text_is_seen() {
        assert_eq!(visible("a\u{1b}[31m\nb\u{202e}c\u{9b}"), "a\\u{1b}[31m\\nb\\u{202e}c\\u{9b}");
        assert_eq!(visible("ümläut – 東京"), "ümläut – 東京");
        assert_eq!(ascii("ü\t"), "\\u{fc}\\t");
    }
}
