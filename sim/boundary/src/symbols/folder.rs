//! Reading folders: `opendir(3)`, `readdir(3)` and their kin, `getdents64(2)`.
//!
//! A `DIR` of the program is ours: its entries are read when the first is asked for, and sorted. Does not know paths.
//! Invariant: the order in which a file system keeps names never shows.

use core::ffi::{c_char, c_int, c_long, c_void};

use libc::{DIR, dirent, dirent64};
use photofinish_sim::call::Stop;
use photofinish_sim::call::file::Work;
use photofinish_sim::errno::Errno;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::kernel::Kernel;
use photofinish_sim::tree::Kind;

use super::fail;
use super::real::{fails, number, on_file};
use crate::disk::{self, held, node::Key, open, sys, sys::sys};
use crate::own::owned;
use crate::phase;

/// A name in a folder.
#[derive(Clone, Debug)]
struct Entry {
    name: Vec<u8>,
    kind: u8,
    number: u64,
}

/// A folder that the program reads.
struct Folder {
    fd: c_int,
    /// Read when the first is asked for.
    entries: Option<Vec<Entry>>,
    next: usize,
    /// What the last `readdir` answered.
    shown: dirent64,
}

/// Where the name begins in `linux_dirent64`.
const NAME_AT: usize = 19;

/// The entries of an open folder: the two dots first, the others by name.
fn read_all(real: c_int) -> Result<Vec<Entry>, Errno> {
    let Some(folder) = open::node_of(real) else { return read_outside(real) };
    let entry = |(name, number, kind): (Vec<u8>, FileNumber, Kind)| Entry {
        name,
        kind: u8::try_from(kind.mode() >> 12).expect("four bits"),
        number: u64::from(number.0),
    };
    Ok(disk::tree().list(folder)?.into_iter().map(entry).collect())
}

/// Those of a folder that all runs share.
fn read_outside(real: c_int) -> Result<Vec<Entry>, Errno> {
    let dev = sys::fstat(real)?.st_dev;
    sys(libc::SYS_lseek, &[i64::from(real), 0, i64::from(libc::SEEK_SET)])?;
    let mut found: Vec<(Vec<u8>, u8, u64)> = Vec::new();
    let mut room = vec![0_u8; 1 << 15];
    loop {
        let length = i64::try_from(room.len()).expect("a few thousand");
        let read = sys(libc::SYS_getdents64, &[i64::from(real), room.as_mut_ptr() as i64, length])?;
        let mut rest = &room[..usize::try_from(read).expect("a count")];
        if rest.is_empty() {
            break;
        }
        while rest.len() > NAME_AT {
            let length = usize::from(u16::from_ne_bytes([rest[16], rest[17]]));
            let ino = u64::from_ne_bytes(*rest.first_chunk().expect("it is longer"));
            let name = rest[NAME_AT..length].split(|byte| *byte == 0).next().unwrap_or_default();
            found.push((name.to_vec(), rest[18], ino));
            rest = &rest[length..];
        }
    }
    found.sort_by(|a, b| (!is_dots(&a.0), &a.0).cmp(&(!is_dots(&b.0), &b.0)));
    let nodes = &mut disk::disk().nodes;
    let entry = |(name, kind, ino)| {
        let number = u64::from(nodes.get(&Key::Inode { dev, ino }).number.0);
        Entry { name, kind, number }
    };
    Ok(found.into_iter().map(entry).collect())
}

fn is_dots(name: &[u8]) -> bool {
    name == b"." || name == b".."
}

fn read_entries(fd: c_int) -> Result<Vec<Entry>, Errno> {
    let mut entries = Vec::new();
    let answer = |_: &mut Kernel, real: c_int| -> Result<i64, Stop> {
        entries = read_all(real)?;
        Ok(i64::try_from(entries.len()).expect("a count"))
    };
    on_file("readdir", fd, Work::Nothing, answer, fails(Errno::ENOTDIR))?;
    Ok(entries)
}

fn begin(fd: c_int) -> *mut DIR {
    phase::as_simulator(|| {
        // SAFETY: a struct of integers.
        let shown = unsafe { core::mem::zeroed() };
        Box::into_raw(Box::new(Folder { fd, entries: None, next: 0, shown })).cast()
    })
}

fn opened<'a>(folder: *mut DIR) -> &'a mut Folder {
    // SAFETY: the program has it from `begin`, and uses it from one thread at a time (readdir(3)).
    unsafe { &mut *folder.cast::<Folder>() }
}

/// The next entry, in the folder's own place.
fn next(folder: *mut DIR) -> *mut dirent64 {
    let folder = opened(folder);
    if folder.entries.is_none() {
        match read_entries(folder.fd) {
            Ok(entries) => folder.entries = Some(entries),
            // Of one that was removed: the C library takes it for the end.
            Err(Errno::ENOENT) => folder.entries = Some(Vec::new()),
            Err(errno) => {
                fail(errno);
                return core::ptr::null_mut();
            }
        }
    }
    let Some(entry) = folder.entries.as_ref().and_then(|entries| entries.get(folder.next)) else {
        return core::ptr::null_mut();
    };
    folder.next += 1;
    folder.shown.d_ino = entry.number;
    folder.shown.d_off = i64::try_from(folder.next).expect("a count");
    folder.shown.d_type = entry.kind;
    folder.shown.d_reclen = record_length(entry);
    for (place, byte) in folder.shown.d_name.iter_mut().zip(entry.name.iter().chain(&[0])) {
        *place = c_char::from_ne_bytes([*byte]);
    }
    &raw mut folder.shown
}

