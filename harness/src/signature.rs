//! What a signature is made of: the function where something happened, and a message without what varies.
//!
//! Does not know what happened. Invariant: a signature holds no line, address, type argument or closure, and no number that the program
//! counted: it is the same after edits elsewhere, and for two runs that show the same.

use std::collections::BTreeSet;

use crate::client::{RecordedStack, Run, StackOf};
use crate::symbols::{Author, Inner, Place, Symbols};

/// The function of the program that the first recorded stack of this kind was in.
#[must_use]
pub fn function_of(run: &Run, of: StackOf, symbols: &Symbols) -> Option<String> {
    run.stacks.iter().find(|stack| stack.of == of).and_then(|stack| function(&stack.addresses, symbols))
}

/// The innermost function of a stack that the program's author wrote; of a crate that he uses if there is none.
#[must_use]
pub fn function(stack: &[u64], symbols: &Symbols) -> Option<String> {
    by(stack, symbols, Author::Own).or_else(|| by(stack, symbols, Author::Dependency))
}

fn by(stack: &[u64], symbols: &Symbols, author: Author) -> Option<String> {
    let mut places = stack.iter().flat_map(|address| symbols.places(*address));
    places.find(|place| place.inner == Inner::Program && place.of == author).map(|place| name(&place))
}

/// The function of a place. Where the debug information says only its last name, as it does if it was built with line tables alone,
/// the file says in which module.
fn name(place: &Place) -> String {
    let function = plain(&place.function);
    if function.contains("::") {
        return function;
    }
    let module = module_of(place.line.rsplit_once(':').map_or(&*place.line, |(file, _)| file));
    if function.starts_with('{') { module } else { format!("{module}::{function}") }
}

/// `tokio::runtime::park` of `tokio-1.52.0/src/runtime/park.rs`.
pub(crate) fn module_of(file: &str) -> String {
    let (folder, rest) = file.rsplit_once("/src/").unwrap_or(("", file));
    let folder = folder.rsplit('/').next().unwrap_or_default();
    let version =
        folder.match_indices('-').find(|(at, _)| folder[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let package = version.map_or(folder, |(at, _)| &folder[..at]).replace('-', "_");
    let rest = rest.strip_suffix(".rs").unwrap_or(rest);
    let parts = rest.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main" | "" | "." | ".."));
    let parts: Vec<&str> =
        Some(&*package).into_iter().filter(|package| !package.is_empty()).chain(parts).collect();
    parts.join("::")
}

/// The functions in which threads wait: of those that wait in the program's own code, if any do, for threads of a pool that have
/// nothing to do wait in the code of a crate, and how many do differs from run to run.
#[must_use]
pub fn functions(stacks: &[&RecordedStack], symbols: &Symbols) -> BTreeSet<String> {
    let of = |author| stacks.iter().filter_map(move |stack| by(&stack.addresses, symbols, author));
    let own: BTreeSet<String> = of(Author::Own).collect();
    if own.is_empty() { of(Author::Dependency).collect() } else { own }
}

/// A function's path without type arguments, closures and the trait that it implements: what `<a::T<u8> as b::Trait>::f::{closure#0}`
/// has of `a::T::f`. The body of an `async fn` is a closure of it.
#[must_use]
pub fn plain(function: &str) -> String {
    let (first, rest) =
        match function.strip_prefix('<').and_then(|inside| inside.split_at_checked(end(inside)?)) {
            Some((of, rest)) => (plain(without_trait(of)), &rest[1..]),
            None => (String::new(), function),
        };
    let mut path = first;
    for segment in segments(rest) {
        let name = segment.split('<').next().unwrap_or_default();
        if name.is_empty() || name.starts_with('{') {
            continue;
        }
        if !path.is_empty() {
            path += "::";
        }
        path += name;
    }
    if path.is_empty() { function.to_owned() } else { path }
}

/// Where the bracket closes that was opened before this text. An arrow closes nothing.
fn end(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before == '-' => {}
            '>' if depth == 0 => return Some(at),
            '>' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    None
}

/// The type in `T as Trait`.
fn without_trait(implementation: &str) -> &str {
    let mut depth = 0_u32;
    for (at, c) in implementation.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && implementation[at..].starts_with(" as ") => return &implementation[..at],
            _ => {}
        }
    }
    implementation
}

