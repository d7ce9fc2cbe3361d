//! What a program did not do as expected, as data and in words.
//!
//! Does not judge, and knows no sweep. Invariant: the words follow from what it is about and its numbers, and nobody has to read them back.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that is not as expected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Complaint {
    /// What it is about.
    pub about: About,
    /// The whole of it, in words.
    pub words: String,
}

/// What a complaint is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum About {
    /// A signature that is not expected.
    Unexpected {
        /// Which.
        signature: String,
    },
    /// What must be found, and was found later than promised.
    Late {
        /// Its pattern.
        pattern: String,
    },
    /// What must be found, and was not.
    Missed {
        /// Its pattern.
        pattern: String,
    },
    /// An entry of the corpus that cannot be judged.
    Unjudged {
        /// Its number.
        corpus: i64,
    },
    /// The program as a whole: runs that pass where all must fail.
    #[default]
    Program,
}

impl Complaint {
    /// The signature that it calls unexpected.
    #[must_use]
    pub fn unexpected(&self) -> Option<&str> {
        match &self.about {
            About::Unexpected { signature } => Some(signature),
            _ => None,
        }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// It is equal to its words.
impl PartialEq<&str> for Complaint {
    fn eq(&self, words: &&str) -> bool {
        self.words == *words
    }
}
