//! `open(2)`: which file a place is opened as, and whether it may be.
//!
//! Does not know descriptors or contents. Invariant: a file that is made may be opened in whatever way its maker asks, and no other is
//! opened past its rights.

use super::{Birth, Kind, Right, Spot, Tree};
use crate::errno::Errno;
use crate::file::lock::FileNumber;

/// How a file is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What will be done with it.
    pub right: Right,
    /// `O_CREAT` and the rights of a new file.
    pub create: Option<u32>,
    /// `O_EXCL`.
    pub exclusive: bool,
    /// `O_TRUNC`.
    pub truncate: bool,
    /// `O_DIRECTORY`.
    pub folder: bool,
    /// `O_PATH`: the place alone.
    pub place: bool,
}

/// A file to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Which one; somebody has to hold it.
    pub node: FileNumber,
    /// By which of its names, for [`Tree::shown`].
    pub name: usize,
    /// Whether it was just made.
    pub made: bool,
}

impl Tree {
    /// Opens what is at a place, or makes a file there.
    ///
    /// # Errors
    /// `EEXIST`, `EISDIR`, `ENOENT`, `ENOTDIR`, `ELOOP`, `EACCES`, and `ENXIO` for a socket.
    pub fn open(&mut self, spot: &Spot, ask: Ask, birth: Birth) -> Result<Opened, Errno> {
        let creates = ask.create.is_some();
        if creates && spot.slash {
            return Err(Errno::EISDIR);
        }
        let Some(node) = spot.node else {
            let mode = ask.create.ok_or(Errno::ENOENT)?;
            self.make_file(spot, mode, birth)?;
            return Ok(Opened { node: birth.number, name: 0, made: true });
        };
        let kind = self.node(node).kind();
        if creates && ask.exclusive {
            return Err(Errno::EEXIST);
        }
        if creates && kind == Kind::Folder {
            return Err(Errno::EISDIR);
        }
        if (ask.folder || spot.slash) && kind != Kind::Folder {
            return Err(Errno::ENOTDIR);
        }
        if !ask.place {
            self.may_open(node, ask)?;
        }
        Ok(Opened { node, name: self.name_index(spot), made: false })
    }

    /// `may_open`.
    fn may_open(&self, node: FileNumber, ask: Ask) -> Result<(), Errno> {
        let kind = self.node(node).kind();
        let truncates = ask.truncate && kind == Kind::File;
        let right = if truncates { ask.right.and(Right::WRITE) } else { ask.right };
        match kind {
            Kind::Link => return Err(Errno::ELOOP),
            Kind::Folder if ask.right.writes() || ask.truncate => return Err(Errno::EISDIR),
            _ => {}
        }
        self.may(node, right)?;
        if kind == Kind::Socket { Err(Errno::ENXIO) } else { Ok(()) }
    }

    /// `O_TMPFILE`: whether a file without a name may be made in a folder.
    ///
    /// # Errors
    /// `ENOENT`, `ENOTDIR`, `EACCES`.
    pub fn may_make_nameless(&self, spot: &Spot) -> Result<FileNumber, Errno> {
        let node = spot.node.ok_or(Errno::ENOENT)?;
        if self.node(node).kind() != Kind::Folder {
            return Err(Errno::ENOTDIR);
        }
        self.may(node, Right::WRITE.and(Right::EXECUTE))?;
        Ok(node)
    }
}
