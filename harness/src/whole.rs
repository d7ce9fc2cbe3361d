//! Files that are written whole or not at all.
//!
//! Does not know what stands in them. Invariant: whoever reads such a file finds all of the old text or all of the new one.

use std::io;
use std::path::Path;

/// Writes a file by a rename. A link is followed; what is no file is left alone.
///
/// # Errors
/// The file cannot be written, or is a device, a folder or the like.
pub fn write(path: &Path, text: impl AsRef<[u8]>) -> io::Result<()> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if target.metadata().is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("it is there, and is no file"));
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let written = std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, &target));
    if written.is_err() {
        // Nothing half-written stays; if it cannot be removed either, it says by its name what it is.
        let _: io::Result<()> = std::fs::remove_file(&partial);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_link_is_followed_and_what_is_no_file_left_alone() {
        let folder = std::env::temp_dir().join(format!("photofinish-whole-{}", std::process::id()));
        fs::create_dir(&folder).expect("a temporary folder");
        let [file, link, socket] = ["file", "link", "socket"].map(|name| folder.join(name));
        fs::write(&file, "before, and longer").expect("a temporary file");
        symlink(&file, &link).expect("a temporary link");
        let _listens = UnixListener::bind(&socket).expect("a temporary socket");
        let written = write(&link, "after");
        let refused = [&socket, &folder].map(|there| write(there, "after"));
        let nowhere = write(&folder.join("no/such/folder/file"), "after");
        let text = fs::read_to_string(&file).expect("it is there");
        let is_link = fs::symlink_metadata(&link).expect("it is there").is_symlink();
        let entries = fs::read_dir(&folder).expect("it is there").count();
        fs::remove_dir_all(&folder).expect("it is ours");
        assert!(written.is_ok() && nowhere.is_err(), "{written:?} {nowhere:?}");
        assert_eq!((text.as_str(), is_link), ("after", true));
        for error in refused {
            assert!(error.as_ref().is_err_and(|error| error.to_string().contains("is no file")), "{error:?}");
        }
        assert_eq!(entries, 3, "nothing half-written stays");
    }
}
