//! The vDSO: functions of the kernel that read clocks without a system call, made to make the system calls they stand for.
//!
//! A program that finds them for itself, as rustix does, would otherwise read the real time. Does not know who calls them.
//! Invariant: a function is replaced as a whole or not at all, and only by instructions that answer as it would.

use core::ffi::{CStr, c_int, c_void};

use crate::arch;

/// `AT_SYSINFO_EHDR` of `<elf.h>`: where the vDSO lies.
const AT_SYSINFO_EHDR: libc::c_ulong = 33;
/// Tags of the dynamic section, by the ELF specification.
const DT_NULL: u64 = 0;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
/// More symbols than any vDSO has.
const SYMBOLS_MAX: usize = 256;

/// Where the vDSO lies; `None` if the kernel gave none.
pub(crate) fn base() -> Option<usize> {
    // SAFETY: getauxval(3) has no preconditions.
    let base = unsafe { libc::getauxval(AT_SYSINFO_EHDR) } as usize;
    (base != 0).then_some(base)
}

/// Replaces its functions. The change is this process' own, and that of those forked from it.
///
/// # Errors
/// What could not be done, so that nothing was replaced.
pub(crate) fn replace() -> Result<(), String> {
    let Some(base) = base() else { return Ok(()) };
    let image = Image::read(base)?;
    let found: Vec<(usize, Vec<u8>)> = image.functions().collect();
    image.protect(libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC)?;
    for (at, code) in found {
        // SAFETY: the function lies in the image, is at least as long as the code, was made writable, and this process' only
        // running thread is here.
        unsafe { core::ptr::copy_nonoverlapping(code.as_ptr(), at as *mut u8, code.len()) };
    }
    image.protect(libc::PROT_READ | libc::PROT_EXEC)
}

/// The vDSO as an ELF image in memory.
struct Image {
    base: usize,
    size: usize,
    /// What is added to an address in it.
    slide: usize,
    symbols: usize,
    strings: usize,
}

/// Reads a value from the image.
fn read<T: Copy>(at: usize) -> T {
    // SAFETY: `Image` reads only what the headers of the image, which the kernel made, say is there.
    unsafe { (at as *const T).read_unaligned() }
}

fn size(n: u64) -> usize {
    usize::try_from(n).expect("addresses fit")
}

impl Image {
    fn read(base: usize) -> Result<Self, String> {
        let header: libc::Elf64_Ehdr = read(base);
        let at = |index| base + size(header.e_phoff) + usize::from(header.e_phentsize) * usize::from(index);
        let headers: Vec<libc::Elf64_Phdr> = (0..header.e_phnum).map(|index| read(at(index))).collect();
        let of_type = |wanted| headers.iter().find(|header| header.p_type == wanted);
        let (Some(load), Some(dynamic)) = (of_type(libc::PT_LOAD), of_type(libc::PT_DYNAMIC)) else {
            return Err(String::from("the vDSO has no segments as we know them"));
        };
        let slide = base.wrapping_sub(size(load.p_vaddr - load.p_offset));
        let (mut symbols, mut strings) = (0, 0);
        for entry in (slide.wrapping_add(size(dynamic.p_vaddr))..).step_by(16) {
            let [tag, value]: [u64; 2] = read(entry);
            match tag {
                DT_SYMTAB => symbols = slide.wrapping_add(size(value)),
                DT_STRTAB => strings = slide.wrapping_add(size(value)),
                DT_NULL => break,
                _ => {}
            }
        }
        // The linker script of every architecture puts the names behind the symbols (`vdso-layout.lds.S`).
        let known = symbols > base && strings > symbols && strings - symbols < SYMBOLS_MAX * SYMBOL;
        if !known {
            return Err(String::from("the vDSO is laid out otherwise than we know"));
        }
        Ok(Self { base, size: size(load.p_memsz), slide, symbols, strings })
    }

    /// The functions to replace: where each lies, and by what.
    fn functions(&self) -> impl Iterator<Item = (usize, Vec<u8>)> {
        (self.symbols..self.strings).step_by(SYMBOL).filter_map(|at| {
            let symbol: libc::Elf64_Sym = read(at);
            let name = (self.strings + symbol.st_name as usize) as *const core::ffi::c_char;
            // SAFETY: names of the dynamic section end in NUL.
            let code = arch::stub(unsafe { CStr::from_ptr(name) }.to_bytes())?;
            (size(symbol.st_size) >= code.len())
                .then(|| (self.slide.wrapping_add(size(symbol.st_value)), code))
        })
    }

    fn protect(&self, protection: c_int) -> Result<(), String> {
        // SAFETY: mprotect(2) of the image, whose pages nobody else changes.
        let failed = unsafe { libc::mprotect(self.base as *mut c_void, self.size, protection) };
        if failed == 0 {
            return Ok(());
        }
        Err(format!("mprotect(2) of the vDSO failed: {}", std::io::Error::last_os_error()))
    }
}

const SYMBOL: usize = size_of::<libc::Elf64_Sym>();
