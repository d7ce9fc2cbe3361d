//! What is in files: `lseek(2)`, `pread(2)`, `ftruncate(2)`, `fsync(2)`, `flock(2)`, `sendfile(2)`, `mmap(2)` and their kin.
//!
//! Invariant: a number is written relative to another, and no line depends on the file system.

use std::io::{IoSlice, IoSliceMut, Read as _, Seek as _, Write as _};
use std::os::fd::AsRawFd as _;

use libc::{LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, SEEK_CUR, SEEK_END, SEEK_SET};
use photofinish_calls::file::{self, SIZES, Size};
use photofinish_calls::path::{self, Of};
use photofinish_calls::{descriptor, socket};

use super::case::family;
use super::scratch::{Scratch, filled};
use super::sockets::{Fd, Pair, pair, read, tcp};
use super::transcript::Transcript;

family! {
    "file", "What is in files.";
    "position" = position, ["lseek", "lseek64", "read", "write"], "The position in a file.";
    "at" = at, ["pread", "pread64", "pwrite", "pwrite64"], "Reading and writing at a position.";
    "vectors" = vectors, [
        "preadv", "preadv64", "preadv2", "preadv64v2", "pwritev", "pwritev64", "pwritev2", "pwritev64v2",
    ], "Several buffers at a position.";
    "length" = length, [
        "ftruncate", "ftruncate64", "fallocate", "fallocate64", "posix_fallocate", "posix_fallocate64",
        "truncate", "truncate64", "posix_fadvise", "posix_fadvise64",
    ], "The length of a file.";
    "sync" = sync, ["fsync", "fdatasync", "syncfs", "sync_file_range"], "Reaching the disk.";
    "lock" = lock, ["flock"], "Locks of whole files.";
    "wait" = wait, ["flock"], "Waiting for a lock.";
    "again" = again, ["open", "flock", "stat"], "A file that is opened once more by its number.";
    "copy" = copy, ["sendfile", "sendfile64", "copy_file_range", "splice", "tee"], "From file to file.";
    "map" = map, ["mmap", "mmap64", "memfd_create"], "Files as memory.";
    "numbers" = numbers, ["dup2", "dup3", "close_range", "closefrom"], "Numbers of files.";
    "kinds" = kinds, ["fstat", "fstat64", "isatty", "ttyname_r"], "What is behind a number.";
    "seeded" = seeded, ["open", "read", "pread"], "Random bytes from a device.";
    "std" = of_std, ["flock", "fsync", "ftruncate64", "copy_file_range", "lseek64"], "std::fs::File.";
}

/// Numbers that no call on a file on a disk takes: a socket, a device, a closed one.
fn others(t: &mut Transcript, mut each: impl FnMut(&mut Transcript, &str, i32)) {
    let socket = tcp();
    each(t, "of a socket", socket.0);
    let null = Fd(path::openat(libc::AT_FDCWD, c"/dev/null", libc::O_RDWR, 0).expect("there is one"));
    each(t, "of a device", null.0);
    let folder = Fd(path::openat(libc::AT_FDCWD, c".", libc::O_RDONLY, 0).expect("there is one"));
    each(t, "of a folder", folder.0);
    let name_only = Fd(path::openat(libc::AT_FDCWD, c".", libc::O_PATH, 0).expect("there is one"));
    each(t, "of a path", name_only.0);
    each(t, "of nothing", -1);
    each(t, "of nothing", 1 << 20);
}

