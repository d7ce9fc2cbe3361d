//! Tokens in a text, also such as are broken over lines.
//!
//! Does not know what a token says. Invariant: where pieces are put together again the checksum decides, and of pieces that fit the fewest
//! are taken; how much is tried is bounded for the text as a whole.

use std::collections::BTreeSet;

use photofinish::token::{DecodeError, TEXT_MAX, Token};

use super::{Damaged, End, Found, NAMED_MAX, Named, Rest};

/// So many bytes are decoded in all while pieces are put together.
const WORK_MAX: usize = 64 << 20;
/// What is longer is decoded only where nothing follows that could be another piece: such tokens are a file's, not a sentence's.
const EACH_MAX: usize = 8 << 10;
/// So many pieces a token may have been broken into.
const PIECES_MAX: usize = 4096;
/// So many bytes may stand between two of them.
const GAP_MAX: usize = 64;
/// So much of a damaged token is shown.
const SHOWN_MAX: usize = 100;

/// Finds the tokens of a text, and what should be some.
pub(super) fn find(text: &str) -> Found {
    let mut search =
        Search { whole: Vec::new(), damaged: Vec::new(), texts: BTreeSet::new(), work: WORK_MAX };
    let mut rest = Rest::None;
    let mut from = 0;
    while let Some(start) = next(text, from) {
        if search.whole.len() == NAMED_MAX {
            rest = Rest::LeftOut;
            break;
        }
        from = search.at(text, start);
    }
    let Search { whole, mut damaged, texts, .. } = search;
    // What was copied a second time and broke off is not missed.
    damaged.retain(|damaged| !texts.iter().any(|text| text.starts_with(&damaged.text)));
    if damaged.len() > NAMED_MAX {
        damaged.truncate(NAMED_MAX);
        rest = Rest::LeftOut;
    }
    let whole = whole.into_iter().map(|token| Named::Token(Box::new(token)));
    Found { named: whole.chain(damaged.into_iter().map(Named::Damaged)).collect(), rest }
}

/// Where the next text begins that looks like a token's beginning: `pf`, its version, a hyphen, and no letter or digit before.
fn next(text: &str, from: usize) -> Option<usize> {
    let starts = text[from..].match_indices("pf").map(|(at, _)| from + at);
    starts.into_iter().find(|start| prefix(text, *start).is_some())
}

/// The length of a token's prefix that stands there.
fn prefix(text: &str, start: usize) -> Option<usize> {
    let rest = text.get(start..)?.strip_prefix("pf")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let is_alone = !text[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
    let is_one = is_alone && (1..=6).contains(&digits) && rest[digits..].starts_with('-');
    is_one.then_some(digits + 3)
}

/// How many characters of tokens stand there.
fn run(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count()
}

/// How long what stands between two pieces of a token is: the end of a line, and what shells, mail and Markdown put around it; a blank
/// where two lines were made one.
fn gap(text: &str) -> Option<usize> {
    let put_in = |byte: &u8| b" \t\n\\=`*\"'|".contains(byte);
    let bytes = &text.as_bytes()[..text.len().min(GAP_MAX)];
    let length = bytes.iter().position(|byte| !put_in(byte))?;
    let breaks = bytes[..length].iter().filter(|byte| **byte == b'\n').count();
    (length > 0 && breaks <= 2 && run(&text[length..]) > 0).then_some(length)
}

struct Search {
    whole: Vec<Token>,
    damaged: Vec<Damaged>,
    /// Whole tokens as text.
    texts: BTreeSet<String>,
    work: usize,
}

impl Search {
    /// Looks at what begins here; where to go on is returned.
    fn at(&mut self, text: &str, start: usize) -> usize {
        let first = start + run(&text[start..]);
        if let Some((token, end)) = self.whole(text, start) {
            self.texts.insert(token.encode().unwrap_or_default());
            if !self.whole.contains(&token) {
                self.whole.push(token);
            }
            return end;
        }
        let said = &text[start..first];
        // The word alone is how people speak of tokens.
        if prefix(text, start).is_some_and(|prefix| said.len() > prefix) {
            self.damage(said, &text[first..]);
        }
        first
    }

    /// The token that begins here, in as few pieces as make one whole, and where it ends.
    fn whole(&mut self, text: &str, start: usize) -> Option<(Token, usize)> {
        let mut joined = String::new();
        let mut at = start;
        for _ in 0..PIECES_MAX {
            let end = at + run(&text[at..]);
            joined.push_str(&text[at..end]);
            if joined.len() > TEXT_MAX {
                return None;
            }
            let next = gap(&text[end..]).map(|gap| end + gap).filter(|next| prefix(text, *next).is_none());
            if joined.len() <= EACH_MAX || next.is_none() {
                let emphasised = joined.trim_end_matches(['_', '-']);
                if let Some(token) = [joined.as_str(), emphasised].iter().find_map(|text| text.parse().ok()) {
                    return Some((token, end));
                }
                self.work = self.work.checked_sub(joined.len())?;
            }
            at = next?;
        }
        None
    }

    fn damage(&mut self, said: &str, after: &str) {
        let Err(error) = said.parse::<Token>() else { return };
        // Of another version nothing is known, not even where it ends.
        let text: String = said.chars().take(SHOWN_MAX).collect();
        let is_cut = ["…", "..."].iter().any(|dots| after.trim_start().starts_with(dots));
        let end = if is_cut { End::Cut } else { End::Plain };
        let damaged = Damaged { text, error, end };
        let is_known = |other: &Damaged| match (&other.error, &damaged.error) {
            (DecodeError::OtherVersion { version }, DecodeError::OtherVersion { version: same }) => {
                version == same
            }
            _ => other.text == damaged.text,
        };
        if self.damaged.len() <= NAMED_MAX && !self.damaged.iter().any(is_known) {
            self.damaged.push(damaged);
        }
    }
}
