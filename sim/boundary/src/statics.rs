//! Statics of the standard library that belong to a process: its arguments, and the marks
//! that `fork(2)` and `exit(3)` leave.
//!
//! They have no public names, so they are looked up in the executable's own symbol table. Does not know processes. Invariant: an
//! address found here was proved, by calling std, to be what it is taken for.

use core::ffi::{c_char, c_int};
use core::sync::atomic::{AtomicIsize, AtomicPtr, AtomicUsize, Ordering};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use crate::symbols::tls;

/// Where std keeps what it was started with, and counts panics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statics {
    argc: usize,
    argv: usize,
    panic_count: usize,
    exiting: usize,
}

/// A list of arguments as the C library passes it.
pub(crate) type Arguments = *const *const c_char;

/// A thread that leaves, by its `errno(3)`.
pub(crate) type Exiting = *mut c_int;

/// `ALWAYS_ABORT_FLAG` of std: set in a forked child, so that a panic there does not unwind into the parent's frames.
const ALWAYS_ABORT: usize = 1 << (usize::BITS - 1);

impl Statics {
    /// Finds them in the executable's symbol table, and proves the finding.
    ///
    /// # Errors
    /// What is missing: a stripped executable has no such table.
    pub(crate) fn find() -> Result<Self, String> {
        let mapped = Mapped::of_executable().map_err(|error| format!("/proc/self/exe: {error}"))?;
        let image = mapped.bytes();
        let base = usize::try_from(tls::load_base()).expect("addresses fit");
        let find = |part: &str| {
            let value = symbol(image, part).ok_or_else(|| {
                format!("the executable's symbol table has no {part} of std: it must not be stripped")
            })?;
            Ok::<usize, String>(base + usize::try_from(value).expect("addresses fit"))
        };
        let found = Self {
            argc: find("4args4unix3imp4ARGC")?,
            argv: find("4args4unix3imp4ARGV")?,
            panic_count: find("11panic_count18GLOBAL_PANIC_COUNT")?,
            exiting: find("18unique_thread_exit17EXITING_THREAD_ID")?,
        };
        found.prove()?;
        Ok(found)
    }

    fn prove(self) -> Result<(), String> {
        let mine = [c"a".as_ptr(), c"b".as_ptr(), c"c".as_ptr(), core::ptr::null()];
        let (argc, argv) = (self.argc().load(Ordering::Relaxed), self.arguments());
        self.set_arguments(mine.as_ptr());
        let seen: Vec<_> = std::env::args().collect();
        self.argc().store(argc, Ordering::Relaxed);
        self.argv().store(argv.cast_mut(), Ordering::Relaxed);
        if seen != ["a", "b", "c"] {
            return Err(String::from("std keeps its arguments elsewhere than its symbols say"));
        }
        let before = self.panic_count().load(Ordering::Relaxed);
        let during = std::panic::catch_unwind(|| {
            let _look = Look(self);
            std::panic::resume_unwind(Box::new(()));
        });
        if during.is_ok() || before != 0 || SEEN.load(Ordering::Relaxed) != 1 {
            return Err(String::from("std counts panics elsewhere than its symbols say"));
        }
        Ok(())
    }

    fn argc(&self) -> &AtomicIsize {
        // SAFETY: the address of std's own static of this type, which is only touched atomically.
        unsafe { AtomicIsize::from_ptr(self.argc as *mut isize) }
    }

    fn argv(&self) -> &AtomicPtr<*const c_char> {
        // SAFETY: as above.
        unsafe { AtomicPtr::from_ptr(self.argv as *mut *mut *const c_char) }
    }

    fn panic_count(&self) -> &AtomicUsize {
        // SAFETY: as above.
        unsafe { AtomicUsize::from_ptr(self.panic_count as *mut usize) }
    }

    /// The list of arguments that `std::env::args` reads now.
    pub(crate) fn arguments(&self) -> Arguments {
        self.argv().load(Ordering::Relaxed)
    }

    /// Makes `std::env::args` read another list, which ends with a null pointer.
    pub(crate) fn set_arguments(&self, arguments: Arguments) {
        let entry = |at: isize| {
            // SAFETY: the list ends with a null pointer, which is the last entry asked for.
            let place = unsafe { arguments.offset(at) };
            // SAFETY: as above.
            unsafe { *place }
        };
        let count = (0..).find(|at| entry(*at).is_null()).unwrap_or(0);
        self.argc().store(count, Ordering::Relaxed);
        self.argv().store(arguments.cast_mut(), Ordering::Relaxed);
    }

    fn exiting_thread(&self) -> &AtomicPtr<c_int> {
        // SAFETY: the address of std's own static of this type, which is only touched atomically.
        unsafe { AtomicPtr::from_ptr(self.exiting as *mut Exiting) }
    }

    /// Which thread of the running process leaves: others that want to leave, too, wait for its end.
    pub(crate) fn exiting(&self) -> Exiting {
        self.exiting_thread().load(Ordering::Relaxed)
    }

    /// Changes which thread of the running process leaves.
    pub(crate) fn set_exiting(&self, thread: Exiting) {
        self.exiting_thread().store(thread, Ordering::Relaxed);
    }

    /// Takes back what std does in a forked child, for the parent whose memory it shares.
    pub(crate) fn forget_fork(&self) {
        self.panic_count().fetch_and(!ALWAYS_ABORT, Ordering::Relaxed);
    }
}

/// What the count of panics was while one unwound.
static SEEN: AtomicUsize = AtomicUsize::new(0);

/// Looks at the count of panics when a panic drops it.
struct Look(Statics);

impl Drop for Look {
    fn drop(&mut self) {
        SEEN.store(self.0.panic_count().load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// The executable's file, mapped: read into memory, it would stay in the image of every run.
struct Mapped {
    start: *mut core::ffi::c_void,
    size: usize,
}

impl Mapped {
    fn of_executable() -> io::Result<Self> {
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
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no reference to it is left.
        unsafe { libc::munmap(self.start, self.size) };
    }
}

/// The value of the only symbol whose name has this part, in an ELF image of 64 bits (`elf(5)`).
fn symbol(image: &[u8], part: &str) -> Option<u64> {
    const SHT_SYMTAB: u64 = 2;
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
    let mut found = (start..start + length).step_by(SYMBOL_SIZE).filter(|at| {
        let name = index(*at, 4).and_then(|offset| image.get(names + offset..));
        let name = name.map(|name| &name[..name.iter().position(|byte| *byte == 0).unwrap_or(0)]);
        name.is_some_and(|name| name.windows(part.len()).any(|window| window == part.as_bytes()))
    });
    let value = word(found.next()? + 8, 8)?;
    found.next().is_none().then_some(value)
}