/// How long an entry is in the kernel's form.
fn record_length(entry: &Entry) -> u16 {
    u16::try_from((NAME_AT + entry.name.len() + 1).next_multiple_of(8)).expect("names are short")
}

fn start(folder: c_int, path: *const c_char) -> *mut DIR {
    // SAFETY: our caller's contract is the callee's.
    match unsafe {
        super::file::openat(folder, path, libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC, 0)
    } {
        ..0 => core::ptr::null_mut(),
        fd => begin(fd),
    }
}

/// Gives the next entry out in the caller's place: `readdir_r(3)`.
fn copy_next(folder: *mut DIR, place: *mut dirent64, answer: *mut *mut dirent64) -> c_int {
    let shown = next(folder);
    let given = if shown.is_null() {
        core::ptr::null_mut()
    } else {
        // SAFETY: `shown` is the folder's own place, and the caller gave another.
        unsafe { core::ptr::copy_nonoverlapping(shown, place, 1) };
        place
    };
    // SAFETY: readdir_r(3): a place for the answer.
    unsafe { answer.write(given) };
    0
}

owned! {
    /// `opendir(3)`.
    fn opendir(path: *const c_char) -> *mut DIR {
        start(libc::AT_FDCWD, path)
    }

    /// `fdopendir(3)`.
    fn fdopendir(fd: c_int) -> *mut DIR {
        let is_folder = |_: &mut Kernel, real: c_int| match open::kind_of(real)? {
            libc::S_IFDIR => Ok(0_i64),
            _ => Err(Errno::ENOTDIR.into()),
        };
        match number(on_file("fdopendir", fd, Work::Nothing, is_folder, fails(Errno::ENOTDIR))) {
            ..0 => core::ptr::null_mut(),
            _ => begin(fd),
        }
    }

    /// `readdir(3)`: by name.
    fn readdir(folder: *mut DIR) -> *mut dirent {
        next(folder).cast()
    }

    /// `readdir(3)` with large files.
    fn readdir64(folder: *mut DIR) -> *mut dirent64 {
        next(folder)
    }

    /// `readdir_r(3)`.
    fn readdir_r(folder: *mut DIR, place: *mut dirent, answer: *mut *mut dirent) -> c_int {
        copy_next(folder, place.cast(), answer.cast())
    }

    /// `readdir_r(3)` with large files.
    fn readdir64_r(folder: *mut DIR, place: *mut dirent64, answer: *mut *mut dirent64) -> c_int {
        copy_next(folder, place, answer)
    }

    /// `rewinddir(3)`: what has changed meanwhile is seen.
    fn rewinddir(folder: *mut DIR) -> () {
        let folder = opened(folder);
        let before = folder.entries.take();
        phase::as_simulator(|| drop(before));
        folder.next = 0;
    }

    /// `telldir(3)`.
    fn telldir(folder: *mut DIR) -> c_long {
        c_long::try_from(opened(folder).next).expect("a count")
    }

    /// `seekdir(3)`.
    fn seekdir(folder: *mut DIR, place: c_long) -> () {
        opened(folder).next = usize::try_from(place).unwrap_or(0);
    }

    /// `dirfd(3)`.
    fn dirfd(folder: *mut DIR) -> c_int {
        opened(folder).fd
    }

    /// `closedir(3)`.
    fn closedir(folder: *mut DIR) -> c_int {
        if folder.is_null() {
            return fail(Errno::EINVAL);
        }
        let fd = opened(folder).fd;
        // SAFETY: the program has it from `begin`, and gives it back once.
        phase::as_simulator(|| drop(unsafe { Box::from_raw(folder.cast::<Folder>()) }));
        // SAFETY: no pointers.
        unsafe { super::descriptor::close(fd) }
    }

    /// `getdents64(2)`: the position of the descriptor counts entries.
    fn getdents64(fd: c_int, room: *mut c_void, size: usize) -> isize {
        super::real::size(fill(fd, room, size))
    }
}

fn fill(fd: c_int, room: *mut c_void, size: usize) -> Result<i64, Errno> {
    let answer = |_: &mut Kernel, real: c_int| {
        let at = held::seek(real, 0, libc::SEEK_CUR)?;
        let entries = read_all(real)?;
        let first = usize::try_from(at).unwrap_or(usize::MAX).min(entries.len());
        let mut bytes: Vec<u8> = Vec::new();
        let mut taken = first;
        for entry in &entries[first..] {
            let length = record_length(entry);
            if bytes.len() + usize::from(length) > size {
                break;
            }
            let end = bytes.len() + usize::from(length);
            taken += 1;
            bytes.extend(entry.number.to_ne_bytes());
            bytes.extend(i64::try_from(taken).expect("a count").to_ne_bytes());
            bytes.extend(length.to_ne_bytes());
            bytes.push(entry.kind);
            bytes.extend(&entry.name);
            bytes.resize(end, 0);
        }
        if bytes.is_empty() && first < entries.len() {
            return Err(Errno::EINVAL.into());
        }
        held::seek(real, i64::try_from(taken).expect("a count"), libc::SEEK_SET)?;
        super::descriptor::buffer(room, bytes.len()).copy_from_slice(&bytes);
        Ok(i64::try_from(bytes.len()).expect("a count"))
    };
    on_file("getdents64", fd, Work::Nothing, answer, fails(Errno::ENOTDIR))
}
