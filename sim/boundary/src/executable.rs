//! The symbol table of the executable that runs.
//!
//! Does not know what its symbols are. Invariant: an address given here lies in the image as it was loaded, not as it was linked.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use crate::symbols::tls;

/// A symbol whose name was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) address: usize,
    /// Bytes that it takes.
    pub(crate) size: usize,
}

/// Which symbols are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kinds {
    /// All.
    Any,
    /// Of memory that all threads share and that can be written: `STT_OBJECT` in a section with `SHF_WRITE`.
    Variables,
}

/// The executable's file, mapped: read into memory, it would stay in the image of every run.
pub(crate) struct Mapped {
    start: *mut core::ffi::c_void,
    size: usize,
}

impl Mapped {
    pub(crate) fn of_executable() -> io::Result<Self> {
        let file = File::open("/proc/self/exe")?;
        let size = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        let (read, private) = (libc::PROT_READ, libc::MAP_PRIVATE);
        // SAFETY: mmap(2) of a file that is open, at an address of the kernel's choice.
        let start = unsafe { libc::mmap(core::ptr::null_mut(), size, read, private, file.as_raw_fd(), 0) };
        if start == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Self { start, size }) }
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: mapped for reading, and nobody writes to the file of a running executable (`ETXTBSY`).
        unsafe { core::slice::from_raw_parts(self.start.cast(), self.size) }
    }

    /// The symbols whose names have this part; none if the executable was stripped.
    pub(crate) fn symbols(&self, part: &str) -> Vec<Symbol> {
        self.loaded(symbols(self.bytes(), Kinds::Any, |name| has(name, part)))
    }

    /// The variables, those of threads left out, whose names are meant.
    pub(crate) fn variables(&self, is_meant: impl Fn(&[u8]) -> bool) -> Vec<Symbol> {
        self.loaded(symbols(self.bytes(), Kinds::Variables, is_meant))
    }

    fn loaded(&self, found: Option<Vec<Symbol>>) -> Vec<Symbol> {
        let base = usize::try_from(tls::load_base()).expect("addresses fit");
        let mut found = found.unwrap_or_default();
        found.iter_mut().for_each(|symbol| symbol.address += base);
        found
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no reference to it is left.
        unsafe { libc::munmap(self.start, self.size) };
    }
}

/// Whether a part stands in a name.
pub(crate) fn has(name: &[u8], part: &str) -> bool {
    // The first byte alone tells most of them off, and there are millions.
    let is_here = |window: &[u8]| window.first() == part.as_bytes().first() && window == part.as_bytes();
    name.windows(part.len()).any(is_here)
}

/// The symbols whose names are meant, in an ELF image of 64 bits (`elf(5)`), where it was linked to lie.
fn symbols(image: &[u8], kinds: Kinds, is_meant: impl Fn(&[u8]) -> bool) -> Option<Vec<Symbol>> {
    const SHT_SYMTAB: u64 = 2;
    const SHF_WRITE: u64 = 1;
    const STT_OBJECT: u64 = 1;
    const SYMBOL_SIZE: usize = 24;
    let word = |at: usize, size: usize| -> Option<u64> {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(image.get(at..at + size)?);
        Some(u64::from_le_bytes(bytes))
    };
    let index = |at: usize, size: usize| usize::try_from(word(at, size)?).ok();
    let (sections, size, count) = (index(0x28, 8)?, index(0x3a, 2)?, index(0x3c, 2)?);
    let section = |number: usize| sections + number * size;
    let table = (0..count).map(section).find(|at| word(at + 4, 4) == Some(SHT_SYMTAB))?;
    let (start, length) = (index(table + 0x18, 8)?, index(table + 0x20, 8)?);
    let names = index(section(index(table + 0x28, 4)?) + 0x18, 8)?;
    let is_variable = |at: usize| -> Option<bool> {
        // Numbers above those of the sections stand for places outside of all.
        let place = index(at + 6, 2)?;
        let is_object = word(at + 4, 1)? & 0xf == STT_OBJECT;
        Some(is_object && place < count && word(section(place) + 8, 8)? & SHF_WRITE != 0)
    };
    let name = |at: usize| -> Option<&[u8]> {
        let name = image.get(names + index(at, 4)?..)?;
        Some(&name[..name.iter().position(|byte| *byte == 0).unwrap_or(0)])
    };
    let wanted = |at: &usize| {
        (kinds == Kinds::Any || is_variable(*at) == Some(true)) && name(*at).is_some_and(&is_meant)
    };
    let found = (start..start + length).step_by(SYMBOL_SIZE).filter(wanted);
    found.map(|at| Some(Symbol { address: index(at + 8, 8)?, size: index(at + 16, 8)? })).collect()
}
