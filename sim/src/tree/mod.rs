//! The names of a run's files: folders, links, and what `stat(2)` tells of each, as `path_resolution(7)` and `inode(7)` have it.
//!
//! Does not know what is in files, nor descriptors: whoever keeps contents is told what is gone. Invariant: every folder but a host's
//! first has one name, no folder is below itself, and a file without a name is there as long as somebody holds it.

mod change;
mod node;
mod open;
mod walk;

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::errno::Errno;
use crate::file::lock::FileNumber;

pub use change::Move;
pub use node::{Kind, Linkable, Node, Right, Stat, Time, Times, Who};
pub use open::{Ask, Opened};
pub use walk::{Bounds, Follow, Found, Last, MOUNT, Spot, Within, along, leads_inside, plain};

use node::{Body, Name};

/// The folders of a run's hosts, and everything in them.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<FileNumber, Node>,
    who: Who,
    gone: Vec<FileNumber>,
}

/// What a new file is from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// The number that nothing else of the run has.
    pub number: FileNumber,
    /// When it is made.
    pub now: Time,
    /// `umask(2)` of who makes it.
    pub mask: u32,
}

impl Tree {
    /// No folders yet, for whoever runs the programs.
    #[must_use]
    pub fn new(who: Who) -> Self {
        Self { nodes: BTreeMap::new(), who, gone: Vec::new() }
    }

    /// Makes the first folder of a host, which has no name here.
    pub fn add_root(&mut self, number: FileNumber, now: Time) {
        let mut root = self.fresh(Body::Folder(BTreeMap::new()), 0o700, now);
        root.links = 2;
        root.holds = 1;
        self.nodes.insert(number, root);
    }

    /// Whether nothing was ever made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A file that is there.
    ///
    /// # Panics
    /// If it is gone.
    #[must_use]
    pub fn node(&self, number: FileNumber) -> &Node {
        self.nodes.get(&number).expect("whoever has a number holds the file")
    }

    fn node_mut(&mut self, number: FileNumber) -> &mut Node {
        self.nodes.get_mut(&number).expect("whoever has a number holds the file")
    }

    fn fresh(&self, body: Body, mode: u32, now: Time) -> Node {
        Node {
            body,
            mode,
            user: self.who.user,
            group: self.who.group(),
            times: Times { accessed: now, modified: now, changed: now, born: now },
            names: Vec::new(),
            links: 0,
            holds: 0,
            linkable: Linkable::No,
        }
    }

    /// Makes a regular file that has no name in a folder, as `O_TMPFILE` does; who asked for it holds it.
    pub fn make_nameless(&mut self, folder: FileNumber, mode: u32, linkable: Linkable, birth: Birth) {
        let mut node = self.fresh(Body::File, mode & 0o7777 & !birth.mask, birth.now);
        node.inherit(self.node(folder));
        (node.holds, node.linkable) = (1, linkable);
        node.names.push(Name { folder, name: format!("#{}", birth.number.0).into_bytes(), live: false });
        self.hold(folder);
        self.nodes.insert(birth.number, node);
    }

    /// Somebody has the file open, or stands in it.
    pub fn hold(&mut self, number: FileNumber) {
        self.node_mut(number).holds += 1;
    }

    /// Takes back one [`Tree::hold`].
    pub fn let_go(&mut self, number: FileNumber) {
        self.node_mut(number).holds -= 1;
        self.drop_unused(number);
    }

    /// Forgets the names that are gone of a file that nobody holds, and the file if it has no others. A name that is gone holds its
    /// folder, so that who stands in it finds the way back; as that goes, the folder may be the next.
    fn drop_unused(&mut self, number: FileNumber) {
        let mut looked_at = vec![number];
        while let Some(number) = looked_at.pop() {
            let node = self.node_mut(number);
            if node.holds > 0 {
                continue;
            }
            let gone: Vec<Name> = node.names.extract_if(.., |name| !name.live).collect();
            if node.links == 0 {
                let node = self.nodes.remove(&number).expect("it was just looked at");
                if matches!(node.body, Body::File) {
                    self.gone.push(number);
                }
            }
            for name in gone {
                let folder = self.node_mut(name.folder);
                folder.holds -= 1;
                // Each name that is gone holds it, so that it gets here once.
                if folder.holds == 0 {
                    looked_at.push(name.folder);
                }
            }
        }
    }

