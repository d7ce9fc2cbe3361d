//! A folder of a case's own, in which it stands.
//!
//! Invariant: it is gone when the case is over, and no line of a transcript holds its path.

use std::fs;
use std::path::PathBuf;

use photofinish_calls::path;

use super::sockets::Fd;

/// The folder.
#[derive(Debug)]
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    /// Makes a folder and goes there.
    pub(super) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("photofinish-conformance-{}", std::process::id()));
        fs::create_dir(&path).expect("a folder that nobody has");
        std::env::set_current_dir(&path).expect("it is there");
        Self(fs::canonicalize(&path).expect("it is there"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Natively the folder would stay; what went wrong before is what matters.
        let _ = std::env::set_current_dir("/");
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Opens a file to read and write, making it if it is not there.
pub(super) fn file(name: &std::ffi::CStr) -> Fd {
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC;
    Fd(path::openat(libc::AT_FDCWD, name, flags, 0o644).expect("a file can be made"))
}

/// A file with something in it.
pub(super) fn filled(name: &std::ffi::CStr, bytes: &[u8]) -> Fd {
    let fd = file(name);
    let written = photofinish_calls::descriptor::write(fd.0, bytes);
    assert_eq!(written, Ok(bytes.len()), "there is room");
    fd
}

/// Opens a folder.
pub(super) fn folder_fd(name: &std::ffi::CStr) -> Fd {
    Fd(path::openat(libc::AT_FDCWD, name, libc::O_RDONLY | libc::O_DIRECTORY, 0).expect("it is there"))
}