fn position(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"hello world");
    for which in SIZES {
        for (offset, whence) in
            [(0, SEEK_CUR), (6, SEEK_SET), (-5, SEEK_END), (2, SEEK_CUR), (99, SEEK_END), (0, 17)]
        {
            t.call(format_args!("{which:?} {offset} {whence}"), file::lseek(which, fd.0, offset, whence));
        }
        t.call("before the beginning", file::lseek(which, fd.0, -1, SEEK_SET));
        t.call("read past the end", read(&fd, 4));
        t.call("back", file::lseek(which, fd.0, 4, SEEK_SET));
        t.call("read", read(&fd, 4));
        t.call("where", file::lseek(which, fd.0, 0, SEEK_CUR));
    }
    let copy = Fd(descriptor::dup(fd.0).expect("few"));
    t.call("of a copy", file::lseek(Size::Plain, copy.0, 0, SEEK_CUR));
    t.call("write", descriptor::write(copy.0, b"XYZ"));
    t.call("of the first", file::lseek(Size::Plain, fd.0, 0, SEEK_CUR));
    let again =
        Fd(path::openat(libc::AT_FDCWD, c"a", libc::O_RDWR | libc::O_APPEND, 0).expect("it is there"));
    t.call("opened again", file::lseek(Size::Plain, again.0, 0, SEEK_CUR));
    t.call("append", descriptor::write(again.0, b"!"));
    t.call("after it", file::lseek(Size::Plain, again.0, 0, SEEK_CUR));
    t.value("content", std::fs::read_to_string("a").expect("it is text"));
    let sight = Fd(path::openat(libc::AT_FDCWD, c"a", libc::O_RDONLY, 0).expect("it is there"));
    t.call("write to read only", descriptor::write(sight.0, b"no"));
    others(t, |t, what, fd| {
        // The position of a folder is the file system's affair.
        if what != "of a folder" {
            t.call(format_args!("lseek {what}"), file::lseek(Size::Plain, fd, 0, SEEK_CUR));
        }
    });
}

fn at(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"0123456789");
    for which in SIZES {
        t.call("pwrite", file::pwrite(which, fd.0, b"ab", 3));
        t.call("pwrite past the end", file::pwrite(which, fd.0, b"z", 12));
        let mut room = [0; 20];
        let count = file::pread(which, fd.0, &mut room, 2);
        t.call("pread", count);
        t.value("read", room[..count.unwrap_or(0)].escape_ascii().to_string());
        t.call("pread past the end", file::pread(which, fd.0, &mut room, 99));
        t.call("pread nothing", file::pread(which, fd.0, &mut [], 0));
        t.call("pread before the beginning", file::pread(which, fd.0, &mut room, -1));
        t.call("pwrite before the beginning", file::pwrite(which, fd.0, b"q", -1));
        t.call("the position stays", file::lseek(which, fd.0, 0, SEEK_CUR));
    }
    others(t, |t, what, fd| {
        t.call(format_args!("pread {what}"), file::pread(Size::Plain, fd, &mut [0; 4], 0));
        t.call(format_args!("pwrite {what}"), file::pwrite(Size::Plain, fd, b"abc", 0));
    });
}

fn vectors(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"0123456789");
    for (which, flags) in
        [(Size::Plain, None), (Size::Large, None), (Size::Plain, Some(0)), (Size::Large, Some(0))]
    {
        let parts = [&b"ab"[..], b"", b"cde"].map(IoSlice::new);
        t.call(format_args!("pwritev {which:?} {flags:?}"), file::pwritev(which, fd.0, &parts, 1, flags));
        let mut room = [[0_u8; 3], [0; 3], [0; 3]];
        let mut parts = room.each_mut().map(|part| IoSliceMut::new(part));
        t.call("preadv", file::preadv(which, fd.0, &mut parts, 0, flags));
        t.value("read", room.concat().escape_ascii().to_string());
        t.call("preadv nothing", file::preadv(which, fd.0, &mut [], 0, flags));
        t.call("the position stays", file::lseek(which, fd.0, 0, SEEK_CUR));
    }
    t.call("at the position", file::pwritev(Size::Plain, fd.0, &[IoSlice::new(b"!!")], -1, Some(0)));
    t.call("which moves", file::lseek(Size::Plain, fd.0, 0, SEEK_CUR));
    t.call("to the disk", file::pwritev(Size::Plain, fd.0, &[IoSlice::new(b"?")], 0, Some(libc::RWF_DSYNC)));
    t.call("nonsense", file::pwritev(Size::Plain, fd.0, &[IoSlice::new(b"!!")], 0, Some(1 << 20)));
    let name = path::openat(libc::AT_FDCWD, c"a", libc::O_WRONLY, 0).map(Fd).expect("it is there");
    let nowait = Some(libc::RWF_NOWAIT);
    t.call("not to read", file::preadv(Size::Plain, name.0, &mut [IoSliceMut::new(&mut [0])], 0, nowait));
    let name = path::openat(libc::AT_FDCWD, c"a", libc::O_RDONLY, 0).map(Fd).expect("it is there");
    t.call("not to write", file::pwritev(Size::Plain, name.0, &[IoSlice::new(b"!")], 0, nowait));
    others(t, |t, what, fd| {
        t.call(
            format_args!("preadv {what}"),
            file::preadv(Size::Plain, fd, &mut [IoSliceMut::new(&mut [0])], 0, None),
        );
        t.call(
            format_args!("pwritev {what}"),
            file::pwritev(Size::Plain, fd, &[IoSlice::new(b"a")], 0, None),
        );
    });
}