/// The parts of a path between its own colons, not those in type arguments.
pub(crate) fn segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let (mut depth, mut start, mut before) = (0_u32, 0, ' ');
    for (at, c) in path.char_indices() {
        match c {
            '<' | '{' | '(' => depth += 1,
            '>' if before == '-' => {}
            '>' | '}' | ')' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                segments.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        before = c;
    }
    segments.push(&path[start..]);
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// The first line of a message, in which each number is `N`: a count, an address, a time, a list of numbers. A number that is part of
/// a name stays.
#[must_use]
pub fn steady(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let mut text = String::with_capacity(line.len());
    for word in words(line) {
        if !is_number(word) {
            text += word;
        } else if let Some(list) = text.strip_suffix("N, ") {
            // A list of numbers is as long as it happens to be.
            text = format!("{list}N");
        } else {
            // A sign is part of the number; a dash between two words is not.
            if text.ends_with('-') && !text.trim_end_matches('-').ends_with(char::is_alphanumeric) {
                text.pop();
            }
            text += "N";
        }
    }
    text
}

/// Pieces of a text that are whole words or what stands between them. A decimal point and digits after it belong to a word that begins
/// with a digit.
fn words(line: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let of_kind = |c: char| is_word(c) == is_word(first);
        let mut end = rest.find(|c| !of_kind(c)).unwrap_or(rest.len());
        if first.is_ascii_digit() && rest[end..].starts_with('.') {
            let behind = &rest[end + 1..];
            if behind.starts_with(|c: char| c.is_ascii_digit()) {
                end += 1 + behind.find(|c| !is_word(c)).unwrap_or(behind.len());
            }
        }
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    words
}

/// Whether a word is a number, with a unit of time, type or size behind it or not, or eight and more hexadecimal digits.
fn is_number(word: &str) -> bool {
    let hex = word.strip_prefix("0x").unwrap_or(word);
    let is_hex = |word: &str| word.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    if is_hex(hex) && (hex.len() >= 8 || hex.len() < word.len()) {
        return hex.bytes().any(|byte| byte.is_ascii_digit()) || hex.len() < word.len();
    }
    let unit = word.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '_');
    const UNITS: [&str; 19] = [
        "", "ns", "µs", "us", "ms", "s", "B", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize",
    ];
    word.starts_with(|c: char| c.is_ascii_digit()) && UNITS.contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_without_what_varies() {
        let check = |function: &str, expected: &str| assert_eq!(plain(function), expected, "{function}");
        check("app::main", "app::main");
        check("app::fetch::{{closure}}", "app::fetch");
        check("app::fetch::{closure#0}::{closure#1}", "app::fetch");
        check("app::fetch::{async_fn_body#0}", "app::fetch");
        check("app::sum::<u8>", "app::sum");
        check("app::sum::<alloc::vec::Vec<fn(u8) -> u8>>::{closure#0}", "app::sum");
        check("app::Pool<T,F>::take", "app::Pool::take");
        check("<app::Pool<T>>::take", "app::Pool::take");
        check("<app::Pool<u8> as core::ops::drop::Drop>::drop", "app::Pool::drop");
        check("<app::Pool<<u8 as app::Of>::It> as app::Give<u8>>::give::{{closure}}", "app::Pool::give");
        check("app::pool::{impl#3}::take", "app::pool::take");
        check("<(app::A, u8) as app::Give>::give", "(app::A, u8)::give");
        check("<F as app::Run>::run", "F::run");
        check("take", "take");
        check("?", "?");
        check("", "");
    }

    #[test]
    fn a_file_says_what_line_tables_do_not() {
        let check = |function: &str, line: &str, expected: &str| {
            let place = Place {
                function: function.into(),
                line: line.into(),
                path: line.into(),
                inner: Inner::Program,
                of: Author::Own,
            };
            assert_eq!(name(&place), expected, "{function} {line}");
        };
        check("park", "tokio-1.52.0/src/runtime/park.rs:7", "tokio::runtime::park::park");
        check("take<u8>", "guests/src/pool/mod.rs:7", "guests::pool::take");
        check("{closure#2}", "my-guests/src/pool.rs:7", "my_guests::pool");
        check("main", "app/src/main.rs:1", "app::main");
        check("helper", "tests/race.rs:12", "tests::race::helper");
        check("app::pool::take", "elsewhere/src/pool.rs:12", "app::pool::take");
    }

    #[test]
    fn a_message_is_kept_without_what_varies() {
        let check = |message: &str, expected: &str| assert_eq!(steady(message), expected, "{message}");
        check("main has had enough", "main has had enough");
        check("first\nsecond", "first");
        check(
            "index out of bounds: the len is 3 but the index is 17",
            "index out of bounds: the len is N but the index is N",
        );
        check("it took 1.5ms, and not 300 µs", "it took N, and not N µs");
        check("at 0x7fff_ab12 and deadbeef01", "at N and N");
        check("the seats [1, 2, 3] are taken", "the seats [N] are taken");
        check("the seats [1] are taken", "the seats [N] are taken");
        check("it is -7, of 3-7", "it is N, of N-N");
        check("u64 and utf8 and pr43 and h2 stay", "u64 and utf8 and pr43 and h2 stay");
        check("a decade and a facade stay, as does deadbeef", "a decade and a facade stay, as does deadbeef");
        check(
            "called `Result::unwrap()` on an `Err` value: Os { code: 22, kind: InvalidInput, message: \"Invalid argument\" }",
            "called `Result::unwrap()` on an `Err` value: Os { code: N, kind: InvalidInput, message: \"Invalid argument\" }",
        );
        check("127.0.0.1:4000 is busy", "N.N:N is busy");
        check("", "");
    }
}
