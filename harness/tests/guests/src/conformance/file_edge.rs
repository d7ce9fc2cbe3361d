//! Where files end: offsets that are none, more files than anybody keeps open, descriptors by their paths, folders that are gone.
//!
//! Invariant: no line depends on the file system, whose largest file may be of any size.

use std::ffi::CString;
use std::fs;
use std::os::fd::AsRawFd as _;

use libc::{AT_FDCWD, O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_PATH, O_RDONLY, O_RDWR, O_TMPFILE, O_WRONLY};
use photofinish_calls::file::{self, Size};
use photofinish_calls::path::{self, Of};
use photofinish_calls::{Failed, descriptor};

use super::case::family;
use super::scratch::{Scratch, filled, folder_fd};
use super::sockets::{Fd, read};
use super::transcript::Transcript;

family! {
    "file-edge", "Where files end.";
    "offsets" = offsets, ["pread", "pwrite", "lseek", "fallocate"], "Offsets that no file has.";
    "holes" = holes, ["fallocate", "pread"], "Room that is given back.";
    "flags" = flags, ["fcntl", "open"], "How a file is open.";
    "left" = left, ["ioctl"], "What is left to read.";
    "many" = many, ["pwrite", "read", "write"], "Files with holes, all open at once.";
    "through" = through, ["open", "stat", "access", "readlink"], "A descriptor by its path, and through a link.";
    "gone" = gone, ["opendir", "readdir"], "Reading a folder that was removed.";
    "names" = names, ["close", "link", "rmdir"], "A file whose names are all gone, and their folder with them.";
    "nothing" = nothing, ["copy_file_range", "sendfile"], "Copies of nothing.";
    "pieces" = pieces, ["splice"], "Files that no pipe is between.";
}

const FAR: i64 = i64::MAX;

fn open(name: &std::ffi::CStr, flags: i32) -> Result<Fd, Failed> {
    path::openat(AT_FDCWD, name, flags, 0o600).map(Fd)
}

fn offsets(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"hello");
    for offset in [FAR, FAR - 5, 5, 4] {
        t.call(format_args!("pread {offset}"), file::pread(Size::Plain, fd.0, &mut [0; 10], offset));
    }
    t.call("pread nothing", file::pread(Size::Plain, fd.0, &mut [], FAR));
    t.call("pwrite", file::pwrite(Size::Plain, fd.0, b"0123456789", FAR - 5));
    t.call("pwrite nothing", file::pwrite(Size::Plain, fd.0, b"", FAR - 5));
    for whence in [libc::SEEK_END, libc::SEEK_CUR] {
        t.call(format_args!("lseek {whence}"), file::lseek(Size::Plain, fd.0, FAR, whence));
        t.call("and back", file::lseek(Size::Plain, fd.0, -6, whence));
    }
    for (mode, offset, length) in
        [(0, -1, 5), (0, 5, FAR), (1, FAR, 1), (0, 5, -1), (2, 0, 1), (8 | 1, 0, 1), (256, 0, 1)]
    {
        let answer = file::fallocate(Size::Plain, fd.0, mode, offset, length);
        t.call(format_args!("fallocate {mode} {offset} {length}"), answer);
    }
    let sight = open(c"a", O_RDONLY).expect("it is there");
    t.call("fallocate to read only", file::fallocate(Size::Plain, sight.0, 0, 0, 1));
    t.call("of nothing, to read only", file::fallocate(Size::Plain, sight.0, 0, 0, 0));
    t.call("ftruncate to read only", file::ftruncate(Size::Plain, sight.0, 1));
    t.value("content", fs::read_to_string("a").expect("it is text"));
}

fn holes(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let keep = libc::FALLOC_FL_KEEP_SIZE;
    let punch = libc::FALLOC_FL_PUNCH_HOLE | keep;
    for (name, size) in [(c"small", 12), (c"large", 300_000)] {
        let fd = filled(name, &vec![b'x'; size]);
        let content = || {
            let bytes = fs::read(name.to_str().expect("text")).expect("it is there");
            let zeroes = bytes.iter().filter(|byte| **byte == 0).count();
            format!("{} bytes, {zeroes} of them zero", bytes.len())
        };
        for (mode, offset, length) in
            [(punch, 3, 4), (punch, 10, 9_999_999), (punch, 999_999, 5), (keep, 0, 400_000), (0, 9, 400_000)]
        {
            let answer = file::fallocate(Size::Plain, fd.0, mode, offset, length);
            t.call(format_args!("fallocate {mode} {offset} {length}"), answer);
            t.value("content", content());
        }
        t.call("where", file::lseek(Size::Plain, fd.0, 0, libc::SEEK_CUR));
    }
}

