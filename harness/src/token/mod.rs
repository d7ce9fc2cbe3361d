//! The token `pf1-…`: a run that failed, as text that goes into a bug report and survives edits of the program.
//!
//! It names each decision by the thread that took it, by the functions on that thread's stack, and by how often that thread had been
//! there before. Does not search, and does not know what makes a run fail. Invariant: decoding is total and bounded: any text gives a
//! token or an error that says what is wrong with it, in memory in proportion to [`TEXT_MAX`] and [`BODY_MAX`].
//!
//! Reading order: `text` (the outside), `body`, `packed` and `bytes` (the inside), `names` (what places are called), [`make()`] and
//! [`resolve()`] (from a run and back), `near` (what is tried if that does not fail), `relocate` (the same for some of a run's decisions), `error`.

mod body;
mod bytes;
mod error;
mod make;
mod names;
mod near;
mod packed;
pub(crate) mod relocate;
mod resolve;
mod text;

#[cfg(test)]
mod tests;

pub use error::{DecodeError, EncodeError, MakeError, ResolveError};
pub use make::make;
pub use near::Near;
pub use resolve::{Exact, Fate, Found, Gone, Resolved, Same, Why, resolve};
pub use text::{BODY_MAX, PREFIX, TEXT_MAX};

use photofinish_sim::choice::Kind;
use photofinish_sim::heap::Heap;
use photofinish_sim::limits::Limits;
use photofinish_sim::oracle::Oracles;
use photofinish_sim::personality::Os;
use photofinish_sim::preempt::Preempt;
use photofinish_sim::thread::Pedigree;

use crate::client::CORES;

/// A run by its decisions, and what they led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The scenario and variant, or the test.
    pub program: String,
    /// What was asked of the run.
    pub options: Options,
    /// Of the build that it was made with: [`build_of`].
    pub build: u32,
    /// Of the signature: [`hash`].
    pub signature: u32,
    /// The lower half of the hash of the run's events, which the build that made it must reach again.
    pub events_hash: u32,
    /// The threads that decisions speak of, each after its parent. The main thread is not among them.
    pub threads: Vec<Child>,
    /// In the order in which the run took them.
    pub decisions: Vec<Named>,
}

/// What was asked of a run, as far as the program can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Processors that the program is told it has.
    pub cores: u32,
    /// The operating system it is made to run on, if not its own.
    pub os: Option<Os>,
    /// The heap it is made to use, if not its own choice.
    pub heap: Option<Heap>,
    /// What is asked of the run besides, if not what its program asks for.
    pub oracles: Option<Oracles>,
    /// The level at which its executable is to be instrumented, if not its own.
    pub preempt: Option<Preempt>,
    /// The bounds of the run.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { cores: CORES, os: None, heap: None, oracles: None, preempt: None, limits: Limits::default() }
    }
}

/// A thread of a token: 0 is the main thread, and n the one at index n - 1 of [`Token::threads`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whose(pub u32);

impl Whose {
    /// The main thread.
    pub const MAIN: Self = Self(0);
}

/// A thread by its parent and its place among that one's children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child {
    /// Who created it.
    pub parent: Whose,
    /// Its number among all children, in the build that made the token.
    pub ordinal: u32,
    /// A hash of the functions that it begins with; 0 if it was not seen to begin.
    pub sort: u8,
    /// Its number among the children that begin with the same functions.
    pub nth: u32,
}

/// A decision by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The thread that ran, or ran last.
    pub thread: Whose,
    /// A hash of the functions on its stack at its last point; 0 before the first.
    pub place: u32,
    /// How often it had passed a point there before.
    pub nth: u32,
    /// Points it had passed, in the build that made the token.
    pub points: u64,
    /// What is asked.
    pub kind: Kind,
    /// How many questions of this kind were asked at that point before.
    pub question: u32,
    /// What is answered.
    pub answer: Answer,
}

/// What a decision says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This thread runs.
    Thread(Whose),
    /// Time passes although threads could run.
    Clock,
    /// The thread that runs is held, as long as anything else can happen.
    Hold,
    /// The pick of this number.
    Pick(u64),
}

impl Token {
    /// Where a thread stood in the tree of threads, in the build that made the token.
    #[must_use]
    pub fn pedigree(&self, whose: Whose) -> Pedigree {
        let mut ordinals = Vec::new();
        let mut at = whose;
        while let Some(child) = self.child(at) {
            ordinals.push(child.ordinal);
            at = child.parent;
        }
        ordinals.reverse();
        Pedigree(ordinals)
    }

    /// What is to be told of a run of it whose signature is not its own.
    #[must_use]
    pub fn other_than(&self, signature: Option<&str>) -> Option<&'static str> {
        match signature {
            Some(signature) if hash(signature) == self.signature => None,
            Some(_) => Some("this is not the failure that the token was made of"),
            None => Some("the failure that the token was made of does not show in this build"),
        }
    }

    /// The thread's entry; none for the main thread.
    fn child(&self, whose: Whose) -> Option<&Child> {
        self.threads.get(usize::try_from(whose.0.checked_sub(1)?).ok()?)
    }
}

/// What a token keeps of a text, such as a signature.
#[must_use]
pub fn hash(text: &str) -> u32 {
    crc32fast::hash(text.as_bytes())
}

/// What a token keeps of a build's id: see [`build_id`](crate::tracefile::build_id).
#[must_use]
pub fn build_of(id: &str) -> u32 {
    hash(id)
}