fn length(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"0123456789");
    let size = || path::stat(Size::Plain, Of::Open(fd.0)).map(|data| data.st_size);
    for which in SIZES {
        for length in [4, 20, 0, 10, -1] {
            t.call(format_args!("ftruncate {length}"), file::ftruncate(which, fd.0, length));
            t.call("size", size());
        }
        t.call("fallocate", file::fallocate(which, fd.0, 0, 0, 30));
        t.call("size", size());
        t.call("fallocate nothing", file::fallocate(which, fd.0, 0, 0, 0));
        t.call("posix_fallocate", file::posix_fallocate(which, fd.0, 0, 40));
        t.call("size", size());
        t.call("posix_fallocate nothing", file::posix_fallocate(which, fd.0, 0, 0));
        t.call("advise", file::posix_fadvise(which, fd.0, 0, 0, libc::POSIX_FADV_SEQUENTIAL));
        t.call("advise nonsense", file::posix_fadvise(which, fd.0, 0, 0, 99));
    }
    t.call("truncate", path::truncate(c"a", 3));
    t.call("truncate64", path::truncate64(c"a", 5));
    t.call("size", size());
    t.call("truncate nothing", path::truncate(c"b", 3));
    t.call("truncate a folder", path::truncate(c".", 3));
    t.call("truncate by a negative", path::truncate(c"a", -3));
    others(t, |t, what, fd| {
        t.call(format_args!("ftruncate {what}"), file::ftruncate(Size::Plain, fd, 3));
        t.call(format_args!("fallocate {what}"), file::fallocate(Size::Plain, fd, 0, 0, 3));
        if what != "of a socket" {
            t.call(format_args!("posix_fadvise {what}"), file::posix_fadvise(Size::Plain, fd, 0, 0, 0));
        }
    });
}

fn sync(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"0123456789");
    t.call("fsync", file::fsync(fd.0));
    t.call("fdatasync", file::fdatasync(fd.0));
    t.call("syncfs", file::syncfs(fd.0));
    t.call("sync_file_range", file::sync_file_range(fd.0, 0, 5, libc::SYNC_FILE_RANGE_WRITE));
    t.call("sync_file_range nonsense", file::sync_file_range(fd.0, 0, 5, 99));
    others(t, |t, what, fd| {
        t.call(format_args!("fsync {what}"), file::fsync(fd));
        t.call(format_args!("fdatasync {what}"), file::fdatasync(fd));
        t.call(format_args!("syncfs {what}"), file::syncfs(fd));
        if what == "of a socket" || what == "of nothing" {
            t.call(format_args!("sync_file_range {what}"), file::sync_file_range(fd, 0, 5, 0));
        }
    });
}

fn again(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"x");
    t.call("lock", file::flock(one.0, LOCK_EX));
    let number = || path::stat(Size::Plain, Of::Path(c"a")).map(|data| data.st_ino).ok();
    let before = number();
    for folder in ["/proc/self/fd", "/dev/fd"] {
        let name = std::ffi::CString::new(format!("{folder}/{}", one.0)).expect("no NUL");
        let other =
            Fd(path::openat(libc::AT_FDCWD, &name, libc::O_RDWR | libc::O_CREAT, 0o600).expect("it opens"));
        t.call("lock", file::flock(other.0, LOCK_EX | LOCK_NB));
        t.value("still itself", number() == before);
    }
}

