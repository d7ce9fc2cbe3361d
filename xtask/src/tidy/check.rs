//! For the tests of the rules: a small source in, its findings out.
//!
//! Knows no rule.
//! Invariant: a case is one call, and shows all that a rule says about its source.

use super::finding::Finding;
use super::source::Source;

/// The findings of `rule` in a file of this text, each as `line: what is wrong`.
pub(super) fn found_in(rule: fn(&Source) -> Vec<Finding>, path: &str, text: &str) -> Vec<String> {
    let source = Source::new(path, text).expect("the case is Rust");
    rule(&source).into_iter().map(|finding| format!("{}: {}", finding.line, finding.wrong)).collect()
}
