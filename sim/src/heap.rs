//! The program's heap: which one a run has, and what a program can do wrong with it.
//!
//! Knows no address and no allocator. Invariant: what is said of a misuse is the same in every process.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// The heap a program gets its memory from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Heap {
    /// The C library's.
    #[default]
    Plain,
    /// One that fills freed blocks, keeps them from being used again for a while, and ends the run at the first misuse it sees.
    Checked,
}

impl Heap {
    const NAMES: [(&str, Self); 2] = [("plain", Self::Plain), ("checked", Self::Checked)];
}

impl fmt::Display for Heap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Checked => "checked",
        })
    }
}

impl FromStr for Heap {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known
            .map(|(_, heap)| *heap)
            .ok_or_else(|| format!("no heap is called `{name}`; try `plain` or `checked`"))
    }
}

/// What a program did to its heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wrong {
    /// It freed a block that was free.
    DoubleFree,
    /// It freed an address where no block begins.
    WildFree,
    /// It wrote before the first byte of a block.
    WriteBefore,
    /// It wrote behind the last byte of a block.
    WritePast,
    /// It wrote to a block that was free.
    WriteAfterFree,
}

impl Wrong {
    /// As a signature says it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::DoubleFree => "double free",
            Self::WildFree => "wild free",
            Self::WriteBefore => "write before the start",
            Self::WritePast => "write past the end",
            Self::WriteAfterFree => "write after free",
        }
    }

    /// Whether it is seen in the very act; else only what it left behind is, later and perhaps by another thread.
    #[must_use]
    pub fn is_seen_in_the_act(self) -> bool {
        matches!(self, Self::DoubleFree | Self::WildFree)
    }
}

/// A misuse of the heap that ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misuse {
    /// What was done.
    pub wrong: Wrong,
    /// The bytes of the block that was asked for, if there is one.
    pub size: Option<u64>,
    /// Where, counted from the block's first byte: the first byte found changed, or the address that was freed.
    pub offset: i64,
    /// When it was seen.
    pub seen: Seen,
}

/// When a misuse of the heap was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen {
    /// When the program called the heap with this very block.
    Call,
    /// When the memory of a freed block was to be used again.
    Reuse,
    /// When the heap was looked through, as it is every so many calls.
    Look,
    /// When the run was over.
    End,
    /// When this signal ended the run.
    Signal(i32),
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wrong, size, offset, seen } = self;
        match (size, wrong) {
            (Some(size), Wrong::DoubleFree) => {
                write!(f, "a block of {size} bytes was freed that was free already")?
            }
            (Some(size), Wrong::WildFree) => {
                write!(f, "what was freed lies {offset} bytes into a block of {size}")?
            }
            (None, Wrong::WildFree) => write!(f, "what was freed lies in no block")?,
            (Some(size), Wrong::WriteAfterFree) => {
                write!(
                    f,
                    "byte {offset} of a block of {size} bytes was written to after the block was freed"
                )?;
            }
            (Some(size), _) => write!(f, "byte {offset} of a block of {size} bytes was written to")?,
            (None, _) => write!(f, "memory that is no part of any block was written to")?,
        }
        match seen {
            Seen::Call => Ok(()),
            Seen::Reuse => write!(f, "\nseen when its memory was to be used again"),
            Seen::Look => write!(f, "\nseen when the heap was looked through, as it is now and then"),
            Seen::End => write!(f, "\nseen when the program was over"),
            Seen::Signal(signal) => write!(f, "\nseen when signal {signal} ended the program"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_is_known_by_its_name() {
        for (name, heap) in Heap::NAMES {
            assert_eq!((name.parse(), heap.to_string()), (Ok(heap), name.to_owned()));
        }
        assert!("Checked".parse::<Heap>().is_err_and(|said| said.contains("`checked`")));
    }
}