fn lock(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"x");
    let other = filled(c"a", b"y");
    let both = |t: &mut Transcript, first: i32, second: i32| {
        t.call(format_args!("one {first}"), file::flock(one.0, first));
        t.call(format_args!("other {second}"), file::flock(other.0, second));
    };
    for first in [LOCK_SH, LOCK_EX, LOCK_UN] {
        for second in [LOCK_SH, LOCK_EX] {
            both(t, first, second | LOCK_NB);
            both(t, LOCK_UN, LOCK_UN);
        }
    }
    both(t, LOCK_SH | LOCK_NB, LOCK_SH | LOCK_NB);
    t.call("a conversion that fails", file::flock(one.0, LOCK_EX | LOCK_NB));
    t.call("has lost the lock", file::flock(other.0, LOCK_EX | LOCK_NB));
    t.call("which is had again", file::flock(other.0, LOCK_EX | LOCK_NB));
    let copy = Fd(descriptor::dup(other.0).expect("few"));
    t.call("a copy has it, too", file::flock(copy.0, LOCK_EX | LOCK_NB));
    t.call("close", other.close());
    t.call("still locked", file::flock(one.0, LOCK_SH | LOCK_NB));
    t.call("close the copy", copy.close());
    t.call("free", file::flock(one.0, LOCK_SH | LOCK_NB));
    for operation in [0, LOCK_NB, LOCK_SH | LOCK_EX, 64, -1] {
        t.call(format_args!("nonsense {operation}"), file::flock(one.0, operation));
    }
    let sight = Fd(path::openat(libc::AT_FDCWD, c"a", libc::O_RDONLY, 0).expect("it is there"));
    t.call("unlock", file::flock(one.0, LOCK_UN));
    t.call("exclusive on read only", file::flock(sight.0, LOCK_EX | LOCK_NB));
    t.call("rename", path::rename(c"a", c"b"));
    let renamed = filled(c"b", b"z");
    t.call("the file is locked, not the name", file::flock(renamed.0, LOCK_SH | LOCK_NB));
    others(t, |t, what, fd| {
        if what != "of a socket" {
            t.call(format_args!("flock {what}"), file::flock(fd, LOCK_SH | LOCK_NB));
        }
    });
}

fn wait(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let one = filled(c"a", b"x");
    t.call("lock", file::flock(one.0, LOCK_EX));
    let waiter = std::thread::spawn(|| {
        // It writes nothing: this thread may be later than what is written below.
        let other = std::fs::File::open("a").expect("it is there");
        let answer = file::flock(other.as_raw_fd(), LOCK_EX);
        (answer, std::fs::read_to_string("a").expect("it is text"))
    });
    std::thread::sleep(std::time::Duration::from_millis(20));
    std::fs::write("a", "before").expect("there is room");
    t.call("unlock", file::flock(one.0, LOCK_UN));
    let (answer, content) = waiter.join().expect("it does not panic");
    t.call("waited", answer);
    t.value("and saw", content);
    t.call("closed by its thread", file::flock(one.0, LOCK_EX | LOCK_NB));
}

