//! What cases about unix sockets share: names that no other process has, and how an address or a message is shown.
//!
//! Does not write lines. Invariant: nothing shown tells of the process, its folder, or the numbers of its descriptors.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use libc::{AF_UNIX, SO_TYPE, SOL_SOCKET};
use photofinish_calls::message::In;
use photofinish_calls::{Failed, descriptor, socket};

use super::sockets::{Fd, get};

/// How many names begin with a zero byte; the others are paths.
const ABSTRACT: usize = 3;
/// Names there are.
pub(super) const NAMES: usize = 5;

/// The names of one case.
pub(super) struct Names {
    addresses: Vec<Vec<u8>>,
    files: Vec<PathBuf>,
}

/// The bytes of an address without anything but its family.
pub(super) fn family(family: i32) -> Vec<u8> {
    u16::try_from(family).expect("families are small").to_ne_bytes().to_vec()
}

impl Names {
    /// Names that no other process has.
    pub(super) fn new() -> Self {
        let folder = std::env::temp_dir();
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let text = |number| format!("photofinish-{:08}-{number}", std::process::id());
        let files: Vec<_> = (0..NAMES).map(|number| folder.join(text(number))).collect();
        let address = |number: usize| {
            let mut bytes = family(AF_UNIX);
            if number < ABSTRACT {
                bytes.push(0);
                bytes.extend(text(number).as_bytes());
            } else {
                bytes.extend(files[number].as_os_str().as_bytes());
                bytes.push(0);
            }
            bytes
        };
        Self { addresses: (0..NAMES).map(address).collect(), files }
    }

    /// The bytes of an address.
    pub(super) fn address(&self, number: usize) -> &[u8] {
        &self.addresses[number]
    }

    /// The file of a name that is a path: the last ones are.
    pub(super) fn file(&self, number: usize) -> &Path {
        &self.files[ABSTRACT + number % (NAMES - ABSTRACT)]
    }

    /// Removes the files of all names.
    pub(super) fn clean(&self) {
        for file in &self.files[ABSTRACT..] {
            let _absent = std::fs::remove_file(file);
        }
    }

    /// An address as a line shows it: of names whose length depends on where the files are, only what is so everywhere.
    pub(super) fn shown(&self, (length, bytes): &(u32, Vec<u8>)) -> String {
        let whole = *length as usize;
        let begins = |address: &&Vec<u8>| address.len() == whole && address.starts_with(bytes);
        let known = self.addresses.iter().filter(|_| bytes.len() > 2).position(|address| begins(&address));
        match (known, bytes.get(2..)) {
            (Some(number), _) => {
                format!("name {number}, {}", if bytes.len() == whole { "whole" } else { "cut" })
            }
            (None, Some([0, rest @ ..])) if rest.len() == 5 => format!("automatic of {length}"),
            (None, _) if self.addresses.iter().any(|address| address.len() == whole) => "a part".to_owned(),
            (None, _) => format!("{} bytes of {length}", bytes.len()),
        }
    }
}

/// A socket that does not wait.
pub(super) fn fresh(kind: i32) -> Fd {
    Fd(socket::socket(AF_UNIX, kind | libc::SOCK_NONBLOCK, 0).expect("few"))
}

/// Two sockets that do not wait.
pub(super) fn ends(kind: i32) -> [Fd; 2] {
    socket::socketpair(AF_UNIX, kind | libc::SOCK_NONBLOCK, 0).expect("few").map(Fd)
}

/// The bytes of one control message.
pub(super) fn control(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
    let length: usize = 16 + data.len();
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(level.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(data);
    bytes.resize(length.next_multiple_of(8), 0);
    bytes
}

/// The bytes of `SCM_RIGHTS`.
pub(super) fn rights(fds: &[i32]) -> Vec<u8> {
    let data: Vec<u8> = fds.iter().flat_map(|fd| fd.to_ne_bytes()).collect();
    control(SOL_SOCKET, libc::SCM_RIGHTS, &data)
}

/// Descriptors that came with a message, and how its control messages are shown.
pub(super) fn opened(room: &In) -> (Vec<Fd>, String) {
    let mut fds = Vec::new();
    let mut shown = Vec::new();
    let mut at = 0;
    let word = |at: usize| {
        room.control
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |bytes| i32::from_ne_bytes(*bytes))
    };
    while at + 16 <= room.control.len() {
        let length = room.control[at..].first_chunk().map_or(0, |bytes| usize::from_ne_bytes(*bytes));
        match word(at + 12) {
            libc::SCM_RIGHTS => {
                let new: Vec<Fd> = (0..(length - 16) / 4).map(|n| Fd(word(at + 16 + 4 * n))).collect();
                let kinds = new.iter().map(|fd| match get(fd, SOL_SOCKET, SO_TYPE) {
                    Ok(kind) => kind.to_string(),
                    Err(Failed(_)) => "file".to_owned(),
                });
                let kinds: Vec<String> = kinds.collect();
                let closes = new.iter().map(|fd| descriptor::fcntl(fd.0, libc::F_GETFD, 0).unwrap_or(-1));
                shown.push(format!("rights {length} {kinds:?} {:?}", closes.collect::<Vec<_>>()));
                fds.extend(new);
            }
            libc::SCM_CREDENTIALS => {
                let own = std::process::id().cast_signed();
                let pid = if word(at + 16) == own { -1 } else { word(at + 16) };
                shown.push(format!("credentials {length} {pid}"));
            }
            kind => shown.push(format!("type {kind} {length}")),
        }
        at += length.next_multiple_of(8).max(16);
    }
    let shown = format!("[{}] of {} flags {:#x}", shown.join(", "), room.control.len(), room.flags);
    (fds, shown)
}
