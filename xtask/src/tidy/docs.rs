//! Documentation: every file opens with `//!`, and every example in it compiles.
//!
//! Does not judge what the words say.
//! Invariant: an example that is only shown carries `text`, one that only compiles `no_run`; none is ignored.

use proc_macro2::TokenTree;

use super::finding::Finding;
use super::source::Source;

/// Checks one file.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let opening = source.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let mut found = Vec::new();
    if !opening.starts_with("//!") {
        found.push(source.at(1).finding(
            "this file does not open with `//!`",
            "say what it is, what it does not know, and one invariant",
        ));
    }
    for attribute in source.attributes() {
        if let [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(words)] =
            attribute.tokens.as_slice()
            && name == "doc"
            && let Some(offset) = ignored_fence(&words.to_string())
        {
            found.push(source.at(attribute.line + offset).finding(
                "an example that is not compiled",
                "let it compile (`no_run` if it must not run), or mark it `text`",
            ));
        }
    }
    found
}

/// The line, counted from 0, that opens an ignored example in a documentation literal.
fn ignored_fence(literal: &str) -> Option<usize> {
    // A block comment is one literal, its line ends escaped.
    literal.trim_matches('"').split("\\n").position(|line| {
        let line = line.trim().trim_start_matches('*').trim_start();
        let words = line.strip_prefix("```").or_else(|| line.strip_prefix("~~~"));
        words.is_some_and(|words| {
            words.split([',', ' ', '{', '}']).any(|word| word == "ignore" || word.starts_with("ignore-"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::found_in;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(found_in(super::check, "harness/src/a.rs", text), expected, "{text}");
    }

    #[test]
    fn files_open_with_documentation() {
        const SILENT: &str = "1: this file does not open with `//!`";
        check("//! What it is.\nfn a() {}", &[]);
        check("\n//! What it is.", &[]);
        check("fn a() {}", &[SILENT]);
        check("// A comment.\n//! What it is.", &[SILENT]);
        check("/// Outer.\nfn a() {}", &[SILENT]);
        check("", &[SILENT]);
    }

    #[test]
    fn examples_compile() {
        let ignored = |line: usize| format!("{line}: an example that is not compiled");
        check("//! A.\n//! ```ignore\n//! x\n//! ```", &[&ignored(2)]);
        check("//! A.\n/// ```rust,ignore\n/// ```\nfn a() {}", &[&ignored(2)]);
        check("//! A.\n/// ```ignore-windows\n/// ```\nfn a() {}", &[&ignored(2)]);
        check("//! A.\n/// ~~~ ignore\n/// ~~~\nfn a() {}", &[&ignored(2)]);
        check("//! A.\n/** B\n * ```ignore\n * ``` */\nfn a() {}", &[&ignored(3)]);
        check("//! A.\n/// ```no_run\n/// ```\nfn a() {}", &[]);
        check("//! A.\n/// ```text\n/// ignore\n/// ```\nfn a() {}", &[]);
        check("//! A.\nconst A: &str = \"/// ```ignore\";", &[]);
    }
}
