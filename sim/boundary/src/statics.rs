//! Statics of the standard library that belong to a process: its arguments, and the marks
//! that `fork(2)` and `exit(3)` leave.
//!
//! They have no public names, so they are looked up in the executable's own symbol table. Does not know processes. Invariant: an
//! address found here was proved, by calling std, to be what it is taken for.

use core::ffi::{c_char, c_int};
use core::sync::atomic::{AtomicIsize, AtomicPtr, AtomicUsize, Ordering};

use crate::executable::{Mapped, has};

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
    pub(crate) fn find(executable: &Mapped) -> Result<Self, String> {
        let find = |part: &str| match executable.variables(|name| has(name, part))[..] {
            [symbol] => Ok(symbol.address),
            _ => Err(format!("the executable's symbol table has no {part} of std: it must not be stripped")),
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