fn flags(t: &mut Transcript) {
    let _scratch = Scratch::new();
    drop(filled(c"a", b"x"));
    t.call("symlink", path::symlink(c"a", c"l"));
    let shown = |fd: &Fd| descriptor::fcntl(fd.0, libc::F_GETFL, 0).map(|flags| format!("{flags:o}"));
    for flags in [
        O_RDONLY,
        O_WRONLY | O_APPEND,
        O_RDWR | O_CREAT | libc::O_TRUNC | libc::O_NONBLOCK,
        O_PATH,
        O_PATH | O_RDWR | O_CREAT | O_EXCL,
        O_PATH | libc::O_NOFOLLOW,
        O_RDONLY | libc::O_CLOEXEC | libc::O_NOCTTY | libc::O_SYNC,
    ] {
        let name = if flags & O_PATH == 0 { c"a" } else { c"l" };
        let fd = open(name, flags).expect("it is there");
        t.value(format_args!("{flags:o}"), shown(&fd));
        t.value("kind", path::stat(Size::Plain, Of::Open(fd.0)).map(|data| data.st_mode & libc::S_IFMT));
    }
    for (name, flags) in [(c".", O_RDONLY), (c".", O_PATH | O_DIRECTORY), (c".", O_TMPFILE | O_RDWR)] {
        t.value(format_args!("{name:?} {flags:o}"), shown(&open(name, flags).expect("it is there")));
    }
    let fd = open(c"a", O_RDWR).expect("it is there");
    for (what, flags) in [("to the end", O_APPEND), ("where it stands", 0)] {
        t.call(what, descriptor::fcntl(fd.0, libc::F_SETFL, flags));
        t.value("shown", shown(&fd));
        t.call("to the beginning", file::lseek(Size::Plain, fd.0, 0, libc::SEEK_SET));
        t.call("write", descriptor::write(fd.0, b"12"));
        t.value("content", fs::read_to_string("a").expect("it is text"));
    }
    t.value("direct, of a folder", open(c".", libc::O_DIRECT).map(|fd| shown(&fd)));
    let folder = folder_fd(c".");
    t.call("and later", descriptor::fcntl(folder.0, libc::F_SETFL, libc::O_DIRECT));
    t.call("a link to nothing", path::symlink(c"nowhere/x", c"n"));
    for flags in [O_CREAT, O_CREAT | O_EXCL, O_CREAT | libc::O_NOFOLLOW, O_RDONLY] {
        t.value(format_args!("a slash, {flags:o}"), open(c"n/", O_RDWR | flags).map(|fd| shown(&fd)));
    }
    let place = open(c"a", O_PATH).expect("it is there");
    t.call("of a place", descriptor::fcntl(place.0, libc::F_SETFL, O_APPEND));
}

fn left(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"hello world");
    t.call("at the end", descriptor::unread(fd.0));
    for at in [0, 4, 20] {
        t.call("seek", file::lseek(Size::Plain, fd.0, at, libc::SEEK_SET));
        t.call("left", descriptor::unread(fd.0));
    }
    t.call("of a folder", descriptor::unread(folder_fd(c".").0));
    t.call("of a place", descriptor::unread(open(c"a", O_PATH).expect("it is there").0));
    t.call("a terminal", file::isatty(fd.0));
}

/// More than the simulation keeps open for real.
fn many(t: &mut Transcript) {
    const COUNT: usize = 600;
    let _scratch = Scratch::new();
    let mut files = Vec::new();
    for number in 0..COUNT {
        let file = fs::File::options().read(true).write(true).create_new(true).open(number.to_string());
        let file = file.expect("there is room");
        let fd = file.as_raw_fd();
        let [byte, _] = u16::try_from(number).expect("few").to_le_bytes();
        assert_eq!(descriptor::write(fd, &[byte, byte]), Ok(2), "{number}");
        // Behind a hole.
        assert_eq!(file::pwrite(Size::Plain, fd, &[byte], 10_000), Ok(1), "{number}");
        files.push((file, byte));
    }
    let mut as_written = 0;
    for (file, byte) in &files {
        let mut room = [9; 4];
        let at = file::lseek(Size::Plain, file.as_raw_fd(), 0, libc::SEEK_CUR);
        let ends = file::lseek(Size::Plain, file.as_raw_fd(), -1, libc::SEEK_END);
        let last = descriptor::read(file.as_raw_fd(), &mut room).map(|count| room[..count].to_vec());
        let back = file::lseek(Size::Plain, file.as_raw_fd(), 1, libc::SEEK_SET);
        let first = descriptor::read(file.as_raw_fd(), &mut room).map(|_| room);
        let is = at == Ok(2) && ends == Ok(10_000) && back == Ok(1);
        as_written += usize::from(is && last == Ok(vec![*byte]) && first == Ok([*byte, 0, 0, 0]));
    }
    t.value("as they were written", as_written);
}

