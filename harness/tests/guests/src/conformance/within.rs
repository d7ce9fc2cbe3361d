//! Paths that may not lead everywhere: `openat2(2)`.
//!
//! Invariant: each path is asked for with all bounds.

use std::ffi::{CStr, CString};
use std::fs;

use libc::{
    AT_FDCWD, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY, O_RDWR, O_TMPFILE, O_TRUNC,
    RESOLVE_BENEATH, RESOLVE_CACHED, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS,
};
use photofinish_calls::path::{self, Of};
use photofinish_calls::{Failed, descriptor, file};

use super::case::family;
use super::scratch::{Scratch, filled, folder_fd};
use super::sockets::{Fd, read};
use super::transcript::Transcript;

family! {
    "within", "Paths that may not lead everywhere.";
    "names" = names, ["syscall"], "What is opened, and what is not.";
    "made" = made, ["syscall"], "What is made.";
    "words" = words, ["syscall"], "Words that make no sense.";
}

const BOUNDS: [(&str, u64); 6] = [
    ("everywhere", 0),
    ("beneath", RESOLVE_BENEATH),
    ("in a root", RESOLVE_IN_ROOT),
    ("no links", RESOLVE_NO_SYMLINKS),
    ("no magic", RESOLVE_NO_MAGICLINKS),
    ("beneath, no links", RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS),
];

fn ask(folder: i32, name: &CStr, flags: i32, resolve: u64) -> Result<Fd, Failed> {
    let flags = u64::try_from(flags).expect("flags");
    let mode = if flags & u64::from(O_CREAT.unsigned_abs()) == 0 { 0 } else { 0o640 };
    path::openat2(folder, name, &[flags, mode, resolve]).map(Fd)
}

/// Names that lead to the real `/`, if nothing stops them.
const ABSOLUTE: [&CStr; 3] = [c"top", c"/f", c"/../f"];

/// Whether a path with these bounds stays in the case's folder: what is outside is not modelled, and others' to make.
fn stays(resolve: u64) -> bool {
    resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT) != 0
}

/// Files and links, and the descriptor of the folder `in`.
fn some() -> (Scratch, Fd) {
    let scratch = Scratch::new();
    fs::create_dir_all("in/d/e").expect("it is new");
    drop(filled(c"f", b"of f"));
    drop(filled(c"in/f", b"of in/f"));
    drop(filled(c"in/d/f", b"of in/d/f"));
    for (target, name) in [
        (c"d/f", c"in/down"),
        (c"../f", c"in/up"),
        (c"../../f", c"in/d/far"),
        (c"/f", c"in/top"),
        (c"d", c"in/folder"),
        (c"..", c"in/out"),
        (c"loop", c"in/loop"),
    ] {
        path::symlink(target, name).expect("it is new");
    }
    let folder = folder_fd(c"in");
    (scratch, folder)
}

