//! Names of files: `rename(2)`, `mkdir(2)`, `link(2)`, `stat(2)`, `chmod(2)` and their kin.
//!
//! Invariant: no line holds the path of the case's folder, an inode number or a time.

use std::ffi::{CStr, CString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use libc::{AF_UNIX, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, SOCK_STREAM};
use photofinish_calls::file::{SIZES, Size};
use photofinish_calls::path::{self, Of};
use photofinish_calls::{descriptor, file, socket};

use super::case::family;
use super::scratch::{Scratch, filled, folder_fd};
use super::sockets::{Fd, tcp};
use super::transcript::Transcript;
use super::unixes::{self, fresh};

family! {
    "path", "Names of files.";
    "folders" = folders, ["mkdir", "mkdirat", "rmdir", "unlinkat"], "Folders are made and removed.";
    "files" = files, ["creat", "creat64", "unlink", "remove", "openat", "open"], "Files are made and removed.";
    "rename" = rename, ["rename", "renameat", "renameat2"], "Names are changed.";
    "links" = links, ["link", "linkat", "symlink", "symlinkat", "readlink", "readlinkat"], "Names for names.";
    "walk" = walk, ["open", "stat", "lstat"], "Links on the way.";
    "sockets" = sockets, ["connect", "bind", "rename", "unlink", "link", "symlink"], "Sockets under names that were looked up before.";
    "replaced" = replaced, ["rename", "rmdir", "symlink", "lstat"], "Other folders under names that were looked up before.";
    "stat" = stat, ["stat", "stat64", "lstat", "lstat64", "fstatat", "fstatat64", "statx", "syscall"], "What a file is.";
    "times" = times, ["utimensat", "futimens", "stat"], "When a file was changed.";
    "coarse-times" = coarse_times, ["utimes", "lutimes", "futimes", "futimesat", "utime", "stat", "lstat"], "The same by microseconds.";
    "modes" = modes, [
        "chmod", "fchmod", "fchmodat", "chown", "lchown", "fchown", "fchownat", "umask", "access", "faccessat",
        "eaccess", "euidaccess",
    ], "Who may do what.";
    "systems" = systems, [
        "statfs", "statfs64", "fstatfs", "fstatfs64", "statvfs", "statvfs64", "fstatvfs", "fstatvfs64",
    ], "File systems.";
    "std" = of_std, ["stat64", "opendir", "rename", "unlink", "rmdir", "realpath"], "std::fs.";
}

fn folders(t: &mut Transcript) {
    let _scratch = Scratch::new();
    for name in [c"a", c"a", c"a/b/", c"x/y", c"", c".", c"..", c"a/."] {
        t.call(format_args!("mkdir {name:?}"), path::mkdir(name, 0o755));
    }
    let at = folder_fd(c"a");
    t.call("mkdirat", path::mkdirat(at.0, c"c", 0o755));
    t.call("mkdirat again", path::mkdirat(at.0, c"c", 0o755));
    let null = Fd(path::openat(AT_FDCWD, c"/dev/null", libc::O_RDWR, 0).expect("there is one"));
    let socket = tcp();
    for (what, fd) in [("nothing", -1), ("a device", null.0), ("a socket", socket.0)] {
        t.call(format_args!("mkdirat of {what}"), path::mkdirat(fd, c"d", 0o755));
        t.call(format_args!("unlinkat of {what}"), path::unlinkat(fd, c"d", 0));
    }
    for name in [c"a", c"a/b/.", c"a/..", c"a/b", c"a/b", c".", c"", c"a/c/../c"] {
        t.call(format_args!("rmdir {name:?}"), path::rmdir(name));
    }
    filled(c"f", b"x");
    t.call("rmdir of a file", path::rmdir(c"f"));
    t.call("mkdir in a file", path::mkdir(c"f/g", 0o755));
    t.call("unlinkat of a folder", path::unlinkat(AT_FDCWD, c"a", 0));
    t.call("unlinkat with bad flags", path::unlinkat(AT_FDCWD, c"a", 1));
    t.call("unlinkat", path::unlinkat(AT_FDCWD, c"a", AT_REMOVEDIR));
    t.call("in a folder that is gone", path::mkdirat(at.0, c"c", 0o755));
    let long = CString::new(vec![b'n'; 300]).expect("no NUL");
    t.call("a long name", path::mkdir(&long, 0o755));
    let longer = CString::new(b"n/".repeat(3_000)).expect("no NUL");
    t.call("a long path", path::mkdir(&longer, 0o755));
}

fn files(t: &mut Transcript) {
    let _scratch = Scratch::new();
    for which in SIZES {
        let fd = Fd(path::creat(which, c"a", 0o600).expect("a file can be made"));
        t.call("write", descriptor::write(fd.0, b"abc"));
        t.call("read", descriptor::read(fd.0, &mut [0]));
        t.value(
            "mode",
            path::stat(which, Of::Open(fd.0)).map(|data| format!("{:o} {}", data.st_mode, data.st_size)),
        );
    }
    let open = |name: &CStr, flags: i32| path::openat(AT_FDCWD, name, flags, 0o600).map(|fd| drop(Fd(fd)));
    for (name, flags) in [
        (c"a", libc::O_CREAT | libc::O_EXCL),
        (c"a", libc::O_DIRECTORY),
        (c"a/", libc::O_RDONLY),
        (c"a/b", libc::O_RDONLY),
        (c"b/", libc::O_CREAT),
        (c"b/c", libc::O_CREAT),
        (c".", libc::O_RDWR),
        (c".", libc::O_CREAT),
        (c"", libc::O_RDONLY),
        (c"a", libc::O_TRUNC | libc::O_RDWR),
        (c"no", libc::O_RDONLY),
        (c".", libc::O_TMPFILE | libc::O_RDWR),
    ] {
        t.call(format_args!("open {name:?} {flags:#o}"), open(name, flags));
    }
    t.value("length", fs::metadata("a").map(|data| data.len()).ok());
    let kept = filled(c"kept", b"content");
    t.call("unlink", path::unlink(c"kept"));
    t.call("size of what has no name", path::stat(Size::Plain, Of::Open(kept.0)).map(|data| data.st_size));
    t.value("links", path::stat(Size::Plain, Of::Open(kept.0)).map(|data| data.st_nlink));
    t.call("unlink again", path::unlink(c"kept"));
    t.call("unlink a folder", path::unlink(c"."));
    t.call("unlink with a slash", path::unlink(c"a/"));
    t.call("remove a file", path::remove(c"a"));
    t.call("mkdir", path::mkdir(c"d", 0o755));
    t.call("remove a folder", path::remove(c"d"));
    t.call("remove nothing", path::remove(c"d"));
}

fn rename(t: &mut Transcript) {
    let _scratch = Scratch::new();
    filled(c"a", b"of a");
    filled(c"b", b"of b");
    t.call("mkdir", path::mkdir(c"d", 0o755));
    t.call("mkdir", path::mkdir(c"d/e", 0o755));
    let at = folder_fd(c"d");
    for (from, to) in [
        (c"a", c"b"),
        (c"a", c"b"),
        (c"b", c"d"),
        (c"d", c"b"),
        (c"d", c"d/e/f"),
        (c"b", c"b"),
        (c"b", c"x/y"),
        (c"b", c"c/"),
        (c"d/.", c"z"),
        (c"", c"z"),
        (c"b", c"d/c"),
    ] {
        t.call(format_args!("rename {from:?} {to:?}"), path::rename(from, to));
    }
    t.value("content", fs::read_to_string("d/c").ok());
    t.call("renameat", path::renameat(at.0, c"c", AT_FDCWD, c"c"));
    t.call("renameat of nothing", path::renameat(-1, c"c", AT_FDCWD, c"c"));
    filled(c"other", b"of other");
    let flags = |flags| path::renameat2(AT_FDCWD, c"c", AT_FDCWD, c"other", flags);
    t.call("without replacing", flags(libc::RENAME_NOREPLACE));
    t.call("exchanging", flags(libc::RENAME_EXCHANGE));
    t.value("content", fs::read_to_string("c").ok());
    t.call("nonsense", flags(1 << 20));
    t.call("both", flags(libc::RENAME_EXCHANGE | libc::RENAME_NOREPLACE));
}

fn links(t: &mut Transcript) {
    let scratch = Scratch::new();
    filled(c"a", b"of a");
    let count = |name| path::stat(Size::Plain, Of::Path(name)).map(|data| data.st_nlink);
    t.call("link", path::link(c"a", c"b"));
    t.value("links", count(c"a"));
    t.call("link again", path::link(c"a", c"b"));
    t.call("link of nothing", path::link(c"x", c"y"));
    t.call("link of a folder", path::link(c".", c"y"));
    t.call("symlink", path::symlink(c"a", c"s"));
    t.call("symlink again", path::symlink(c"a", c"s"));
    t.call("symlink to nothing", path::symlink(c"", c"e"));
    t.call("symlinkat", path::symlinkat(c"nowhere", AT_FDCWD, c"n"));
    for name in [c"s", c"n", c"a", c"x", c"", c"s/"] {
        t.call(format_args!("readlink {name:?}"), path::readlink(None, name, 64));
    }
    t.call("readlink without room", path::readlink(None, c"s", 0));
    t.call("readlink with little room", path::readlink(None, c"n", 3));
    let here = folder_fd(c".");
    t.call("readlinkat", path::readlink(Some(here.0), c"n", 64));
    t.call("linkat of a link", path::linkat(AT_FDCWD, c"s", here.0, c"s2", 0));
    t.call("which is one", path::readlink(None, c"s2", 64));
    t.call("linkat through it", path::linkat(AT_FDCWD, c"s", AT_FDCWD, c"c", AT_SYMLINK_FOLLOW));
    t.value("links", count(c"a"));
    t.call("linkat with bad flags", path::linkat(AT_FDCWD, c"s", AT_FDCWD, c"d", 1));
    let whole = scratch.0.join("a");
    let whole = CString::new(whole.as_os_str().as_bytes()).expect("no NUL");
    t.call("an absolute link", path::symlink(&whole, c"abs"));
    t.value("reads back", path::readlink(None, c"abs", 4096).as_deref() == Ok(whole.as_bytes()));
    t.value("leads there", fs::read_to_string("abs").ok());
    t.value("unlink", fs::remove_file("s").and_then(|()| fs::read_to_string("a")).ok());
}

fn walk(t: &mut Transcript) {
    let _scratch = Scratch::new();
    filled(c"a", b"of a");
    t.call("mkdir", path::mkdir(c"d", 0o755));
    filled(c"d/b", b"of b");
    for (target, name) in [
        (c"d", c"to-d"),
        (c"../a", c"d/up"),
        (c"to-d/up", c"chain"),
        (c"loop", c"loop"),
        (c"two", c"one"),
        (c"one", c"two"),
        (c"new", c"to-new"),
        (c"a/", c"slash"),
        (c"/dev/null", c"out"),
        (c"../../../../../../../../../../../dev/null", c"far"),
    ] {
        t.call(format_args!("symlink {target:?} {name:?}"), path::symlink(target, name));
    }
    let open = |name: &CStr, flags: i32| {
        let fd = Fd(path::openat(AT_FDCWD, name, flags, 0o600)?);
        let mut room = [0; 16];
        descriptor::read(fd.0, &mut room).map(|count| room[..count].to_vec())
    };
    for name in [
        c"to-d/b",
        c"to-d/../a",
        c"d/up",
        c"chain",
        c"loop",
        c"one",
        c"a/..",
        c"a/.",
        c"slash",
        c"out",
        c"far",
        c"d/../d/./b",
        c"to-d/x",
        c"to-d/x/y",
        c"loop/x",
        c"d/up/x",
        c".//d//b",
        c"to-new",
    ] {
        t.call(format_args!("open {name:?}"), open(name, libc::O_RDONLY));
        t.value("lstat", path::stat(Size::Plain, Of::Link(name)).map(|data| data.st_mode & libc::S_IFMT));
    }
    t.call("not followed", open(c"chain", libc::O_NOFOLLOW));
    t.call("not followed at the end only", open(c"to-d/b", libc::O_NOFOLLOW));
    t.call("made through a link", open(c"to-new", libc::O_CREAT | libc::O_RDWR));
    t.value("there", fs::metadata("new").is_ok());
    t.call("not made over a link", open(c"to-new", libc::O_CREAT | libc::O_EXCL | libc::O_RDWR));
    t.call("rmdir through a link", path::rmdir(c"to-d"));
    t.call("rmdir through a link", path::rmdir(c"to-d/"));
    t.call("rename of a link", path::rename(c"to-d", c"moved"));
    t.call("it still leads there", open(c"moved/b", libc::O_RDONLY));
}

fn replaced(t: &mut Transcript) {
    let _scratch = Scratch::new();
    path::mkdir(c"a", 0o755).expect("a folder can be made");
    path::mkdir(c"b", 0o755).expect("a folder can be made");
    filled(c"a/f", b"in a");
    filled(c"b/f", b"in b, longer");
    let mut look = |what: &str| {
        for name in [c"a/f", c"b/f", c"c/f"] {
            let size = path::stat(Size::Plain, Of::Path(name)).map(|data| data.st_size);
            t.value(format_args!("{name:?} {what}"), size);
        }
    };
    look("at first");
    path::rename(c"a", c"c").expect("a folder can have another name");
    look("with a called c");
    path::rename(c"b", c"a").expect("a folder can have another name");
    look("with b called a");
    path::symlink(c"c", c"b").expect("a link can be made");
    look("with a link called b");
    path::unlink(c"a/f").expect("a file can be removed");
    path::rmdir(c"a").expect("an empty folder can be removed");
    look("without a");
    filled(c"a", b"a file");
    look("with a file called a");
}

fn sockets(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let here = path::getcwd(4096).expect("the folder has a path");
    let address = |name: &CStr| {
        [&unixes::family(AF_UNIX)[..], here.to_bytes(), b"/", name.to_bytes_with_nul()].concat()
    };
    let made = |name: &CStr| {
        let made = fresh(SOCK_STREAM);
        socket::bind_bytes(made.0, &address(name)).and_then(|()| socket::listen(made.0, 64)).map(|()| made)
    };
    let mut look = |what: &str| {
        for name in [c"s", c"t", c"f/s", c"g/s"] {
            let answer = socket::connect_bytes(fresh(SOCK_STREAM).0, &address(name));
            t.call(format_args!("{name:?} {what}"), answer);
        }
    };
    look("of nothing");
    let first = made(c"s").expect("the name is free");
    look("once s is bound");
    path::rename(c"s", c"t").expect("a socket can have another name");
    look("with s called t");
    path::symlink(c"t", c"s").expect("a link can be made");
    look("with a link to it called s");
    path::mkdir(c"f", 0o755).expect("a folder can be made");
    path::link(c"t", c"f/s").expect("a socket can have two names");
    look("with another name in f");
    path::unlink(c"t").expect("a socket can be removed");
    look("without t");
    path::rename(c"f", c"g").expect("a folder can have another name");
    look("with f called g");
    for mode in [0, 0o755] {
        path::chmod(c"g/s", mode).expect("it is ours");
        look(&format!("with mode {mode:o} of g/s"));
        path::chmod(c"g", mode).expect("it is ours");
        look(&format!("with mode {mode:o} of g"));
        path::chmod(c"g", 0o755).expect("it is ours");
    }
    first.close().expect("it is open");
    look("with nobody behind it");
    path::unlink(c"s").expect("a link can be removed");
    filled(c"s", b"a file");
    look("with a file called s");
    path::unlink(c"g/s").expect("a socket can be removed");
    let _second = made(c"g/s").expect("the name is free again");
    look("with another behind g/s");
}

fn stat(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"of a");
    t.call("symlink", path::symlink(c"a", c"s"));
    let shown = |data: libc::stat| format!("{:o} {} {}", data.st_mode, data.st_nlink, data.st_size);
    for which in SIZES {
        for name in [c"a", c"s", c"x", c"", c"a/", c"a/b"] {
            t.call(format_args!("stat {name:?}"), path::stat(which, Of::Path(name)).map(shown));
            t.call(format_args!("lstat {name:?}"), path::stat(which, Of::Link(name)).map(shown));
        }
        let here = folder_fd(c".");
        for (folder, name, flags) in [
            (here.0, c"s", 0),
            (here.0, c"s", AT_SYMLINK_NOFOLLOW),
            (fd.0, c"", libc::AT_EMPTY_PATH),
            (fd.0, c"", 0),
            (fd.0, c"a", 0),
            (-1, c"a", 0),
            (here.0, c"a", 1),
        ] {
            t.call(
                format_args!("fstatat {name:?} {flags}"),
                path::stat(which, Of::At(folder, name, flags)).map(shown),
            );
        }
        t.call(
            "fstatat of no folder",
            path::stat(which, Of::At(-1, c"/dev/null", 0)).map(|data| i64::from(data.st_mode)),
        );
    }
    let shown = |data: libc::statx| format!("{:o} {} {}", data.stx_mode, data.stx_nlink, data.stx_size);
    let all = libc::STATX_BASIC_STATS;
    for (folder, name, flags) in [
        (AT_FDCWD, c"a", 0),
        (AT_FDCWD, c"s", AT_SYMLINK_NOFOLLOW),
        (fd.0, c"", libc::AT_EMPTY_PATH),
        (AT_FDCWD, c"x", 0),
        (AT_FDCWD, c"a", 1),
        (AT_FDCWD, c"a", libc::AT_STATX_SYNC_TYPE),
    ] {
        t.call(format_args!("statx {name:?} {flags}"), path::statx(folder, name, flags, all).map(shown));
    }
    t.call("statx with a reserved bit", path::statx(AT_FDCWD, c"a", 0, 1 << 31).map(shown));
    let number = |name| path::stat(Size::Plain, Of::Path(name)).map(|data| (data.st_dev, data.st_ino));
    t.value("two names of one file", number(c"a") == number(c"s"));
    t.value("two files", number(c"a") != number(c"."));
    t.call("rename", path::rename(c"a", c"b"));
    t.value(
        "the file stays",
        number(c"b").ok()
            == path::stat(Size::Plain, Of::Open(fd.0)).map(|data| (data.st_dev, data.st_ino)).ok(),
    );
}

