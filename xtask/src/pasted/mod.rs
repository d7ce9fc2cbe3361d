//! A bug report as it was pasted: which runs it names, whatever is around them.
//!
//! Makes no runs and opens no files; knows the programs of this build by name only. Invariant: any bytes are read, in time and memory in
//! proportion to [`BYTES_MAX`]; a token is taken from a text only if its own checksum says that it is whole.
//!
//! Reading order: [`clean()`] (bytes as text without what mail, terminals and Markdown put into it), `tokens`, `seeds` and `command`
//! (what names a run), [`said`] (what names a failure).

mod clean;
mod command;
pub mod said;
mod seeds;
mod tokens;

use photofinish::token::{DecodeError, Token};

use crate::asked::RunArgs;
pub use clean::clean;
use said::Said;

/// So many bytes of a report are read: far more than people paste, and less than whole logs.
pub const BYTES_MAX: usize = 8 << 20;
/// So many runs of a report are told of, and as many places that name none.
pub const NAMED_MAX: usize = 16;

/// What a report says.
#[derive(Debug)]
pub struct Pasted {
    /// What names runs, or should: tokens before seeds, each kind in the order of the report.
    pub named: Vec<Named>,
    /// Whether there was more than is read or told of.
    pub rest: Rest,
    /// What it says of failures.
    pub said: Said,
}

/// Whether a report had more than was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It was read to its end.
    None,
    /// It has more bytes than are read, or names more runs than are told of.
    LeftOut,
}

/// Something in a report that names a run, or should.
#[derive(Clone, Debug)]
pub enum Named {
    /// A token.
    Token(Box<Token>),
    /// What begins like a token and is none.
    Damaged(Damaged),
    /// A seed, with what is run and how.
    Seed(Box<Seeded>),
    /// A seed, and nothing around it that this build could run.
    Nowhere {
        /// The seed.
        seed: u64,
        /// A word near it that could be a program's name.
        like: Option<String>,
    },
    /// A command of ours that this Photofinish does not take.
    Refused {
        /// The command.
        line: String,
        /// What is said of it.
        why: String,
    },
    /// A command that replays a file, which nobody pasted.
    Trace {
        /// The command.
        line: String,
    },
    /// A seed of a test in a user's crate, whose executable is elsewhere.
    OfTest {
        /// The seed.
        seed: u64,
    },
}

/// A token that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// As it stands there, at least its beginning.
    pub text: String,
    /// What is wrong with it.
    pub error: DecodeError,
    /// Whether the report itself says that something is left out.
    pub end: End,
}

/// How a damaged token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In an ellipsis: somebody or something cut it.
    Cut,
    /// In anything else.
    Plain,
}

/// A run by its seed.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// The program; or a scenario, whose variants are all meant.
    pub program: String,
    /// The seed.
    pub seed: u64,
    /// The seed again, and what is other than usual.
    pub args: RunArgs,
}

/// Reads a report. `programs` are those of this build.
#[must_use]
pub fn read(bytes: &[u8], programs: &[String]) -> Pasted {
    let text = clean(&bytes[..bytes.len().min(BYTES_MAX)]);
    let mut tokens = tokens::find(&text);
    let mut seeds = seeds::find(&text, programs);
    // A number without a program, beside a token, is most likely of that, which says more.
    let has_token = tokens.named.iter().any(|named| matches!(named, Named::Token(_)));
    seeds.named.retain(|named| !(has_token && matches!(named, Named::Nowhere { .. })));
    let is_whole = bytes.len() <= BYTES_MAX && tokens.rest == Rest::None && seeds.rest == Rest::None;
    tokens.named.append(&mut seeds.named);
    let rest = if is_whole { Rest::None } else { Rest::LeftOut };
    Pasted { named: tokens.named, rest, said: Said::of(text) }
}

/// What was found, as far as it is told.
#[derive(Debug)]
struct Found {
    named: Vec<Named>,
    rest: Rest,
}

#[cfg(test)]
mod tests;
