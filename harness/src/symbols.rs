//! Where in the source an address of the executable is.
//!
//! Does not know why anybody asks, nor debug information that is compressed or lies in files of its own. Invariant: an executable
//! without debug information gives addresses, not errors.

mod elf;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::plain::is_plain;
use elf::Elf;

/// Finds functions and lines of one executable.
pub struct Symbols {
    path: PathBuf,
    /// Opened when first asked.
    elf: OnceCell<Option<Elf>>,
    /// What was asked before.
    known: RefCell<BTreeMap<u64, Vec<Place>>>,
}

/// A place in the source, the innermost of those inlined into one another first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function, without its hash.
    pub function: String,
    /// File and line, or the address where they are not known.
    pub line: String,
    /// The file where the compiler read it; empty if that is not known.
    pub path: String,
    /// Whether it lies in the standard library or the simulator rather than in the program.
    pub inner: Inner,
    /// Whose the program's code is.
    pub of: Author,
}

/// Who wrote the program's code at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// The program's own.
    Own,
    /// That of a crate of a registry or a repository, which the program uses.
    Dependency,
}

/// Whose code a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inner {
    /// The program's, or a crate's that it uses.
    Program,
    /// The standard library's.
    Std,
    /// Ours.
    Simulator,
}

impl fmt::Debug for Symbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Symbols {
    /// The debug information of an executable, which is read when the first address is asked for.
    #[must_use]
    pub fn open(executable: &Path) -> Self {
        Self { path: executable.to_owned(), elf: OnceCell::new(), known: RefCell::default() }
    }

    fn elf(&self) -> Option<&Elf> {
        self.elf.get_or_init(|| Elf::open(&self.path)).as_ref()
    }

    /// The places behind a return address: the call before it, with everything inlined there.
    #[must_use]
    pub fn places(&self, return_address: u64) -> Vec<Place> {
        if let Some(known) = self.known.borrow().get(&return_address) {
            return known.clone();
        }
        let places = self.find(return_address);
        self.known.borrow_mut().insert(return_address, places.clone());
        places
    }

    fn find(&self, return_address: u64) -> Vec<Place> {
        let address = return_address.saturating_sub(1);
        let unknown = || {
            let line = format!("{return_address:#x}");
            vec![Place {
                function: "?".into(),
                line,
                path: String::new(),
                inner: Inner::Std,
                of: Author::Own,
            }]
        };
        let Some(elf) = self.elf() else { return unknown() };
        let mut places = Vec::new();
        let Some(mut frames) = elf.frames(address) else { return unknown() };
        while let Ok(Some(frame)) = frames.next() {
            let function =
                frame.function.as_ref().and_then(|name| name.demangle().ok().map(|name| tidy(&name)));
            let location = frame.location.as_ref();
            let file = location.and_then(|location| location.file).unwrap_or("?");
            let line = location.and_then(|location| location.line).unwrap_or(0);
            // Line tables name a function only if something is inlined in it.
            let function = function.or_else(|| self.symbol(address)).unwrap_or_else(|| "?".into());
            let inner = whose(file, &function);
            let of = if is_of_dependency(file) { Author::Dependency } else { Author::Own };
            let line = format!("{}:{line}", shorten(file));
            places.push(Place { function, line, path: file.to_owned(), inner, of });
        }
        if places.is_empty() { unknown() } else { places }
    }

    fn symbol(&self, address: u64) -> Option<String> {
        let name = self.elf()?.symbol(address)?;
        Some(tidy(&addr2line::demangle_auto(name.into(), None)))
    }

    /// The first place of a stack that is the program's own.
    #[must_use]
    pub fn first_of_program(&self, stack: &[u64]) -> Option<Place> {
        stack.iter().flat_map(|address| self.places(*address)).find(|place| place.inner == Inner::Program)
    }
}

/// The beginnings of our own functions' paths.
const OURS: [&str; 4] =
    ["photofinish::", "photofinish_boundary::", "photofinish_frames::", "photofinish_sim::"];

fn whose(file: &str, function: &str) -> Inner {
    if file.contains("/rustc/")
        || file.contains("/library/std/")
        || file.contains("/library/core/")
        || file == "?"
    {
        Inner::Std
    } else if file.contains("sim/boundary/src/")
        || is_of_kernel(file)
        || file.contains("harness/src/")
        || crate_of(file).is_some_and(is_plain)
        || OURS.iter().any(|name| function.starts_with(name))
    {
        Inner::Simulator
    } else {
        Inner::Program
    }
}

/// Whether a file is of the crate `photofinish-sim`, which lies beside this one.
fn is_of_kernel(file: &str) -> bool {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"));
    Path::new(file).starts_with(beside.join("sim/src"))
}

/// Whether cargo fetched a file, from a registry or a repository.
fn is_of_dependency(file: &str) -> bool {
    file.contains("/registry/src/") || file.contains("/git/checkouts/")
}

/// The crate of a registry that a file is of.
fn crate_of(file: &str) -> Option<&str> {
    let folder = file.split_once("/registry/src/")?.1.split('/').nth(1)?;
    // `name-1.2.3-rc.4`: a version begins with a digit, and no word of a name does.
    let version =
        folder.match_indices('-').find(|(at, _)| folder[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    version.map(|(at, _)| &folder[..at])
}

/// Without the hash that makes a symbol unique.
fn tidy(name: &str) -> String {
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    let without = name.rsplit_once("::h").filter(|(_, hash)| is_hash(hash)).map(|(without, _)| without);
    without.unwrap_or(name).to_owned()
}

/// From the folder of the crate on: the rest is a machine's.
fn shorten(file: &str) -> &str {
    for mark in ["/registry/src/", "/library/"] {
        if let Some((_, rest)) = file.split_once(mark) {
            return rest.split_once('/').map_or(rest, |(_, rest)| rest);
        }
    }
    match file.find("/src/") {
        Some(at) => file[..at].rfind('/').map_or(file, |start| &file[start + 1..]),
        // An integration test has no folder `src` above it.
        None => {
            let folder = file.rfind("/tests/").and_then(|at| file[..at].rfind('/'));
            folder.map_or(file, |start| &file[start + 1..])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_plain_crate_is_not_the_programs() {
        let check = |file: &str, inner: Inner| assert_eq!(whose(file, "borrow"), inner, "{file}");
        let registry = "/home/u/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f";
        check(&format!("{registry}/addr2line-0.27.1/src/line.rs"), Inner::Simulator);
        check(&format!("{registry}/rand_core-0.10.0-rc-3/src/lib.rs"), Inner::Simulator);
        check(&format!("{registry}/tokio-1.54.1/src/lib.rs"), Inner::Program);
        check("scenarios/src/canary/program.rs", Inner::Program);
        let kernel = concat!(env!("CARGO_MANIFEST_DIR"), "/../sim/src/futex.rs");
        let kernel = std::fs::canonicalize(kernel).expect("it is there");
        check(kernel.to_str().expect("it is text"), Inner::Simulator);
        check("/home/u/sim/src/futex.rs", Inner::Program);
        check("/rustc/abc/library/core/src/ops/function.rs", Inner::Std);
    }
}
