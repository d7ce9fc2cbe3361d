//! Random calls of one thread on a few names and open files, as the numbers of a generator decide.
//!
//! A path has few names, so that most calls meet what others left; none leads out of the case's folder. Invariant: what is called
//! depends on the generator alone, never on an answer, and no line holds a number that Linux is free to choose.

use std::ffi::CString;
use std::fmt::Write as _;
use std::io::{IoSlice, IoSliceMut};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use libc::{
    O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_PATH, O_RDONLY, O_RDWR, O_TMPFILE, O_TRUNC,
    O_WRONLY,
};
use photofinish_calls::file::{self, Size};
use photofinish_calls::path::{self, Of};
use photofinish_calls::{Failed, descriptor};

use super::case::family;
use super::scratch::Scratch;
use super::sequence::Draws;
use super::sockets::Fd;
use super::transcript::{Answer, Transcript};

family! {
    "file-sequence", "Random calls on a few names and open files.";
    "0" = batch::<0>, [], "The first sequences.";
    "1" = batch::<1>, [], "The second.";
    "2" = batch::<2>, [], "The third.";
    "3" = batch::<3>, [], "The fourth.";
}

/// Sequences per variant.
const SEQUENCES: u64 = 120;
const CALLS: u64 = 40;
const SLOTS: usize = 4;
/// Folders between the case's and where a sequence begins, for paths that go up.
const DEPTH: usize = 8;
const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const LENGTHS: [usize; 6] = [0, 1, 3, 10, 200, 5_000];
const MODES: [u32; 6] = [0o644, 0o755, 0o600, 0o4755, 0o2711, 0o000];
const FLAGS: [i32; 16] = [
    O_RDONLY,
    O_RDWR,
    O_RDWR | O_CREAT,
    O_RDWR | O_CREAT,
    O_WRONLY | O_CREAT,
    O_RDWR | O_CREAT | O_EXCL,
    O_RDWR | O_TRUNC,
    O_RDONLY | O_TRUNC,
    O_WRONLY | O_CREAT | O_APPEND,
    O_RDWR | O_APPEND,
    O_RDONLY | O_DIRECTORY,
    O_RDONLY | O_NOFOLLOW,
    O_PATH,
    O_PATH | O_NOFOLLOW,
    O_RDWR | O_TMPFILE,
    O_RDWR | O_CREAT | O_DIRECTORY,
];

fn batch<const NUMBER: u64>(t: &mut Transcript) {
    let scratch = Scratch::new();
    for sequence in NUMBER * SEQUENCES..(NUMBER + 1) * SEQUENCES {
        t.line(format_args!("sequence {sequence}"));
        let base = scratch.0.join(sequence.to_string());
        let start = (0..DEPTH).fold(base.clone(), |path, _| path.join("0"));
        std::fs::create_dir_all(&start).expect("there is room");
        std::env::set_current_dir(&start).expect("it is there");
        let mut world = World { draws: Draws(sequence), slots: core::array::from_fn(|_| None), base: &base };
        for _ in 0..CALLS {
            let line = world.step();
            t.line(line);
        }
        let mut left = String::new();
        list(&base, &mut left);
        t.line(left);
    }
}

/// Everything in a folder.
fn list(folder: &Path, into: &mut String) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let c_path = CString::new(path.as_os_str().as_bytes()).expect("no NUL");
        write!(into, "{} {} ", entry.file_name().display(), stat(Of::Link(&c_path))).expect("memory");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                into.push('[');
                list(&path, into);
                into.push_str("] ");
            }
            Ok(kind) if kind.is_file() => {
                let bytes = std::fs::read(&path).unwrap_or_default();
                let sum =
                    bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
                write!(into, "{sum:x} ").expect("memory");
            }
            _ => {}
        }
    }
}

fn shown<T: Answer>(answer: Result<T, Failed>) -> String {
    answer.map_or_else(|failed| failed.to_string(), |answer| answer.shown())
}

/// What `stat(2)` says that is not the file system's affair.
fn stat(of: Of<'_>) -> String {
    match path::stat(Size::Plain, of) {
        Err(failed) => failed.to_string(),
        Ok(data) if data.st_mode & libc::S_IFMT == libc::S_IFDIR => format!("{:o}", data.st_mode),
        Ok(data) => format!("{:o} x{} {}", data.st_mode, data.st_nlink, data.st_size),
    }
}

fn is_file(fd: i32) -> bool {
    path::stat(Size::Plain, Of::Open(fd)).is_ok_and(|data| data.st_mode & libc::S_IFMT == libc::S_IFREG)
}

struct World<'a> {
    draws: Draws,
    slots: [Option<Fd>; SLOTS],
    base: &'a Path,
}