fn copy(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let from = filled(c"a", b"0123456789");
    let to = filled(c"b", b"");
    for which in SIZES {
        let mut offset = 4;
        t.call("sendfile from an offset", file::sendfile(which, to.0, from.0, Some(&mut offset), 3));
        t.value("offset", offset);
    }
    t.call("at the end", file::sendfile(Size::Plain, to.0, from.0, None, 9));
    t.call("back", file::lseek(Size::Plain, from.0, 1, SEEK_SET));
    t.call("sendfile", file::sendfile(Size::Plain, to.0, from.0, None, 2));
    t.call("moves", file::lseek(Size::Plain, from.0, 0, SEEK_CUR));
    t.call("copy_file_range", file::copy_file_range(from.0, to.0, 100));
    t.value("content", std::fs::read_to_string("b").expect("it is text"));
    t.call("splice between files", file::splice(from.0, to.0, 1));
    t.call("tee between files", file::tee(from.0, to.0, 1, 0));
    let Pair { client, server } = pair();
    let mut offset = 2;
    t.call("to a socket", file::sendfile(Size::Plain, client.0, from.0, Some(&mut offset), 5));
    t.value("offset", offset);
    t.call("back", file::lseek(Size::Plain, from.0, 7, SEEK_SET));
    t.call("to a socket", file::sendfile(Size::Large, client.0, from.0, None, 500));
    t.call("moves", file::lseek(Size::Plain, from.0, 0, SEEK_CUR));
    t.call("nothing more", file::sendfile(Size::Plain, client.0, from.0, None, 500));
    t.call("shutdown", socket::shutdown(client.0, libc::SHUT_WR));
    t.value(
        "arrived",
        std::iter::from_fn(|| read(&server, 64).ok().filter(|bytes| !bytes.is_empty())).flatten().count(),
    );
    t.call("of nothing", file::sendfile(Size::Plain, -1, from.0, None, 5));
    t.call("from nothing", file::sendfile(Size::Plain, to.0, -1, None, 5));
    t.call("copy_file_range of nothing", file::copy_file_range(-1, to.0, 5));
    t.call("copy_file_range to nothing", file::copy_file_range(from.0, -1, 5));
    t.call("splice of nothing", file::splice(-1, to.0, 5));
    t.call("tee of nothing", file::tee(-1, to.0, 5, 0));
}

fn map(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"0123456789");
    for which in SIZES {
        t.call("a file", file::mapped(which, fd.0, 10));
        t.call("nothing", file::mapped(which, -1, 10));
        t.call("a closed number", file::mapped(which, 1 << 20, 10));
        t.call("no bytes", file::mapped(which, fd.0, 0));
    }
    let memory = Fd(file::memfd_create(c"m", libc::MFD_CLOEXEC).expect("few"));
    t.call("write", descriptor::write(memory.0, b"in memory"));
    t.call("map", file::mapped(Size::Plain, memory.0, 9));
    t.call("F_GETFD", descriptor::fcntl(memory.0, libc::F_GETFD, 0));
    t.call("memfd_create with bad flags", file::memfd_create(c"m", 1 << 20));
}

fn numbers(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"0123456789");
    let base = fd.0;
    let second = Fd(file::dup3(fd.0, base + 7, libc::O_CLOEXEC).expect("few"));
    t.value("dup3", second.0 - base);
    t.call("F_GETFD", descriptor::fcntl(second.0, libc::F_GETFD, 0));
    t.call("dup3 onto itself", file::dup3(base, base, 0));
    t.call("dup3 with bad flags", file::dup3(base, base + 9, 1));
    t.call("dup3 of nothing", file::dup3(-1, base + 9, 0));
    t.call("dup2 of nothing", file::dup2(-1, base + 9));
    t.call("dup2 to nothing", file::dup2(base, -1));
    t.value("dup2 onto itself", file::dup2(base, base) == Ok(base));
    let socket = tcp();
    t.value("dup2 of a socket over a file", file::dup2(socket.0, second.0) == Ok(second.0));
    t.call("F_GETFD", descriptor::fcntl(second.0, libc::F_GETFD, 0));
    t.call("which is a socket", file::lseek(Size::Plain, second.0, 0, SEEK_CUR));
    t.call("the file is still there", file::lseek(Size::Plain, base, 0, SEEK_SET));
    let low = u32::try_from(base).expect("a number");
    t.call("close_range backwards", file::close_range(low + 1, low, 0));
    t.call("close_range with bad flags", file::close_range(low, low, 64));
    let mark = i32::try_from(libc::CLOSE_RANGE_CLOEXEC).expect("a flag");
    t.call("close_range marks", file::close_range(low, u32::MAX, mark));
    t.call("F_GETFD", descriptor::fcntl(second.0, libc::F_GETFD, 0));
    t.call("close_range", file::close_range(low + 1, low + 7, 0));
    t.call("gone", descriptor::fcntl(second.0, libc::F_GETFD, 0));
    t.call("kept", descriptor::fcntl(base, libc::F_GETFD, 0));
    file::closefrom(base);
    t.call("gone", descriptor::fcntl(base, libc::F_GETFD, 0));
    t.value("the lowest is free", tcp().0 == base);
    std::mem::drop([fd, second, socket].map(std::mem::ManuallyDrop::new));
}

