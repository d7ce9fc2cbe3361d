//! `path_resolution(7)`: from a path to a file, or to the place of one.
//!
//! A path begins as text; once it has come to [`MOUNT`], it goes from folder to folder. Does not know files outside of that: a path
//! there stays text. Invariant: no path leads into the folders of a host but from its own root or from a folder that is held.

use super::{Kind, Right, Tree};
use crate::errno::Errno;
use crate::file::lock::FileNumber;

/// The private folder of a run, which is also its `TMPDIR` and the first working directory.
pub const MOUNT: &[u8] = b"/tmp/photofinish";

/// Links that one path may lead through (`MAXSYMLINKS`).
const LINKS_MAX: u32 = 40;
/// `NAME_MAX`.
const NAME_BYTES_MAX: usize = 255;

/// What to do with a symbolic link that is the last name of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// Go where it leads.
    Yes,
    /// The same to make a file there, whose name no slash may follow.
    Create,
    /// Stay, unless a slash follows.
    No,
    /// The same to make a file there, whose name no slash may follow.
    New,
    /// Stay in any case: the name itself is made, moved or removed.
    Never,
}

/// Where a path may not lead (`RESOLVE_*` of `openat2(2)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Out of where it begins.
    pub within: Within,
    /// `RESOLVE_NO_SYMLINKS`: through a link, but for a last name that is opened as one.
    pub no_links: bool,
    /// `RESOLVE_NO_MAGICLINKS`: through a link that no path is in, as those to descriptors.
    pub no_magic: bool,
    /// `RESOLVE_NO_XDEV`: to another mount.
    pub one_mount: bool,
}

/// How far a path may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Within {
    /// Everywhere.
    #[default]
    All,
    /// `RESOLVE_BENEATH`: an attempt to leave the folder where it begins fails.
    Beneath,
    /// `RESOLVE_IN_ROOT`: that folder is its `/`.
    Root,
}

impl Follow {
    /// Whether a link that is the last name leads on.
    #[must_use]
    pub const fn leads_on(self) -> bool {
        matches!(self, Self::Yes | Self::Create)
    }
}

/// What the last name of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// A name.
    Normal,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// There is none: it is the first folder.
    Root,
}

/// A place in a folder, whether something is there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The folder that holds the name. None for a file that was not found by a name of a folder here.
    pub folder: Option<FileNumber>,
    /// The name.
    pub name: Vec<u8>,
    /// What has it.
    pub node: Option<FileNumber>,
    /// What the path ended in.
    pub last: Last,
    /// Whether a slash stands behind: it is to be a folder.
    pub slash: bool,
}

impl Spot {
    /// A file by itself.
    #[must_use]
    pub fn of(node: FileNumber) -> Self {
        Self { folder: None, name: Vec::new(), node: Some(node), last: Last::Root, slash: false }
    }
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// To a place in the folders of a host.
    Inside(Spot),
    /// Elsewhere: the path from `/`.
    Outside(Vec<u8>),
}

/// The names of a path. A single dot is one, too: whoever goes nowhere needs the right to search there all the same.
fn names(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty())
}

/// Whether a path from `/` comes to [`MOUNT`], which shows in its names: whatever comes behind that may be a link, and only the walk
/// can tell where it leads.
#[must_use]
pub fn leads_inside(path: &[u8]) -> bool {
    along(path, |at| is_mount(at).then_some(())).is_some()
}

/// Goes along the names of a path from `/`, as if no folder on its way were a link: what is found first, and what of the path stands behind
/// it.
pub fn along<'a, T>(path: &'a [u8], found: impl Fn(&[&'a [u8]]) -> Option<T>) -> Option<(T, &'a [u8])> {
    let (mut at, mut rest) = (Vec::new(), path);
    loop {
        let start = rest.iter().position(|byte| *byte != b'/')?;
        let end =
            rest[start..].iter().position(|byte| *byte == b'/').map_or(rest.len(), |length| start + length);
        step(&mut at, &rest[start..end]);
        rest = &rest[end..];
        if let Some(found) = found(&at) {
            return Some((found, rest));
        }
    }
}

/// The names from `/` on that an absolute path comes to, if no folder on its way is a link.
#[must_use]
pub fn plain(path: &[u8]) -> Vec<&[u8]> {
    let mut at = Vec::new();
    names(path).for_each(|name| step(&mut at, name));
    at
}

fn is_mount(at: &[&[u8]]) -> bool {
    at.iter().copied().eq(names(MOUNT))
}

/// What the path itself ends in, dots included.
fn last_of(path: &[u8]) -> Last {
    match path.rsplit(|byte| *byte == b'/').find(|name| !name.is_empty()) {
        None => Last::Root,
        Some(b".") => Last::Dot,
        Some(b"..") => Last::DotDot,
        Some(_) => Last::Normal,
    }
}

enum Here<'a> {
    /// Names from `/` on that are not all of [`MOUNT`].
    Text(Vec<&'a [u8]>),
    Folder(FileNumber),
}

struct Walk<'a> {
    tree: &'a Tree,
    /// The host's first folder.
    root: FileNumber,
    /// Where a relative path begins.
    from: FileNumber,
    bounds: Bounds,
    here: Here<'a>,
    /// The names still to go, the next one last.
    ahead: Vec<&'a [u8]>,
    links: u32,
    /// What the path ends in: of the last link, if one leads on from the last name.
    last: Last,
    /// Whether a slash stands behind the last name.
    slash: bool,
}

