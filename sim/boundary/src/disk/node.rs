//! Files as the program sees them: numbered by first sight, with times of the virtual clock.
//!
//! Does not know paths. Invariant: nothing that the program learns of a file depends on which file system holds it, when the
//! run took place or what ran before.

use std::collections::BTreeMap;

use photofinish_sim::fd::Object;
use photofinish_sim::file::lock::FileNumber;
use photofinish_sim::limits::REALTIME_START_NS;
use photofinish_sim::tree::Time;

/// What tells files apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A file of the real kernel.
    Inode { dev: u64, ino: u64 },
    /// A program of the scenario, by its name.
    Program(Vec<u8>),
    /// A file that the kernel models.
    Object(Object),
}

impl Key {
    pub(crate) fn of(data: &libc::stat) -> Self {
        Self::Inode { dev: data.st_dev, ino: data.st_ino }
    }
}

/// A file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) number: FileNumber,
    pub(crate) accessed: Time,
    pub(crate) modified: Time,
    pub(crate) changed: Time,
    pub(crate) born: Time,
}

/// The files that the program has met.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    known: BTreeMap<Key, Node>,
    count: u32,
}

impl Nodes {
    /// Whether the program has met none.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// A file; one that was there before the run is as old as the run.
    pub(crate) fn get(&mut self, key: &Key) -> &mut Node {
        if !self.known.contains_key(key) {
            self.create(key.clone(), Time::from_ns(REALTIME_START_NS));
        }
        self.known.get_mut(key).expect("it was put there")
    }

    /// The content of a file was changed.
    pub(crate) fn touch(&mut self, key: &Key, now: Time) {
        let node = self.get(key);
        (node.modified, node.changed) = (now, now);
    }

    /// The number that the next file gets.
    pub(super) fn next(&self) -> FileNumber {
        FileNumber(self.count + 1)
    }

    /// Gives a number out, which no other file gets.
    pub(super) fn take_number(&mut self) -> FileNumber {
        self.count += 1;
        FileNumber(self.count)
    }

    /// A file was made. The real kernel may give it the number of one that is gone.
    pub(crate) fn create(&mut self, key: Key, now: Time) -> FileNumber {
        let number = self.take_number();
        self.known.insert(key, Node { number, accessed: now, modified: now, changed: now, born: now });
        number
    }
}

/// The device of every file.
const DEVICE: u64 = 1;
/// `st_blksize`.
const BLOCK: i64 = 4096;

/// Bytes that a file takes, in units of 512, if it has no holes.
fn blocks(size: i64) -> i64 {
    (size / BLOCK + i64::from(size % BLOCK != 0)) * (BLOCK / 512)
}

impl Node {
    /// Rewrites what `stat(2)` said.
    pub(crate) fn show(&self, data: &mut libc::stat) {
        if data.st_mode & libc::S_IFMT == libc::S_IFDIR {
            data.st_size = BLOCK;
        }
        data.st_dev = DEVICE;
        data.st_ino = u64::from(self.number.0);
        data.st_blocks = blocks(data.st_size);
        #[expect(clippy::useless_conversion, reason = "blksize_t is an int on aarch64")]
        {
            data.st_blksize = BLOCK.try_into().expect("4096 fits");
        }
        (data.st_atime, data.st_atime_nsec) = (self.accessed.sec, self.accessed.nsec);
        (data.st_mtime, data.st_mtime_nsec) = (self.modified.sec, self.modified.nsec);
        (data.st_ctime, data.st_ctime_nsec) = (self.changed.sec, self.changed.nsec);
    }

    /// `statx(2)` of what `stat(2)` said.
    pub(crate) fn statx(&self, data: &libc::stat) -> libc::statx {
        let mut shown = *data;
        self.show(&mut shown);
        let time = |time: Time| {
            // SAFETY: a struct of integers.
            let mut stamp: libc::statx_timestamp = unsafe { core::mem::zeroed() };
            stamp.tv_sec = time.sec;
            stamp.tv_nsec = u32::try_from(time.nsec).unwrap_or(0);
            stamp
        };
        // SAFETY: a struct of integers.
        let mut answer: libc::statx = unsafe { core::mem::zeroed() };
        answer.stx_mask = libc::STATX_BASIC_STATS | libc::STATX_BTIME;
        answer.stx_blksize = 4096;
        answer.stx_nlink = u32::try_from(shown.st_nlink).unwrap_or(u32::MAX);
        answer.stx_uid = shown.st_uid;
        answer.stx_gid = shown.st_gid;
        answer.stx_mode = u16::try_from(shown.st_mode).expect("the kernel's own is 16 bits");
        answer.stx_ino = shown.st_ino;
        answer.stx_size = shown.st_size.cast_unsigned();
        answer.stx_blocks = shown.st_blocks.cast_unsigned();
        answer.stx_atime = time(self.accessed);
        answer.stx_btime = time(self.born);
        answer.stx_ctime = time(self.changed);
        answer.stx_mtime = time(self.modified);
        answer.stx_rdev_major = libc::major(shown.st_rdev);
        answer.stx_rdev_minor = libc::minor(shown.st_rdev);
        answer.stx_dev_major = libc::major(DEVICE);
        answer.stx_dev_minor = libc::minor(DEVICE);
        answer
    }
}