fn names(t: &mut Transcript) {
    let (scratch, folder) = some();
    let content = |fd: Fd| match read(&fd, 20) {
        Ok(bytes) => bytes.escape_ascii().to_string(),
        Err(failed) => failed.to_string(),
    };
    let whole = CString::new(format!("{}/in/f", scratch.0.display())).expect("no NUL");
    let other = filled(c"g", b"of g");
    let magic = CString::new(format!("/proc/self/fd/{}", other.0)).expect("no NUL");
    t.call("a link to a descriptor", path::symlink(&magic, c"in/magic"));
    let paths = [
        c"f",
        c"d/f",
        c"./d/../f",
        c"../f",
        c"d/../../f",
        c"down",
        c"up",
        c"d/far",
        c"top",
        c"folder/f",
        c"folder/far",
        c"out/f",
        c"out",
        c"loop",
        c"/f",
        c"/../f",
        c"..",
        c".",
        c"x",
        c"d/",
        c"",
        c"magic",
        &whole,
    ];
    for (what, resolve) in BOUNDS {
        for name in
            paths.into_iter().filter(|name| resolve == 0 || stays(resolve) || !ABSOLUTE.contains(name))
        {
            let shown = if name == &*whole { c"the whole path" } else { name };
            t.value(format_args!("{what}: {shown:?}"), ask(folder.0, name, O_RDONLY, resolve).map(content));
        }
        for (how, flags) in [("place", O_PATH | O_NOFOLLOW), ("no link", O_NOFOLLOW), ("folder", O_DIRECTORY)]
        {
            for name in [c"down", c"d", c"folder"] {
                let kind = ask(folder.0, name, flags, resolve).map(|fd| {
                    path::stat(file::Size::Plain, Of::Open(fd.0)).map(|data| data.st_mode & libc::S_IFMT)
                });
                t.value(format_args!("{what}, {how}: {name:?}"), kind);
            }
        }
    }
    t.value("of nothing, from the top", ask(999, c"/f", O_RDONLY, RESOLVE_BENEATH).map(content));
    t.value("of nothing", ask(-1, c"f", O_RDONLY, RESOLVE_BENEATH).map(content));
    t.value("of a file", ask(filled(c"g", b"").0, c"f", O_RDONLY, RESOLVE_BENEATH).map(content));
    t.value("from here", ask(AT_FDCWD, c"in/d/f", O_RDONLY, RESOLVE_BENEATH).map(content));
    t.value("in memory", ask(AT_FDCWD, c"in/d/f", O_RDONLY, RESOLVE_CACHED).map(content));
}

fn made(t: &mut Transcript) {
    let (_scratch, folder) = some();
    for (what, resolve) in BOUNDS {
        let names = [c"d/new", c"../new", c"up", c"folder/new", c"/new"];
        for name in names.into_iter().filter(|name| stays(resolve) || *name != c"/new") {
            let made = ask(folder.0, name, O_RDWR | O_CREAT, resolve);
            t.value(format_args!("{what}: {name:?}"), made.map(|fd| descriptor::write(fd.0, b"!")));
        }
        let found = ["f", "new", "in/new", "in/d/new"].map(|name| fs::read_to_string(name).ok());
        t.value("found", found);
        for name in ["new", "in/new", "in/d/new"] {
            let _ = fs::remove_file(name);
        }
    }
    let nameless = ask(folder.0, c"d", O_TMPFILE | O_RDWR, RESOLVE_BENEATH);
    t.value("without a name", nameless.map(|fd| descriptor::write(fd.0, b"!")));
}

fn words(t: &mut Transcript) {
    let (_scratch, folder) = some();
    let flags = |flags: i32| u64::try_from(flags).expect("flags");
    let create = flags(O_RDWR | O_CREAT);
    for (what, how) in [
        ("too little", &[0, 0][..]),
        ("more, of nothing", &[0, 0, 0, 0]),
        ("more, of something", &[0, 0, 0, 1]),
        ("far too much", &[0; 600]),
        ("an unknown flag", &[1 << 30, 0, 0]),
        ("a large flag", &[1 << 40, 0, 0]),
        ("an unknown bound", &[0, 0, 64]),
        ("two bounds", &[0, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT]),
        ("a mode of nothing", &[0, 0o600, 0]),
        ("a mode", &[create, 0o600, 0]),
        ("a mode of more", &[create, 0o10_600, 0]),
        ("a place to write", &[flags(O_PATH | O_RDWR), 0, 0]),
        ("a place", &[flags(O_PATH | O_NOFOLLOW), 0, 0]),
        ("a folder to make", &[create | flags(O_DIRECTORY), 0o600, 0]),
        ("nameless, to read", &[flags(O_TMPFILE), 0o600, 0]),
        ("a folder to make in memory", &[create | flags(O_DIRECTORY), 0o600, RESOLVE_CACHED]),
        ("made in memory", &[create, 0o600, RESOLVE_CACHED]),
        ("emptied in memory", &[flags(O_RDWR | O_TRUNC), 0, RESOLVE_CACHED]),
    ] {
        t.value(what, path::openat2(folder.0, c"f", how).map(|fd| drop(Fd(fd))));
    }
}
