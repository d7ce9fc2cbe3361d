//! `malloc(3)` and its kin.
//!
//! Does not know which heap answers. Invariant: a [`Block`] owns its memory, and reads nothing that was not written.

use core::ffi::c_void;
use core::mem::ManuallyDrop;

use crate::Failed;
use crate::failed::direct;

/// Memory of the C library's heap.
#[derive(Debug)]
pub struct Block {
    start: *mut c_void,
    size: usize,
    /// How many of its first bytes hold something.
    written: usize,
}

/// `malloc(3)`; none if there is no memory.
#[must_use]
pub fn malloc(size: usize) -> Option<Block> {
    // SAFETY: no preconditions.
    Block::new(unsafe { libc::malloc(size) }, size)
}

/// `calloc(3)`; none if there is no memory.
#[must_use]
pub fn calloc(count: usize, size: usize) -> Option<Block> {
    // SAFETY: no preconditions.
    let start = unsafe { libc::calloc(count, size) };
    let size = count.saturating_mul(size);
    let mut block = Block::new(start, size)?;
    block.written = size;
    Some(block)
}

/// `memalign(3)`; none if there is no memory.
#[must_use]
pub fn memalign(align: usize, size: usize) -> Option<Block> {
    // SAFETY: no preconditions.
    Block::new(unsafe { libc::memalign(align, size) }, size)
}

/// `aligned_alloc(3)`; none if there is no memory.
#[must_use]
pub fn aligned_alloc(align: usize, size: usize) -> Option<Block> {
    // SAFETY: no preconditions.
    Block::new(unsafe { libc::aligned_alloc(align, size) }, size)
}

/// `posix_memalign(3)`.
pub fn posix_memalign(align: usize, size: usize) -> Result<Option<Block>, Failed> {
    let mut start = core::ptr::null_mut();
    // SAFETY: a place for the answer.
    direct(unsafe { libc::posix_memalign(&raw mut start, align, size) })?;
    Ok(Block::new(start, size))
}

impl Block {
    fn new(start: *mut c_void, size: usize) -> Option<Self> {
        (!start.is_null()).then_some(Self { start, size, written: 0 })
    }

    /// `realloc(3)`; the block is lost if there is no memory, as the process then is.
    #[must_use]
    pub fn realloc(self, size: usize) -> Option<Self> {
        let old = ManuallyDrop::new(self);
        // SAFETY: the block came from this heap and is not used again.
        let mut new = Self::new(unsafe { libc::realloc(old.start, size) }, size)?;
        new.written = old.written.min(size);
        Some(new)
    }

    /// `malloc_usable_size(3)`.
    #[must_use]
    pub fn usable(&self) -> usize {
        // SAFETY: the block came from this heap and is not freed.
        unsafe { libc::malloc_usable_size(self.start) }
    }

    /// Whether its address is a multiple of `align`.
    #[must_use]
    pub fn is_aligned_to(&self, align: usize) -> bool {
        self.start.addr().is_multiple_of(align)
    }

    /// Writes every byte.
    pub fn fill(&mut self, byte: u8) {
        // SAFETY: `size` bytes of our own.
        unsafe { core::ptr::write_bytes(self.start.cast::<u8>(), byte, self.size) };
        self.written = self.size;
    }

    /// Whether the first bytes all hold this; false beyond what was written.
    #[must_use]
    pub fn begins_with(&self, byte: u8, count: usize) -> bool {
        // SAFETY: `written` bytes of our own hold something.
        let written = unsafe { core::slice::from_raw_parts(self.start.cast::<u8>(), self.written) };
        written.get(..count).is_some_and(|bytes| bytes.iter().all(|found| *found == byte))
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the block came from this heap and is not used again.
        unsafe { libc::free(self.start) }
    }
}