    /// The regular files that are gone since somebody last asked.
    pub fn take_gone(&mut self) -> Vec<FileNumber> {
        core::mem::take(&mut self.gone)
    }

    /// The path of a file by one of its names.
    fn path_of(&self, number: FileNumber, name: usize) -> Vec<u8> {
        let mut pieces: Vec<&[u8]> = Vec::new();
        let mut at = self.node(number).names.get(name);
        while let Some(name) = at {
            pieces.push(&name.name);
            at = self.node(name.folder).names.first();
        }
        pieces.push(MOUNT);
        pieces.reverse();
        pieces.join(&b'/')
    }

    /// The path that an open file shows: ` (deleted)` is behind one whose name is gone (`proc_pid_fd(5)`).
    #[must_use]
    pub fn shown(&self, number: FileNumber, name: usize) -> Vec<u8> {
        let mut path = self.path_of(number, name);
        if self.node(number).names.get(name).is_some_and(|name| !name.live) {
            path.extend(b" (deleted)");
        }
        path
    }

    /// The path of a folder (`getcwd(3)`).
    ///
    /// # Errors
    /// `ENOENT` for one that was removed.
    pub fn folder_path(&self, number: FileNumber) -> Result<Vec<u8>, Errno> {
        if self.node(number).links == 0 { Err(Errno::ENOENT) } else { Ok(self.path_of(number, 0)) }
    }

    /// Which of a file's names one of a folder is.
    #[must_use]
    pub fn name_index(&self, spot: &Spot) -> usize {
        let (Some(folder), Some(number)) = (spot.folder, spot.node) else { return 0 };
        let is_it = |name: &Name| name.live && name.folder == folder && name.name == spot.name;
        self.node(number).names.iter().position(is_it).unwrap_or(0)
    }

    /// The names in a folder, in order: what each leads to, and its kind (`readdir(3)`). The two dots come first.
    ///
    /// # Errors
    /// `ENOTDIR` for anything else, `ENOENT` for one that was removed.
    pub fn list(&self, number: FileNumber) -> Result<Vec<(Vec<u8>, FileNumber, Kind)>, Errno> {
        let node = self.node(number);
        let Body::Folder(inside) = &node.body else { return Err(Errno::ENOTDIR) };
        if node.links == 0 {
            return Err(Errno::ENOENT);
        }
        let dots =
            [(b".".to_vec(), number, Kind::Folder), (b"..".to_vec(), self.parent(number), Kind::Folder)];
        let others = inside.iter().map(|(name, number)| (name.clone(), *number, self.node(*number).kind()));
        Ok(dots.into_iter().chain(others).collect())
    }

    /// The folder that a folder is in; a host's first is in itself, as far as its number shows.
    fn parent(&self, number: FileNumber) -> FileNumber {
        self.node(number).names.first().map_or(number, |name| name.folder)
    }

    /// The content of a file was changed. Who has no privilege takes the set-user-ID bit off with it (`inode(7)`).
    pub fn touch(&mut self, number: FileNumber, now: Time) {
        let privileged = self.who.is_privileged();
        let node = self.node_mut(number);
        (node.times.modified, node.times.changed) = (now, now);
        if !privileged && matches!(node.body, Body::File) {
            node.lose_set_ids();
        }
    }

    /// Whether who runs the programs may do this with a file.
    ///
    /// # Errors
    /// `EACCES` if not.
    pub fn may(&self, number: FileNumber, right: Right) -> Result<(), Errno> {
        self.node(number).may(&self.who, right)
    }
}