fn kinds(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let fd = filled(c"a", b"0123456789");
    let mode = |which, fd| path::stat(which, Of::Open(fd)).map(|data| format!("{:o}", data.st_mode));
    for which in SIZES {
        t.call("a file", mode(which, fd.0));
    }
    t.call("isatty", file::isatty(fd.0));
    others(t, |t, what, fd| {
        // The mask of `umask(2)` says who else may look into the folder.
        if !matches!(what, "of a folder" | "of a path") {
            t.call(format_args!("mode {what}"), mode(Size::Plain, fd));
            t.call(format_args!("mode {what}"), mode(Size::Large, fd));
        }
        if what == "of a socket" {
            t.value("links", path::stat(Size::Plain, Of::Open(fd)).map(|data| (data.st_nlink, data.st_size)));
        }
        t.call(format_args!("isatty {what}"), file::isatty(fd));
    });
    t.call("ttyname_r of a socket", file::ttyname_r(tcp().0));
    t.call("ttyname_r of nothing", file::ttyname_r(-1));
    let number = |fd: i32| path::stat(Size::Plain, Of::Open(fd)).map(|data| data.st_ino);
    let (one, two) = (tcp(), tcp());
    let copy = Fd(descriptor::dup(one.0).expect("few"));
    t.value("a copy is the same", number(one.0) == number(copy.0));
    t.value("another is not", number(one.0) != number(two.0));
}

fn seeded(t: &mut Transcript) {
    for name in [c"/dev/urandom", c"/dev/random"] {
        let fd = Fd(path::openat(libc::AT_FDCWD, name, libc::O_RDONLY, 0).expect("there is one"));
        let mut once = [0; 64];
        t.call("read", descriptor::read(fd.0, &mut once));
        let mut again = [0; 64];
        t.call("read", descriptor::read(fd.0, &mut again));
        t.value("all zero", once == [0; 64]);
        t.value("the same", once == again);
        t.call("pread", file::pread(Size::Plain, fd.0, &mut again, 0));
        t.value("the same", once == again);
    }
}

fn of_std(t: &mut Transcript) {
    let _scratch = Scratch::new();
    let mut file =
        std::fs::File::options().read(true).write(true).create_new(true).open("a").expect("it is new");
    t.std("write", &file.write_all(b"some text"));
    t.std("sync_all", &file.sync_all());
    t.std("sync_data", &file.sync_data());
    t.std("lock", &file.lock());
    let other = std::fs::File::open("a").expect("it is there");
    t.value("try_lock_shared", other.try_lock_shared().is_ok());
    t.std("unlock", &file.unlock());
    t.value("try_lock_shared", other.try_lock_shared().is_ok());
    t.value("try_lock", file.try_lock().is_ok());
    t.std("set_len", &file.set_len(4));
    t.std("rewind", &file.rewind());
    let mut text = String::new();
    t.std("read_to_string", &file.read_to_string(&mut text));
    t.value("read", text);
    t.value("position", file.stream_position().ok());
    t.std("try_clone", &file.try_clone());
    t.value("length", file.metadata().map(|data| (data.len(), data.is_file())).ok());
    t.value("copied", std::fs::copy("a", "b").ok());
    t.value("copy", std::fs::read_to_string("b").ok());
    let mut from = std::fs::File::open("b").expect("it is there");
    t.value("a copy by hand", std::io::copy(&mut from, &mut file).ok());
    t.value("shown", format!("{file:?}").contains("write: true"));
    t.value("number", file.as_raw_fd() > 2);
}