fn times(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"of a");
    let modified =
        || path::stat(Size::Plain, Of::Path(c"a")).map(|data| (data.st_mtime, data.st_mtime_nsec)).ok();
    let accessed = || path::stat(Size::Plain, Of::Path(c"a")).map(|data| (data.st_atime, data.st_atime_nsec));
    let begun = modified();
    std::thread::sleep(std::time::Duration::from_millis(30));
    t.value("nothing happened", modified() == begun);
    t.call("write", descriptor::write(fd.0, b"more"));
    t.value("later", modified() > begun);
    t.call("utimensat", path::utimensat(AT_FDCWD, c"a", &[(5, 6), (7, 8)], 0));
    t.value("modified", modified());
    t.value("accessed", accessed());
    t.call("futimens", path::futimens(fd.0, &[(9, 10), (11, 12)]));
    t.value("modified", modified());
    t.value("accessed", accessed());
    t.call("now", path::utimensat(AT_FDCWD, c"a", &[(0, libc::UTIME_OMIT), (0, libc::UTIME_NOW)], 0));
    t.value("after the beginning", modified() > begun);
    t.value("accessed", accessed());
    t.call("nonsense", path::utimensat(AT_FDCWD, c"a", &[(0, -1), (0, 0)], 0));
    t.call("bad flags", path::utimensat(AT_FDCWD, c"a", &[(0, 0), (0, 0)], 1));
    t.call("nothing", path::utimensat(AT_FDCWD, c"x", &[(0, 0), (0, 0)], 0));
    t.call("to be set", path::utimensat(AT_FDCWD, c"x", &[(0, libc::UTIME_OMIT); 2], 0));
    let of_folder = || fs::metadata(".").and_then(|data| data.modified()).ok();
    let before = of_folder();
    std::thread::sleep(std::time::Duration::from_millis(30));
    filled(c"b", b"of b");
    t.value("a new name in a folder", of_folder() > before);
    let before = of_folder();
    std::thread::sleep(std::time::Duration::from_millis(30));
    t.call("unlink", path::unlink(c"b"));
    t.value("one less", of_folder() > before);
}

