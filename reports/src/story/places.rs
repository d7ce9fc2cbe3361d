//! Where in the source something was, as short as a reader needs it.
//!
//! Of a stack, the program's own innermost function is what a reader knows; where there is none, a dependency's. Does not read
//! sources. Invariant: a place names a frame of its record.

use crate::record::{Author, Frame, Record};

/// A place in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The function without its modules, but with its type: `Emitter::emit`.
    pub function: String,
    /// The file, from the folder of its crate on.
    pub file: String,
    /// The line; 0 if it is not known.
    pub line: u32,
}

impl Place {
    /// The file without its folders, and the line: `emitter.rs:163`. A `mod.rs`, `lib.rs` or `main.rs` keeps one folder.
    #[must_use]
    pub fn brief(&self) -> String {
        let name = self.file.rsplit('/').next().unwrap_or_default();
        let is_common = matches!(name, "mod.rs" | "lib.rs" | "main.rs");
        let folders = usize::from(is_common) + 1;
        let parts: Vec<&str> = self.file.rsplit('/').take(folders).collect();
        let file: Vec<&str> = parts.into_iter().rev().collect();
        self.with_line(&file.join("/"))
    }

    /// The file as the record names it, and the line.
    #[must_use]
    pub fn full(&self) -> String {
        self.with_line(&self.file)
    }

    fn with_line(&self, file: &str) -> String {
        if self.line == 0 { file.to_owned() } else { format!("{file}:{}", self.line) }
    }
}

impl From<&Frame> for Place {
    fn from(frame: &Frame) -> Self {
        Self { function: short(&frame.function), file: frame.file.clone(), line: frame.line }
    }
}

/// The frames of a stack, innermost first; none of a number that the record does not have.
#[must_use]
pub fn frames(record: &Record, stack: u32) -> Vec<&Frame> {
    let stack = usize::try_from(stack).ok().and_then(|stack| record.stacks.get(stack));
    let frame = |number: &u32| usize::try_from(*number).ok().and_then(|number| record.frames.get(number));
    stack.into_iter().flat_map(|stack| stack.0.iter().filter_map(frame)).collect()
}

/// The frames of a stack that a reader knows: the program's own, else the dependencies', else all. With [`Place::from`], places.
#[must_use]
pub fn known(record: &Record, stack: u32) -> Vec<&Frame> {
    let all = frames(record, stack);
    for author in [Author::Program, Author::Dependency] {
        let of: Vec<&Frame> = all.iter().copied().filter(|frame| frame.author == author).collect();
        if !of.is_empty() {
            return of;
        }
    }
    all
}

/// The place of a stack.
#[must_use]
pub fn place(record: &Record, stack: Option<u32>) -> Option<Place> {
    known(record, stack?).first().map(|frame| Place::from(*frame))
}

/// A function without its modules and without what the compiler made of it.
fn short(function: &str) -> String {
    let mut parts: Vec<&str> = split(function);
    while parts.len() > 1 && parts.last().is_some_and(|last| last.starts_with('{')) {
        parts.pop();
    }
    let name = parts.pop().unwrap_or_default();
    match parts.last().filter(|of| of.starts_with(char::is_uppercase)) {
        Some(of) => format!("{of}::{name}"),
        None => name.to_owned(),
    }
}

/// The parts of a path, where those within angle brackets are one.
fn split(path: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, c) in path.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && at >= from && path[at..].starts_with("::") => {
                parts.push(&path[from..at]);
                from = at + 2;
            }
            _ => {}
        }
    }
    parts.push(path.get(from..).unwrap_or_default());
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(function: &str, expected: &str) {
        assert_eq!(short(function), expected, "{function}");
    }

    #[test]
    fn a_function_is_named_by_its_type_and_name() {
        check("app::emitter::Emitter::emit", "Emitter::emit");
        check("app::run", "run");
        check("app::run::{closure#0}", "run");
        check("app::Pool::start::{closure#0}::{closure#1}", "Pool::start");
        check("{closure#0}", "{closure#0}");
        check("<app::A as b::C>::d", "d");
        check(":::", ":");
        check("", "");
    }

    #[test]
    fn a_file_that_many_folders_have_keeps_its_folder() {
        let brief = |file: &str| Place { file: file.to_owned(), line: 7, ..Place::default() }.brief();
        assert_eq!(brief("app/src/pool.rs"), "pool.rs:7");
        assert_eq!(brief("app/src/pool/mod.rs"), "pool/mod.rs:7");
        assert_eq!(brief("mod.rs"), "mod.rs:7");
        assert_eq!(Place::default().brief(), "");
    }

    #[test]
    fn the_programs_own_function_is_the_place() {
        let frame =
            |function: &str, author| Frame { function: function.to_owned(), author, ..Frame::default() };
        let frames = vec![
            frame("std::a", Author::Std),
            frame("b", Author::Dependency),
            frame("c", Author::Program),
            frame("d", Author::Program),
        ];
        let stacks = [vec![0, 1, 2, 3], vec![0, 1], vec![0], vec![9]];
        let stacks = stacks.into_iter().map(crate::record::Stack).collect();
        let record = Record { frames, stacks, ..Record::default() };
        let name = |stack| place(&record, Some(stack)).map(|place| place.function);
        assert_eq!(
            [0, 1, 2, 3, 4].map(name),
            [Some("c"), Some("b"), Some("a"), None, None].map(|n| n.map(str::to_owned))
        );
    }
}
