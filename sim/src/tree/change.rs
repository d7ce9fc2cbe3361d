//! Names that are made, moved and removed, and what of a file is changed by hand.
//!
//! The order in which a call finds its mistakes is that of Linux's `fs/namei.c`. Does not know contents. Invariant: what failed changed
//! nothing.

use std::collections::BTreeMap;

use super::node::{Body, Name, SET_GROUP};
use super::{Birth, Kind, Last, Linkable, Right, Spot, Time, Tree};
use crate::errno::Errno;
use crate::file::lock::FileNumber;

/// `renameat2(2)`: what is to become of what has the new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It is replaced.
    Replace,
    /// `RENAME_NOREPLACE`: it is in the way.
    Keep,
    /// `RENAME_EXCHANGE`: it gets the old name.
    Exchange,
}

/// A name that is there.
#[derive(Clone, Copy)]
struct Entry<'a> {
    folder: FileNumber,
    name: &'a [u8],
    node: FileNumber,
}

impl Tree {
    /// What has a name in a folder.
    pub(super) fn child(&self, folder: FileNumber, name: &[u8]) -> Option<FileNumber> {
        match &self.node(folder).body {
            Body::Folder(inside) => inside.get(name).copied(),
            _ => None,
        }
    }

    fn inside(&mut self, folder: FileNumber) -> &mut BTreeMap<Vec<u8>, FileNumber> {
        match &mut self.node_mut(folder).body {
            Body::Folder(inside) => inside,
            _ => unreachable!("names are in folders"),
        }
    }

    /// Whether a name can be made here: `filename_create` and `may_create`.
    fn may_create(&self, spot: &Spot, kind: Kind) -> Result<FileNumber, Errno> {
        let (Last::Normal, None, Some(folder)) = (spot.last, spot.node, spot.folder) else {
            return Err(Errno::EEXIST);
        };
        if self.node(folder).links == 0 || (spot.slash && kind != Kind::Folder) {
            return Err(Errno::ENOENT);
        }
        self.may(folder, Right::WRITE.and(Right::EXECUTE))?;
        Ok(folder)
    }

    /// Whether a name can be taken away: `may_delete`, for what is to be a folder or is not to be one.
    fn may_delete(&self, entry: Entry<'_>, as_kind: Kind) -> Result<(), Errno> {
        self.may(entry.folder, Right::WRITE.and(Right::EXECUTE))?;
        let is_folder = self.node(entry.node).kind() == Kind::Folder;
        match (as_kind, is_folder) {
            (Kind::Folder, false) => Err(Errno::ENOTDIR),
            (Kind::File, true) => Err(Errno::EISDIR),
            _ => Ok(()),
        }
    }

    /// Makes a name for a file that has none here.
    fn put(&mut self, folder: FileNumber, name: &[u8], node: FileNumber, now: Time) {
        self.inside(folder).insert(name.to_vec(), node);
        let new = Name { folder, name: name.to_vec(), live: true };
        self.node_mut(node).names.push(new);
        self.touch(folder, now);
    }

    /// What is not there is made, with the rights in `mode` that the mask leaves: a folder, a link, a socket or an empty file.
    fn make(&mut self, spot: &Spot, body: Body, mode: u32, birth: Birth) -> Result<(), Errno> {
        let mut node = self.fresh(body, mode & !birth.mask, birth.now);
        let folder = self.may_create(spot, node.kind())?;
        let parent = self.node_mut(folder);
        node.inherit(parent);
        node.links = 1;
        if node.kind() == Kind::Folder {
            node.links = 2;
            parent.links += 1;
        }
        self.nodes.insert(birth.number, node);
        self.put(folder, &spot.name, birth.number, birth.now);
        Ok(())
    }

    /// `mkdir(2)`.
    ///
    /// # Errors
    /// `EEXIST`, `ENOENT`, `EACCES`.
    pub fn make_folder(&mut self, spot: &Spot, mode: u32, birth: Birth) -> Result<(), Errno> {
        self.make(spot, Body::Folder(BTreeMap::new()), mode & 0o1777, birth)
    }