fn coarse_times(t: &mut Transcript) {
    use path::Timed;
    let _scratch = Scratch::new();
    let (fd, at) = (filled(c"a", b"of a"), folder_fd(c"."));
    t.call("symlink", path::symlink(c"a", c"l"));
    let told = |t: &mut Transcript, name| {
        let told = path::stat(Size::Plain, Of::Link(name));
        t.value("told", told.map(|data| (data.st_atime, data.st_mtime, data.st_mtime_nsec)).ok());
    };
    for whose in [Timed::Path(c"l"), Timed::Link(c"l"), Timed::In(at.0, c"a"), Timed::Open(fd.0)] {
        t.call("set", path::utimes(whose, Some([(3, 1), (10, 999_999)])));
        told(t, if matches!(whose, Timed::Link(_)) { c"l" } else { c"a" });
        t.call("too many", path::utimes(whose, Some([(0, 1_000_000), (0, 0)])));
        t.call("too few", path::utimes(whose, Some([(0, 0), (0, -1)])));
        t.call("now", path::utimes(whose, None));
    }
    t.call("utime", path::utime(c"a", Some((20, 21))));
    told(t, c"a");
    t.call("utime now", path::utime(c"a", None));
    for whose in [Timed::Path(c"x"), Timed::Path(c""), Timed::In(-1, c"a"), Timed::Open(-1)] {
        t.call("nothing", path::utimes(whose, None));
    }
}

