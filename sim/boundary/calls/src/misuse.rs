//! What nobody may do with memory, for programs that are to be found out.
//!
//! Nothing here is for anything else: outside of a run with a checked heap, what these functions do is undefined. Invariant: each does
//! exactly the one thing that it is named after, whatever it is given.

use core::ffi::c_void;

/// The address of a block, which forgets nothing when the block is freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw(usize);

impl Raw {
    /// `malloc(3)` of so many bytes.
    #[must_use]
    pub fn malloc(size: usize) -> Self {
        // SAFETY: no preconditions.
        Self(unsafe { libc::malloc(size) } as usize)
    }

    /// `strdup(3)`: a block that the C library asked the heap for.
    #[must_use]
    pub fn strdup(text: &core::ffi::CStr) -> Self {
        // SAFETY: a string that ends.
        Self(unsafe { libc::strdup(text.as_ptr()) } as usize)
    }

    /// The address so many bytes further on.
    #[must_use]
    pub fn offset(self, bytes: isize) -> Self {
        Self(self.0.wrapping_add_signed(bytes))
    }

    /// An address in no heap: one of the running thread's stack.
    #[must_use]
    pub fn of_stack() -> Self {
        let here = [0_u64; 4];
        Self(core::hint::black_box(&here).as_ptr() as usize & !15)
    }

    /// `free(3)`.
    pub fn free(self) {
        // SAFETY: none: this is for what must be found out.
        unsafe { libc::free(self.0 as *mut c_void) }
    }

    /// `realloc(3)`.
    #[must_use]
    pub fn realloc(self, size: usize) -> Self {
        // SAFETY: as in `free`.
        Self(unsafe { libc::realloc(self.0 as *mut c_void, size) } as usize)
    }

    /// Writes a byte at the address.
    pub fn write(self, byte: u8) {
        // SAFETY: as in `free`.
        unsafe { (self.0 as *mut u8).write_volatile(byte) }
    }

    /// Reads a word at the address.
    #[must_use]
    pub fn read(self) -> usize {
        // SAFETY: as in `free`.
        unsafe { (self.0 as *const usize).read_volatile() }
    }

    /// Takes a word at the address for an address, and reads there.
    #[must_use]
    pub fn follow(self) -> u8 {
        let to = self.read();
        // SAFETY: as in `free`.
        unsafe { (to as *const u8).read_volatile() }
    }
}