    /// `symlink(2)`.
    ///
    /// # Errors
    /// `EEXIST`, `ENOENT`, `EACCES`.
    pub fn make_link(&mut self, spot: &Spot, target: &[u8], birth: Birth) -> Result<(), Errno> {
        self.make(spot, Body::Link(target.to_vec()), 0o777, Birth { mask: 0, ..birth })
    }

    /// The file of a socket that is bound: `unix_bind_bsd`.
    ///
    /// # Errors
    /// `EEXIST`, `ENOENT`, `EACCES`.
    pub fn make_socket(&mut self, spot: &Spot, birth: Birth) -> Result<(), Errno> {
        self.make(spot, Body::Socket, 0o777, birth)
    }

    /// An empty file, by `open(2)`.
    pub(super) fn make_file(&mut self, spot: &Spot, mode: u32, birth: Birth) -> Result<(), Errno> {
        self.make(spot, Body::File, mode & 0o7777, birth)
    }

    /// Takes a name away, and notes when.
    fn take(&mut self, entry: Entry<'_>, now: Time) {
        let Entry { folder, name, node: number } = entry;
        self.inside(folder).remove(name);
        self.touch(folder, now);
        let node = self.node_mut(number);
        node.times.changed = now;
        let is_folder = node.kind() == Kind::Folder;
        node.links = if is_folder { 0 } else { node.links - 1 };
        let it = node.names.iter_mut().find(|it| it.live && it.folder == folder && it.name == name);
        it.expect("a name is known at both ends").live = false;
        if is_folder {
            self.node_mut(folder).links -= 1;
        }
        self.hold(folder);
        self.drop_unused(number);
    }

    /// `unlink(2)`.
    ///
    /// # Errors
    /// `ENOENT`, `EISDIR`, `ENOTDIR`, `EACCES`.
    pub fn unlink(&mut self, spot: &Spot, now: Time) -> Result<(), Errno> {
        let Spot { last: Last::Normal, folder: Some(folder), ref name, .. } = *spot else {
            return Err(Errno::EISDIR);
        };
        let node = spot.node.ok_or(Errno::ENOENT)?;
        if spot.slash {
            let is_folder = self.node(node).kind() == Kind::Folder;
            return Err(if is_folder { Errno::EISDIR } else { Errno::ENOTDIR });
        }
        let entry = Entry { folder, name, node };
        self.may_delete(entry, Kind::File)?;
        self.take(entry, now);
        Ok(())
    }

    /// `rmdir(2)`.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `ENOTEMPTY`, `EINVAL` and `EBUSY` for what is no name, `EACCES`.
    pub fn remove_folder(&mut self, spot: &Spot, now: Time) -> Result<(), Errno> {
        match spot.last {
            Last::Normal => {}
            Last::Dot => return Err(Errno::EINVAL),
            Last::DotDot => return Err(Errno::ENOTEMPTY),
            Last::Root => return Err(Errno::EBUSY),
        }
        let (Some(folder), Some(node)) = (spot.folder, spot.node) else { return Err(Errno::ENOENT) };
        let entry = Entry { folder, name: &spot.name, node };
        self.may_delete(entry, Kind::Folder)?;
        self.must_be_empty(node)?;
        self.take(entry, now);
        Ok(())
    }

    fn must_be_empty(&self, node: FileNumber) -> Result<(), Errno> {
        match &self.node(node).body {
            Body::Folder(inside) if !inside.is_empty() => Err(Errno::ENOTEMPTY),
            _ => Ok(()),
        }
    }

    /// `link(2)`: another name for a file.
    ///
    /// # Errors
    /// `ENOENT`, `EEXIST`, `EPERM` for a folder, `EACCES`.
    pub fn link(&mut self, old: &Spot, new: &Spot, now: Time) -> Result<(), Errno> {
        let node = self.there(old)?;
        let folder = self.may_create(new, Kind::File)?;
        if self.node(node).kind() == Kind::Folder {
            return Err(Errno::EPERM);
        }
        let file = self.node_mut(node);
        if file.links == 0 && file.linkable == Linkable::No {
            return Err(Errno::ENOENT);
        }
        file.linkable = Linkable::No;
        file.links += 1;
        file.times.changed = now;
        self.put(folder, &new.name, node, now);
        Ok(())
    }

