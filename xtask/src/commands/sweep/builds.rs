//! The executables of a sweep, each named by its content.
//!
//! Does not build or run them. Invariant: equal contents give equal words, whatever was typed in which order.

use std::collections::{BTreeMap, BTreeSet};

use photofinish::tracefile;
use serde::{Deserialize, Serialize};

use super::SimError;
use crate::scenarios::Several;

/// By executable: its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Builds(BTreeMap<String, String>);

/// An executable that is not the same in two places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    /// Which.
    pub(super) executable: String,
    /// Its content in the one.
    build: Option<String>,
    /// Its content in the other.
    other_build: Option<String>,
}

impl Other {
    /// Whether both places have it.
    pub(super) fn is_in_both(&self) -> bool {
        self.build.is_some() && self.other_build.is_some()
    }

    /// Its contents, in words.
    pub(super) fn words(self) -> [String; 2] {
        [self.build, self.other_build].map(|build| build.unwrap_or_else(|| String::from("none")))
    }
}

impl Builds {
    /// Reads the executables.
    pub(super) fn of(several: &Several) -> Result<Self, SimError> {
        let build = |path| tracefile::build_id(path).map_err(SimError::Executable);
        let executables = several.executables().iter();
        executables.map(|of| Ok((of.name.to_owned(), build(&of.path)?))).collect::<Result<_, _>>().map(Self)
    }

    /// The content of an executable that is there.
    pub(super) fn id(&self, executable: &str) -> &str {
        &self.0[executable]
    }

    /// All contents as one: that of a single executable, or a hash of all of them.
    pub(super) fn whole(&self) -> String {
        if let (1, Some(build)) = (self.0.len(), self.0.values().next()) {
            return build.clone();
        }
        let named: String = self.0.iter().map(|(name, build)| format!("{name} {build}\n")).collect();
        let hash = named.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        format!("{hash:016x}")
    }

    /// Each content, if there are several.
    pub(super) fn each(&self) -> BTreeMap<String, String> {
        if self.0.len() == 1 { BTreeMap::new() } else { self.0.clone() }
    }

    /// An executable that is not the same here and there: one that both have, if there is such.
    pub(super) fn other_than(&self, other: &Self) -> Option<Other> {
        let names: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let others = names.into_iter().map(|executable| Other {
            executable: executable.clone(),
            build: self.0.get(executable).cloned(),
            other_build: other.0.get(executable).cloned(),
        });
        others.filter(|found| found.build != found.other_build).min_by_key(|found| !found.is_in_both())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builds(of: &[(&str, &str)]) -> Builds {
        Builds(of.iter().map(|(name, build)| ((*name).to_owned(), (*build).to_owned())).collect())
    }

    #[test]
    fn one_executable_is_its_own_content_and_several_are_a_hash() {
        let one = builds(&[("scenarios", "0123")]);
        assert_eq!((one.whole(), one.each().len()), (String::from("0123"), 0));
        let two = builds(&[("scenarios", "0123"), ("turmoil", "4567")]);
        assert_eq!((two.whole().len(), two.each().len()), (16, 2));
        for other in
            [&[("scenarios", "4567"), ("turmoil", "0123")], &[("scenarios", "0123"), ("tur", "4567")]]
        {
            assert_ne!(two.whole(), builds(other).whole());
        }
    }

    #[test]
    fn what_is_in_two_builds_is_named_before_what_is_in_one() {
        let ours = builds(&[("a", "1"), ("c", "3")]);
        let other = |of| {
            let other = ours.other_than(&builds(of))?;
            let (name, is_in_both) = (other.executable.clone(), other.is_in_both());
            Some((name, is_in_both, other.words().join(" ")))
        };
        let said =
            |name: &str, is_in_both, words: &str| Some((name.to_owned(), is_in_both, words.to_owned()));
        assert_eq!(other(&[("a", "1"), ("c", "3")]), None);
        assert_eq!(other(&[("b", "2"), ("c", "4")]), said("c", true, "3 4"));
        assert_eq!(other(&[("c", "3")]), said("a", false, "1 none"));
        assert_eq!(other(&[("a", "1"), ("b", "2"), ("c", "3")]), said("b", false, "none 2"));
    }
}