fn through(t: &mut Transcript) {
    let _scratch = Scratch::new();
    fs::create_dir("d").expect("it is new");
    let fd = filled(c"d/a", b"content");
    let folder = folder_fd(c"d");
    let by_path = |fd: i32, rest: &str| CString::new(format!("/proc/self/fd/{fd}{rest}")).expect("no NUL");
    let content = |name: &std::ffi::CStr| {
        open(name, O_RDONLY).and_then(|fd| read(&fd, 20)).map(|bytes| bytes.escape_ascii().to_string())
    };
    t.call("a link to a descriptor", path::symlink(&by_path(fd.0, ""), c"to-file"));
    t.call("a link to the descriptor of a folder", path::symlink(&by_path(folder.0, ""), c"to-folder"));
    t.value("through it", content(c"to-file"));
    t.value("through a folder", content(c"to-folder/a"));
    t.value("with a slash", content(c"to-file/"));
    t.value("by the path of a folder", content(&by_path(folder.0, "/a")));
    t.value("and back", content(&by_path(folder.0, "/../d//./a")));
    t.value("what is not there", content(&by_path(folder.0, "/b")));
    t.value("behind a file", content(&by_path(fd.0, "/a")));
    t.value("of nothing", content(&by_path(999, "/a")));
    t.value("of nothing", content(&by_path(999, "")));
    for name in [c"/proc/self/fd/99999999999", c"/proc/self/fd/03", c"/dev/fd/x", c"/proc/self/fd/-1/x"] {
        t.value(format_args!("{name:?}"), content(name));
    }
    let kind = |name: &std::ffi::CStr| {
        path::stat(Size::Plain, Of::Path(name)).map(|data| data.st_mode & libc::S_IFMT)
    };
    t.value("kind of a folder", kind(&by_path(folder.0, "/")));
    t.value("kind of what is in it", kind(&by_path(folder.0, "/a")));
    t.call("access", path::access(&by_path(folder.0, "/a"), libc::R_OK));
    t.call("a loop", path::symlink(&by_path(folder.0, "/loop"), c"d/loop"));
    t.value("goes nowhere", content(c"d/loop"));
    t.call("remove what is in it", path::unlink(&by_path(folder.0, "/a")));
    t.value("it is gone", kind(c"d/a"));
}

fn gone(t: &mut Transcript) {
    let _scratch = Scratch::new();
    fs::create_dir("d").expect("it is new");
    let mut entries = fs::read_dir("d").expect("it is there");
    fs::remove_dir("d").expect("it is empty");
    t.value(
        "entries",
        entries.next().map(|entry| entry.map(|entry| entry.file_name()).map_err(|error| error.kind())),
    );
}

fn names(t: &mut Transcript) {
    let _scratch = Scratch::new();
    for folder in [c"d", c"d/e"] {
        t.call("mkdir", path::mkdir(folder, 0o755));
    }
    let fd = filled(c"d/a", b"content");
    for name in [c"d/b", c"d/e/c"] {
        t.call("link", path::link(c"d/a", name));
    }
    for name in [c"d/a", c"d/b", c"d/e/c"] {
        t.call("unlink", path::unlink(name));
    }
    for folder in [c"d/e", c"d"] {
        t.call("rmdir", path::rmdir(folder));
    }
    t.call("size", path::stat(Size::Plain, Of::Open(fd.0)).map(|data| data.st_size));
    t.call("close", fd.close());
    t.call("mkdir", path::mkdir(c"d", 0o755));
}

fn nothing(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let (from, to) = (filled(c"a", b"hello"), filled(c"b", b"there"));
    let modified = || path::stat(Size::Plain, Of::Open(to.0)).map(|data| (data.st_mtime, data.st_mtime_nsec));
    let before = modified();
    std::thread::sleep(std::time::Duration::from_millis(20));
    t.call("copy at the end", file::copy_file_range(from.0, to.0, 9));
    t.call("send at the end", file::sendfile(Size::Plain, to.0, from.0, None, 9));
    t.value("as before", modified() == before);
    t.call("to the beginning", file::lseek(Size::Plain, from.0, 0, libc::SEEK_SET));
    let all = isize::MAX.unsigned_abs();
    for count in [9, all, 2 * all + 1] {
        t.call(format_args!("copy {count}"), file::copy_file_range(from.0, to.0, count));
    }
    t.value("as before", modified() == before);
    t.value("content", fs::read_to_string("b").expect("it is text"));
}

fn pieces(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"hello");
    let ends = [("all", O_RDWR), ("read only", O_RDONLY), ("write only", O_WRONLY), ("a place", O_PATH)];
    for (what, flags) in ends {
        let end = open(c"a", flags).expect("it is there");
        t.call(format_args!("splice from {what}"), file::splice(end.0, fd.0, 3));
        t.call(format_args!("splice to {what}"), file::splice(fd.0, end.0, 3));
    }
    t.call("splice to a folder", file::splice(fd.0, folder_fd(c".").0, 3));
}
