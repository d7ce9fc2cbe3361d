//! From the program's paths to real ones.
//!
//! The folder [`PRIVATE`] of the program is another real one in each run. Inside it the walk is ours, name by name, because a
//! symbolic link there holds a path of the program. Does not know processes. Invariant: no path of the program leads into the
//! real folder of another run, and no real path is shown to it.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::CString;

use photofinish_sim::errno::Errno;
use photofinish_sim::host::HostId;

use super::node::Key;
use super::sys;

/// Where the program finds its own files: its working directory at first, and its `TMPDIR`.
pub(crate) const PRIVATE: &[u8] = b"/tmp/photofinish";

/// What becomes of a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// It is followed.
    Yes,
    /// It is what is meant, unless a slash comes after it: `lstat(2)`.
    No,
    /// The last name is to be made or removed: `LOOKUP_PARENT`.
    Never,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Into the private folder of the run.
    Private,
    /// To a file that all runs share.
    Outside,
    /// To a program of the scenario.
    Program,
}

/// Where a path leads, and what is there.
#[derive(Debug)]
pub(crate) struct Found {
    /// For the real kernel: absolute, and without links but the last name of a [`Follow::No`].
    pub(crate) real: CString,
    /// As the program would name it.
    pub(crate) shown: Vec<u8>,
    pub(crate) place: Place,
    /// What is there; looked at only in the private folder.
    pub(crate) data: Option<libc::stat>,
}

/// The real folders behind [`PRIVATE`], one for each host in one for the run.
#[derive(Debug)]
pub(crate) struct Root {
    /// The run's.
    pub(crate) base: Vec<u8>,
    /// Whose paths are meant.
    pub(crate) host: HostId,
    /// Folders that a walk came through, by host and the program's path: they are looked at once, until one is removed or gets another
    /// name.
    folders: BTreeMap<(HostId, Vec<u8>), Key>,
}

const LINKS_MAX: u32 = 40;

fn names(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}

/// Whether a path is a folder's or leads into it; both are absolute and plain.
fn is_under(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

/// Whether a path, taken as text, leads into the private folder.
pub(crate) fn is_private(path: &[u8]) -> bool {
    let mut at: Vec<&[u8]> = Vec::new();
    for name in names(path) {
        match name {
            b".." => {
                at.pop();
            }
            name => at.push(name),
        }
        // Whatever comes after may be a link, which only the walk can tell.
        if at.iter().copied().eq(names(PRIVATE)) {
            return true;
        }
    }
    false
}

/// A path in a folder, as text.
pub(crate) fn join(folder: &[u8], path: &[u8]) -> Vec<u8> {
    if path.starts_with(b"/") { path.to_vec() } else { [folder, b"/", path].concat() }
}

impl Root {
    /// With the real folder of the run, and the first host's paths.
    pub(crate) fn new(base: Vec<u8>) -> Self {
        Self { base, host: HostId::FIRST, folders: BTreeMap::new() }
    }

    /// Which folder is at a path without links, if a walk came through it.
    pub(crate) fn folder_at(&self, shown: &[u8]) -> Option<&Key> {
        self.folders.get(&(self.host, shown.to_vec()))
    }

    /// A folder may have been removed or got another name.
    pub(crate) fn forget_folders(&mut self) {
        self.folders.clear();
    }

    /// The real folder of the host.
    pub(crate) fn folder(&self) -> Vec<u8> {
        [&self.base, &b"/"[..], self.host.0.to_string().as_bytes()].concat()
    }

    /// The real path of one of the program's that has no links in it.
    fn real(&self, shown: &[u8]) -> Vec<u8> {
        if is_under(shown, PRIVATE) {
            [&self.folder(), &shown[PRIVATE.len()..]].concat()
        } else {
            shown.to_vec()
        }
    }

    /// The program's path of a real one, on whichever host.
    pub(crate) fn shown(&self, real: &[u8]) -> Vec<u8> {
        let Some(inside) = real.strip_prefix(&self.base[..]).and_then(|rest| rest.strip_prefix(b"/")) else {
            return real.to_vec();
        };
        let host = inside.iter().position(|byte| *byte == b'/').unwrap_or(inside.len());
        [PRIVATE, &inside[host..]].concat()
    }

    /// Follows an absolute path of the program that leads into the private folder, as text.
    ///
    /// # Errors
    /// Those of `path_resolution(7)`.
    pub(crate) fn walk(&mut self, path: &[u8], follow: Follow) -> Result<Found, Errno> {
        let mut walk = Walk {
            root: self,
            at: Vec::new(),
            ahead: names(path).map(<[u8]>::to_vec).collect(),
            ends_with_slash: path.ends_with(b"/") || path.ends_with(b"/."),
            links: 0,
            follow,
        };
        if follow == Follow::Never {
            // `rmdir(2)` and `rename(2)` refuse these names themselves.
            let last = path.rsplit(|byte| *byte == b'/').find(|name| !name.is_empty());
            if last == Some(b".") {
                walk.ahead.push_back(b".".to_vec());
            }
        }
        walk.go()
    }
}

struct Walk<'a> {
    root: &'a mut Root,
    /// How far we came, by names of the program.
    at: Vec<u8>,
    ahead: VecDeque<Vec<u8>>,
    ends_with_slash: bool,
    links: u32,
    follow: Follow,
}

