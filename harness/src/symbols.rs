//! Where in the source an address of the executable is.
//!
//! Does not know why anybody asks. Invariant: an executable without debug information gives addresses, not errors.

use std::path::Path;

use addr2line::Loader;

/// Finds functions and lines of one executable.
pub struct Symbols {
    loader: Option<Loader>,
}

/// A place in the source, the innermost of those inlined into one another first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function, without its hash.
    pub function: String,
    /// File and line, or the address where they are not known.
    pub line: String,
    /// Whether it lies in the standard library or the simulator rather than in the program.
    pub inner: Inner,
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

impl Symbols {
    /// Opens an executable's debug information.
    #[must_use]
    pub fn open(executable: &Path) -> Self {
        Self { loader: Loader::new(executable).ok() }
    }

    /// The places behind a return address: the call before it, with everything inlined there.
    #[must_use]
    pub fn places(&self, return_address: u64) -> Vec<Place> {
        let address = return_address.saturating_sub(1);
        let unknown =
            || vec![Place { function: "?".into(), line: format!("{return_address:#x}"), inner: Inner::Std }];
        let Some(loader) = &self.loader else { return unknown() };
        let mut places = Vec::new();
        let Ok(mut frames) = loader.find_frames(address) else { return unknown() };
        while let Ok(Some(frame)) = frames.next() {
            let function =
                frame.function.as_ref().and_then(|name| name.demangle().ok().map(|name| tidy(&name)));
            let location = frame.location.as_ref();
            let file = location.and_then(|location| location.file).unwrap_or("?");
            let line = location.and_then(|location| location.line).unwrap_or(0);
            // Line tables name a function only if something is inlined in it.
            let function = function.or_else(|| self.symbol(address)).unwrap_or_else(|| "?".into());
            let inner = whose(file, &function);
            places.push(Place { function, line: format!("{}:{line}", shorten(file)), inner });
        }
        if places.is_empty() { unknown() } else { places }
    }

    fn symbol(&self, address: u64) -> Option<String> {
        let name = self.loader.as_ref()?.find_symbol(address)?;
        Some(tidy(&addr2line::demangle_auto(name.into(), None)))
    }

    /// The first place of a stack that is the program's own.
    #[must_use]
    pub fn first_of_program(&self, stack: &[u64]) -> Option<Place> {
        stack.iter().flat_map(|address| self.places(*address)).find(|place| place.inner == Inner::Program)
    }
}

/// The beginnings of our own functions' paths.
const OURS: [&str; 3] = ["photofinish::", "photofinish_boundary::", "photofinish_sim::"];

/// Crates that the simulator itself uses and that are never instrumented. LLVM folds functions that came out equal into one, so
/// a frame of the program's can carry the name of one of theirs.
const PLAIN: [&str; 5] = ["/serde_json-", "/serde_core-", "/serde-", "/postcard-", "/rand_chacha-"];

fn whose(file: &str, function: &str) -> Inner {
    if file.contains("/rustc/")
        || file.contains("/library/std/")
        || file.contains("/library/core/")
        || file == "?"
    {
        Inner::Std
    } else if file.contains("sim/boundary/src/")
        || file.contains("harness/src/")
        || PLAIN.iter().any(|name| file.contains(name))
        || OURS.iter().any(|name| function.starts_with(name))
    {
        Inner::Simulator
    } else {
        Inner::Program
    }
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
        None => file,
    }
}