impl Tree {
    /// Follows a path from `/`, where a host's first folder is at [`MOUNT`], or a relative one from a folder.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`, `ENAMETOOLONG`: those of `path_resolution(7)`. Nothing at the last name is no error.
    pub fn walk(
        &self,
        root: FileNumber,
        from: FileNumber,
        path: &[u8],
        follow: Follow,
    ) -> Result<Found, Errno> {
        self.walk_within(Bounds::default(), root, from, path, follow)
    }

    /// The same, as far as a path may lead.
    ///
    /// # Errors
    /// As for [`Tree::walk`], `EXDEV` and `ELOOP` (`openat2(2)`).
    pub fn walk_within(
        &self,
        bounds: Bounds,
        root: FileNumber,
        from: FileNumber,
        path: &[u8],
        follow: Follow,
    ) -> Result<Found, Errno> {
        let (last, slash) = (last_of(path), path.ends_with(b"/"));
        let (here, ahead) = (Here::Folder(from), names(path).rev().collect());
        let mut walk = Walk { tree: self, root, from, bounds, here, ahead, links: 0, last, slash };
        if path.starts_with(b"/") {
            walk.here = walk.top()?;
        }
        walk.go(follow)
    }
}

impl<'a> Walk<'a> {
    fn go(mut self, follow: Follow) -> Result<Found, Errno> {
        while let Some(name) = self.ahead.pop() {
            let folder = match &mut self.here {
                Here::Text(at) => {
                    step(at, name);
                    if is_mount(at) {
                        self.here = Here::Folder(self.root);
                    }
                    continue;
                }
                Here::Folder(folder) => *folder,
            };
            self.tree.may(folder, Right::EXECUTE)?;
            match name {
                b"." => continue,
                b".." => {
                    self.up(folder)?;
                    continue;
                }
                _ => {}
            }
            if name.len() > NAME_BYTES_MAX {
                return Err(Errno::ENAMETOOLONG);
            }
            let is_last = self.ahead.is_empty();
            if is_last && self.slash && matches!(follow, Follow::Create | Follow::New) {
                return Err(Errno::EISDIR);
            }
            let Some(node) = self.tree.child(folder, name) else {
                return if is_last { Ok(self.at(folder, name, None)) } else { Err(Errno::ENOENT) };
            };
            let stays = is_last
                && match follow {
                    Follow::Yes | Follow::Create => false,
                    Follow::No => !self.slash,
                    Follow::New | Follow::Never => true,
                };
            if let Some(target) = self.tree.node(node).target().filter(|_| !stays) {
                self.enter(target)?;
                continue;
            }
            if is_last {
                return Ok(self.at(folder, name, Some(node)));
            }
            if self.tree.node(node).kind() != Kind::Folder {
                return Err(Errno::ENOTDIR);
            }
            self.here = Here::Folder(node);
        }
        Ok(self.end())
    }

    /// Where a path ends whose last name was one that leads to a folder.
    fn end(self) -> Found {
        match self.here {
            Here::Folder(node) => {
                let last = if self.last == Last::Normal { Last::Root } else { self.last };
                Found::Inside(Spot { last, ..Spot::of(node) })
            }
            Here::Text(at) => {
                let mut path = at.iter().flat_map(|name| [&b"/"[..], name]).collect::<Vec<_>>().concat();
                let is_folder = self.slash || matches!(self.last, Last::Dot | Last::DotDot);
                if is_folder || path.is_empty() {
                    path.push(b'/');
                }
                Found::Outside(path)
            }
        }
    }

    fn at(self, folder: FileNumber, name: &[u8], node: Option<FileNumber>) -> Found {
        let (name, slash) = (name.to_vec(), self.slash);
        Found::Inside(Spot { folder: Some(folder), name, node, last: Last::Normal, slash })
    }

    /// What `/` is.
    fn top(&self) -> Result<Here<'a>, Errno> {
        match self.bounds.within {
            Within::All => Ok(Here::Text(Vec::new())),
            Within::Beneath => Err(Errno::EXDEV),
            Within::Root => Ok(Here::Folder(self.from)),
        }
    }

    fn up(&mut self, folder: FileNumber) -> Result<(), Errno> {
        match self.bounds.within {
            Within::Beneath if folder == self.from => return Err(Errno::EXDEV),
            Within::Root if folder == self.from => return Ok(()),
            _ => {}
        }
        self.here = match self.tree.node(folder).names.first() {
            Some(name) => Here::Folder(name.folder),
            None => {
                let mut at: Vec<&[u8]> = names(MOUNT).collect();
                at.pop();
                Here::Text(at)
            }
        };
        Ok(())
    }

    fn enter(&mut self, target: &'a [u8]) -> Result<(), Errno> {
        self.links += 1;
        if self.links > LINKS_MAX || self.bounds.no_links {
            return Err(Errno::ELOOP);
        }
        if target.starts_with(b"/") {
            self.here = self.top()?;
        }
        if self.ahead.is_empty() {
            self.last = last_of(target);
            self.slash |= target.ends_with(b"/");
        }
        self.ahead.extend(names(target).rev());
        Ok(())
    }
}

fn step<'a>(at: &mut Vec<&'a [u8]>, name: &'a [u8]) {
    match name {
        b"." => {}
        b".." => {
            at.pop();
        }
        name => at.push(name),
    }
}
