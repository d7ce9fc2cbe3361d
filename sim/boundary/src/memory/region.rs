//! A piece of address space that is read and written by address.
//!
//! Does not know what lies in it. Invariant: an access that is not wholly inside ends the process.

/// Memory of our own, which the program under test may hold pieces of while it runs.
pub(crate) struct Region {
    base: usize,
    size: usize,
}

impl Region {
    /// New memory full of zeroes; untouched pages cost nothing.
    pub(crate) fn map(size: usize) -> Option<Self> {
        let (read_write, private) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        let flags = private | libc::MAP_NORESERVE;
        // SAFETY: mmap(2) of new anonymous memory touches no existing mapping.
        let base = unsafe { libc::mmap(core::ptr::null_mut(), size, read_write, flags, -1, 0) };
        (base != libc::MAP_FAILED).then_some(Self { base: base as usize, size })
    }

    pub(crate) fn base(&self) -> usize {
        self.base
    }

    pub(crate) fn end(&self) -> usize {
        self.base + self.size
    }

    /// Whether an address lies inside.
    pub(crate) fn holds(&self, at: usize) -> bool {
        at.wrapping_sub(self.base) < self.size
    }

    fn holds_all(&self, at: usize, bytes: usize) -> bool {
        at.wrapping_sub(self.base) <= self.size && bytes <= self.end() - at
    }

    #[inline]
    fn check(&self, at: usize, bytes: usize) {
        if !self.holds_all(at, bytes) {
            crate::crash::die("photofinish: bug: the checked heap looked outside of itself", b"");
        }
    }

    /// The word at an address that is a multiple of a word's size.
    pub(crate) fn word(&self, at: usize) -> usize {
        self.check(at, size_of::<usize>());
        // SAFETY: inside our own mapping, by the check; any bytes are a word, and nobody else runs.
        unsafe { (at as *const usize).read_unaligned() }
    }

    pub(crate) fn set_word(&self, at: usize, word: usize) {
        self.check(at, size_of::<usize>());
        // SAFETY: as in `word`.
        unsafe { (at as *mut usize).write_unaligned(word) };
    }

    pub(crate) fn fill(&self, at: usize, byte: u8, bytes: usize) {
        self.check(at, bytes);
        // SAFETY: inside our own mapping, by the check, and nobody else runs.
        unsafe { core::ptr::write_bytes(at as *mut u8, byte, bytes) };
    }

    pub(crate) fn copy(&self, from: usize, to: usize, bytes: usize) {
        self.check(from, bytes);
        self.check(to, bytes);
        // SAFETY: both inside our own mapping, by the checks.
        unsafe { core::ptr::copy(from as *const u8, to as *mut u8, bytes) };
    }

    /// The first of so many bytes that is not this one, counted from `at`.
    pub(crate) fn first_other_than(&self, at: usize, byte: u8, bytes: usize) -> Option<usize> {
        self.check(at, bytes);
        // SAFETY: inside our own mapping, by the check; nobody writes while we look.
        let bytes = unsafe { core::slice::from_raw_parts(at as *const u8, bytes) };
        // Equal to itself moved on by one, by memcmp(3), which looks at many bytes at a time.
        if bytes.first().is_none_or(|first| *first == byte && bytes[1..] == bytes[..bytes.len() - 1]) {
            return None;
        }
        bytes.iter().position(|found| *found != byte)
    }
}
