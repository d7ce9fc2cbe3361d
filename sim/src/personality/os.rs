//! The operating systems there are, by name.
//!
//! Does not know what they do. Invariant: a name read back is the system it was written for.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// Whose rules a simulated host follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Os {
    /// Linux, which is right by definition.
    #[default]
    Linux,
    /// Darwin, whose kernel is XNU.
    Macos,
    /// FreeBSD.
    Freebsd,
}

impl Os {
    /// All of them, in the order they are named.
    pub const ALL: [Self; 3] = [Self::Linux, Self::Macos, Self::Freebsd];

    /// The name on a command line and in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Macos => "macos",
            Self::Freebsd => "freebsd",
        }
    }
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Os {
    type Err = UnknownOs;

    fn from_str(text: &str) -> Result<Self, UnknownOs> {
        Self::ALL.into_iter().find(|os| os.name() == text).ok_or_else(|| UnknownOs(text.to_owned()))
    }
}

/// A name that is no operating system of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownOs(pub String);

impl fmt::Display for UnknownOs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Os::ALL.map(Os::name).join(", ");
        write!(f, "an operating system is one of {names}; this is {:?}", self.0)
    }
}

impl core::error::Error for UnknownOs {}