fn modes(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let _ = path::umask(0o027);
    t.value("umask", path::umask(0o022));
    let fd = filled(c"a", b"of a");
    t.call("symlink", path::symlink(c"a", c"s"));
    let mode = |name| path::stat(Size::Plain, Of::Path(name)).map(|data| format!("{:o}", data.st_mode));
    t.call("made", mode(c"a"));
    t.call("chmod", path::chmod(c"s", 0o640));
    t.call("mode", mode(c"a"));
    t.call("fchmod", file::fchmod(fd.0, 0o604));
    t.call("mode", mode(c"a"));
    t.call("fchmodat", path::fchmodat(AT_FDCWD, c"a", 0o755, 0));
    t.call("mode", mode(c"a"));
    t.call("fchmodat with bad flags", path::fchmodat(AT_FDCWD, c"a", 0o755, 1));
    t.call("chmod of nothing", path::chmod(c"x", 0o640));
    t.call("fchmod of nothing", file::fchmod(-1, 0o640));
    let keep = u32::MAX;
    t.call("chown", path::chown(c"a", keep, keep));
    t.call("lchown", path::lchown(c"s", keep, keep));
    t.call("fchown", file::fchown(fd.0, keep, keep));
    t.call("fchownat", path::fchownat(AT_FDCWD, c"s", keep, keep, AT_SYMLINK_NOFOLLOW));
    t.call("chown of nothing", path::chown(c"x", keep, keep));
    for mode in [libc::F_OK, libc::R_OK, libc::W_OK, libc::R_OK | libc::W_OK, 64] {
        t.call(format_args!("access {mode}"), path::access(c"a", mode));
        t.call(format_args!("faccessat {mode}"), path::faccessat(AT_FDCWD, c"a", mode, 0));
    }
    t.call("eaccess", path::eaccess(c"a", libc::R_OK));
    t.call("euidaccess", path::euidaccess(c"a", libc::R_OK));
    t.call("euidaccess of nothing", path::euidaccess(c"x", libc::R_OK));
    t.call("access of nothing", path::access(c"x", libc::F_OK));
    t.call("of a program", path::access(c"/bin/sh", libc::X_OK));
    t.call("faccessat with bad flags", path::faccessat(AT_FDCWD, c"a", 0, 1));
}

