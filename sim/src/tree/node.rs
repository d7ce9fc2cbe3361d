//! A file by its number: what `inode(7)` keeps of it.
//!
//! Does not know other files. Invariant: who is privileged may do everything but execute what nobody may.

use std::collections::BTreeMap;

use crate::errno::Errno;
use crate::file::lock::FileNumber;

/// A point on `CLOCK_REALTIME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Whole seconds.
    pub sec: i64,
    /// What is over, in ns.
    pub nsec: i64,
}

impl Time {
    /// The point so many ns after 1970.
    #[must_use]
    pub fn from_ns(ns: u64) -> Self {
        Self { sec: (ns / 1_000_000_000).cast_signed(), nsec: (ns % 1_000_000_000).cast_signed() }
    }
}

/// The times of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// `st_atime`.
    pub accessed: Time,
    /// `st_mtime`.
    pub modified: Time,
    /// `st_ctime`.
    pub changed: Time,
    /// `stx_btime`.
    pub born: Time,
}

/// Who runs the programs: `credentials(7)`. Nobody becomes anybody else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The effective user.
    pub user: u32,
    /// The effective group first, then the others.
    pub groups: Vec<u32>,
}

impl Who {
    pub(super) fn group(&self) -> u32 {
        self.groups.first().copied().unwrap_or_default()
    }

    /// `CAP_DAC_OVERRIDE`, `CAP_FOWNER`, `CAP_CHOWN` and `CAP_FSETID`, as root has them.
    pub(super) fn is_privileged(&self) -> bool {
        self.user == 0
    }

    pub(super) fn is_in(&self, group: u32) -> bool {
        self.groups.contains(&group)
    }
}

/// What can be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right(u32);

impl Right {
    /// To know that it is there.
    pub const NONE: Self = Self(0);
    /// To execute a file, or to search a folder.
    pub const EXECUTE: Self = Self(1);
    /// To change it.
    pub const WRITE: Self = Self(2);
    /// To read it.
    pub const READ: Self = Self(4);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn writes(self) -> bool {
        self.has(Self::WRITE)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The kinds of files that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `S_IFREG`.
    File,
    /// `S_IFDIR`.
    Folder,
    /// `S_IFLNK`.
    Link,
    /// `S_IFSOCK`.
    Socket,
}

impl Kind {
    /// `S_IFMT` of a mode.
    #[must_use]
    pub const fn mode(self) -> u32 {
        match self {
            Self::File => 0o100_000,
            Self::Folder => 0o040_000,
            Self::Link => 0o120_000,
            Self::Socket => 0o140_000,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    File,
    Folder(BTreeMap<Vec<u8>, FileNumber>),
    Link(Vec<u8>),
    Socket,
}

/// A name of a file. One that is gone stays, for who found the file by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) folder: FileNumber,
    pub(super) name: Vec<u8>,
    pub(super) live: bool,
}

/// A file.
#[derive(Clone, Debug)]
pub struct Node {
    pub(super) body: Body,
    /// Without the kind.
    pub(super) mode: u32,
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) times: Times,
    pub(super) names: Vec<Name>,
    pub(super) links: u32,
    pub(super) holds: u32,
    pub(super) linkable: Linkable,
}

/// Whether a file that has no name may get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkable {
    /// `I_LINKABLE`: it was made without.
    Yes,
    /// It had one, or was made by `O_TMPFILE` and `O_EXCL`.
    No,
}

/// What `stat(2)` says of a file, but for its number and, of a regular one, the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// With the kind.
    pub mode: u32,
    /// `st_nlink`.
    pub links: u32,
    /// `st_uid`.
    pub user: u32,
    /// `st_gid`.
    pub group: u32,
    /// `st_size` in bytes: of a link the length of its path, of a regular file 0.
    pub size: u64,
    /// When what happened to it.
    pub times: Times,
}

const SET_USER: u32 = 0o4000;
pub(super) const SET_GROUP: u32 = 0o2000;
const GROUP_EXECUTE: u32 = 0o010;

impl Node {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.body {
            Body::File => Kind::File,
            Body::Folder(_) => Kind::Folder,
            Body::Link(_) => Kind::Link,
            Body::Socket => Kind::Socket,
        }
    }

    /// The path in a symbolic link.
    #[must_use]
    pub fn target(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Link(target) => Some(target),
            _ => None,
        }
    }

    /// What `stat(2)` says.
    #[must_use]
    pub fn stat(&self) -> Stat {
        let size = self.target().map_or(0, |target| target.len() as u64);
        let mode = self.kind().mode() | self.mode;
        Stat { mode, links: self.links, user: self.user, group: self.group, size, times: self.times }
    }

    /// `inode_init_owner`: what a new file has of a folder whose files are of one group.
    pub(super) fn inherit(&mut self, folder: &Self) {
        if folder.mode & SET_GROUP != 0 {
            self.group = folder.group;
            if self.kind() == Kind::Folder {
                self.mode |= SET_GROUP;
            }
        }
    }

    /// `should_remove_suid`: what a change of owner, and one of content by somebody without privilege, takes off.
    pub(super) fn lose_set_ids(&mut self) {
        self.mode &= !SET_USER;
        if self.mode & GROUP_EXECUTE != 0 {
            self.mode &= !SET_GROUP;
        }
    }

    pub(super) fn may(&self, who: &Who, right: Right) -> Result<(), Errno> {
        let bits = if who.user == self.user {
            self.mode >> 6
        } else if who.is_in(self.group) {
            self.mode >> 3
        } else {
            self.mode
        };
        let is_folder = self.kind() == Kind::Folder;
        let executes = !is_folder && right.has(Right::EXECUTE);
        let allowed = if who.is_privileged() {
            !executes || self.mode & 0o111 != 0
        } else {
            Right(bits & 7).has(right)
        };
        if allowed { Ok(()) } else { Err(Errno::EACCES) }
    }
}
