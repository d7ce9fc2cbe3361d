//! Where a process stands, what is in folders, names nobody has, and limits: `chdir(2)`, `readdir(3)`, `mkstemp(3)`,
//! `getrlimit(2)` and their kin.
//!
//! Invariant: no line holds the path of the case's folder or a name that was drawn.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use libc::AT_FDCWD;
use photofinish_calls::file::{SIZES, Size, Temporary, temporary};
use photofinish_calls::folder::{self, Entry, Read};
use photofinish_calls::path::{self, Of};
use photofinish_calls::{descriptor, file};

use super::case::family;
use super::scratch::{Scratch, filled, folder_fd};
use super::sockets::tcp;
use super::transcript::Transcript;

family! {
    "place", "Where a process stands, and what it finds there.";
    "where" = where_am_i, [
        "chdir", "fchdir", "getcwd", "get_current_dir_name", "realpath", "canonicalize_file_name",
    ], "The working directory.";
    "temporary" = temporaries, [
        "mkstemp", "mkstemp64", "mkostemp", "mkostemp64", "mkstemps", "mkostemps", "mkdtemp",
    ], "Names nobody has.";
    "read" = read, [
        "opendir", "fdopendir", "readdir", "readdir64", "readdir_r", "readdir64_r", "rewinddir", "telldir", "seekdir",
        "dirfd", "closedir", "getdents64",
    ], "What is in a folder.";
    "limits" = limits, [
        "getrlimit", "getrlimit64", "prlimit", "prlimit64", "setrlimit", "setrlimit64",
    ], "How much a process may have.";
}

fn where_am_i(t: &mut Transcript) {
    let scratch = Scratch::new();
    let inside = |found: Result<CString, photofinish_calls::Failed>| {
        found.map(|path| {
            let path = std::path::PathBuf::from(std::ffi::OsStr::from_bytes(path.as_bytes()));
            path.strip_prefix(&scratch.0)
                .map_or_else(|_| String::from("elsewhere"), |rest| rest.display().to_string())
        })
    };
    t.call("mkdir", path::mkdir(c"d", 0o755));
    t.call("mkdir", path::mkdir(c"d/e", 0o755));
    filled(c"d/f", b"of f");
    t.call("symlink", path::symlink(c"d/e", c"s"));
    let top = folder_fd(c".");
    for name in [c"d", c"e", c"x", c"../f", c"..", c"../s", c"", c"."] {
        t.call(format_args!("chdir {name:?}"), path::chdir(name));
        t.call("getcwd", inside(path::getcwd(4096)));
        t.call("get_current_dir_name", inside(path::get_current_dir_name()));
    }
    t.call("little room", path::getcwd(2).map(|_| ()));
    t.call("no room", path::getcwd(0).map(|_| ()));
    t.call("fchdir", file::fchdir(top.0));
    t.call("getcwd", inside(path::getcwd(4096)));
    t.call("fchdir of nothing", file::fchdir(-1));
    t.call("fchdir of a socket", file::fchdir(tcp().0));
    for name in [c"s", c"d/../d/f", c".", c"x", c"", c"d/f/", c"d/f/x", c"/dev/null"] {
        t.call(format_args!("realpath {name:?}"), inside(path::realpath(name)));
        t.call("canonicalize_file_name", inside(path::canonicalize_file_name(name)));
    }
    t.call("chdir", path::chdir(c"d/e"));
    t.call("rmdir", path::rmdir(c"../e"));
    t.call("getcwd of what is gone", inside(path::getcwd(4096)));
    t.call("a file there", path::creat(Size::Plain, c"g", 0o600).map(|_| ()));
    t.call("fchdir", file::fchdir(top.0));
    t.call("rename", path::rename(c"d", c"renamed"));
    t.call("chdir", path::chdir(c"/"));
    t.value("getcwd", path::getcwd(4096));
    t.value("relative", fs::metadata("dev/null").is_ok());
}