fn systems(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"of a");
    for answer in path::file_systems(c"a", fd.0).into_iter().chain(path::file_systems(c"x", -1)) {
        t.call("a file system", answer);
    }
}

fn of_std(t: &mut Transcript) {
    let _scratch = Scratch::new();
    t.std("create_dir_all", &fs::create_dir_all("a/b/c"));
    t.std("write", &fs::write("a/b/file", "text"));
    t.std("read_dir", &fs::read_dir("a"));
    let mut all: Vec<_> = fs::read_dir("a/b").expect("it is there").flatten().collect();
    all.sort_by_key(fs::DirEntry::file_name);
    t.value(
        "entries",
        all.iter()
            .map(|entry| (entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_dir())))
            .collect::<Vec<_>>(),
    );
    t.value("metadata", all[1].metadata().map(|data| data.len()).ok());
    t.value("modified", all[1].metadata().and_then(|data| data.modified()).is_ok());
    t.value("born", all[1].metadata().and_then(|data| data.created()).is_ok());
    t.std("rename", &fs::rename("a/b/file", "a/file"));
    t.std("exists", &fs::exists("a/b/file"));
    t.std("symlink", &std::os::unix::fs::symlink("file", "a/link"));
    t.value("read_link", fs::read_link("a/link").ok());
    t.value("canonicalize", fs::canonicalize("a/link").is_ok_and(|path| path.ends_with("a/file")));
    t.std("hard_link", &fs::hard_link("a/file", "a/hard"));
    let mut permissions = fs::metadata("a/file").expect("it is there").permissions();
    permissions.set_readonly(true);
    t.std("set_permissions", &fs::set_permissions("a/hard", permissions));
    t.value("read only", fs::metadata("a/file").map(|data| data.permissions().readonly()).ok());
    t.std("remove_file", &fs::remove_file("a/hard"));
    t.std("remove_dir", &fs::remove_dir("a"));
    t.std("remove_dir_all", &fs::remove_dir_all("a"));
    t.std("gone", &fs::metadata("a"));
    t.value("here", std::env::current_dir().is_ok_and(|here| here.is_absolute()));
}
