//! Where `unsafe` may stand: in the boundary, nowhere else; and which crates must forbid it.
//!
//! Whether an unsafe block is explained is checked by clippy (`undocumented_unsafe_blocks`).
//! Invariant: unsafe code inside macro bodies counts like any other.

use proc_macro2::{Delimiter, TokenTree};

use super::finding::Finding;
use super::source::{Source, line_of};

/// The only room that may be unsafe.
const BOUNDARY: &str = "sim/boundary/";

/// Crate roots that must say `#![forbid(unsafe_code)]` themselves, so that no lint table can lift it.
const FORBIDDING_ROOTS: &[&str] =
    &["sim/src/lib.rs", "harness/marks/src/lib.rs", "shrink/src/lib.rs", "reports/src/lib.rs"];

/// Checks one file.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    if FORBIDDING_ROOTS.contains(&source.path.as_str()) && !forbids_unsafe(source) {
        found.push(source.at(1).finding(
            "this crate does not forbid unsafe code",
            "write `#![forbid(unsafe_code)]` under its documentation",
        ));
    }
    if source.path.starts_with(BOUNDARY) {
        return found;
    }
    source.each_position(&mut |tail| {
        if let Some(what) = unsafe_at(tail) {
            found.push(source.at(line_of(&tail[0])).finding(
                format!("{what} outside {BOUNDARY}"),
                "give the boundary a safe function for it and call that",
            ));
        }
    });
    found.extend(source.attributes().iter().filter(|a| is_unsafe_attribute(&a.tokens)).map(|attribute| {
        source
            .at(attribute.line)
            .finding(format!("an unsafe attribute outside {BOUNDARY}"), "define the symbol in the boundary")
    }));
    found
}

/// What is unsafe here. A function pointer type (`unsafe fn(…)`) does nothing unsafe and is not named.
fn unsafe_at(tail: &[TokenTree]) -> Option<&'static str> {
    let mut rest = match tail {
        [TokenTree::Ident(word), rest @ ..] if word == "unsafe" => rest,
        _ => return None,
    };
    if let [TokenTree::Ident(word), after @ ..] = rest
        && word == "extern"
    {
        rest = match after {
            [TokenTree::Literal(_), after @ ..] => after,
            _ => after,
        };
        if let [TokenTree::Group(group), ..] = rest {
            return (group.delimiter() == Delimiter::Brace).then_some("an unsafe extern block");
        }
    }
    match rest {
        [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Brace => Some("an unsafe block"),
        [TokenTree::Ident(word), ..] if word == "impl" => Some("an unsafe impl"),
        [TokenTree::Ident(word), ..] if word == "trait" => Some("an unsafe trait"),
        [TokenTree::Ident(word), TokenTree::Group(_), ..] if word == "fn" => None,
        [TokenTree::Ident(word), ..] if word == "fn" => Some("an unsafe function"),
        _ => None,
    }
}

fn is_unsafe_attribute(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Ident(name), TokenTree::Group(_), ..] if name == "unsafe")
}

fn forbids_unsafe(source: &Source) -> bool {
    source.attributes().iter().any(|attribute| match attribute.tokens.as_slice() {
        [TokenTree::Ident(name), TokenTree::Group(lints)] if name == "forbid" => {
            lints.stream().into_iter().any(|lint| lint.to_string() == "unsafe_code")
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::check::found_in;

    fn check_at(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(found_in(super::check, path, text), expected, "{path}: {text}");
    }

    #[test]
    fn unsafe_stands_in_the_boundary_only() {
        let check = |text: &str, expected: &[&str]| {
            check_at("harness/src/a.rs", text, expected);
            check_at("sim/boundary/src/a.rs", text, &[]);
        };
        check("fn a() {\n unsafe { b() }\n}", &["2: an unsafe block outside sim/boundary/"]);
        check("unsafe fn a() {}", &["1: an unsafe function outside sim/boundary/"]);
        check("unsafe extern \"C\" fn a() {}", &["1: an unsafe function outside sim/boundary/"]);
        check("unsafe extern \"C\" { fn a(); }", &["1: an unsafe extern block outside sim/boundary/"]);
        check("unsafe impl Send for A {}", &["1: an unsafe impl outside sim/boundary/"]);
        check("unsafe trait A {}", &["1: an unsafe trait outside sim/boundary/"]);
        check("#[unsafe(no_mangle)] fn a() {}", &["1: an unsafe attribute outside sim/boundary/"]);
        check("#[unsafe(naked)] fn a() {}", &["1: an unsafe attribute outside sim/boundary/"]);
        check("own! { fn a() { unsafe { b() } } }", &["1: an unsafe block outside sim/boundary/"]);
        check("type A = unsafe fn(u8);", &[]);
        check("type A = unsafe extern \"C\" fn(u8);", &[]);
        check("// unsafe { }\nconst A: &str = \"unsafe { }\";", &[]);
    }

    #[test]
    fn pure_crates_forbid_it_themselves() {
        let check = |text: &str, expected: &[&str]| check_at("sim/src/lib.rs", text, expected);
        check("//! Docs.\n#![forbid(unsafe_code)]", &[]);
        check("#![forbid(missing_docs, unsafe_code)]", &[]);
        check("//! Docs.", &["1: this crate does not forbid unsafe code"]);
        check("#![deny(unsafe_code)]", &["1: this crate does not forbid unsafe code"]);
        check_at("sim/src/clock.rs", "//! Docs.", &[]);
    }
}