impl World<'_> {
    fn name(&mut self) -> &'static str {
        NAMES[self.draws.below(4)]
    }

    /// A path of up to three names.
    fn path(&mut self) -> CString {
        let name = self.name();
        let text = match self.draws.below(16) {
            0..=6 => name.to_owned(),
            7..=9 => format!("{name}/{}", self.name()),
            10 => format!("{name}/../{}", self.name()),
            11 => format!("{name}/"),
            12 => format!("{name}/{}/{}", self.name(), self.name()),
            13 => format!("./{name}//{}", self.name()),
            14 => format!("{name}/."),
            _ => ["", ".", "a/..", "/nowhere/a"][self.draws.below(4)].to_owned(),
        };
        CString::new(text).expect("no NUL")
    }

    /// What `symlink(2)` is to lead to: never up.
    fn target(&mut self) -> CString {
        let name = self.name();
        let text = match self.draws.below(6) {
            0..=2 => name.to_owned(),
            3 => format!("{name}/{}", self.name()),
            4 => format!("{name}/"),
            _ => String::from("."),
        };
        CString::new(text).expect("no NUL")
    }

    fn fd(&self, slot: usize) -> i32 {
        self.slots[slot].as_ref().map_or(-1, |fd| fd.0)
    }

    fn keep(&mut self, slot: usize, opened: Result<i32, Failed>) -> String {
        match opened {
            Ok(fd) => {
                self.slots[slot] = Some(Fd(fd));
                "ok".to_owned()
            }
            Err(failed) => failed.to_string(),
        }
    }

    /// A path without what is in front of the sequence's folder.
    fn inside(&self, answer: Result<CString, Failed>) -> String {
        let base = self.base.as_os_str().as_bytes();
        match answer {
            Err(failed) => failed.to_string(),
            Ok(path) => match path.to_bytes().strip_prefix(base) {
                Some(rest) => String::from_utf8_lossy(rest).into_owned(),
                None => "elsewhere".to_owned(),
            },
        }
    }

    /// Makes one call.
    fn step(&mut self) -> String {
        let slot = self.draws.below(SLOTS as u64);
        match self.draws.below(64) {
            kind @ 0..=11 => self.open(kind, slot),
            kind @ 12..=29 => self.content(kind, slot),
            kind @ 30..=47 => self.names(kind, slot),
            kind => self.others(kind, slot),
        }
    }

    fn open(&mut self, kind: usize, slot: usize) -> String {
        let (path, flags) = (self.path(), FLAGS[self.draws.below(16)]);
        let (mode, other) = (MODES[self.draws.below(3)], self.draws.below(SLOTS as u64));
        let from = self.fd(other);
        let (what, answer) = match kind {
            0..=7 => (format!("{path:?} {flags:o}"), path::openat(libc::AT_FDCWD, &path, flags, mode)),
            8 | 9 => (format!("{path:?} {flags:o} from {other}"), path::openat(from, &path, flags, mode)),
            10 => ("nothing".to_owned(), Err(descriptor::dup(-1).expect_err("no number"))),
            _ => {
                let again = CString::new(format!("/proc/self/fd/{from}")).expect("no NUL");
                let flags = flags & (libc::O_ACCMODE | O_APPEND | O_TRUNC);
                (format!("{other} again {flags:o}"), path::openat(libc::AT_FDCWD, &again, flags, 0))
            }
        };
        format!("{slot} open {what} -> {}", self.keep(slot, answer))
    }

    fn content(&mut self, kind: usize, slot: usize) -> String {
        let fd = self.fd(slot);
        let (length, at) = (LENGTHS[self.draws.below(6)], LENGTHS[self.draws.below(6)]);
        let offset = i64::try_from(at).expect("small") - i64::from(self.draws.below(8) == 0);
        let bytes = vec![b'a' + u8::try_from(self.draws.below(26)).expect("a letter"); length];
        let mut room = vec![0; length];
        let (what, answer) = match kind {
            12..=14 => (format!("read {length}"), shown(descriptor::read(fd, &mut room))),
            15..=18 => (format!("write {length}"), shown(descriptor::write(fd, &bytes))),
            19 => {
                let (one, two) = room.split_at_mut(length / 2);
                let mut parts = [IoSliceMut::new(one), IoSliceMut::new(two)];
                (format!("readv {length}"), shown(descriptor::readv(fd, &mut parts)))
            }
            20 => {
                let parts = [IoSlice::new(&bytes), IoSlice::new(b"end")];
                (format!("writev {length}"), shown(descriptor::writev(fd, &parts)))
            }
            21 | 22 => {
                let read = file::pread(Size::Plain, fd, &mut room, offset);
                (format!("pread {length} at {offset}"), shown(read))
            }
            23 | 24 => {
                let written = file::pwrite(Size::Plain, fd, &bytes, offset);
                (format!("pwrite {length} at {offset}"), shown(written))
            }
            25 | 26 => {
                let whence = [libc::SEEK_SET, libc::SEEK_CUR, libc::SEEK_END, 9][self.draws.below(4)];
                let answer = shown(file::lseek(Size::Plain, fd, offset, whence));
                (format!("lseek {offset} {whence}"), if is_file(fd) { answer } else { String::new() })
            }
            27 => (format!("ftruncate {offset}"), shown(file::ftruncate(Size::Plain, fd, offset))),
            28 => ("fsync".to_owned(), shown(file::fsync(fd))),
            _ => ("fstat".to_owned(), stat(Of::Open(fd))),
        };
        let sum = room.iter().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
        format!("{slot} {what} -> {answer} {sum:x}")
    }

    fn names(&mut self, kind: usize, slot: usize) -> String {
        let (path, other, mode) = (self.path(), self.path(), MODES[self.draws.below(3)]);
        let fd = self.fd(slot);
        let (what, answer) = match kind {
            30..=33 => ("mkdir", path::mkdir(&path, mode | 0o700)),
            34 => ("mkdirat", path::mkdirat(fd, &path, mode | 0o700)),
            35 | 36 => ("rmdir", path::rmdir(&path)),
            37 | 38 => ("unlink", path::unlink(&path)),
            39 => ("unlinkat", path::unlinkat(fd, &path, [0, libc::AT_REMOVEDIR][self.draws.below(2)])),
            40 | 41 => ("rename", path::rename(&path, &other)),
            42 => {
                let flags = [libc::RENAME_NOREPLACE, libc::RENAME_EXCHANGE, 3][self.draws.below(3)];
                ("renameat2", path::renameat2(fd, &path, libc::AT_FDCWD, &other, flags))
            }
            43 | 44 => ("link", path::link(&path, &other)),
            45 => {
                let again = CString::new(format!("/proc/self/fd/{fd}")).expect("no NUL");
                (
                    "linkat",
                    path::linkat(libc::AT_FDCWD, &again, libc::AT_FDCWD, &other, libc::AT_SYMLINK_FOLLOW),
                )
            }
            _ => {
                let target = self.target();
                return format!("symlink {target:?} {path:?} -> {}", shown(path::symlink(&target, &path)));
            }
        };
        format!("{slot} {what} {path:?} {other:?} -> {}", shown(answer))
    }

    fn others(&mut self, kind: usize, slot: usize) -> String {
        let (path, mode) = (self.path(), MODES[self.draws.below(6)]);
        let (fd, other) = (self.fd(slot), self.draws.below(SLOTS as u64));
        let answer = match kind {
            48 | 49 => stat(Of::Path(&path)),
            50 => stat(Of::Link(&path)),
            51 => shown(path::chmod(&path, mode)),
            52 => shown(file::fchmod(fd, mode)),
            53 => shown(path::access(&path, [0, 1, 2, 4, 7][self.draws.below(5)])),
            54 => shown(path::truncate(&path, [0, 7, -1, 6_000][self.draws.below(4)])),
            55 => {
                let name = CString::new(self.name()).expect("no NUL");
                format!("{name:?} {}", shown(path::chdir(&name)))
            }
            56 => self.inside(path::getcwd(4096)),
            57 => self.inside(path::realpath(&path)),
            58 => match path::readlink(None, &path, 64) {
                Ok(target) => String::from_utf8_lossy(&target).into_owned(),
                Err(failed) => failed.to_string(),
            },
            59 => {
                let again = CString::new(format!("/proc/self/fd/{fd}")).expect("no NUL");
                let target = path::readlink(None, &again, 4096);
                self.inside(target.map(|target| nameless(&target)))
            }
            60 => {
                self.slots[slot] = None;
                "closed".to_owned()
            }
            61 => {
                let dup = descriptor::dup(fd);
                self.keep(other, dup)
            }
            62 => shown(file::copy_file_range(fd, self.fd(other), 400)),
            // What lies behind the end of a file is not to be touched.
            _ if path::stat(Size::Plain, Of::Open(fd)).is_ok_and(|data| data.st_size == 0) => {
                "empty".to_owned()
            }
            _ => match file::mapped(Size::Plain, fd, 1) {
                Ok(bytes) => format!("{bytes:?}"),
                Err(failed) => failed.to_string(),
            },
        };
        format!("{slot} {kind} {path:?} {other} -> {answer}")
    }
}

/// The path of an open file, without the number of one that has no name.
fn nameless(target: &[u8]) -> CString {
    let end = target.windows(2).position(|pair| pair == b"/#").map_or(target.len(), |at| at + 2);
    CString::new(&target[..end]).expect("no NUL")
}
