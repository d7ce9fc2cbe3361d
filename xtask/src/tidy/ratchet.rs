//! The list of old excess, which may only shrink.
//!
//! Does not measure anything, see [`super::size`].
//! Invariant: the list equals what is measured. Growth is refused, and so is a number that is no longer reached: what
//! has been won is written down in the same commit.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::finding::{Finding, Place};
use super::size::{Excess, FILE_LINES_MAX, FUNCTION_LINES_MAX};

/// Where the list stands.
pub(super) const PATH: &str = "xtask/tidy-ratchet.json";

/// The list of old excess: a name and its length in lines.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ratchet {
    /// For the reader of the file.
    #[serde(rename = "about")]
    _about: String,
    files: BTreeMap<String, usize>,
    functions: BTreeMap<String, usize>,
    /// The file as it is written, to find lines in.
    #[serde(skip)]
    text: String,
}

impl Ratchet {
    /// Reads the list.
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let mut ratchet: Self = serde_json::from_str(text)?;
        text.clone_into(&mut ratchet.text);
        Ok(ratchet)
    }

    /// Compares the list with everything that is too long.
    pub(super) fn check(&self, files: &[Excess], functions: &[Excess]) -> Vec<Finding> {
        let mut found = self.compare(&self.files, files, FILE_LINES_MAX);
        found.extend(self.compare(&self.functions, functions, FUNCTION_LINES_MAX));
        found
    }

    fn compare(&self, listed: &BTreeMap<String, usize>, measured: &[Excess], max: usize) -> Vec<Finding> {
        let grown = measured.iter().filter_map(|excess| grown(excess, listed.get(&excess.name), max));
        let shrunk = listed.iter().filter_map(|(name, &lines)| {
            let now = measured.iter().find(|excess| &excess.name == name).map(|excess| excess.lines);
            let remedy = match now {
                Some(now) if now < lines => format!("write `\"{name}\": {now}`, so that it stays so"),
                None => "remove its line, so that it stays so".to_owned(),
                Some(_) => return None,
            };
            let is = now.map_or_else(|| format!("no more than {max}"), |now| now.to_string());
            Some(self.line_of(name).finding(format!("`{name}` had {lines} lines and has {is}"), remedy))
        });
        grown.chain(shrunk).collect()
    }

    fn line_of(&self, name: &str) -> Place<'static> {
        let quoted = format!("\"{name}\"");
        let index = self.text.lines().position(|line| line.contains(&quoted)).unwrap_or_default();
        Place { path: PATH, line: index + 1 }
    }
}

fn grown(excess: &Excess, listed: Option<&usize>, max: usize) -> Option<Finding> {
    let allowed = listed.copied().unwrap_or(max);
    let Excess { name, path, line, lines } = excess;
    (*lines > allowed).then(|| {
        Place { path, line: *line }.finding(
            format!("`{name}` has {lines} lines, {allowed} are allowed"),
            "take a part out that has a name of its own",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &str, measured: &[(&str, usize)], expected: &[&str]) {
        let ratchet = Ratchet::parse(list).expect("the case is a list");
        let excess = |&(name, lines): &(&str, usize)| {
            let path = name.split("::").next().unwrap_or_default().to_owned();
            Excess { name: name.to_owned(), path, line: 7, lines }
        };
        let (functions, files): (Vec<_>, Vec<_>) =
            measured.iter().map(excess).partition(|excess| excess.name.contains("::"));
        let found: Vec<String> = ratchet.check(&files, &functions).iter().map(Finding::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn excess_may_only_shrink() {
        const NONE: &str = r#"{ "about": "", "files": {}, "functions": {} }"#;
        const ONE: &str = "{ \"about\": \"\", \"functions\": {},\n\"files\": { \"a.rs\": 600 } }";
        const FUNCTION: &str = "{ \"about\": \"\", \"files\": {},\n\n\"functions\": { \"a.rs::f\": 90 } }";
        check(NONE, &[], &[]);
        check(
            NONE,
            &[("a.rs", 600)],
            &["a.rs:7: `a.rs` has 600 lines, 500 are allowed; take a part out that has a name of its own"],
        );
        check(ONE, &[("a.rs", 600)], &[]);
        check(
            ONE,
            &[("a.rs", 601)],
            &["a.rs:7: `a.rs` has 601 lines, 600 are allowed; take a part out that has a name of its own"],
        );
        check(
            ONE,
            &[("a.rs", 550)],
            &["xtask/tidy-ratchet.json:2: `a.rs` had 600 lines and has 550; \
               write `\"a.rs\": 550`, so that it stays so"],
        );
        check(
            ONE,
            &[],
            &["xtask/tidy-ratchet.json:2: `a.rs` had 600 lines and has no more than 500; \
               remove its line, so that it stays so"],
        );
        check(
            FUNCTION,
            &[("a.rs::f", 91), ("a.rs::g", 71)],
            &[
                "a.rs:7: `a.rs::f` has 91 lines, 90 are allowed; take a part out that has a name of its own",
                "a.rs:7: `a.rs::g` has 71 lines, 70 are allowed; take a part out that has a name of its own",
            ],
        );
    }

    #[test]
    fn a_list_with_unknown_parts_is_refused() {
        let parsed = Ratchet::parse(r#"{ "about": "", "files": {}, "functions": {}, "crates": {} }"#);
        assert!(parsed.expect_err("unknown").to_string().contains("crates"));
    }
}