    /// What is at a place; a slash behind it asks for a folder.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`.
    pub fn there(&self, spot: &Spot) -> Result<FileNumber, Errno> {
        let node = spot.node.ok_or(Errno::ENOENT)?;
        if spot.slash && self.node(node).kind() != Kind::Folder {
            return Err(Errno::ENOTDIR);
        }
        Ok(node)
    }

    /// Whether a folder is this one or in it.
    fn is_in(&self, mut folder: FileNumber, above: FileNumber) -> bool {
        loop {
            if folder == above {
                return true;
            }
            match self.node(folder).names.first() {
                Some(name) => folder = name.folder,
                None => return false,
            }
        }
    }

    /// `rename(2)`.
    ///
    /// # Errors
    /// `ENOENT`, `EEXIST`, `EBUSY` for what is no name, `ENOTDIR`, `EISDIR`, `ENOTEMPTY`, `EINVAL` into itself, `EACCES`.
    pub fn rename(&mut self, old: &Spot, new: &Spot, how: Move, now: Time) -> Result<(), Errno> {
        let (Last::Normal, Some(from)) = (old.last, old.folder) else { return Err(Errno::EBUSY) };
        let (Last::Normal, Some(to)) = (new.last, new.folder) else {
            return Err(if how == Move::Keep { Errno::EEXIST } else { Errno::EBUSY });
        };
        let node = old.node.ok_or(Errno::ENOENT)?;
        match (how, new.node) {
            (Move::Keep, Some(_)) => return Err(Errno::EEXIST),
            (Move::Exchange, None) => return Err(Errno::ENOENT),
            _ => {}
        }
        let is_folder = |node| self.node(node).kind() == Kind::Folder;
        if how == Move::Exchange && new.slash && !new.node.is_some_and(is_folder) {
            return Err(Errno::ENOTDIR);
        }
        if !is_folder(node) && (old.slash || (new.slash && how != Move::Exchange)) {
            return Err(Errno::ENOTDIR);
        }
        if is_folder(node) && self.is_in(to, node) {
            return Err(Errno::EINVAL);
        }
        if new.node.is_some_and(|other| is_folder(other) && self.is_in(from, other)) {
            return Err(if how == Move::Exchange { Errno::EINVAL } else { Errno::ENOTEMPTY });
        }
        if new.node == Some(node) {
            return Ok(());
        }
        let source = Entry { folder: from, name: &old.name, node };
        let target = new.node.map(|node| Entry { folder: to, name: &new.name, node });
        self.may_rename(source, new, target, how)?;
        self.move_names(source, &new.name, to, target.map(|target| target.node), how, now);
        Ok(())
    }

    /// `vfs_rename`, as far as it may refuse.
    fn may_rename(
        &self,
        source: Entry<'_>,
        new: &Spot,
        target: Option<Entry<'_>>,
        how: Move,
    ) -> Result<(), Errno> {
        let kind = |node| if self.node(node).kind() == Kind::Folder { Kind::Folder } else { Kind::File };
        let moved = kind(source.node);
        self.may_delete(source, moved)?;
        let to = match target {
            None => self.may_create(new, moved)?,
            Some(target) => {
                self.may_delete(target, if how == Move::Exchange { kind(target.node) } else { moved })?;
                target.folder
            }
        };
        if to != source.folder {
            // A folder in another one has another `..`.
            for node in
                [Some(source.node), target.filter(|_| how == Move::Exchange).map(|target| target.node)]
            {
                if let Some(node) = node.filter(|node| kind(*node) == Kind::Folder) {
                    self.may(node, Right::WRITE)?;
                }
            }
        }
        match target {
            Some(target) if how != Move::Exchange => self.must_be_empty(target.node),
            _ => Ok(()),
        }
    }

