//! Where a thread can lose its turn: how finely a program is instrumented.
//!
//! Knows no compiler and no flag. Invariant: each level has every scheduling point of the level before it.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where the scheduling points of a program lie. A finer level finds races that a coarser one cannot show, and takes more runs for those
/// that both do: where a run has more points, each is chosen less often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preempt {
    /// At calls of the C library: system calls, and what std's locks, threads and channels wait with. What cargo builds by itself.
    Calls,
    /// And at every atomic operation of every crate but std's own. Complete for programs that share memory by atomics and locks that are
    /// right.
    #[default]
    Atomics,
    /// And at every load, store and copy of plain memory that could be shared, wherever a basic block has one: races between cells, and
    /// between an atomic operation and the plain store behind it. Of a word that a block reads and then writes, only the write counts.
    Blocks,
}

impl Preempt {
    /// All of them, from coarse to fine.
    pub const ALL: [Self; 3] = [Self::Calls, Self::Atomics, Self::Blocks];

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Atomics => "atomics",
            Self::Blocks => "blocks",
        }
    }
}

impl fmt::Display for Preempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preempt {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|level| level.name() == name);
        known.ok_or_else(|| {
            format!("no level of instrumentation is called `{name}`; try `calls`, `atomics` or `blocks`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_known_by_its_name_and_finer_than_the_one_before() {
        for level in Preempt::ALL {
            assert_eq!((level.name().parse(), level.to_string()), (Ok(level), level.name().to_owned()));
        }
        assert!(Preempt::ALL.is_sorted() && Preempt::default() == Preempt::Atomics);
        assert!("Blocks".parse::<Preempt>().is_err_and(|said| said.contains("`blocks`")));
        assert!("".parse::<Preempt>().is_err());
    }
}
