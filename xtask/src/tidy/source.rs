//! A Rust file as text and as tokens.
//!
//! Tokens and not a syntax tree: tables of ours are macro calls, and a tree does not look into those.
//! Knows no rule.
//! Invariant: text in string literals and plain comments is never taken for code.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use super::finding::{Finding, Place};

/// One Rust file.
pub(super) struct Source {
    /// Relative to the workspace root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) tokens: TokenStream,
}

/// An attribute, inner or outer, also one that stands in a `cfg_attr`.
pub(super) struct Attribute {
    pub(super) line: usize,
    /// What stands between the brackets.
    pub(super) tokens: Vec<TokenTree>,
}

impl Source {
    /// Reads tokens; text that is no Rust is a finding.
    pub(super) fn new(path: impl Into<String>, text: impl Into<String>) -> Result<Self, Finding> {
        let (path, text) = (path.into(), text.into());
        match text.parse() {
            Ok(tokens) => Ok(Self { path, text, tokens }),
            Err(error) => {
                let place = Place { path: &path, line: error.span().start().line };
                Err(place.finding(format!("this is no Rust: {error}"), "see what `cargo check` says"))
            }
        }
    }

    /// A place in this file.
    pub(super) fn at(&self, line: usize) -> Place<'_> {
        Place { path: &self.path, line }
    }

    /// Every attribute, in order.
    pub(super) fn attributes(&self) -> Vec<Attribute> {
        let mut found = Vec::new();
        self.each_position(&mut |tail| found.extend(attribute_at(tail).into_iter().flat_map(unfold)));
        found
    }

    /// Calls `visit` once for every token of the file, with the rest of the group that it opens.
    pub(super) fn each_position(&self, visit: &mut dyn FnMut(&[TokenTree])) {
        each_position(self.tokens.clone(), visit);
    }
}

fn each_position(tokens: TokenStream, visit: &mut dyn FnMut(&[TokenTree])) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, tree) in trees.iter().enumerate() {
        visit(&trees[index..]);
        if let TokenTree::Group(group) = tree {
            each_position(group.stream(), visit);
        }
    }
}

fn attribute_at(tail: &[TokenTree]) -> Option<Attribute> {
    let bracket = match tail {
        [TokenTree::Punct(hash), TokenTree::Group(group), ..] if hash.as_char() == '#' => group,
        [TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(group), ..]
            if hash.as_char() == '#' && bang.as_char() == '!' && bang.spacing() == Spacing::Alone =>
        {
            group
        }
        _ => return None,
    };
    let is_attribute = bracket.delimiter() == Delimiter::Bracket;
    is_attribute
        .then(|| Attribute { line: line_of(&tail[0]), tokens: bracket.stream().into_iter().collect() })
}

/// `cfg_attr(condition, a, b)` stands for `a` and `b`; anything else for itself.
fn unfold(attribute: Attribute) -> Vec<Attribute> {
    let inner = match attribute.tokens.as_slice() {
        [TokenTree::Ident(name), TokenTree::Group(group)] if name == "cfg_attr" => group.stream(),
        _ => return vec![attribute],
    };
    let trees: Vec<TokenTree> = inner.into_iter().collect();
    let parts = trees.split(|tree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ','));
    let line = attribute.line;
    parts.skip(1).flat_map(|part| unfold(Attribute { line, tokens: part.to_vec() })).collect()
}

/// The line on which a token starts.
pub(super) fn line_of(tree: &TokenTree) -> usize {
    tree.span().start().line
}