    fn move_names(
        &mut self,
        source: Entry<'_>,
        name: &[u8],
        to: FileNumber,
        other: Option<FileNumber>,
        how: Move,
        now: Time,
    ) {
        let Entry { folder: from, name: before, node } = source;
        match other {
            Some(other) if how == Move::Exchange => {
                self.inside(from).insert(before.to_vec(), other);
                self.reparent(other, (to, name), (from, before), now);
            }
            other => {
                if let Some(other) = other {
                    self.take(Entry { folder: to, name, node: other }, now);
                }
                self.inside(from).remove(before);
            }
        }
        self.inside(to).insert(name.to_vec(), node);
        self.reparent(node, (from, before), (to, name), now);
        self.touch(from, now);
        self.touch(to, now);
    }

    /// A file has another name in place of one.
    fn reparent(&mut self, node: FileNumber, old: (FileNumber, &[u8]), new: (FileNumber, &[u8]), now: Time) {
        let file = self.node_mut(node);
        file.times.changed = now;
        let is_folder = file.kind() == Kind::Folder;
        let it = file.names.iter_mut().find(|it| it.live && (it.folder, &it.name[..]) == old);
        *it.expect("a name is known at both ends") = Name { folder: new.0, name: new.1.to_vec(), live: true };
        if is_folder {
            self.node_mut(old.0).links -= 1;
            self.node_mut(new.0).links += 1;
        }
    }

    /// Whether somebody may do what an owner may.
    fn is_owner(&self, node: FileNumber) -> Result<(), Errno> {
        let owns = self.who.is_privileged() || self.node(node).user == self.who.user;
        if owns { Ok(()) } else { Err(Errno::EPERM) }
    }

    /// `chmod(2)`.
    ///
    /// # Errors
    /// `EPERM` for who is not the owner.
    pub fn change_mode(&mut self, node: FileNumber, mode: u32, now: Time) -> Result<(), Errno> {
        self.is_owner(node)?;
        let in_group = self.who.is_privileged() || self.who.is_in(self.node(node).group);
        let file = self.node_mut(node);
        file.mode = mode & if in_group { 0o7777 } else { 0o7777 & !SET_GROUP };
        file.times.changed = now;
        Ok(())
    }

    /// `chown(2)`: none leaves what is.
    ///
    /// # Errors
    /// `EPERM` for who is not privileged, but for the owner who gives a file to a group of theirs.
    pub fn change_owner(
        &mut self,
        node: FileNumber,
        [user, group]: [Option<u32>; 2],
        now: Time,
    ) -> Result<(), Errno> {
        let file = self.node(node);
        let (old_user, old_group) = (file.user, file.group);
        let owns = old_user == self.who.user;
        let user_stays = user.is_none_or(|user| owns && user == old_user);
        let group_may = group.is_none_or(|group| owns && (group == old_group || self.who.is_in(group)));
        if !(self.who.is_privileged() || user_stays && group_may) {
            return Err(Errno::EPERM);
        }
        let file = self.node_mut(node);
        file.user = user.unwrap_or(old_user);
        file.group = group.unwrap_or(old_group);
        file.times.changed = now;
        if file.kind() != Kind::Folder {
            file.lose_set_ids();
        }
        Ok(())
    }

    /// `utimensat(2)`: none leaves what is. Both times to the present is for everybody who may write.
    ///
    /// # Errors
    /// `EPERM` for who is not the owner, `EACCES` if the present would do.
    pub fn set_times(
        &mut self,
        node: FileNumber,
        [accessed, modified]: [Option<Time>; 2],
        now: Time,
    ) -> Result<(), Errno> {
        let is_present = [accessed, modified] == [Some(now), Some(now)];
        if self.is_owner(node).is_err() {
            if !is_present {
                return Err(Errno::EPERM);
            }
            self.may(node, Right::WRITE)?;
        }
        let times = &mut self.node_mut(node).times;
        times.accessed = accessed.unwrap_or(times.accessed);
        times.modified = modified.unwrap_or(times.modified);
        times.changed = now;
        Ok(())
    }
}