fn temporaries(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let template = c"t-XXXXXX.txt";
    for (which, template) in [
        (Temporary::Plain, c"t-XXXXXX"),
        (Temporary::Large, c"t-XXXXXX"),
        (Temporary::Flags(libc::O_CLOEXEC), c"t-XXXXXX"),
        (Temporary::LargeFlags(libc::O_CLOEXEC), c"t-XXXXXX"),
        (Temporary::Suffix(4), template),
        (Temporary::SuffixFlags(4, libc::O_CLOEXEC), template),
        (Temporary::Folder, c"t-XXXXXX"),
        (Temporary::Plain, c"t-XXXXX"),
        (Temporary::Plain, template),
        (Temporary::Suffix(40), template),
        (Temporary::Suffix(-1), template),
        (Temporary::Folder, c"XXXXX"),
        (Temporary::Folder, c"x/XXXXXX"),
    ] {
        let (answer, name) = temporary(which, template);
        let flags = answer.map_or(Ok(-1), |fd| descriptor::fcntl(fd, libc::F_GETFD, 0));
        t.call(format_args!("{which:?} {template:?}"), answer.map(|_| ()));
        if answer.is_err() {
            continue;
        }
        if !matches!(which, Temporary::Folder) {
            t.call("F_GETFD", flags);
        }
        t.value("another name", name != template.to_bytes());
        t.value("of the same form", name.starts_with(b"t-") && name.len() == template.count_bytes());
        let name = CString::new(name).expect("no NUL");
        t.value("mode", path::stat(Size::Plain, Of::Path(&name)).map(|data| format!("{:o}", data.st_mode)));
    }
}

fn names(entries: impl Iterator<Item = Entry>) -> Vec<(String, u8)> {
    let mut names: Vec<_> = entries.map(|entry| (entry.name, entry.kind)).collect();
    names.sort();
    names
}

fn read(t: &mut Transcript) {
    let _scratch = Scratch::new();
    for name in [c"one", c"two", c"three"] {
        filled(name, b"x");
    }
    t.call("mkdir", path::mkdir(c"four", 0o755));
    t.call("symlink", path::symlink(c"one", c"five"));
    for which in [Read::Plain, Read::Large, Read::Copy, Read::LargeCopy] {
        let mut all = folder::opendir(c".").expect("it is there");
        t.value(format_args!("{which:?}"), names(std::iter::from_fn(|| all.next(which))));
        t.value("at the end", all.next(which));
        all.rewind();
        t.value("again", names(std::iter::from_fn(|| all.next(which))).len());
        t.call("close", all.close());
    }
    let mut all = folder::opendir(c".").expect("it is there");
    all.next(Read::Plain);
    let place = all.tell();
    let second = all.next(Read::Plain);
    all.next(Read::Plain);
    all.seek(place);
    t.value("back to the second", all.next(Read::Plain) == second);
    t.call(
        "its number",
        path::stat(Size::Plain, Of::Open(all.fd())).map(|data| format!("{:o}", data.st_mode)),
    );
    t.call("close", all.close());
    let fd = path::openat(AT_FDCWD, c"four", libc::O_RDONLY, 0).expect("it is there");
    let mut empty = folder::fdopendir(fd).expect("a folder");
    t.value("the same number", empty.fd() == fd);
    t.value("an empty one", names(std::iter::from_fn(|| empty.next(Read::Plain))));
    t.call("close", empty.close());
    t.call("closed", descriptor::fcntl(fd, libc::F_GETFD, 0));
    t.call("opendir of a file", folder::opendir(c"one").map(|_| ()));
    t.call("opendir of nothing", folder::opendir(c"x").map(|_| ()));
    let one = filled(c"one", b"x");
    t.call("fdopendir of a file", folder::fdopendir(one.0).map(|_| ()));
    t.call("fdopendir of nothing", folder::fdopendir(-1).map(|_| ()));
    let here = folder_fd(c".");
    let mut seen = Vec::new();
    while let Ok(more) = folder::getdents64(here.0, 64) {
        if more.is_empty() {
            break;
        }
        seen.extend(more);
    }
    seen.sort();
    t.value("getdents64", seen);
    t.call("getdents64 of a file", folder::getdents64(one.0, 64).map(|names| names.len()));
    t.call("getdents64 of a socket", folder::getdents64(tcp().0, 64).map(|names| names.len()));
    t.call("getdents64 of nothing", folder::getdents64(-1, 64).map(|names| names.len()));
    let again = folder_fd(c".");
    t.call("getdents64 without room", folder::getdents64(again.0, 4).map(|names| names.len()));
}

fn limits(t: &mut Transcript) {
    for resource in [libc::RLIMIT_NOFILE, libc::RLIMIT_STACK, libc::RLIMIT_CORE, libc::RLIMIT_AS, 99] {
        for answer in path::limits(resource) {
            t.call(format_args!("limit {resource}"), answer.map(|(soft, hard)| soft <= hard));
        }
    }
    let Ok(now) = path::limits(libc::RLIMIT_NOFILE)[0] else { return };
    for which in SIZES {
        t.call("as it is", path::set_limit(which, libc::RLIMIT_NOFILE, now));
        t.call("soft above hard", path::set_limit(which, libc::RLIMIT_NOFILE, (9, 8)));
        t.call("nonsense", path::set_limit(which, 99, (8, 9)));
    }
}
