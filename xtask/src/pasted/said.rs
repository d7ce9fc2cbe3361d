//! Which failures a report speaks of.
//!
//! Does not know what a run shows. Invariant: a signature counts as said only if it stands there whole, or as far as a terminal's line was
//! long.

use photofinish::scenario::Listed;
use photofinish::token::hash;

/// So many bytes of a signature are compared: longer ones are cut where they are printed.
const LENGTH_MAX: usize = 400;

/// What a report says of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It speaks of it.
    Same,
    /// It speaks of another.
    Other(String),
    /// It names none.
    Nothing,
}

/// A report, as far as it speaks of failures.
#[derive(Debug)]
pub struct Said {
    text: String,
}

impl Said {
    /// What a text that was cleaned says.
    #[must_use]
    pub fn of(text: String) -> Self {
        Self { text }
    }

    /// What it says of a failure that a run of this program shows.
    #[must_use]
    pub fn of_shown(&self, shown: &str, listed: Option<&Listed>) -> Claim {
        let program = listed.map(Listed::name).unwrap_or_default();
        let mut stated = self.headlines(&program).chain(self.stated()).peekable();
        if let Some(first) = stated.peek().map(|stated| (*stated).to_owned()) {
            return if stated.any(|stated| is_same(stated, shown)) {
                Claim::Same
            } else {
                Claim::Other(first)
            };
        }
        if self.names(shown) {
            return Claim::Same;
        }
        let known = listed.into_iter().flat_map(known).map(|known| known.trim_end_matches('*'));
        let other = known.into_iter().find(|known| self.names(known));
        other.map_or(Claim::Nothing, |other| Claim::Other(other.to_owned()))
    }

    /// What it says of how a run of this program fails, whatever the run at hand shows.
    #[must_use]
    pub fn stated_of(&self, program: &str) -> Option<String> {
        self.headlines(program).chain(self.stated()).next().map(str::to_owned)
    }

    /// Whether a signature stands there, and not as a part of a longer word.
    fn names(&self, signature: &str) -> bool {
        let is_beside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '/';
        let is_alone = |(at, found): (usize, &str)| {
            !self.text[..at].ends_with(is_beside) && !self.text[at + found.len()..].starts_with(is_beside)
        };
        !signature.is_empty() && self.text.match_indices(signature).any(is_alone)
    }

    /// The signature of which a token keeps this hash, if the report or the program's expectation has it.
    #[must_use]
    pub fn of_hash(&self, wanted: u32, listed: Option<&Listed>) -> Option<String> {
        let known = listed.into_iter().flat_map(known);
        let program = listed.map(Listed::name).unwrap_or_default();
        let lines = self.text.lines().map(|line| line.trim().trim_start_matches("# "));
        let all = known.chain(self.stated()).chain(self.headlines(&program)).chain(lines);
        let is_short = |text: &&str| text.len() <= LENGTH_MAX;
        all.filter(is_short).find(|text| hash(text) == wanted).map(str::to_owned)
    }

    /// What is called a signature, in a form, a sentence or an object.
    fn stated(&self) -> impl Iterator<Item = &str> {
        const WORD: &str = "ignature";
        /// What stands in a form's empty field, and in an object's.
        const NONE: [&str; 2] = ["_No response_", "null"];
        self.text.match_indices(WORD).filter_map(|(at, word)| {
            let rest = &self.text[at + word.len()..];
            let said = rest.trim_start_matches([' ', ':', '=', '`', '*', '"', '\n', '\t']);
            // Prose goes on with a blank; what states something has a mark.
            let marked = rest.len() - said.len() >= 2;
            let said = said.split(['\n', '`', '"']).next().unwrap_or_default().trim();
            let is_none = said.is_empty()
                || said.starts_with(['#', '<'])
                || NONE.iter().any(|none| said.starts_with(none));
            (marked && !is_none).then_some(said)
        })
    }

    /// What our headlines say of a program: `FAIL PROGRAM: SIGNATURE · seed N, STRATEGY`.
    fn headlines(&self, program: &str) -> impl Iterator<Item = &str> {
        let lines = self.text.lines().filter_map(move |line| line.split_once("FAIL")?.1.split_once(program));
        lines.filter_map(|(_, behind)| {
            let behind = behind.trim_start_matches("</code>").strip_prefix(": ")?;
            let said = behind.split(" · ").next().unwrap_or_default();
            let said = said.trim().trim_start_matches("<code>").trim_end_matches("</code>");
            (!said.is_empty()).then_some(said)
        })
    }
}

/// What a program is known to show.
fn known(listed: &Listed) -> impl Iterator<Item = &str> {
    listed.must.iter().map(|(signature, _)| signature).chain(&listed.may).map(String::as_str)
}

/// Whether two signatures are one: an ellipsis ends what was too long, a star stands for any end.
#[must_use]
pub fn is_same(stated: &str, signature: &str) -> bool {
    let stated = stated.trim_end_matches(['.', ',', ';']);
    let beginning = stated.strip_suffix('…').or_else(|| stated.strip_suffix('*'));
    beginning
        .map_or(stated == signature, |beginning| !beginning.is_empty() && signature.starts_with(beginning))
}
