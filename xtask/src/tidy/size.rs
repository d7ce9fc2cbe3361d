//! How long files and functions are.
//!
//! Does not know which excess is old and tolerated, see [`super::ratchet`].
//! Invariant: a flat table may be long. A file is a flat table when hardly any of its lines stand in a function body;
//! functions in macro calls count, so wrapping code in a macro does not make it a table.

use proc_macro2::{Delimiter, TokenTree};

use super::source::{Source, line_of};

/// No file is longer, unless it is a flat table.
pub(super) const FILE_LINES_MAX: usize = 500;

/// No function is longer, from `fn` to its closing brace.
pub(super) const FUNCTION_LINES_MAX: usize = 70;

/// A file with no more lines than this in function bodies is a flat table.
const TABLE_FUNCTION_LINES_MAX: usize = 50;

/// A file or function that is too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excess {
    /// `path` for a file, `path::function` for a function.
    pub(super) name: String,
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) lines: usize,
}

struct Function {
    name: String,
    first: usize,
    last: usize,
}

/// The file itself, if it is too long.
pub(super) fn long_file(source: &Source) -> Option<Excess> {
    let lines = source.text.lines().count();
    let is_long = lines > FILE_LINES_MAX && lines_in_functions(source) > TABLE_FUNCTION_LINES_MAX;
    is_long.then(|| Excess { name: source.path.clone(), path: source.path.clone(), line: 1, lines })
}

/// The functions that are too long. Of several with one name the longest stands for all.
pub(super) fn long_functions(source: &Source) -> Vec<Excess> {
    let mut found: Vec<Excess> = functions(source)
        .into_iter()
        .map(|function| Excess {
            name: format!("{}::{}", source.path, function.name),
            path: source.path.clone(),
            line: function.first,
            lines: function.last - function.first + 1,
        })
        .filter(|excess| excess.lines > FUNCTION_LINES_MAX)
        .collect();
    found.sort_by(|a, b| (&a.name, b.lines).cmp(&(&b.name, a.lines)));
    found.dedup_by(|later, kept| later.name == kept.name);
    found
}

fn lines_in_functions(source: &Source) -> usize {
    let mut counted_to = 0;
    let mut lines = 0;
    for Function { first, last, .. } in functions(source) {
        // A function within a function is counted with it.
        let first = first.max(counted_to + 1);
        lines += (last + 1).saturating_sub(first);
        counted_to = counted_to.max(last);
    }
    lines
}

/// Functions with a body, outer before inner, in the order in which they start.
fn functions(source: &Source) -> Vec<Function> {
    let mut found = Vec::new();
    source.each_position(&mut |tail| found.extend(function_at(tail)));
    found.sort_by_key(|function| (function.first, std::cmp::Reverse(function.last)));
    found
}

fn function_at(tail: &[TokenTree]) -> Option<Function> {
    let [TokenTree::Ident(word), name, rest @ ..] = tail else { return None };
    // `fn(u8)` is a type.
    if word != "fn" || matches!(name, TokenTree::Group(_)) {
        return None;
    }
    let ends = |tree: &&TokenTree| match tree {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    let TokenTree::Group(body) = rest.iter().find(ends)? else { return None };
    Some(Function { name: name.to_string(), first: line_of(&tail[0]), last: body.span_close().end().line })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("a.rs", text).expect("the case is Rust")
    }

    fn function(name: &str, lines: usize) -> String {
        format!("fn {name}() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn functions_are_measured() {
        let check = |text: &str, expected: &[(&str, usize, usize)]| {
            let found = long_functions(&source(text));
            let found: Vec<_> = found.iter().map(|e| (e.name.as_str(), e.line, e.lines)).collect();
            assert_eq!(found, expected);
        };
        check(&function("a", 70), &[]);
        check(&function("a", 71), &[("a.rs::a", 1, 71)]);
        check(&format!("impl A {{\n{}}}", function("a", 72)), &[("a.rs::a", 2, 72)]);
        check(&format!("own! {{\n{}}}", function("a", 72)), &[("a.rs::a", 2, 72)]);
        check(&format!("trait A {{ fn a(); }}\n{}", function("b", 71)), &[("a.rs::b", 2, 71)]);
        check(&format!("{}{}", function("a", 71), function("a", 80)), &[("a.rs::a", 72, 80)]);
        check(&format!("type A = fn(u8);\nmod b {{\n{}}}", "const A: u8 = 1;\n".repeat(90)), &[]);
    }

    #[test]
    fn files_are_measured_and_tables_are_not() {
        let check = |text: &str, expected: Option<usize>| {
            assert_eq!(long_file(&source(text)).map(|excess| excess.lines), expected);
        };
        check(&function("a", 50).repeat(10), None);
        check(&function("a", 51).repeat(10), Some(510));
        check(&"const A: u8 = 1;\n".repeat(900), None);
        check(&format!("{}{}", function("a", 50), "const A: u8 = 1;\n".repeat(900)), None);
        check(&format!("{}{}", function("a", 51), "const A: u8 = 1;\n".repeat(900)), Some(951));
        check(&format!("own! {{\n{}}}", function("a", 51).repeat(10)), Some(512));
    }

    #[test]
    fn a_function_in_a_function_is_counted_once() {
        let text = format!("fn outer() {{\n{}}}\n", function("inner", 30));
        assert_eq!(lines_in_functions(&source(&text)), 32);
    }
}
