//! Attributes and macros that put off or hide what should be said: `ignore`, bare `should_panic`, `allow`, `todo!`.
//!
//! Does not know whether a test passes or a lint fires.
//! Invariant: looks at code only, so a rule may be named in a comment or a string.

use proc_macro2::TokenTree;

use super::finding::Finding;
use super::source::{Attribute, Source, line_of};

/// Checks one file.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        source.attributes().iter().filter_map(|attribute| check_attribute(source, attribute)).collect();
    source.each_position(&mut |tail| {
        if let [TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(_), ..] = tail
            && bang.as_char() == '!'
            && (name == "todo" || name == "unimplemented")
        {
            let place = source.at(line_of(&tail[0]));
            found.push(place.finding(
                format!("`{name}!` panics where an answer is owed"),
                "return an error that says what is missing",
            ));
        }
    });
    found
}

fn check_attribute(source: &Source, attribute: &Attribute) -> Option<Finding> {
    let (TokenTree::Ident(name), rest) = attribute.tokens.split_first()? else { return None };
    let (wrong, remedy) = match name.to_string().as_str() {
        "ignore" => ("a test that is not run", "run it, or delete it"),
        "should_panic" if rest.is_empty() => {
            ("`should_panic` that any panic satisfies", "write `#[should_panic(expected = \"…\")]`")
        }
        "allow" => ("`allow` outlives its reason", "write `#[expect(lint, reason = \"…\")]`"),
        _ => return None,
    };
    Some(source.at(attribute.line).finding(wrong, remedy))
}

#[cfg(test)]
mod tests {
    use super::super::check::found_in;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(found_in(super::check, "harness/src/a.rs", text), expected, "{text}");
    }

    #[test]
    fn attributes() {
        const IGNORED: &str = "1: a test that is not run";
        const ANY_PANIC: &str = "1: `should_panic` that any panic satisfies";
        const ALLOWED: &str = "1: `allow` outlives its reason";
        check("#[ignore] fn a() {}", &[IGNORED]);
        check("#[ignore = \"slow\"] fn a() {}", &[IGNORED]);
        check("#[cfg_attr(miri, ignore)] fn a() {}", &[IGNORED]);
        check("#[cfg_attr(miri, cfg_attr(unix, ignore))] fn a() {}", &[IGNORED]);
        check("#[cfg(ignore)] fn a() {}", &[]);
        check("#[should_panic] fn a() {}", &[ANY_PANIC]);
        check("#[should_panic(expected = \"x\")] fn a() {}", &[]);
        check("#[should_panic = \"x\"] fn a() {}", &[]);
        check("#![allow(dead_code)]", &[ALLOWED]);
        check("#[allow(dead_code, reason = \"x\")] fn a() {}", &[ALLOWED]);
        check("fn a() { #[allow(unused)] let x = 1; }", &[ALLOWED]);
        check("table! { #[allow(unused)] fn x() {} }", &[ALLOWED]);
        check("#[expect(dead_code, reason = \"x\")] fn a() {}", &[]);
        check("fn a() -> [u8; 2] { allow[0]; [1, 2] }", &[]);
    }

    #[test]
    fn macros() {
        check("fn a() {\n todo!()\n}", &["2: `todo!` panics where an answer is owed"]);
        check("fn a() { unimplemented!(\"x\") }", &["1: `unimplemented!` panics where an answer is owed"]);
        check("fn a() { if todo != (b) {} }", &[]);
        check("// todo!() #[ignore]\nfn a() { say(\"todo!() #[allow(x)]\") }", &[]);
    }
}