impl Walk<'_> {
    fn go(mut self) -> Result<Found, Errno> {
        while let Some(name) = self.ahead.pop_front() {
            let last = self.ahead.is_empty();
            if last && self.follow == Follow::Never && matches!(&name[..], b"." | b"..") {
                let here = self.at.clone();
                self.at.extend([b"/", &name[..]].concat());
                return self.found(&here, None);
            }
            if name == b".." {
                let parent = self.at.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                self.at.truncate(parent);
                continue;
            }
            let here = self.at.len();
            self.at.extend([b"/", &name[..]].concat());
            if is_under(PRIVATE, &self.at) && self.at != PRIVATE {
                continue;
            }
            if !is_under(&self.at, PRIVATE) {
                return self.leave();
            }
            if !last && self.root.folder_at(&self.at).is_some() {
                continue;
            }
            let real = sys::c_path(self.root.real(&self.at))?;
            let data = match sys::lstat(&real) {
                Err(Errno::ENOENT) if last => None,
                answer => Some(answer?),
            };
            let Some(data) = data else {
                let at = self.at.clone();
                return self.found(&at, None);
            };
            let kind = data.st_mode & libc::S_IFMT;
            let stays = last
                && match self.follow {
                    Follow::Yes => false,
                    Follow::No => !self.ends_with_slash,
                    Follow::Never => true,
                };
            if kind == libc::S_IFLNK && !stays {
                self.at.truncate(here);
                self.enter(&sys::readlink(&real)?)?;
                continue;
            }
            if last {
                let at = self.at.clone();
                return self.found(&at, Some(data));
            }
            if kind != libc::S_IFDIR {
                return Err(Errno::ENOTDIR);
            }
            self.root.folders.insert((self.root.host, self.at.clone()), Key::of(&data));
        }
        let at = self.at.clone();
        let data = sys::lstat(&sys::c_path(self.root.real(&at))?).ok();
        self.found(&at, data)
    }

    /// Goes on with the target of a link.
    fn enter(&mut self, target: &[u8]) -> Result<(), Errno> {
        self.links += 1;
        if self.links > LINKS_MAX {
            return Err(Errno::ELOOP);
        }
        if target.starts_with(b"/") {
            self.at.clear();
        }
        if self.ahead.is_empty() && target.ends_with(b"/") {
            self.ends_with_slash = true;
        }
        for name in names(target).rev() {
            self.ahead.push_front(name.to_vec());
        }
        Ok(())
    }

    fn found(self, parent_or_self: &[u8], data: Option<libc::stat>) -> Result<Found, Errno> {
        let place = if is_under(parent_or_self, PRIVATE) { Place::Private } else { Place::Outside };
        let mut real = self.root.real(&self.at);
        if real.is_empty() || self.ends_with_slash {
            real.push(b'/');
        }
        Ok(Found { real: sys::c_path(real)?, shown: self.at, place, data })
    }

    /// A link or `..` led out of the private folder: the rest is the real kernel's.
    fn leave(mut self) -> Result<Found, Errno> {
        for name in core::mem::take(&mut self.ahead) {
            self.at.extend([b"/", &name[..]].concat());
        }
        let at = self.at.clone();
        self.found(&at, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_private_by_the_names_in_it() {
        for path in
            ["/tmp/photofinish", "//tmp/./photofinish/a", "/usr/../tmp/photofinish/../x", "/tmp/photofinish/"]
        {
            assert!(is_private(path.as_bytes()), "{path}");
        }
        for path in
            ["/", "", "/tmp", "/tmp/photofinish2", "/tmp/photo", "/tmp/../photofinish", "/x/tmp/photofinish"]
        {
            assert!(!is_private(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn real_and_shown_paths_are_two_names_of_one_file() {
        let root = Root { host: HostId(7), ..Root::new(b"/run/one".to_vec()) };
        for (shown, real) in [
            ("/tmp/photofinish", "/run/one/7"),
            ("/tmp/photofinish/a b", "/run/one/7/a b"),
            ("/tmp/photofinishes", "/tmp/photofinishes"),
            ("/etc/passwd", "/etc/passwd"),
        ] {
            assert_eq!(root.real(shown.as_bytes()), real.as_bytes());
            assert_eq!(root.shown(real.as_bytes()), shown.as_bytes());
        }
        assert_eq!(root.shown(b"/run/ones"), b"/run/ones");
        assert_eq!(root.shown(b"/run/one/12/a"), b"/tmp/photofinish/a");
    }
}
