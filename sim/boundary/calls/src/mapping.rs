//! Pages: `mmap(2)` of memory, `munmap(2)`, `mprotect(2)`, `mremap(2)`.
//!
//! Does not know who answers. Invariant: the pages of [`Pages`] are nobody else's.

use core::ffi::c_void;
use core::mem::ManuallyDrop;
use core::sync::atomic::AtomicU8;

use crate::Failed;
use crate::failed::done;

/// Bytes of a page.
pub const PAGE: usize = 4096;

/// Pages that can be read.
#[derive(Debug)]
pub struct Pages {
    start: *mut c_void,
    length: usize,
}

const READ_WRITE: i32 = libc::PROT_READ | libc::PROT_WRITE;
const OWN: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

fn mapped(address: *mut c_void, length: usize) -> Result<Pages, Failed> {
    let failed = address == libc::MAP_FAILED;
    done(if failed { -1 } else { 0 }).map(|()| Pages { start: address, length })
}

/// `mmap(2)` of so many bytes, which can be written.
pub fn map(length: usize) -> Result<Pages, Failed> {
    // SAFETY: a new mapping touches no other.
    mapped(unsafe { libc::mmap(core::ptr::null_mut(), length, READ_WRITE, OWN, -1, 0) }, length)
}

impl Pages {
    /// The byte at the beginning of a page.
    #[must_use]
    pub fn byte(&self, page: usize) -> &AtomicU8 {
        assert!(page * PAGE < self.length, "a page that is not there");
        // SAFETY: the page begins inside.
        let place = unsafe { self.start.byte_add(page * PAGE) };
        // SAFETY: mapped for as long as `self`, and touched atomically alone.
        unsafe { AtomicU8::from_ptr(place.cast()) }
    }

    /// Makes a page readable alone, or writable again: `mprotect(2)`.
    pub fn protect(&self, page: usize, rights: Rights) -> Result<(), Failed> {
        let start = core::ptr::from_ref(self.byte(page)).cast_mut().cast();
        // SAFETY: a page of our own, which can be read before and after.
        done(unsafe { libc::mprotect(start, PAGE, rights.word()) })
    }

    /// `mremap(2)` to so many bytes, wherever there is room. The pages are lost if there is none.
    pub fn resize(self, length: usize) -> Result<Self, Failed> {
        let old = ManuallyDrop::new(self);
        // SAFETY: the mapping is ours, and nothing refers to it.
        mapped(unsafe { libc::mremap(old.start, old.length, length, libc::MREMAP_MAYMOVE) }, length)
    }

    /// `munmap(2)`.
    pub fn unmap(self) -> Result<(), Failed> {
        let old = ManuallyDrop::new(self);
        // SAFETY: as above.
        done(unsafe { libc::munmap(old.start, old.length) })
    }
}

/// What may be done with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// It can be read.
    Read,
    /// It can be written, too.
    Write,
}

impl Rights {
    fn word(self) -> i32 {
        match self {
            Self::Read => libc::PROT_READ,
            Self::Write => READ_WRITE,
        }
    }
}

/// `mprotect(2)` of nothing at an address where no page begins, which fails.
pub fn protect_nothing() -> Result<(), Failed> {
    // SAFETY: it is refused.
    done(unsafe { libc::mprotect(core::ptr::without_provenance_mut(1), PAGE, libc::PROT_READ) })
}

/// A page of a static.
#[repr(C, align(4096))]
#[derive(Debug)]
pub struct Page(pub [AtomicU8; PAGE]);

impl Page {
    /// A page of zeroes.
    #[must_use]
    pub const fn new() -> Self {
        Self([const { AtomicU8::new(0) }; PAGE])
    }

    /// Lets nobody write the page any more: who does ends the process.
    pub fn freeze(&'static self) -> Result<(), Failed> {
        let start = core::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: a whole page, which can be read as before.
        done(unsafe { libc::mprotect(start, PAGE, libc::PROT_READ) })
    }

    /// Keeps the page in memory: `mlock(2)`.
    pub fn keep(&'static self) -> Result<(), Failed> {
        // SAFETY: mlock(2) touches nothing.
        done(unsafe { libc::mlock(core::ptr::from_ref(self).cast(), PAGE) })
    }

    /// Puts a page of zeroes in its place: `mmap(2)`.
    pub fn exchange(&'static self) -> Result<(), Failed> {
        let start = core::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: a whole page of bytes that may change, since they are atomic.
        let new = unsafe { libc::mmap(start, PAGE, READ_WRITE, OWN | libc::MAP_FIXED, -1, 0) };
        mapped(new, PAGE).map(|_| ())
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::new()
    }
}
